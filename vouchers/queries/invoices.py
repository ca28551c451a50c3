"""Reads of invoices: what was read of them, beside the order, line by line; and credit invoices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from sqlalchemy import Select, func, select

from core import policy
from core.db import session
from core.errors import NotFound, Reason
from core.texts import Text, text
from vouchers.models import Claim, Invoice, InvoiceReading
from vouchers.queries.completeness import invoice_parties, policy_of
from vouchers.rules.claims import InvoiceFacts, invoice_faults
from vouchers.rules.invoices.comparing import Compared, OrderFacts, Typed, compare, completed
from vouchers.rules.invoices.facts import InvoiceLine, ReadInvoice
from vouchers.rules.invoices.items import ItemPolicy, LineMark, default_marks, item_policy, standing


class ReadingMissing(NotFound):
    """There is no such reading of an invoice in this claim."""

    code = "reading_missing"


@dataclass(frozen=True)
class JudgedLine:
    """A line with whether it counts, and why not."""

    line_no: int
    line: InvoiceLine
    mark: LineMark | None

    @property
    def eligible(self) -> bool:
        """Lines count unless somebody, or the rule, says otherwise."""
        return self.mark is None or self.mark.eligible

    @property
    def why(self) -> Text | None:
        """What was said of it, in both languages."""
        return None if self.mark is None else self.mark.says


@dataclass(frozen=True)
class ReadingView:
    """A reading as it is shown: what was read, beside the order, its lines, and whether it became the claim's."""

    claim: Claim
    reading: InvoiceReading
    compared: Sequence[Compared]
    lines: Sequence[JudgedLine]
    confirmed: bool

    @property
    def notice(self) -> Text:
        """What a reading is not."""
        return text("invoice.no_tax_check")


def readings_of(claim: Claim) -> Select[tuple[InvoiceReading]]:
    """Every reading of a claim found to be the actor's."""
    return select(InvoiceReading).where(InvoiceReading.claim_id == claim.id)


def find_reading(claim: Claim, reading_id: int) -> InvoiceReading:
    """A reading of a claim found to be the actor's; raises :class:`ReadingMissing`."""
    found = session().scalar(readings_of(claim).where(InvoiceReading.id == reading_id))
    if found is None:
        raise ReadingMissing
    return found


def reading_view(claim: Claim, reading: InvoiceReading, *, today: date) -> ReadingView:
    """A reading beside its order."""
    read = reading.invoice
    supported = next((each for each in claim.invoices if each.reading_id == reading.id and each.live), None)
    if read is None:
        return ReadingView(claim, reading, [], [], supported is not None)
    facts, missing = completed(Typed(), read)
    marks = default_marks(read.lines, policy=_items(today)) if supported is None else _marks(supported)
    return ReadingView(
        claim,
        reading,
        compared_facts(claim, None if missing else facts, reading, today=today),
        _judged(read, standing(marks)),
        supported is not None,
    )


def compared_facts(
    claim: Claim, facts: InvoiceFacts | None, reading: InvoiceReading | None, *, today: date
) -> list[Compared]:
    """Facts of an invoice, and what was read besides, field by field beside the order; without ``facts``, where
    something is still to be typed, what was read alone."""
    read = (None if reading is None else reading.invoice) or ReadInvoice()
    return compared_with(claim, facts, read, today=today)


def compared_with(claim: Claim, facts: InvoiceFacts | None, read: ReadInvoice, *, today: date) -> list[Compared]:
    """As :func:`compared_facts`, of a file that is not kept yet."""
    stated = read if facts is None else replace(read, **asdict(facts))
    known = [] if facts is None else _faults(claim, facts, today=today)
    faults = {each.field: each for each in known}
    return compare(stated, order_facts(claim, today=today), faults=faults, items=_items(today))


def compared_invoice(claim: Claim, *, today: date) -> Sequence[Compared]:
    """Each field of the claim's invoice beside the order; nothing where there is no invoice yet."""
    invoice = claim.invoice
    return [] if invoice is None else compared_facts(claim, invoice.facts, invoice.reading, today=today)


def judged_lines(invoice: Invoice | None) -> list[JudgedLine]:
    """The lines of an invoice that was read, each with its last mark."""
    read = None if invoice is None or invoice.reading is None else invoice.reading.invoice
    return [] if invoice is None or read is None else _judged(read, standing(_marks(invoice)))


def unsettled(claim_ids: Collection[int]) -> set[int]:
    """Those of these claims whose approval will settle them by lines that their reviewer left out or took back in."""
    found = select(Invoice.claim_id).join(Claim, Claim.id == Invoice.claim_id)
    left_fen = Invoice.amount_incl_tax_fen - Invoice.credited_fen
    counted_fen = func.greatest(0, func.least(left_fen, Invoice.eligible_fen))
    moved = func.least(Claim.contract_fen, Claim.actual_fen, counted_fen) != Claim.base_fen
    return set(session().scalars(found.where(Invoice.claim_id.in_(claim_ids), Invoice.live, moved)))


def order_facts(claim: Claim, *, today: date) -> OrderFacts:
    """What the order says of its invoice."""
    user = claim.beneficiary
    names = {user.name} | ({user.incubator.name} if user.incubator is not None and user.uscc is None else set())
    return OrderFacts(
        parties=invoice_parties(claim),
        seller_name=claim.provider.name,
        buyer_names=frozenset(names),
        fee_fen=min(claim.agreed_fen, claim.charged_fen),
        since=claim.decision.judged_on,
        today=today,
    )


def _faults(claim: Claim, facts: InvoiceFacts, *, today: date) -> list[Reason]:
    return invoice_faults(facts, parties=invoice_parties(claim), today=today, policy=policy_of(claim))


def _items(today: date) -> ItemPolicy:
    return item_policy(policy.current().at(today))


def _marks(invoice: Invoice) -> list[LineMark]:
    return [each.mark for each in invoice.marks]


def _judged(read: ReadInvoice, marks: Mapping[int, LineMark]) -> list[JudgedLine]:
    return [JudgedLine(number, line, marks.get(number)) for number, line in enumerate(read.lines, 1)]
