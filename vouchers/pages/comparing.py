"""What an invoice says beside what the order says, and what changed from one submission to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.audit import AuditEntry
from core.pages import say
from core.pages.language import has_text, t, term, text_or, yes_no, yuan
from vouchers.models import Claim, Material
from vouchers.queries.invoices import compared_invoice
from vouchers.queries.material_kinds import material_text
from vouchers.queries.resubmissions import Change as FieldChange
from vouchers.queries.resubmissions import Round, rounds
from vouchers.rules.invoices.comparing import Compared, Concern, with_credits


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One field of the invoice as the reviewer reads it."""

    label: str
    stated: str
    expected: str
    agrees: bool
    refuses: bool
    fault: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two submissions, as text."""

    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Resubmission:
    """A later submission: what had been asked for, and what changed."""

    round: Round
    changes: Sequence[Change]


def invoice_rows(claim: Claim, *, today: date) -> list[InvoiceRow]:
    """Every field with its mark; what credit invoices took back of it stands against number and sum."""
    compared, invoice = compared_invoice(claim, today=today), claim.invoice
    if invoice is not None:
        compared = with_credits(compared, credited_fen=invoice.credited_fen, counted_fen=invoice.counted_fen)
    return compared_rows(compared)


def compared_rows(compared: Sequence[Compared]) -> list[InvoiceRow]:
    """Compared fields as they are read."""
    return [_row(each) for each in compared]


def differences(claim: Claim, *, history: Sequence[AuditEntry] | None = None) -> list[Resubmission]:
    """Every submission after the first with what it changed, the latest first; by a history that is read already."""
    return [
        Resubmission(
            each, [Change(field_label(c.field), shown_value(c.before), shown_value(c.after)) for c in each.changes]
        )
        for each in reversed(rounds(claim, history=history)[1:])
    ]


def _row(each: Compared) -> InvoiceRow:
    fault = None if each.fault is None else f"{say(each.fault)}（{each.fault.article}）"
    return InvoiceRow(
        field_label(each.field),
        shown_value(each.stated) or "—",
        _expected(each),
        each.agrees,
        each.concern is Concern.REFUSAL,
        fault,
    )


def _expected(each: Compared) -> str:
    """What the order says, or else what the measure asks for."""
    return shown_value(each.expected) or text_or(f"expected.{each.field}", "—")


def _change(change: FieldChange) -> Change:
    return Change(field_label(change.field), shown_value(change.before), shown_value(change.after))


def field_label(field: str) -> str:
    """The name of a field of an invoice or a material."""
    for key in (
        field,
        f"form.claim_material.{field}",
        f"form.invoice_confirmation.{field}",
        f"fact.{field.removesuffix('_fen')}",
    ):
        if has_text(key):
            return t(key)
    return say(material_text(field))


def shown_value(value: object) -> str | None:
    """A value as it is read; whole numbers are sums in fen."""
    if isinstance(value, Material):
        return t("material.version", name=value.file.filename, digest=value.file.sha256[:12])
    if isinstance(value, StrEnum):
        return term(value)
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, int):
        return yuan(value)
    return None if value is None else str(value)
