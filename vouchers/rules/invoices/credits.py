"""What a credit invoice does to the claim that rests on the invoice it takes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from core.errors import Reason, reason
from core.money import yuan_text
from vouchers.rules.invoices.comparing import typed_otherwise
from vouchers.rules.invoices.facts import ReadInvoice
from vouchers.rules.invoices.numbers import canonical_number, number_faults
from vouchers.states import OPEN_FOR_MATERIALS, ClaimState

CREDIT = "V13"
ROOM = "V12 hold"
NUMBERS = ("number", "original_number")


CREDITED, ANNULLED, RESTORED = "credit_invoice", "annul_credit", "restore_invoice"
"""What the trail of a claim says of them: entered, annulled, annulled so that the claim has its invoice again."""


class CreditDecision(StrEnum):
    """What becomes of a credit invoice that waits as a notice."""

    TAKE = "take"
    REJECT = "reject"


class CreditEffect(StrEnum):
    """What registering a credit invoice did."""

    RECORDED = "recorded"
    """No live claim rests on the invoice; no later one will."""
    DROPPED = "dropped"
    """The invoice no longer counts: the claimant brings another."""
    LOWERED = "lowered"
    """The base fell, and with it what is claimed where that was settled already."""
    HELD_BACK = "held_back"
    """The claim can be neither approved nor confirmed as it stands."""
    PAYMENT_STOPPED = "payment_stopped"
    """What is confirmed and not paid is held until the province decides."""
    CLAWBACK_DUE = "clawback_due"
    """Too much was paid, or is with the bank: the province decides on a clawback."""


class CreditUndone(StrEnum):
    """What annulling a credit invoice undid."""

    FREED = "freed"
    """No live claim rests on the invoice; one may again."""
    BROUGHT_BACK = "brought_back"
    """The claim has the invoice again that it had lost."""
    RAISED = "raised"
    """What is claimed rose again, within what is held."""
    CLEARED = "cleared"
    """Nothing of it stands against the claim any more."""
    RESUMED = "resumed"
    """The payment that it had stopped goes on."""


def counted_fen(*, amount_fen: int, credited_fen: int, eligible_fen: int | None) -> int:
    """What an invoice supports: the lesser of its eligible lines and what was not credited, never below nothing."""
    left_fen = max(0, amount_fen - credited_fen)
    return left_fen if eligible_fen is None else min(left_fen, eligible_fen)


def credit_effect(state: ClaimState, *, counts_fen: int, granted_fen: int, worth_fen: int, paid: bool) -> CreditEffect:
    """The effect by the state of the claim. ``granted_fen`` is approved or confirmed, ``worth_fen`` what the invoice
    still supports; ``paid`` says that the payment is out of our hands, paid or with the bank."""
    if state in OPEN_FOR_MATERIALS:
        return CreditEffect.DROPPED if counts_fen == 0 else CreditEffect.LOWERED
    if state in (ClaimState.SUBMITTED, ClaimState.SENT_BACK):
        return CreditEffect.HELD_BACK if counts_fen == 0 else CreditEffect.LOWERED
    if granted_fen <= worth_fen:
        return CreditEffect.LOWERED
    if state is ClaimState.CONFIRMED:
        return CreditEffect.CLAWBACK_DUE if paid else CreditEffect.PAYMENT_STOPPED
    return CreditEffect.HELD_BACK


def credit_faults(*, counts_fen: int, credited_fen: int, granted_fen: int | None, worth_fen: int) -> list[Reason]:
    """What a credit invoice says against approving or confirming a claim."""
    if credited_fen == 0:
        return []
    if counts_fen == 0:
        return [reason("invoice_credited", article=CREDIT, field="invoice")]
    if granted_fen is not None and granted_fen > worth_fen:
        sums = {"granted": yuan_text(granted_fen), "worth": yuan_text(worth_fen)}
        return [reason("granted_over_credited", article=CREDIT, field="invoice", **sums)]
    return []


@dataclass(frozen=True, kw_only=True)
class CreditFacts:
    """What a credit invoice says; the sum is what it takes back, above zero. None for what was left to its file."""

    number: str | None = None
    original_number: str | None = None
    amount_incl_tax_fen: int | None = None
    issued_on: date | None = None


def credit_facts(typed: CreditFacts, read: ReadInvoice | None, *, today: date) -> tuple[CreditFacts, list[Reason]]:
    """What the file says, with what was typed where it says nothing; every fault at once."""
    faults = []
    if read is not None and not read.is_credit:
        faults.append(reason("no_credit_invoice", article=CREDIT, field="file"))
    found: dict[str, Any] = {} if read is None else _read(read)
    merged: dict[str, Any] = {}
    for name, said in _typed(typed).items():
        stands = found.get(name)
        merged[name] = said if stands is None else stands
        if stands is None and name in NUMBERS and said is not None:
            faults += number_faults(said, field=name)
        if merged[name] is None:
            faults.append(reason("invoice_field_missing", article=CREDIT, field=name))
        elif said is not None and said != merged[name]:
            faults.append(typed_otherwise(name, said, stands))
    facts = CreditFacts(**merged)
    if facts.number is not None and facts.number == facts.original_number:
        faults.append(reason("credit_of_itself", article=CREDIT, field="original_number"))
    if facts.amount_incl_tax_fen is not None and facts.amount_incl_tax_fen <= 0:
        faults.append(reason("invoice_without_sum", article=CREDIT, field="amount_incl_tax_fen"))
    if facts.issued_on is not None and facts.issued_on > today:
        faults.append(reason("invoice_in_future", article=CREDIT, field="issued_on"))
    return facts, faults


def bound_faults(
    *, amount_fen: int, issued_on: date | None, invoice_fen: int, credited_fen: int, invoice_on: date
) -> list[Reason]:
    """A credit invoice takes back no more than is left of its invoice, and is not older than it."""
    faults = []
    left_fen = invoice_fen - credited_fen
    if amount_fen > left_fen:
        sums = {"amount": yuan_text(amount_fen), "left": yuan_text(max(0, left_fen))}
        faults.append(reason("credit_over_invoice", article=CREDIT, field="amount_incl_tax_fen", **sums))
    if issued_on is not None and issued_on < invoice_on:
        faults.append(reason("credit_before_invoice", article=CREDIT, field="issued_on", day=invoice_on.isoformat()))
    return faults


def unknown_faults(
    *, amount_fen: int, issued_on: date | None, credited_fen: int, most_fen: int | None, earliest: date
) -> list[Reason]:
    """Bounds of a credit invoice whose invoice nobody here knows: all of its number take back at most ``most_fen``, and
    an invoice from before ``earliest`` supports no claim anyway."""
    faults = []
    if most_fen is not None and credited_fen + amount_fen > most_fen:
        sums = {"amount": yuan_text(credited_fen + amount_fen), "most": yuan_text(most_fen)}
        faults.append(reason("credit_over_bound", article=CREDIT, field="amount_incl_tax_fen", **sums))
    if issued_on is not None and issued_on < earliest:
        faults.append(reason("credit_before_measure", article=CREDIT, field="issued_on", day=earliest.isoformat()))
    return faults


def annulment_faults(state: ClaimState, *, settled_fen: int, base_fen: int) -> list[Reason]:
    """What stands against annulling a credit invoice of a claim in this state: a sum that was approved on it, that is
    one for a base of ``settled_fen`` where it would be ``base_fen`` without it."""
    if base_fen <= settled_fen:
        return []
    if state in (ClaimState.CITY_APPROVED, ClaimState.SUMMARISED):
        return [reason("credit_approved_on", article=ROOM)]
    if state is ClaimState.CONFIRMED:
        return [reason("credit_confirmed_on", article=ROOM)]
    return []


def _typed(typed: CreditFacts) -> dict[str, Any]:
    numbers = {name: getattr(typed, name) for name in NUMBERS}
    return {
        **{name: said if said is None else canonical_number(said) or said for name, said in numbers.items()},
        "amount_incl_tax_fen": typed.amount_incl_tax_fen,
        "issued_on": typed.issued_on,
    }


def _read(read: ReadInvoice) -> dict[str, Any]:
    total_fen = read.amount_incl_tax_fen
    return {
        "number": read.number,
        "original_number": read.original_number,
        "amount_incl_tax_fen": None if total_fen is None else abs(total_fen),
        "issued_on": read.issued_on,
    }
