"""The application factory: the only place where all packages meet."""

from __future__ import annotations

from flask import Flask
from flask_migrate import Migrate

from core.config import PROJECT, Config
from core.db import db
from core.http import create_api, init_edge, register_api
from core.log import configure_logs
from marketplace.api import BLUEPRINTS as MARKETPLACE_API
from marketplace.api.site import site

BLUEPRINTS = [*MARKETPLACE_API]


def create_app(config: Config | None = None) -> Flask:
    """The whole service as one WSGI application. Opens no connection by itself."""
    configure_logs()
    config = config or Config.from_env()
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config.update(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_pre_ping": True,
            "pool_size": 16,
            "max_overflow": 16,
            "pool_timeout": 10,
        },
        DATABASE_OWNER_URL=config.database_owner_url,
        FILES_DIR=str(config.files_dir),
        FILE_LIMIT_BYTES=config.file_limit_bytes,
        MAX_CONTENT_LENGTH=config.file_limit_bytes + 1024 * 1024,
        PROVINCE=config.province,
        EMBEDDED=config.embedded,
    )
    db.init_app(app)
    Migrate(app, db, directory=str(PROJECT / "migrations"))
    init_edge(app)
    app.register_blueprint(site)
    api = create_api(app)
    register_api(api, *BLUEPRINTS)
    return app
