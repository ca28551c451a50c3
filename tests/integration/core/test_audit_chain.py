"""The seals over the audit trail find every later change, also one made past all roles and triggers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from core import audit_chain
from core.audit import record
from core.audit_chain import chain_head, chain_offences, seal_audit_trail, verify_chain
from core.db import session, transaction
from core.files import StoredFile
from core.permissions import SYSTEM
from tests.databases import Database
from tests.support.settling import settle

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def trail(committed_app: Flask) -> Flask:
    """Three seals over nine entries."""
    for first in (1, 4, 7):
        for number in range(first, first + 3):
            write(number)
        settle()
        assert seal_audit_trail(now=NOW) == 3
    return committed_app


@pytest.fixture
def intruder(database: Database) -> Iterator[psycopg.Connection]:
    """The owner of the database with its triggers switched off."""
    with database.connect(autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def write(number: int) -> None:
    with transaction() as current:
        subject = StoredFile(
            sha256=f"{number:064x}",
            size_bytes=number,
            media_type="text/plain",
            filename=f"文件 {number}",
            owner_id=None,
            created_at=NOW,
        )
        current.add(subject)
        record(actor=SYSTEM, now=NOW, action="keep", subject=subject, data={"number": number, "note": "甲"})


def fault(expected_seal: int) -> str:
    session().rollback()
    (row,) = verify_chain()
    assert row["audit_seal"] == expected_seal
    return str(row["fault"])


def test_an_untouched_trail_is_well(trail: Flask) -> None:
    """Invariant 12: seals follow one another without a gap and nothing is found."""
    assert verify_chain() == []
    assert chain_offences() == []
    head = chain_head()
    assert head is not None
    assert head.number == 3
    assert seal_audit_trail(now=NOW) == 0
    assert chain_head() == head


def test_long_trails_are_sealed_in_portions(committed_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A seal takes a bounded number of entries; one run makes as many as are needed."""
    monkeypatch.setattr(audit_chain, "ENTRIES_A_SEAL", 2)
    for number in range(5):
        write(number)
    settle()
    assert seal_audit_trail(now=NOW) == 5
    head = chain_head()
    assert head is not None
    assert head.number == 3
    assert verify_chain() == []


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE audit_entry SET data = \'{"number": 5, "note": "乙"}\' WHERE id = 5',
        "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE id = 5",
        "UPDATE audit_entry SET actor_user_id = 7 WHERE id = 5",
        "UPDATE audit_entry SET subject_id = 1 WHERE id = 5",
        "UPDATE audit_entry SET to_state = 'paid' WHERE id = 5",
        "UPDATE audit_seal SET sealed_at = sealed_at + interval '1 hour' WHERE number = 2",
    ],
)
def test_an_edited_entry_or_seal_is_named(trail: Flask, intruder: psycopg.Connection, change: str) -> None:
    """Invariant 12: the first seal that covers it no longer fits."""
    assert intruder.execute(change.encode()).rowcount == 1
    assert "changed" in fault(2)
    assert [offence.number for offence in chain_offences()] == [12]


def test_a_removed_entry_is_named(trail: Flask, intruder: psycopg.Connection) -> None:
    """Invariant 12: its seal counts one entry fewer."""
    intruder.execute("DELETE FROM audit_entry WHERE id = 6")
    assert fault(2) == "it covers 3 entries, and 2 are there"


def test_an_entry_slipped_in_later_is_named(trail: Flask, intruder: psycopg.Connection) -> None:
    """Invariant 12: nothing can be put into a range that is sealed."""
    intruder.execute(
        "INSERT INTO audit_entry (at, actor_role, action, subject_kind, subject_id, data, xid)"
        " SELECT at, 'province', 'confirm', 'claim', 1, '{}', xid FROM audit_entry WHERE id = 2"
    )
    assert fault(1) == "it covers 3 entries, and 4 are there"


def test_a_removed_seal_is_named(trail: Flask, intruder: psycopg.Connection) -> None:
    """A gap in the chain is named by the seal after it."""
    intruder.execute("DELETE FROM audit_seal WHERE number = 2")
    assert fault(3) == "a link before it is missing"


def test_the_end_cut_off_shows_against_an_exported_head(trail: Flask, intruder: psycopg.Connection) -> None:
    """The chain alone cannot show that its newest part is gone; the head kept outside can."""
    head = chain_head()
    intruder.execute("DELETE FROM audit_seal WHERE number = 3")
    intruder.execute("DELETE FROM audit_entry WHERE id > 6")
    session().rollback()
    assert verify_chain() == []
    (row,) = verify_chain(head=head)
    assert row["audit_seal"] == 3


def test_a_rewritten_end_shows_against_an_exported_head(trail: Flask, intruder: psycopg.Connection) -> None:
    """Even who has the key cannot seal another history under an exported head."""
    head = chain_head()
    intruder.execute("DELETE FROM audit_seal WHERE number = 3")
    intruder.execute("DELETE FROM audit_entry WHERE id = 9")
    session().rollback()
    assert seal_audit_trail(now=NOW) == 2
    assert verify_chain() == []
    (row,) = verify_chain(head=head)
    assert row["fault"] == "the link is not the one that was exported"


def test_another_key_is_told_from_another_history(trail: Flask) -> None:
    """Who changes the key learns that it is the key."""
    trail.config["AUDIT_CHAIN_KEY"] = "another"
    assert fault(1) == "it was made with another key than the present one"


def test_an_open_transaction_holds_the_seal_up(committed_app: Flask, database: Database) -> None:
    """What a transaction commits late comes into a later seal; no gap is left for it."""
    insert = (
        "INSERT INTO audit_entry (at, actor_role, action, subject_kind, subject_id, data)"
        " VALUES (now(), 'system', 'late', 'claim', 1, '{}')"
    )
    with database.connect() as late:
        late.execute(insert)
        write(1)
        assert seal_audit_trail(now=NOW) == 0
        late.commit()
    settle()
    assert seal_audit_trail(now=NOW) == 2
    assert verify_chain() == []


def test_seals_are_append_only(trail: Flask, database: Database) -> None:
    """Neither the application nor, by trigger, the owner changes a seal."""
    for statement in (b"UPDATE audit_seal SET entries = 1", b"DELETE FROM audit_seal", b"TRUNCATE audit_seal"):
        with database.connect() as owner, pytest.raises(psycopg.errors.RestrictViolation):
            owner.execute(statement)
        with database.connect() as application:
            application.execute("SET ROLE marketplace_app")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(statement)


def test_the_head_is_exported_and_checked_on_the_command_line(trail: Flask, tmp_path: Path) -> None:
    """`audit head > FILE`, later `audit verify --head FILE`."""
    runner = trail.test_cli_runner()
    printed = runner.invoke(args=["audit", "head"]).output
    kept = tmp_path / "head.json"
    kept.write_text(printed)
    assert json.loads(printed)["number"] == 3
    assert runner.invoke(args=["audit", "verify", "--head", str(kept)]).exit_code == 0
    kept.write_text(json.dumps({**json.loads(printed), "number": 4}))
    refused = runner.invoke(args=["audit", "verify", "--head", str(kept)])
    assert refused.exit_code == 1
    assert json.loads(refused.output)["audit_seal"] == 4
    kept.write_text("{}")
    assert "no head" in runner.invoke(args=["audit", "verify", "--head", str(kept)]).output
