"""Many at once, with real commits.

The last of a cap, two preparers, one transfer. And what happens without the guards.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TypeVar

import pytest
from flask import Flask
from psycopg.errors import LockNotAvailable
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from accounts.queries import organisation
from core.db import db, session, transaction
from core.invariants import verify
from core.permissions import SYSTEM
from settlement import queries, steps
from settlement.models import BankSuspense
from settlement.queries.invariants import INVARIANTS
from settlement.service import bank_statements, batches
from settlement.steps import PaymentExists, PaymentTooLarge, suspense
from tests.databases import Database
from tests.factories.settlement import (
    AFTER,
    CUTOFF,
    JANUARY,
    charge,
    hold,
    lines_of,
    make_fund,
    make_payable,
    maker,
)
from tests.support.bank import Entry, camt_of

T = TypeVar("T")

CLIENTS = 40
CONNECTIONS = 24
"""As many as may all hold a connection of the pool at a time."""
WANTED_FEN = 6_000_000
CAP_FEN = 50_000_000

USED = "SELECT posted_fen + pending_fen FROM ledger_account WHERE kind = 'cap'"
RAISE = "UPDATE ledger_account SET pending_fen = pending_fen + :fen WHERE kind = 'cap'"
LINE = """
    INSERT INTO batch_line
    SELECT :batch, 1, id, 1, source, order_id, amount_fen, 1
      FROM payable WHERE id = :payable"""


def at_once(app: Flask, work: Callable[[int], T], *, clients: int = CLIENTS) -> list[T | Exception]:
    """The results, or exceptions, of ``clients`` threads that start together, each with a session of its own."""
    barrier = threading.Barrier(clients)

    def one(number: int) -> T | Exception:
        with app.app_context():
            try:
                barrier.wait(timeout=60)
                return patiently(lambda: work(number))
            except Exception as raised:  # noqa: BLE001 - the caller looks at it
                return raised
            finally:
                db.session.remove()

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(one, range(clients)))


def patiently(work: Callable[[], T]) -> T:
    """Try again after a wait for a lock was given up, as a client does that is told 503 with Retry-After."""
    while True:
        try:
            return work()
        except OperationalError as late:
            if not isinstance(late.orig, LockNotAvailable):
                raise
            session().rollback()


def counted(results: list[T | Exception], kind: type[Exception]) -> int:
    return sum(isinstance(result, kind) for result in results)


def test_v12_40_orders_of_siblings_never_exceed_the_cap_and_share_its_last_exactly(committed_app: Flask) -> None:
    """Room for eight whole holds of 60,000 and one of 20,000; the other thirty-one get nothing."""
    granted = at_once(committed_app, lambda number: hold(number + 1, WANTED_FEN))

    assert sorted(fen for fen in granted if isinstance(fen, int)) == [0] * 31 + [2_000_000] + [WANTED_FEN] * 8
    assert queries.cap_room(cap_owner="controller:1", year=2026, cap_fen=CAP_FEN) == 0
    assert verify(INVARIANTS) == []


def test_without_lock_and_check_the_cap_is_broken(committed_app: Flask, database: Database) -> None:
    """The counter-test: reading the room without FOR UPDATE, and no CHECK behind it."""
    with database.connect() as owner:
        owner.execute("ALTER TABLE ledger_account DROP CONSTRAINT ck_ledger_account_upper_bound")
    hold(1, 1)
    have_read = threading.Barrier(CONNECTIONS)

    def naive(number: int) -> None:
        with transaction() as current:
            used = current.execute(text(USED)).scalar_one()
            have_read.wait(timeout=60)
            granted = min(WANTED_FEN, CAP_FEN - used)
            current.execute(text(RAISE), {"fen": granted})

    at_once(committed_app, naive, clients=CONNECTIONS)

    session().rollback()
    assert session().execute(text(USED)).scalar_one() == 1 + CONNECTIONS * WANTED_FEN > CAP_FEN
    assert {offence.number for offence in verify(INVARIANTS)} >= {2, 3}


def test_without_the_lock_the_check_is_the_backstop(committed_app: Flask) -> None:
    hold(1, 1)

    def naive(number: int) -> None:
        with transaction() as current:
            current.execute(text(RAISE), {"fen": WANTED_FEN})

    results = at_once(committed_app, naive)

    assert results.count(None) == 8
    session().rollback()
    assert session().execute(text(USED)).scalar_one() == 8 * WANTED_FEN + 1


def test_v17_pay_two_preparers_make_one_batch(committed_app: Flask) -> None:
    make_fund(1_000)
    for fen in (100, 200):
        make_payable(fen)
    actor = maker()

    made = at_once(
        committed_app,
        lambda number: batches.prepare(cutoff=CUTOFF, actor=actor, now=AFTER).number,
        clients=8,
    )

    assert set(made) == {"20260112-1-01"}
    assert session().scalar(text("SELECT count(*) FROM batch_line")) == 2
    assert verify(INVARIANTS) == []


def test_without_its_guards_one_claim_is_in_two_batches(committed_app: Flask, database: Database) -> None:
    """The counter-test: no queue lock, no unique line a payable, and lines added to whatever batch."""
    with database.connect() as owner:
        owner.execute("ALTER TABLE batch_line DROP CONSTRAINT uq_batch_line_payable_id_attempt")
        owner.execute("ALTER TABLE batch_line DISABLE TRIGGER batch_line_before_seal")
    claim = make_payable(100)
    have_read = threading.Barrier(2)

    def naive(number: int) -> None:
        with transaction() as current:
            due = current.scalars(text("SELECT id FROM payable WHERE state = 'due'")).all()
            have_read.wait(timeout=60)
            for payable_id in due:
                current.execute(text(LINE), {"batch": number, "payable": payable_id})

    at_once(committed_app, naive, clients=2)

    session().rollback()
    found = session().scalars(text("SELECT batch_id FROM batch_line WHERE payable_id = :id"), {"id": claim.id})
    assert sorted(found.all()) == [0, 1]
    assert {offence.number for offence in verify(INVARIANTS)} >= {8}


def test_confirmations_during_a_preparation_are_never_overtaken(committed_app: Flask) -> None:
    """V3: a batch sees every payable with a lower number than the last one it takes."""
    make_fund(100_000)
    make_payable(1)
    payees = [make_payable(1).payee_id for _ in range(12)]
    actor = maker()

    def work(number: int) -> object:
        if number == 0:
            return batches.prepare(cutoff=CUTOFF, actor=actor, now=AFTER).id
        return make_payable(10, payee=organisation(payees[number]), order_id=5_000 + number).queue_no

    at_once(committed_app, work, clients=12)

    session().rollback()
    batch = batches.prepare(cutoff=CUTOFF, actor=actor, now=AFTER)
    taken = {line.payable_id for line in lines_of(batch)}
    rows = session().execute(text("SELECT id, queue_no FROM payable ORDER BY queue_no")).all()
    positions = [row.id in taken for row in rows]
    assert positions == sorted(positions, reverse=True)
    assert verify(INVARIANTS) == []


def test_i6_one_claim_confirmed_twice_at_once_is_one_payable(committed_app: Flask) -> None:
    payee = make_payable(1)
    results = at_once(
        committed_app,
        lambda number: make_payable(100, payee=organisation(payee.payee_id), order_id=77).id,
        clients=8,
    )

    assert sum(isinstance(result, int) for result in results) == 1
    session().rollback()
    assert session().scalar(text("SELECT count(*) FROM payable WHERE order_id = 77")) == 1
    assert verify(INVARIANTS) == []


@pytest.mark.parametrize("guarded", [True, False])
def test_one_entry_in_many_statements_at_once_is_in_suspense_once(
    committed_app: Flask, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each statement is a file of its own with the same entry. Without the lock the constraint is the backstop."""
    with committed_app.app_context():
        actor = maker()
    if not guarded:
        monkeypatch.setattr(suspense, "_STATEMENT_LOCK", None)  # no key, no lock

    def take(number: int) -> int:
        content = camt_of([Entry(7_000)]).replace(b"M1", b"M%d" % number)
        return bank_statements.record_statement(stream=BytesIO(content), filename="camt.xml", actor=actor, now=AFTER).id

    answers = at_once(committed_app, take, clients=8)

    with committed_app.app_context():
        kept = session().scalars(select(BankSuspense.amount_fen)).all()
        assert list(kept) == [7_000]
        assert verify(INVARIANTS) == []
    failed = [each for each in answers if isinstance(each, Exception)]
    assert bool(failed) is not guarded
    assert all(isinstance(each, IntegrityError) for each in failed), failed


def test_one_transfer_recorded_many_times_at_once_counts_once(committed_app: Flask) -> None:
    charge(9, self_pay_fen=400, subsidy_fen=0)

    def pay(number: int) -> int:
        with transaction():
            return steps.record_payment(
                order_id=9, amount_fen=400, reference="T1", actor=SYSTEM, now=JANUARY
            ).amount_fen

    results = at_once(committed_app, pay, clients=12)

    assert [result for result in results if isinstance(result, int)] == [400]
    assert counted(results, PaymentTooLarge) + counted(results, PaymentExists) == 11
    session().rollback()
    assert queries.order_money(9).received_fen == 400
