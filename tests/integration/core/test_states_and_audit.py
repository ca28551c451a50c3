"""States follow their table, and every change leaves an entry that nobody can alter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from itertools import product
from typing import Any

import psycopg
import pytest
from flask import Flask

from core import audit
from core.db import NoTransaction, session, transaction
from core.files import StoredFile
from core.permissions import SYSTEM, Actor
from core.states import StateForbids, Transitions, allowed_target, apply
from tests.databases import Database
from tests.support.queries import counted_queries

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ACTOR = Actor(user_id=7, organisation_id=8, role="city_bureau", city="370100")


class Light(StrEnum):
    RED = "red"
    GREEN = "green"
    BROKEN = "broken"


LIGHT = Transitions(
    {
        (Light.RED, "go"): Light.GREEN,
        (Light.GREEN, "stop"): Light.RED,
        (Light.RED, "hit"): Light.BROKEN,
        (Light.GREEN, "hit"): Light.BROKEN,
    },
    initial=Light.RED,
)


def lamp(state: Light) -> Any:
    """A record with a row, whose state lives beside its columns."""
    made: Any = StoredFile(
        sha256=64 * "a", size_bytes=1, media_type="text/plain", filename="x", owner_id=None, created_at=NOW
    )
    made.state = state
    session().add(made)
    return made


@pytest.mark.parametrize(("state", "action"), list(product(Light, ["go", "stop", "hit", "fly"])))
def test_every_state_against_every_action(app: Flask, state: Light, action: str) -> None:
    """Invariant 9: exactly what the table allows, and an entry for each step; a refusal writes nothing."""
    with transaction():
        made = lamp(state)
        target = LIGHT.table.get((state, action))
        if target is not None:
            assert apply(made, action, transitions=LIGHT, actor=ACTOR, now=NOW, note="why") is target
            (entry,) = written(made)
            assert (entry.from_state, entry.action, entry.to_state) == (state, action, target)
            assert entry.data == {"note": "why"}
        else:
            with pytest.raises(StateForbids) as refused:
                apply(made, action, transitions=LIGHT, actor=ACTOR, now=NOW)
            assert refused.value.extra == {"state": state.value, "allowed": LIGHT.actions(state)}
            assert made.state is state
            assert written(made) == []


def test_entries_are_written_together_as_they_were_given(app: Flask) -> None:
    """In their order, by one statement at the next flush, whatever is in them; an instant has a time zone."""
    beijing = NOW.astimezone(timezone(timedelta(hours=8)))
    given: list[Any] = ['"quoted", \\ and 中文\n', None, "", 2**62, 0.1, {"deep": [True, "%s :data"]}]
    with transaction() as current, counted_queries() as said:
        made = lamp(Light.RED)
        for number, value in enumerate(given):
            audit.record(
                actor=ACTOR, now=beijing, action=str(number), subject=made, to_state=Light.RED, data={"of": value}
            )
        assert not any("audit_entry" in each for each in said)
        entries = written(made)
        assert [(each.action, each.data["of"]) for each in entries] == [(str(n), each) for n, each in enumerate(given)]
        assert {(each.at, each.from_state, each.to_state) for each in entries} == {(NOW, None, "red")}
        assert sum("INSERT INTO audit_entry" in each for each in said) == 1
        audit.record(actor=SYSTEM, now=NOW.replace(tzinfo=None), action="naive", subject=made)
        with pytest.raises(TypeError, match="time zone"):
            current.flush()


def written(made: StoredFile) -> list[audit.AuditEntry]:
    session().flush()
    return audit.history("stored_file", made.id)


def test_a_table_knows_its_actions() -> None:
    """Sorted, and none in a final state."""
    assert LIGHT.actions(Light.RED) == ["go", "hit"]
    assert LIGHT.actions(Light.BROKEN) == []
    assert LIGHT.names() == {"go", "stop", "hit"}
    assert LIGHT.initial is Light.RED
    with pytest.raises(StateForbids, match="nothing more"):
        allowed_target(Light.BROKEN, "go", transitions=LIGHT)


def test_an_entry_says_who_did_what_to_which_record(app: Flask) -> None:
    """Invariant 12; a record made in the same transaction gets its number first."""
    with transaction():
        made = lamp(Light.RED)
        audit.record(actor=ACTOR, now=NOW, action="make", subject=made, to_state=Light.RED, data={"amount_fen": 5})
        audit.record(actor=SYSTEM, now=NOW, action="check", subject=made)
    first, second = audit.history("stored_file", made.id)
    session().refresh(first)
    assert (first.actor_user_id, first.actor_organisation_id, first.actor_role) == (7, 8, "city_bureau")
    assert (first.at, first.action, first.to_state, first.data) == (NOW, "make", "red", {"amount_fen": 5})
    assert (second.actor_user_id, second.actor_role, second.data) == (None, "system", {})
    assert first.xid == second.xid


def test_an_entry_needs_a_transaction(app: Flask) -> None:
    """It commits with its change or not at all."""
    with pytest.raises(NoTransaction):
        audit.record(actor=SYSTEM, now=NOW, action="make", subject=StoredFile(id=1))


STATEMENTS = (b"UPDATE audit_entry SET action = 'x'", b"DELETE FROM audit_entry", b"TRUNCATE audit_entry")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_trail_is_append_only_for_the_application(database: Database, statement: bytes) -> None:
    """Invariant 12: its role has no right to."""
    with database.connect() as application:
        application.execute("SET ROLE marketplace_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute(statement)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_trail_is_append_only_for_its_owner(database: Database, statement: bytes) -> None:
    """Invariant 12: a trigger refuses, TRUNCATE included."""
    with database.connect() as owner, pytest.raises(psycopg.errors.RestrictViolation, match="never changed"):
        owner.execute(statement)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_without_trigger_and_role_the_trail_could_be_changed(database: Database, statement: bytes) -> None:
    """The counter-test: it is these two that hold."""
    with database.connect() as owner:
        owner.execute("DROP TRIGGER audit_entry_append_only ON audit_entry")
        owner.execute(
            "INSERT INTO audit_entry (at, actor_role, action, subject_kind, subject_id, data)"
            " VALUES (now(), 'system', 'make', 'claim', 1, '{}')"
        )
        owner.execute(statement)
        found = owner.execute("SELECT count(*) FROM audit_entry WHERE action = 'make'").fetchone()
    assert found == (0,)
