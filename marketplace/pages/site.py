"""Outside the API and the pages: health, readiness and metrics."""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text as sql

from core.db import session
from core.http import allow
from core.permissions import everyone

site = Blueprint("site", __name__)


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
