"""Outside the API and the pages: health, readiness and metrics."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text as sql

from core.db import session
from core.http import allow
from core.permissions import everyone
from instruments.queries.searching.reading import standing

site = Blueprint("site", __name__)


@site.get("/healthz")
@allow(everyone)
def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@site.get("/readyz")
@allow(everyone)
def ready() -> dict[str, Any]:
    """The database answers and is migrated. ``search`` says whether the index answers searches; without it the database
    does, so that is no reason not to be ready."""
    version = session().execute(sql("SELECT version_num FROM alembic_version")).scalar_one()
    return {"status": "ok", "migration": version, "search": standing()}


@site.get("/metrics")
@allow(everyone)
def metrics() -> Response:
    """Counters for Prometheus."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
