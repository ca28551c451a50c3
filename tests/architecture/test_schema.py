"""The models describe the migrated database exactly, and the application may do only what it was granted."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect, text

from core.db import Model, session

APPEND_ONLY = ["audit_entry", "audit_seal", "ledger_transaction", "ledger_posting", "stored_file"]


def test_models_equal_migrations(app: Flask) -> None:
    """Whoever changes a model without a migration, or the other way round, is told here."""
    context = MigrationContext.configure(session().connection(), opts={"compare_type": True})
    differences: list[Any] = compare_metadata(context, Model.metadata)
    assert differences == []


def test_every_table_is_mapped(app: Flask) -> None:
    """No table without a model but alembic's own."""
    assert set(inspect(session().connection()).get_table_names()) - set(Model.metadata.tables) == {"alembic_version"}


def test_append_only_tables_cannot_be_changed_by_the_application(app: Flask) -> None:
    """Invariant 12: the role has no right to UPDATE, DELETE or TRUNCATE, whatever its triggers do."""
    query = text("SELECT has_table_privilege('marketplace_app', :table, :right)")
    for table in APPEND_ONLY:
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            assert session().scalar(query, {"table": table, "right": right}) is False
