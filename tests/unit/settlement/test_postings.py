"""Every kind of transaction is balanced, and nothing else can be built."""

import inspect
from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.rules import postings
from settlement.rules.chart import BOOK_OF, BOUNDS_OF, AccountKind, AccountRef, Book, Cap, Layer
from settlement.rules.postings import Entries, Entry, NothingToPost, Owed, Unbalanced, balanced

FEN = st.integers(1, 10**15)
OWED = st.builds(lambda amount, netted: Owed(amount + netted, netted), FEN, st.integers(0, 10**15))
BY_PAYEE = st.dictionaries(st.integers(1, 50), OWED, min_size=1, max_size=20)

CAP = Cap("team:1", 2026)
AID = Cap("team:1", 2026, "city")

BUILDERS: dict[str, Callable[[int, int], Entries]] = {
    "hold_granted": lambda a, b: postings.hold_granted(CAP, amount_fen=a),
    "hold_released": lambda a, b: postings.hold_released(AID, held_fen=a),
    "hold_consumed": lambda a, b: postings.hold_consumed(CAP, held_fen=a + b, amount_fen=a),
    "use_moved": lambda a, b: postings.use_moved(AID, Cap("controller:2", 2026, "city"), amount_fen=a),
    "use_carried": lambda a, b: postings.use_carried(CAP, amount_fen=a),
    "carry_ended": lambda a, b: postings.carry_ended(CAP, amount_fen=a),
    "appropriated": lambda a, b: postings.appropriated(programme="p", year=2026, amount_fen=a),
    "appropriation_taken": lambda a, b: postings.appropriation_taken(programme="p", year=2026, amount_fen=a),
    "appropriation_corrected": lambda a, b: postings.appropriation_corrected(
        programme="p", year=2026, change_fen=a if b % 2 else -a
    ),
    "recovery_reversed": lambda a, b: postings.recovery_reversed(programme="p", year=2026, payee_id=1, amount_fen=a),
    "clawback_written_off": lambda a, b: postings.clawback_written_off(payee_id=1, amount_fen=a),
    "fund_carried": lambda a, b: postings.fund_carried(programme="p", year=2026, amount_fen=a),
    "payable_confirmed": lambda a, b: postings.payable_confirmed(payee_id=1, amount_fen=a),
    "payable_cancelled": lambda a, b: postings.payable_cancelled(payee_id=1, amount_fen=a),
    "batch_committed": lambda a, b: postings.batch_committed(
        programme="p", year=2026, owed={1: Owed(a), 2: Owed(a + b, a)}
    ),
    "batch_resolved": lambda a, b: postings.batch_resolved(
        programme="p", year=2026, paid={1: Owed(a + b, b)}, unpaid={1: Owed(b), 2: Owed(b, b)}
    ),
    "payout_returned": lambda a, b: postings.payout_returned(
        programme="p", year=2026, returned={1: Owed(a), 2: Owed(a + b, b)}
    ),
    "clawback_opened": lambda a, b: postings.clawback_opened(payee_id=1, amount_fen=a),
    "clawback_recovered": lambda a, b: postings.clawback_recovered(programme="p", year=2026, payee_id=1, amount_fen=a),
    "suspense_opened": lambda a, b: postings.suspense_opened(programme="p", amount_fen=-a),
    "suspense_cleared": lambda a, b: postings.suspense_cleared(programme="p", amount_fen=a),
    "charge_changed": lambda a, b: postings.charge_changed(order_id=1, self_pay_fen=a, subsidy_fen=-b),
    "payment_received": lambda a, b: postings.payment_received(order_id=1, amount_fen=a),
    "payment_refunded": lambda a, b: postings.payment_refunded(order_id=1, amount_fen=a),
    "subsidy_assigned": lambda a, b: postings.subsidy_assigned(order_id=1, amount_fen=a),
    "subsidy_forgone": lambda a, b: postings.subsidy_forgone(order_id=1, amount_fen=a),
    "shortfall_opened": lambda a, b: postings.shortfall_opened(order_id=1, amount_fen=a),
    "shortfall_of_unpaid": lambda a, b: postings.shortfall_of_unpaid(order_id=1, amount_fen=a),
    "shortfall_paid": lambda a, b: postings.shortfall_paid(order_id=1, amount_fen=a),
    "shortfall_payment_undone": lambda a, b: postings.shortfall_payment_undone(order_id=1, amount_fen=a),
    "shortfall_written_off": lambda a, b: postings.shortfall_written_off(order_id=1, amount_fen=a),
}


