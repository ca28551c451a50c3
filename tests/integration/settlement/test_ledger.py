"""The ledger refuses what does not balance, what leaves its bounds and what would change the past."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.db import NoTransaction, session, transaction
from core.permissions import SYSTEM
from settlement import steps
from settlement.models import LedgerAccount, LedgerPosting, LedgerTransaction
from settlement.rules.chart import AccountKind, Cap, Phase, TransactionKind
from settlement.rules.postings import hold_released
from settlement.steps.posting import Posting, post
from tests.factories.settlement import JANUARY, hold, new_order_id

KEYS = {
    "batch_line": "batch_id",
    "batch_payout": "batch_id",
    "batch_netting": "batch_id",
    "bank_return_line": "bank_return_id",
}
APPEND_ONLY = (
    "ledger_transaction",
    "ledger_posting",
    "appropriation",
    "batch_line",
    "batch_payout",
    "batch_netting",
    "cutoff_change",
    "batch_file",
    "bank_return",
    "bank_return_line",
    "recovery",
    "cap_merge",
    "cap_merge_year",
)


def make_transaction() -> tuple[int, list[int]]:
    """A ledger transaction without postings, and two accounts of one book."""
    hold(new_order_id(), 100)
    accounts = list(session().scalars(select(LedgerAccount.id).order_by(LedgerAccount.id)))
    made = LedgerTransaction(
        kind=TransactionKind.HOLD_GRANTED,
        phase=Phase.PENDING,
        part=0,
        source="test",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        actor_role="system",
        data={},
    )
    session().add(made)
    session().flush()
    return made.id, accounts


def insert_postings(transaction_id: int, *amounts: tuple[int, str, int]) -> None:
    values = ", ".join(f"({transaction_id}, {account}, '{layer}', {fen})" for account, layer, fen in amounts)
    session().execute(
        text(f"INSERT INTO ledger_posting (transaction_id, account_id, layer, amount_fen) VALUES {values}")
    )


def test_postings_that_do_not_balance_are_refused(app: Flask) -> None:
    made, (cap, contra) = make_transaction()

    with pytest.raises(IntegrityError, match="is off by 1 in entitlement"):
        insert_postings(made, (cap, "posted", 5), (contra, "posted", -4))


def test_each_layer_balances_by_itself(app: Flask) -> None:
    made, (cap, contra) = make_transaction()

    with pytest.raises(IntegrityError, match="is off"):
        insert_postings(made, (cap, "posted", 5), (contra, "pending", -5))


def test_each_book_balances_by_itself(app: Flask) -> None:
    made, (cap, _) = make_transaction()
    foreign = session().scalar(
        text(
            "INSERT INTO ledger_account (book, kind, owner, year) VALUES ('trade', 'sales', 'order:1', 0) RETURNING id"
        )
    )

    with pytest.raises(IntegrityError, match="is off"):
        insert_postings(made, (cap, "posted", 5), (foreign, "posted", -5))


def test_a_transaction_takes_all_its_postings_at_once(app: Flask) -> None:
    made, (cap, contra) = make_transaction()
    insert_postings(made, (cap, "posted", 5), (contra, "posted", -5))

    with pytest.raises(IntegrityError, match="all made at once"):
        insert_postings(made, (cap, "posted", 1), (contra, "posted", -1))


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_append_only_tables_refuse_every_change(app: Flask, table: str, statement: str) -> None:
    column = KEYS.get(table, "id")

    with pytest.raises(DBAPIError, match=r"never changed|permission denied"):
        session().execute(text(statement.format(table, column, column)))


def test_a_step_that_writes_needs_a_transaction(app: Flask) -> None:
    with pytest.raises(NoTransaction):
        steps.grant_hold(order_id=1, cap_owner="team:1", year=2026, wanted_fen=1, cap_fen=1, actor=SYSTEM, now=JANUARY)


def test_a_pending_transaction_is_resolved_once(app: Flask) -> None:
    order_id = new_order_id()
    hold(order_id, 500)
    pending = session().scalar(select(LedgerTransaction.id).where(LedgerTransaction.phase == Phase.PENDING))
    with transaction():
        steps.release_hold(order_id=order_id, actor=SYSTEM, now=JANUARY)

    entries = hold_released(Cap("controller:1", 2026), held_fen=500)
    again = Posting(TransactionKind.HOLD_RELEASED, entries, "test", phase=Phase.VOID, resolves_id=pending)
    with pytest.raises(IntegrityError, match="uq_ledger_transaction_resolves_id_part"), transaction():
        post(again, actor=SYSTEM, now=JANUARY)


def test_an_account_never_leaves_its_bounds(app: Flask) -> None:
    hold(new_order_id(), 500)

    with pytest.raises(IntegrityError, match="ck_ledger_account_upper_bound"):
        session().execute(text("UPDATE ledger_account SET posted_fen = 50000001 WHERE kind = 'cap'"))


def test_balances_are_the_sums_of_postings(app: Flask) -> None:
    first, second = new_order_id(), new_order_id()
    hold(first, 300)
    hold(second, 200)
    with transaction():
        steps.consume_hold(order_id=first, amount_fen=250, actor=SYSTEM, now=JANUARY)

    account = session().scalars(select(LedgerAccount).where(LedgerAccount.kind == AccountKind.CAP)).one()
    postings = session().scalars(select(LedgerPosting).where(LedgerPosting.account_id == account.id)).all()
    session().refresh(account)

    assert (account.posted_fen, account.pending_fen) == (250, 200)
    assert sum(p.amount_fen for p in postings) == 450
