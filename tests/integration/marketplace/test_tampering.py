"""Whoever has all rights changes one thing, past all triggers: ``verify`` names what it was."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import select, text

from core import clock
from core.audit_chain import seal_audit_trail
from core.audit_head import trail_offences
from core.db import session
from core.file_store import path_of
from core.files import StoredFile
from core.invariants import file_offences
from marketplace.reports.annual.editions import altered_editions
from marketplace.reports.evaluation.frozen import altered_snapshots
from marketplace.reports.verification import INVARIANTS
from tests.databases import Server
from tests.integration.marketplace.tamperings import TAMPERINGS, Tampering
from tests.support.bending import disarm
from tests.support.deal import MONDAY
from tests.support.isolation import rolled_back
from tests.support.settling import settle
from tests.support.world import World

AT_LEAST = 40


def test_each_is_named_by_its_statement(world: World, server: Server) -> None:
    """One after another, each upon the sound database; the statement is silent before and names the row after."""
    assert world.ids
    database = server.database(server.name(f"world_{os.getpid()}"))
    unnoticed: list[str] = []
    with database.connect() as owner:
        disarm(owner)
        for tampering in TAMPERINGS:
            owner.execute("SAVEPOINT sound")
            picked = owner.execute(tampering.pick.encode()).fetchone()
            assert picked is not None, f"{tampering.what}: there is no such row"
            key, names = picked
            before = named(owner, tampering)
            owner.execute(tampering.change.format(key=key).encode())
            if names in before or names not in named(owner, tampering):
                unnoticed.append(tampering.what)
            owner.execute("ROLLBACK TO sound")
        owner.rollback()
    assert not unnoticed, "\n".join(unnoticed)


def named(owner: psycopg.Connection, tampering: Tampering) -> set[object]:
    """What the statement names, of the column that leads to the row."""
    (statement,) = [each for each in INVARIANTS if each.name.startswith(tampering.named_by)]
    found = owner.execute(statement.sql.encode())
    assert found.description is not None
    column = [each.name for each in found.description].index(tampering.names)
    return {row[column] for row in found}


@pytest.fixture
def sealed(world: World) -> Iterator[World]:
    """The trail is sealed; the session may do everything, and all of it is rolled back."""
    with rolled_back(world.client.app), clock.at(MONDAY):
        settle()
        seal_audit_trail(now=clock.now())
        session().execute(text("SET LOCAL ROLE none"))
        session().execute(text("SET LOCAL session_replication_role = replica"))
        assert trail_offences() == []
        yield world


TRAIL = {
    "what went with an entry": "UPDATE audit_entry SET data = data || '{\"amount_fen\": 1}' WHERE id = :key",
    "when": "UPDATE audit_entry SET at = at - interval '1 day' WHERE id = :key",
    "who": "UPDATE audit_entry SET actor_user_id = 1 WHERE id = :key",
    "an entry is removed": "DELETE FROM audit_entry WHERE id = :key",
    "an entry is slipped in": (
        "INSERT INTO audit_entry (at, actor_role, action, subject_kind, subject_id, data, xid)"
        " SELECT at, actor_role, action, subject_kind, subject_id, data, xid FROM audit_entry WHERE id = :key"
    ),
}


@pytest.mark.parametrize("change", TRAIL.values(), ids=TRAIL)
def test_a_rewritten_trail_is_named_by_its_seal(sealed: World, change: str) -> None:
    key = session().scalar(text("SELECT min(id) FROM audit_entry WHERE action = 'approve'"))
    assert key is not None
    session().execute(text(change), {"key": key})
    (offence,) = trail_offences()
    assert offence.row["audit_seal"] == 1


REPORTS = {
    "annual_report_edition": ("content = jsonb_set(content, '{year}', '1999')", altered_editions),
    "evaluation_snapshot": ("inputs = jsonb_set(inputs, '{year}', '1999')", altered_snapshots),
}


@pytest.mark.parametrize("table", REPORTS)
def test_a_frozen_report_is_named_by_its_digest(sealed: World, table: str) -> None:
    change, altered = REPORTS[table]
    assert altered() == []
    session().execute(text(f"UPDATE {table} SET {change} WHERE id = (SELECT min(id) FROM {table})"))
    session().expire_all()
    assert len(altered()) == 1


def test_an_edited_and_a_removed_file_are_named(sealed: World) -> None:
    """Invariant 14: the bytes of an invoice, and a file that is gone."""
    kept = session().scalars(select(StoredFile).order_by(StoredFile.id.desc()).limit(1)).one()
    place = path_of(kept.sha256)
    content = place.read_bytes()
    assert file_offences() == []
    try:
        for fault, change in (("altered", lambda: place.write_bytes(content + b" ")), ("missing", place.unlink)):
            change()
            assert (14, kept.id, fault) in {
                (each.number, each.row["stored_file"], each.row["fault"]) for each in file_offences()
            }
    finally:
        place.write_bytes(content)


def test_there_are_enough_of_them() -> None:
    assert len({each.what for each in TAMPERINGS}) + len(TRAIL) + len(REPORTS) + 2 >= AT_LEAST
