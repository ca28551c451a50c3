"""Balanced entries for everything that moves: each function names the accounts and signs of one kind of transaction.

Debits are positive, credits negative; every function returns entries that balance in each book and layer, and refuses
sums that are not positive. docs/ledger.md tells the same as a table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from settlement.rules.chart import (
    AccountKind,
    AccountRef,
    Book,
    Cap,
    Layer,
    order_owner,
    organisation_owner,
)


class Unbalanced(ValueError):
    """The entries of a transaction do not add up to zero in a book and layer, or are fewer than two."""


class NothingToPost(ValueError):
    """A transaction would move no money."""


@dataclass(frozen=True)
class Entry:
    """One posting to be: an account, the balance it moves and by how much (fen, debit positive)."""

    account: AccountRef
    layer: Layer
    amount_fen: int


Entries = tuple[Entry, ...]


def balanced(entries: Sequence[Entry]) -> Entries:
    """The entries without zeros; raises :class:`Unbalanced` or :class:`NothingToPost`."""
    kept = tuple(entry for entry in entries if entry.amount_fen != 0)
    if not kept:
        raise NothingToPost("no entry moves money")
    totals: dict[tuple[Book, Layer], int] = defaultdict(int)
    for entry in kept:
        totals[entry.account.book, entry.layer] += entry.amount_fen
    off = {key: total for key, total in totals.items() if total != 0}
    if off or len(kept) < 2:
        raise Unbalanced(f"entries do not balance: {off}")
    return kept


def move(debit: AccountRef, credit: AccountRef, amount_fen: int, *, layer: Layer = Layer.POSTED) -> Entries:
    """``amount_fen`` from the credited to the debited account; negative sums move it back."""
    return Entry(debit, layer, amount_fen), Entry(credit, layer, -amount_fen)


# Entitlement: the cap counts what is held (pending) and consumed (posted); its contra mirrors it.


def _on_cap(cap: Cap, amount_fen: int, layer: Layer) -> Entries:
    return move(cap.account, cap.contra, amount_fen, layer=layer)


def hold_granted(cap: Cap, *, amount_fen: int) -> Entries:
    """A hold on a yearly cap (V12 hold)."""
    return balanced(_on_cap(cap, _positive(amount_fen), Layer.PENDING))


def hold_released(cap: Cap, *, held_fen: int) -> Entries:
    """The whole hold given back."""
    return balanced(_on_cap(cap, -_positive(held_fen), Layer.PENDING))


def hold_consumed(cap: Cap, *, held_fen: int, amount_fen: int) -> Entries:
    """The hold resolved: ``amount_fen`` of it used up for good, the rest free again."""
    if not 0 < amount_fen <= held_fen:
        raise ValueError("a hold is consumed by more than nothing and at most what is held")
    return balanced([*_on_cap(cap, -held_fen, Layer.PENDING), *_on_cap(cap, amount_fen, Layer.POSTED)])


def use_moved(absorbed: Cap, into: Cap, *, amount_fen: int) -> Entries:
    """What one owner used counts for another from now on: groups merged, or a team became a firm."""
    amount = _positive(amount_fen)
    return balanced([*_on_cap(absorbed, -amount, Layer.POSTED), *_on_cap(into, amount, Layer.POSTED)])


def use_carried(heir: Cap, *, amount_fen: int) -> Entries:
    """What a group had used counts for those who left it too, so that a split gives no room."""
    return balanced(_on_cap(heir, _positive(amount_fen), Layer.POSTED))


def carry_ended(heir: Cap, *, amount_fen: int) -> Entries:
    """A carried use taken off again, because the use itself now stands on the same cap."""
    return balanced(_on_cap(heir, -_positive(amount_fen), Layer.POSTED))


# Public money: a fund is what the province still has, a payable what it owes, granted what it has promised for good.


def _fund(programme: str, year: int) -> AccountRef:
    return AccountRef(AccountKind.FUND, programme, year)


def payable_account(payee_id: int) -> AccountRef:
    """What is owed to a payee (a credit balance)."""
    return AccountRef(AccountKind.PAYABLE, organisation_owner(payee_id))


def _granted(payee_id: int) -> AccountRef:
    return AccountRef(AccountKind.GRANTED, organisation_owner(payee_id))


def _receivable(payee_id: int) -> AccountRef:
    return AccountRef(AccountKind.CLAWBACK_RECEIVABLE, organisation_owner(payee_id))


def appropriated(*, programme: str, year: int, amount_fen: int) -> Entries:
    """Money put into a year's fund (V3)."""
    source = AccountRef(AccountKind.APPROPRIATION, programme, year)
    return balanced(move(_fund(programme, year), source, _positive(amount_fen)))