def test_every_kind_of_transaction_is_tried_here() -> None:
    public = {
        name
        for name, made in inspect.getmembers(postings, inspect.isfunction)
        if made.__module__ == postings.__name__ and not name.startswith("_")
    }

    assert public - {"balanced", "move", "payable_account"} == set(BUILDERS)


@pytest.mark.parametrize("name", BUILDERS)
@given(first=FEN, second=FEN)
def test_i1_every_transaction_balances_in_each_book_and_layer(name: str, first: int, second: int) -> None:
    totals: dict[tuple[Book, Layer], int] = defaultdict(int)
    entries = BUILDERS[name](first, second)
    for entry in entries:
        totals[entry.account.book, entry.layer] += entry.amount_fen

    assert set(totals.values()) == {0}
    assert len(entries) >= 2
    assert all(entry.amount_fen for entry in entries)


@pytest.mark.parametrize("name", sorted(set(BUILDERS) - {"batch_committed", "batch_resolved", "payout_returned"}))
def test_nothing_is_posted_for_nothing(name: str) -> None:
    with pytest.raises((NothingToPost, ValueError)):
        BUILDERS[name](0, 0)


@given(paid=BY_PAYEE, unpaid=BY_PAYEE)
def test_what_a_bank_says_undoes_exactly_what_the_batch_committed(
    paid: dict[int, Owed], unpaid: dict[int, Owed]
) -> None:
    none = Owed(0)
    owed = {
        payee: Owed(
            paid.get(payee, none).gross_fen + unpaid.get(payee, none).gross_fen,
            paid.get(payee, none).netted_fen + unpaid.get(payee, none).netted_fen,
        )
        for payee in paid.keys() | unpaid.keys()
    }
    left: dict[tuple[AccountRef, Layer], int] = defaultdict(int)
    for entry in (
        *postings.batch_committed(programme="p", year=2026, owed=owed),
        *postings.batch_resolved(programme="p", year=2026, paid=paid, unpaid=unpaid),
    ):
        left[entry.account, entry.layer] += entry.amount_fen

    assert {fen for (_, layer), fen in left.items() if layer is Layer.PENDING} == {0}
    assert left[AccountRef(AccountKind.FUND, "p", 2026), Layer.POSTED] == -sum(
        each.amount_fen for each in paid.values()
    )


def test_entries_of_two_books_do_not_make_up_for_each_other() -> None:
    cap, sales = AccountRef(AccountKind.CAP, "team:1", 2026), AccountRef(AccountKind.SALES, "order:1")

    with pytest.raises(Unbalanced):
        balanced([Entry(cap, Layer.POSTED, 5), Entry(sales, Layer.POSTED, -5)])


def test_a_single_entry_is_no_transaction() -> None:
    with pytest.raises(Unbalanced):
        balanced([Entry(AccountRef(AccountKind.CAP, "team:1", 2026), Layer.POSTED, 5)])
    with pytest.raises(NothingToPost):
        balanced([])


def test_a_hold_is_consumed_within_what_is_held() -> None:
    for amount in (0, 11):
        with pytest.raises(ValueError, match="at most what is held"):
            postings.hold_consumed(CAP, held_fen=10, amount_fen=amount)


def test_every_kind_of_account_has_a_book_and_bounds() -> None:
    assert set(BOOK_OF) == set(BOUNDS_OF) == set(AccountKind)
