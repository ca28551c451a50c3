"""``verify`` says nothing of a sound database and names every single thing that was tampered with."""

import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest

from accounts.queries import organisation
from core.db import db, transaction
from core.invariants import verify
from core.permissions import SYSTEM
from marketplace.app import create_app
from settlement import steps
from settlement.queries.invariants import INVARIANTS
from settlement.service import batches, clawbacks, payables, shortfalls
from tests.databases import Database, Server
from tests.factories.accounts import actor_of, make_province
from tests.factories.settlement import (
    AFTER,
    JANUARY,
    answer,
    charge,
    checker,
    hold,
    make_fund,
    make_payable,
    make_shortfall,
    maker,
    new_order_id,
    prepare,
    send,
)


def tell_a_story() -> None:
    """Something of everything: holds in each state, batches in most, returns, corrections, debts."""
    held, consumed, released = new_order_id(), new_order_id(), new_order_id()
    for order_id in (held, consumed, released):
        hold(order_id, 6_000)
    paid_order = new_order_id()
    user, provider = charge(paid_order, self_pay_fen=4_000, subsidy_fen=6_000)
    with transaction():
        steps.consume_hold(order_id=consumed, amount_fen=5_000, actor=SYSTEM, now=JANUARY)
        steps.release_hold(order_id=released, actor=SYSTEM, now=JANUARY)
        steps.reduce_hold(order_id=held, to_fen=5_500, actor=SYSTEM, now=JANUARY)
        for reference, fen in (("T1", 3_000), ("T2", 1_000)):
            steps.record_payment(order_id=paid_order, amount_fen=fen, reference=reference, actor=SYSTEM, now=JANUARY)
        steps.refund_order(order_id=paid_order, amount_fen=500, actor=SYSTEM, now=JANUARY)
    shortfall = make_shortfall(deducted_fen=6_000, approved_fen=5_000)
    shortfalls.confirm_payment(
        shortfall_id=shortfall.id,
        amount_fen=300,
        reference="S1",
        actor=actor_of(organisation(shortfall.creditor_id)),
        now=JANUARY,
    )
    make_fund(20_000)
    claims = [make_payable(6_000, payee=provider, order_id=paid_order), make_payable(2_000), make_payable(1_000)]
    taken_back = prepare()
    batches.approve(batch_id=taken_back.id, actor=checker(), now=AFTER)
    batches.discard(batch_id=taken_back.id, actor=checker(), now=AFTER)
    batch = send(prepare())
    answer(batch, {1: "paid", 2: "paid", 3: "failed", 4: "paid"})
    batches.close(batch_id=batch.id, actor=maker(), now=AFTER)
    answer(batch, {4: "returned"})
    payables.correct(payable_id=claims[1].id, note="更正", actor=maker(), now=AFTER)
    prepare(cutoff=date(2026, 1, 13))
    made = clawbacks.claw_back(
        payable_id=claims[0].id,
        source=None,
        amount_fen=2_500,
        cause="抽查",
        misconduct=True,
        misconduct_by=user.id,
        sanction_until=date(2027, 5, 31),
        actor=actor_of(make_province()),
        now=AFTER,
    )
    clawbacks.record_recovery(clawback_id=made.id, amount_fen=500, reference="R1", actor=maker(), now=AFTER)