def appropriation_taken(*, programme: str, year: int, amount_fen: int) -> Entries:
    """Money taken out of a year's fund again: reduced, or lapsed to the treasury (V3)."""
    source = AccountRef(AccountKind.APPROPRIATION, programme, year)
    return balanced(move(source, _fund(programme, year), _positive(amount_fen)))


def appropriation_corrected(*, programme: str, year: int, change_fen: int) -> Entries:
    """An entry of an appropriation was wrong by so much: more (positive) or less was appropriated (V3)."""
    if change_fen == 0:
        raise NothingToPost("a correction changes something")
    source = AccountRef(AccountKind.APPROPRIATION, programme, year)
    return balanced(move(_fund(programme, year), source, change_fen))


def fund_carried(*, programme: str, year: int, amount_fen: int) -> Entries:
    """The rest of a year's fund goes to the next year's (V3)."""
    out = appropriation_taken(programme=programme, year=year, amount_fen=amount_fen)
    return balanced([*out, *appropriated(programme=programme, year=year + 1, amount_fen=amount_fen)])


def payable_confirmed(*, payee_id: int, amount_fen: int) -> Entries:
    """A confirmed claim: the province owes the payee (V17 order)."""
    return balanced(move(_granted(payee_id), payable_account(payee_id), _positive(amount_fen)))


def payable_cancelled(*, payee_id: int, amount_fen: int) -> Entries:
    """The reversal of a confirmed claim that was never paid."""
    return balanced(move(_granted(payee_id), payable_account(payee_id), -_positive(amount_fen)))


@dataclass(frozen=True)
class Owed:
    """What one payee is owed by payouts, and how much of it clawbacks keep back; sums in fen."""

    gross_fen: int
    netted_fen: int = 0

    @property
    def amount_fen(self) -> int:
        """What goes to the bank."""
        return self.gross_fen - self.netted_fen


def batch_committed(*, programme: str, year: int, owed: Mapping[int, Owed]) -> Entries:
    """A batch's sums set aside, by payee: the payables are on their way, the fund is committed to what goes to banks,
    and what is netted of the clawbacks is on its way to be settled (V21)."""
    return balanced(_paid_out(_fund(programme, year), owed, Layer.PENDING))


def batch_resolved(*, programme: str, year: int, paid: Mapping[int, Owed], unpaid: Mapping[int, Owed]) -> Entries:
    """What a bank says: both kinds leave the pending layer, the paid ones are posted."""
    fund = _fund(programme, year)
    both = [*_paid_out(fund, paid, Layer.PENDING), *_paid_out(fund, unpaid, Layer.PENDING)]
    moved: dict[tuple[AccountRef, Layer], int] = defaultdict(int)
    for entry in both:
        moved[entry.account, entry.layer] -= entry.amount_fen
    undone = [Entry(account, layer, fen) for (account, layer), fen in moved.items()]
    return balanced([*undone, *_paid_out(fund, paid, Layer.POSTED)])


def payout_returned(*, programme: str, year: int, returned: Mapping[int, Owed]) -> Entries:
    """Money that came back from the bank after it had been paid: the fund has it, the payee is owed all of it again,
    and owes what had been netted of it."""
    paid = _paid_out(_fund(programme, year), returned, Layer.POSTED)
    return balanced([Entry(entry.account, entry.layer, -entry.amount_fen) for entry in paid])


def _paid_out(fund: AccountRef, owed: Mapping[int, Owed], layer: Layer) -> list[Entry]:
    entries: list[Entry] = []
    for payee, each in sorted(owed.items()):
        entries.append(Entry(payable_account(payee), layer, each.gross_fen))
        entries.append(Entry(_receivable(payee), layer, -each.netted_fen))
    return [*entries, Entry(fund, layer, -sum(each.amount_fen for each in owed.values()))]


def clawback_opened(*, payee_id: int, amount_fen: int) -> Entries:
    """A grant taken back: the payee owes it to the province (V19, V21)."""
    return balanced(move(_receivable(payee_id), _granted(payee_id), _positive(amount_fen)))


def clawback_recovered(*, programme: str, year: int, payee_id: int, amount_fen: int) -> Entries:
    """A clawed back sum arrived in the fund."""
    return balanced(move(_fund(programme, year), _receivable(payee_id), _positive(amount_fen)))


def suspense_opened(*, programme: str, amount_fen: int) -> Entries:
    """Money that came to the bank (positive) or left it (negative) and belongs to nothing known yet."""
    if amount_fen == 0:
        raise NothingToPost("an entry of a statement moves money")
    return balanced(move(AccountRef(AccountKind.UNASSIGNED, programme), _suspense(programme), amount_fen))


def suspense_cleared(*, programme: str, amount_fen: int) -> Entries:
    """The undoing of it, once it is known what it was."""
    return suspense_opened(programme=programme, amount_fen=-amount_fen)


