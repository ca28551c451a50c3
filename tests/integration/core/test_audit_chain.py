"""The seals over the audit trail find every later change, also one made past all roles and triggers."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text

from core import audit_chain
from core.audit import AuditEntry, record
from core.audit_chain import (
    AuditSeal,
    ChainBroken,
    KeyInUse,
    KeyNotIntroduced,
    chain_head,
    replace_key,
    seal_audit_trail,
    verify_chain,
)
from core.audit_head import (
    HeadAltered,
    HeadOfOtherKey,
    HeadUnreadable,
    NothingSealed,
    export_head,
    head_file,
    read_head,
    trail_offences,
    verify_against,
)
from core.audit_keys import KEY_SETTING, OLD_KEYS_SETTING, key_mark
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
    assert trail_offences() == []
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
    assert [offence.number for offence in trail_offences()] == [12]


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
    """Who changes the key learns that it is the key, and nothing is sealed until it is said that it was replaced."""
    trail.config[KEY_SETTING] = "another"
    assert fault(1) == "it was made with a key that is not configured"
    write(10)
    settle()
    with pytest.raises(KeyNotIntroduced):
        seal_audit_trail(now=NOW)
    with pytest.raises(ChainBroken):
        replace_key(now=NOW)
    assert replace_key(now=NOW, old_key_lost=True).number == 4
    settle()
    assert seal_audit_trail(now=NOW) == 2
    assert fault(1) == "it was made with a key that is not configured"


@pytest.fixture
def renewed(trail: Flask) -> Flask:
    """The key was replaced after the third seal; two entries, of which one tells of it, are sealed with the new key."""
    trail.config[KEY_SETTING], trail.config[OLD_KEYS_SETTING] = "another", [trail.config["SECRET_KEY"]]
    assert fault(3) == "it is the newest and was not made with the present key"
    assert replace_key(now=NOW).entries == 0
    write(10)
    settle()
    assert seal_audit_trail(now=NOW) == 2
    return trail


def test_a_replaced_key_only_checks(renewed: Flask) -> None:
    """What it sealed stays checked, the change stands in the trail, and the same key is not put in its place again."""
    assert verify_chain() == []
    assert [seal.key_mark for seal in session().scalars(select(AuditSeal).order_by(AuditSeal.number))] == [
        *[key_mark_of("only for tests")] * 3,
        *[key_mark_of("another")] * 2,
    ]
    (told,) = session().scalars(select(AuditEntry).where(AuditEntry.action == "replace_key"))
    assert (told.subject_kind, told.subject_id) == ("audit_seal", 4)
    with pytest.raises(KeyInUse):
        replace_key(now=NOW)
    renewed.config[KEY_SETTING], renewed.config[OLD_KEYS_SETTING] = "only for tests", ["another"]
    assert fault(5) == "it is the newest and was not made with the present key"


def test_who_learnt_the_replaced_key_can_rewrite_nothing(renewed: Flask, intruder: psycopg.Connection) -> None:
    """Neither before the change, as the new key stands over it, nor by taking the change away, nor after it."""
    intruder.execute("DELETE FROM audit_entry WHERE id = 9")
    forge(renewed, intruder, 3)
    assert fault(4) == "it does not rest on the link before"
    intruder.execute("DELETE FROM audit_seal WHERE number > 3")
    assert fault(3) == "it is the newest and was not made with the present key"


def test_a_link_with_a_replaced_key_is_named(renewed: Flask, intruder: psycopg.Connection) -> None:
    """Also where it fits at the end of the chain."""
    write(11)
    settle()
    seal_audit_trail(now=NOW)
    forge(renewed, intruder, 6)
    assert fault(6) == "it was made with a key that had been replaced"


def forge(app: Flask, intruder: psycopg.Connection, number: int) -> None:
    """Make a link anew over what is there now, with the replaced key."""
    session().rollback()
    key = key_of("only for tests")
    seal = session().scalars(select(AuditSeal).where(AuditSeal.number == number)).one()
    rows = session().execute(text(audit_chain._SEALED), {**seal_bounds(seal)}).all()
    seal.entries, seal.key_mark = len(rows), key_mark(key)
    digest, _ = audit_chain._digest(seal, iter(rows), key=key)
    changed = (seal.entries, seal.key_mark, digest, number)
    session().rollback()
    statement = "UPDATE audit_seal SET entries = %s, key_mark = %s, digest = %s WHERE number = %s"
    intruder.execute(statement, changed)


def seal_bounds(seal: AuditSeal) -> dict[str, int]:
    return {name: getattr(seal, name) for name in ("after_xid", "after_id", "last_xid", "last_id")}


def key_of(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"audit chain", hashlib.sha256)


def key_mark_of(secret: str) -> str:
    return key_mark(key_of(secret))


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


def test_the_head_is_exported_and_checked_on_the_command_line(
    trail: Flask, intruder: psycopg.Connection, tmp_path: Path
) -> None:
    """`audit head`, later `audit verify --head FILE` or `verify --audit-head FILE`: both name an end that is gone."""
    runner = trail.test_cli_runner()
    write(10)
    kept = tmp_path / "head.json"
    assert runner.invoke(args=["audit", "head", "--output", str(kept)]).exit_code == 0
    told = json.loads(kept.read_text())
    assert (told["number"], told["entries"], told["first"]["id"], told["last"]["id"]) == (3, 9, 1, 9)
    assert (told["waiting"], told["last"]["at"]) == (1, NOW.isoformat())
    assert json.loads(runner.invoke(args=["audit", "head"]).output)["digest"] == told["digest"]
    commands = (["audit", "verify", "--head", str(kept)], ["verify", "--audit-head", str(kept)])
    for command in commands:
        assert "invariant 12" not in (said := runner.invoke(args=command).output)
        assert "exported" not in said
    intruder.execute("DELETE FROM audit_seal WHERE number = 3")
    intruder.execute("DELETE FROM audit_entry WHERE id > 6")
    for command in commands:
        session().rollback()
        refused = runner.invoke(args=command)
        assert refused.exit_code == 1
        assert "the exported link is gone from the end of the chain" in refused.output
        assert '"exported_entries": 9, "covered_entries": 6' in refused.output


ALTERED: list[tuple[Callable[[dict[str, Any]], object], type[Exception]]] = [
    (lambda told: {**told, "entries": 8}, HeadAltered),
    (lambda told: {**told, "number": 2}, HeadAltered),
    (lambda told: {**told, "key_mark": "0" * 16}, HeadOfOtherKey),
    (lambda told: {**told, "format": 9}, HeadUnreadable),
    (lambda told: {name: value for name, value in told.items() if name != "signature"}, HeadUnreadable),
    (lambda told: [told], HeadUnreadable),
]


def test_an_altered_head_is_refused(committed_app: Flask) -> None:
    """Who may write the file cannot adapt it to a trail that was cut off."""
    with pytest.raises(NothingSealed):
        export_head(now=NOW)
    with pytest.raises(KeyInUse):
        replace_key(now=NOW)
    write(1)
    settle()
    seal_audit_trail(now=NOW)
    told = export_head(now=NOW)
    assert read_head(json.dumps(told).encode()).entries == 1
    for change, error in ALTERED:
        with pytest.raises(error):
            read_head(json.dumps(change(told)).encode())


def test_a_head_exported_before_a_new_key_still_holds(trail: Flask) -> None:
    """It was signed with the key that only checks now."""
    kept = head_file(now=NOW)
    trail.config[KEY_SETTING], trail.config[OLD_KEYS_SETTING] = "another", [trail.config["SECRET_KEY"]]
    with pytest.raises(KeyNotIntroduced):
        export_head(now=NOW)
    replaced = trail.test_cli_runner().invoke(args=["audit", "replace-key"])
    assert replaced.exit_code == 0, replaced.output
    assert verify_against(read_head(kept)) == []
    assert read_head(head_file(now=NOW)).number == 4