@pytest.fixture(scope="module")
def sound(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database in which the story was told; tests tamper with it in transactions that they roll back."""
    database = server.clone(f"sound_{os.getpid()}")
    app = create_app(database.config(tmp_path_factory.mktemp("var")))
    with app.app_context():
        tell_a_story()
        assert verify(INVARIANTS) == []
        db.session.remove()
        db.engine.dispose()
    yield database
    server.drop(database)


def offences(owner: psycopg.Connection) -> dict[int, set[str]]:
    """The numbers and names of the invariants that offending rows were found for."""
    found: dict[int, set[str]] = defaultdict(set)
    for invariant in INVARIANTS:
        if owner.execute(invariant.sql.encode()).fetchone() is not None:
            found[invariant.number].add(invariant.name)
    return found


def disarm(owner: psycopg.Connection) -> None:
    """Switch off triggers, foreign keys, checks and one unique index, as somebody with all rights could."""
    owner.execute("SET session_replication_role = replica")
    owner.execute("DROP INDEX uq_payable_live_order")
    checks = owner.execute(
        "SELECT format('ALTER TABLE %I DROP CONSTRAINT %I', c.relname, k.conname)"
        " FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " WHERE k.contype = 'c' AND c.relnamespace = 'public'::regnamespace"
    ).fetchall()
    for (statement,) in checks:
        owner.execute(statement)


def test_a_sound_database_has_no_offence(sound: Database) -> None:
    with sound.connect() as owner:
        assert offences(owner) == {}


TAMPERED = [
    (1, "UPDATE ledger_posting SET amount_fen = amount_fen + 1 WHERE id = (SELECT min(id) FROM ledger_posting)"),
    (1, "DELETE FROM ledger_posting WHERE transaction_id = (SELECT max(id) FROM ledger_transaction)"),
    (
        1,
        (
            "UPDATE ledger_posting SET layer = 'posted' WHERE transaction_id ="
            " (SELECT min(id) FROM ledger_transaction WHERE kind = 'hold_granted') AND amount_fen > 0"
        ),
    ),
    (
        1,
        (
            "UPDATE ledger_posting p SET amount_fen = p.amount_fen * 2 FROM ledger_transaction t"
            " WHERE t.id = p.transaction_id AND t.kind = 'hold_released'"
        ),
    ),
    (2, "UPDATE ledger_account SET posted_fen = posted_fen - 1 WHERE kind = 'fund'"),
    (2, "UPDATE ledger_account SET pending_fen = pending_fen + 1 WHERE kind = 'cap'"),
    (2, "UPDATE ledger_account SET min_fen = -1000000 WHERE kind = 'fund'"),
    (
        2,
        (
            "UPDATE ledger_posting SET account_id = (SELECT max(id) FROM ledger_account) WHERE id ="
            " (SELECT min(id) FROM ledger_posting)"
        ),
    ),
    (3, "UPDATE ledger_transaction SET data = '{\"cap_fen\": 100}' WHERE kind = 'hold_granted'"),
    (3, "UPDATE ledger_account SET max_fen = 1 WHERE kind = 'cap'"),
    (3, "UPDATE cap_hold SET held_fen = held_fen + 1 WHERE state = 'live'"),
    (3, "UPDATE cap_hold SET consumed_fen = consumed_fen - 1 WHERE state = 'consumed'"),
    (3, "DELETE FROM cap_hold WHERE state = 'live'"),
    (4, "UPDATE order_charge SET self_pay_fen = self_pay_fen + 1"),
    (4, "UPDATE payment SET refunded_fen = refunded_fen + 1"),
    (4, "UPDATE shortfall SET paid_fen = paid_fen + 1"),
    (6, "UPDATE payable SET paid_fen = 0, state = 'due', batch_id = NULL, clawed_back_fen = 0 WHERE state = 'paid'"),
    (6, "UPDATE payable SET state = 'cancelled', batch_id = NULL WHERE state = 'in_batch'"),
    (6, "UPDATE payable SET clawed_back_fen = clawed_back_fen + 1 WHERE clawed_back_fen > 0"),
    (6, "UPDATE payable SET attempts = attempts + 1 WHERE state = 'paid'"),
    (6, "UPDATE bank_return_line SET outcome = 'paid' WHERE outcome = 'failed'"),
    (6, "DELETE FROM clawback"),
    (6, "UPDATE clawback SET recovered_fen = recovered_fen + 1"),
    (6, "DELETE FROM recovery"),
    (
        7,
        (
            "INSERT INTO payable (programme, source, order_id, payee_id, account_id, amount_fen, state, holder_name,"
            " bank_name, cnaps_code, account_number, involved_user_ids, confirmed_at, transaction_id, attempts,"
            " paid_fen, clawed_back_fen) SELECT programme, 'claim:x', order_id, payee_id, account_id, amount_fen,"
            " 'due', holder_name, bank_name, cnaps_code, account_number, '{}', confirmed_at, transaction_id, 0, 0, 0"
            " FROM payable LIMIT 1"
        ),
    ),
    (7, "UPDATE payable SET payee_id = (SELECT max(id) FROM organisation) WHERE state = 'paid'"),
    (7, "UPDATE payable SET account_number = '6222999' WHERE state = 'returned'"),
    (8, "UPDATE batch_line SET amount_fen = amount_fen + 1 WHERE line_no = 1"),
    (8, "UPDATE batch_payout SET account_number = '6222000' WHERE payout_no = 2"),
    (8, "DELETE FROM batch_line WHERE line_no = 2"),
    (8, "UPDATE settlement_batch SET total_fen = total_fen + 1"),
    (8, "UPDATE settlement_batch SET content_sha256 = repeat('0', 64)"),
    (8, "UPDATE batch_file SET control_sum_fen = control_sum_fen - 1"),
    (8, "UPDATE stored_file SET sha256 = repeat('0', 64)"),
    (8, "DELETE FROM batch_file"),
    (8, "UPDATE bank_return SET paid_fen = paid_fen + 1"),
    (8, "UPDATE bank_return_line SET amount_fen = amount_fen + 1 WHERE payout_no = 1"),
    (8, "DELETE FROM bank_return_line WHERE outcome = 'failed'"),
    (
        8,
        (
            "UPDATE ledger_posting p SET account_id = (SELECT id FROM ledger_account WHERE kind = 'payable'"
            " AND id <> p.account_id LIMIT 1) FROM ledger_account a, ledger_transaction t WHERE a.id = p.account_id"
            " AND t.id = p.transaction_id AND a.kind = 'payable' AND t.kind = 'batch_committed'"
        ),
    ),
    (9, "UPDATE shortfall SET state = 'paid'"),
    (9, "UPDATE settlement_batch SET state = 'approved' WHERE state = 'closed'"),
    (9, "UPDATE cap_hold SET state = 'released' WHERE state = 'live'"),
    (9, "DELETE FROM audit_entry WHERE subject_kind = 'settlement_batch' AND action = 'approve'"),
    (10, "UPDATE settlement_batch SET approved_by = prepared_by WHERE approved_by IS NOT NULL"),
    (10, "UPDATE payable SET involved_user_ids = (SELECT array_agg(approved_by) FROM settlement_batch)"),
    (12, "DELETE FROM audit_entry WHERE subject_kind = 'payable'"),
    (15, "UPDATE appropriation SET amount_fen = amount_fen - 1"),
    (15, "UPDATE appropriation SET amount_fen = 1"),
    (15, "DELETE FROM settlement_batch WHERE state = 'prepared'"),
    (17, "UPDATE shortfall SET amount_fen = amount_fen + 1"),
    (17, "UPDATE shortfall SET debtor_id = creditor_id"),
]
"""What is tampered with, and the invariant that must name it."""


@pytest.mark.parametrize(("number", "statement"), TAMPERED)
def test_tampering_is_named(sound: Database, number: int, statement: str) -> None:
    with sound.connect() as owner:
        disarm(owner)
        changed = owner.execute(statement.encode()).rowcount
        found = offences(owner)
        owner.rollback()

    assert changed > 0
    assert number in found
