"""Migrations can be taken back: afterwards the schema is what it was before them, with nothing left over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from core.migrate import MIGRATIONS
from tests.databases import Database, Server

pytestmark = pytest.mark.slow

OLDEST_TO_COME_BACK_TO = "0007"
"""The newest one before those that must come back; older ones made the first schema there was."""

DESCRIPTION = """
SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' '
    || coalesce(column_default, '')
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function ' || proname || ' ' || md5(prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'right ' || grantee || ' ' || privilege_type || ' ' || table_name
FROM information_schema.role_table_grants WHERE table_schema = 'public'
UNION ALL SELECT 'right ' || grantee || ' ' || privilege_type || ' ' || table_name || '.' || column_name
FROM information_schema.column_privileges WHERE table_schema = 'public'
UNION ALL SELECT 'reader ' || name FROM outbox_reader
"""


@pytest.fixture
def bare(server: Server) -> Iterator[Database]:
    """A database without anything in it."""
    made = server.empty(f"migrations_{os.getpid()}")
    yield made
    server.drop(made)


def test_every_migration_can_be_taken_back_and_done_again(bare: Database, tmp_path: Path) -> None:
    """Down to 0007 step by step each schema is the one that was there on the way up; and up again it is today's."""
    settings = AlembicConfig(str(MIGRATIONS / "alembic.ini"))
    settings.attributes["database_owner_url"] = bare.config(tmp_path).database_owner_url
    revisions = [each.revision for each in ScriptDirectory.from_config(settings).walk_revisions()][::-1]
    way = revisions[revisions.index(OLDEST_TO_COME_BACK_TO) :]
    up = {}
    for revision in way:
        command.upgrade(settings, revision)
        up[revision] = described(bare)
    for revision in reversed(way[:-1]):
        command.downgrade(settings, revision)
        assert described(bare) ^ up[revision] == set(), revision
    command.upgrade(settings, "head")
    assert described(bare) ^ up[way[-1]] == set()


def test_v14_what_was_published_before_versions_were_kept_becomes_the_first_one(bare: Database, tmp_path: Path) -> None:
    """From the day of its last change on; drafts get none."""
    settings = AlembicConfig(str(MIGRATIONS / "alembic.ini"))
    settings.attributes["database_owner_url"] = bare.config(tmp_path).database_owner_url
    command.upgrade(settings, "0057")
    with bare.connect() as connection:
        connection.execute("SET session_replication_role = replica")  # without a provider
        for state in ("published", "withdrawn", "draft"):
            connection.execute(
                "INSERT INTO service (provider_id, external_id, kind, title, content, process, equipment, standard,"
                " price_fen, price_unit, phone, turnaround_days, state, created_at, updated_at, import_digest, tokens,"
                " cost_basis) VALUES (1, %(state)s, 'machine_time', 'x', 'x', 'x', 'x', '', 700, 'hour', '1', 5,"
                " %(state)s, '2026-01-01T00:00Z', '2026-01-05T17:00Z', '', '{}', '')",
                {"state": state},
            )
    command.upgrade(settings, "0058")
    with bare.connect() as connection:
        found = connection.execute(
            "SELECT s.state, p.valid_from::text, p.price_fen, p.turnaround_days, s.priced_on::text"
            " FROM service s LEFT JOIN service_price p ON p.service_id = s.id ORDER BY s.id"
        ).fetchall()
    assert found == [
        ("published", "2026-01-06", 700, 5, "2026-01-06"),
        ("withdrawn", "2026-01-06", 700, 5, "2026-01-06"),
        ("draft", None, None, None, None),
    ]


def described(database: Database) -> set[str]:
    """Every column, constraint, index, trigger, function and right, one line each."""
    with database.connect() as connection:
        return {line for (line,) in connection.execute(DESCRIPTION).fetchall()}
