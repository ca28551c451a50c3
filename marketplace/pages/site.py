"""Outside the API: the landing page, health, readiness and metrics."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text as sql

from accounts.queries import find_user
from core.db import session
from core.http import allow
from core.http.api import API_PREFIX
from core.permissions import everyone
from core.texts import text
from marketplace.demo.accounts import MEMBERS, demo_accounts

DEMO_USER = MEMBERS[0].username

site = Blueprint("site", __name__, template_folder="../templates")


@site.get("/")
@allow(everyone)
def landing() -> str:
    """A plain page that names the API and the demo accounts."""
    seeded = find_user(DEMO_USER) is not None
    return render_template(
        "landing.html", text=text, accounts=demo_accounts() if seeded else [], catalogue=f"{API_PREFIX}/instruments"
    )


@site.get("/healthz")
@allow(everyone)
def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@site.get("/readyz")
@allow(everyone)
def ready() -> dict[str, str]:
    """The database answers and is migrated."""
    version = session().execute(sql("SELECT version_num FROM alembic_version")).scalar_one()
    return {"status": "ok", "migration": version}


@site.get("/metrics")
@allow(everyone)
def metrics() -> Response:
    """Counters for Prometheus."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
