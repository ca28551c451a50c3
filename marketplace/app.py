"""The application factory: the only place where all packages meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from accounts.api import BLUEPRINTS as ACCOUNTS_API
from accounts.cli import COMMANDS as ACCOUNTS_COMMANDS
from accounts.jobs import JOBS as ACCOUNTS_JOBS
from accounts.pages import PAGES as ACCOUNTS_PAGES
from accounts.pages import load_session
from accounts.queries import resolve_actor
from accounts.steps import refuse_tied
from core import audit, clock, failpoints, policy
from core.cli import COMMANDS as CORE_COMMANDS
from core.commands import Commands
from core.config import PROJECT, Config
from core.db import db, end_reading_after_requests
from core.http import Blueprint, create_api, init_edge, register_api, set_actor_loader, set_session_loader
from core.http.edge import BESIDE_FILES_BYTES
from core.jobs import JOBS as CORE_JOBS
from core.log import configure_logs
from core.mail import init_mail
from core.pages import Pages, init_pages, register_pages
from core.pages.assets import assets
from core.permissions import Actor
from core.pool import close_lost_cursors, look_before_use
from core.worker import Handler, Job
from instruments.api import BLUEPRINTS as INSTRUMENTS_API
from instruments.cli import COMMANDS as INSTRUMENTS_COMMANDS
from instruments.jobs import FOLLOWERS as INSTRUMENTS_FOLLOWERS
from instruments.jobs import JOBS as INSTRUMENTS_JOBS
from instruments.pages import PAGES as INSTRUMENTS_PAGES
from instruments.queries import ingest_actor
from instruments.steps import RUN_DERIVED, USE_LOGGED
from marketplace.api import BLUEPRINTS as MARKETPLACE_API
from marketplace.cli import COMMANDS as MARKETPLACE_COMMANDS
from marketplace.jobs import JOBS as MARKETPLACE_JOBS
from marketplace.pages import PAGES as MARKETPLACE_PAGES
from marketplace.pages.site import site
from marketplace.steps.usage import amend_by_use
from settlement.api import BLUEPRINTS as SETTLEMENT_API
from settlement.cli import COMMANDS as SETTLEMENT_COMMANDS
from settlement.gateways import init_gateway
from settlement.jobs import JOBS as SETTLEMENT_JOBS
from settlement.pages import PAGES as SETTLEMENT_PAGES
from settlement.payers import init_payers
from vouchers.api import BLUEPRINTS as VOUCHERS_API
from vouchers.cli import COMMANDS as VOUCHERS_COMMANDS
from vouchers.jobs import JOBS as VOUCHERS_JOBS
from vouchers.pages import PAGES as VOUCHERS_PAGES

BLUEPRINTS: list[Blueprint] = [*ACCOUNTS_API, *SETTLEMENT_API, *INSTRUMENTS_API, *VOUCHERS_API, *MARKETPLACE_API]
PAGES: list[Pages] = [
    *ACCOUNTS_PAGES,
    *SETTLEMENT_PAGES,
    *INSTRUMENTS_PAGES,
    *VOUCHERS_PAGES,
    *MARKETPLACE_PAGES,
]
COMMANDS: list[click.Command] = [
    *CORE_COMMANDS,
    *ACCOUNTS_COMMANDS,
    *SETTLEMENT_COMMANDS,
    *INSTRUMENTS_COMMANDS,
    *VOUCHERS_COMMANDS,
    *MARKETPLACE_COMMANDS,
]
JOBS: list[Job] = [*CORE_JOBS, *ACCOUNTS_JOBS, *SETTLEMENT_JOBS, *INSTRUMENTS_JOBS, *VOUCHERS_JOBS, *MARKETPLACE_JOBS]
MAX_FORM_PARTS = 200
"""Fields and files of one form; each file costs a buffer of its own before the first is looked at."""
HANDLERS: Mapping[str, Sequence[Handler]] = {USE_LOGGED: (amend_by_use,), RUN_DERIVED: (amend_by_use,)}
"""What travels upward: events of the outbox and who handles them."""


def create_app(config: Config | None = None) -> Flask:
    """The whole service as one WSGI application. Opens no connection by itself."""
    configure_logs()
    config = config or Config.from_env()
    if config.failpoint is not None:
        failpoints.arm(config.failpoint)
    app = Flask(__name__, static_folder=None)
    app.cli = Commands(app.name, embedded=config.embedded, var_dir=str(config.var_dir))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config.update(
        SECRET_KEY=config.secret_key,
        AUDIT_CHAIN_KEY=config.audit_chain_key,
        AUDIT_CHAIN_OLD_KEYS=config.audit_chain_old_keys,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": 16,
            "max_overflow": 16,
            "pool_timeout": 10,
        },
        DATABASE_OWNER_URL=config.database_owner_url,
        FILES_DIR=str(config.files_dir),
        SEARCH_DIR=str(config.search_dir),
        SEARCH_READER=config.search_reader,
        FILE_LIMIT_BYTES=config.file_limit_bytes,
        BANK_FILE_LIMIT_BYTES=config.bank_file_limit_bytes,
        MAX_CONTENT_LENGTH=config.file_limit_bytes + BESIDE_FILES_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        PROVINCE=config.province,
        EMBEDDED=config.embedded,
        PUBLIC_URL=config.public_url,
    )
    init_mail(app, config.mail)
    init_gateway(app, config.stripe)
    init_payers(app, config.paying_accounts)
    db.init_app(app)
    with app.app_context():
        look_before_use(db.engine)
        close_lost_cursors(db.engine)
    end_reading_after_requests(app)
    Migrate(app, db, directory=str(PROJECT / "migrations"))
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    init_edge(app)
    app.register_blueprint(site)
    init_pages(app, secure_cookies=config.secure_cookies)
    register_pages(app, *PAGES)
    app.register_blueprint(assets)
    api = create_api(app)
    register_api(api, *BLUEPRINTS)
    set_actor_loader(_actor_of)
    set_session_loader(load_session)
    audit.set_guard(refuse_tied)
    for command in COMMANDS:
        app.cli.add_command(command)
    app.extensions["jobs"] = JOBS
    app.extensions["handlers"] = HANDLERS
    app.extensions["followers"] = INSTRUMENTS_FOLLOWERS
    policy.select(config.policies_dir / config.province)
    return app


def _actor_of(token: str) -> Actor | None:
    """A user's token, or the key of a provider's sensors."""
    now = clock.now()
    return resolve_actor(token, now=now) or ingest_actor(token, now=now)