def _suspense(programme: str) -> AccountRef:
    return AccountRef(AccountKind.SUSPENSE, programme)


def recovery_reversed(*, programme: str, year: int, payee_id: int, amount_fen: int) -> Entries:
    """What was recorded as recovered by mistake: the fund never had it, the payee still owes it."""
    return balanced(move(_receivable(payee_id), _fund(programme, year), _positive(amount_fen)))


def clawback_written_off(*, payee_id: int, amount_fen: int) -> Entries:
    """What will never come back of a clawback: it is owed no more and stays on record as lost (V21)."""
    lost = AccountRef(AccountKind.WRITTEN_OFF, organisation_owner(payee_id))
    return balanced(move(lost, _receivable(payee_id), _positive(amount_fen)))


# Trade: what user and provider owe each other for one order.


def _order(kind: AccountKind, order_id: int) -> AccountRef:
    return AccountRef(kind, order_owner(order_id))


def charge_changed(*, order_id: int, self_pay_fen: int, subsidy_fen: int) -> Entries:
    """A charge, or the signed change of one: the user's part and the part deducted for the subsidy against sales."""
    return balanced(
        [
            Entry(_order(AccountKind.DUE_FROM_USER, order_id), Layer.POSTED, self_pay_fen),
            Entry(_order(AccountKind.SUBSIDY_RECEIVABLE, order_id), Layer.POSTED, subsidy_fen),
            Entry(_order(AccountKind.SALES, order_id), Layer.POSTED, -(self_pay_fen + subsidy_fen)),
        ]
    )


def payment_received(*, order_id: int, amount_fen: int) -> Entries:
    """The user's money reached the provider."""
    due = _order(AccountKind.DUE_FROM_USER, order_id)
    return balanced(move(_order(AccountKind.RECEIVED, order_id), due, _positive(amount_fen)))


def payment_refunded(*, order_id: int, amount_fen: int) -> Entries:
    """The provider gave money back: it is due again, until the charge itself is lowered."""
    due = _order(AccountKind.DUE_FROM_USER, order_id)
    return balanced(move(_order(AccountKind.RECEIVED, order_id), due, -_positive(amount_fen)))


def subsidy_assigned(*, order_id: int, amount_fen: int) -> Entries:
    """The province has confirmed the deducted part: the provider now waits for the payable, not for the user."""
    receivable = _order(AccountKind.SUBSIDY_RECEIVABLE, order_id)
    return balanced(move(_order(AccountKind.SUBSIDY_ASSIGNED, order_id), receivable, _positive(amount_fen)))


def subsidy_forgone(*, order_id: int, amount_fen: int) -> Entries:
    """The provider let the claim expire: it earns that much less and the user owes nothing (V16(1))."""
    receivable = _order(AccountKind.SUBSIDY_RECEIVABLE, order_id)
    return balanced(move(_order(AccountKind.SALES, order_id), receivable, _positive(amount_fen)))


def shortfall_opened(*, order_id: int, amount_fen: int) -> Entries:
    """The refused part of the deducted sum: the user owes it to the provider (V16(1))."""
    receivable = _order(AccountKind.SUBSIDY_RECEIVABLE, order_id)
    return balanced(move(_order(AccountKind.SHORTFALL, order_id), receivable, _positive(amount_fen)))


def shortfall_of_unpaid(*, order_id: int, amount_fen: int) -> Entries:
    """What was confirmed of the deducted sum will not be paid after all: the user owes it to the provider (V16(1))."""
    assigned = _order(AccountKind.SUBSIDY_ASSIGNED, order_id)
    return balanced(move(_order(AccountKind.SHORTFALL, order_id), assigned, _positive(amount_fen)))


def shortfall_paid(*, order_id: int, amount_fen: int) -> Entries:
    """The user paid (part of) a shortfall."""
    shortfall = _order(AccountKind.SHORTFALL, order_id)
    return balanced(move(_order(AccountKind.RECEIVED, order_id), shortfall, _positive(amount_fen)))


def shortfall_payment_undone(*, order_id: int, amount_fen: int) -> Entries:
    """(Part of) what was paid of a shortfall was given back, or never came: it is owed again."""
    shortfall = _order(AccountKind.SHORTFALL, order_id)
    return balanced(move(shortfall, _order(AccountKind.RECEIVED, order_id), _positive(amount_fen)))


def shortfall_written_off(*, order_id: int, amount_fen: int) -> Entries:
    """What the provider gives up of a shortfall: it earns that much less and the user owes it no more (V16(1))."""
    return balanced(
        move(_order(AccountKind.SALES, order_id), _order(AccountKind.SHORTFALL, order_id), _positive(amount_fen))
    )


def _positive(amount_fen: int) -> int:
    if amount_fen <= 0:
        raise NothingToPost("a sum to post must be positive")
    return amount_fen
