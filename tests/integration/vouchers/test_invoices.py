"""Invoices of claims: read, confirmed, compared; one number and one file for one claim; lines that count; credits."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from accounts.queries import organisation
from core import clock
from core.db import session
from core.errors import DomainError
from core.invariants import verify
from core.permissions import Actor
from settlement.models import Clawback, Shortfall
from settlement.queries.invariants import INVARIANTS as MONEY
from settlement.queries.payables import payable_of
from settlement.service import clawbacks
from settlement.steps import PayableInBatch
from tests.factories.accounts import actor_of, make_bureau, make_enterprise, make_province
from tests.factories.invoices import credit, handed_in, paper_for, read, take
from tests.factories.settlement import answer, make_fund, prepare, send
from tests.factories.vouchers import (
    PDF,
    add,
    add_materials,
    bring,
    claimant_of,
    confirm,
    invoice_of,
    make_claim,
    review,
    reviewer_of,
    send_up,
    submit,
    summarise,
)
from tests.support.invoices import MEAL, Line, Paper, ofd_of, xml_of
from vouchers.models import Claim, CreditInvoice
from vouchers.queries.claim_timelines import ClaimTimeline, claim_timeline
from vouchers.queries.claims import Dossier, dossier
from vouchers.queries.credits import credit_views, visible_credits
from vouchers.queries.explanations import explain
from vouchers.queries.flags import flags_of
from vouchers.queries.invariants import INVARIANTS
from vouchers.queries.invoices import compared_invoice, find_reading, judged_lines, reading_view
from vouchers.rules.claims import InvoiceFacts, InvoiceType, MaterialKind, ReviewDecision
from vouchers.rules.flags import FlagKind
from vouchers.rules.invoices.comparing import Concern, Typed
from vouchers.rules.invoices.credits import CreditEffect, CreditFacts
from vouchers.rules.invoices.items import LineMark
from vouchers.rules.invoices.reading import READER_VERSION
from vouchers.rules.way import Holder, Station
from vouchers.service import claims, invoices, reviews
from vouchers.service.claims import MaterialRefused, SubmissionRefused, Upload
from vouchers.service.credits import CreditKnown, register_credit
from vouchers.service.invoices import InvoiceUnreadable, LinesClosed, LinesRefused
from vouchers.service.reviews import ConfirmationRefused, ReviewRefused
from vouchers.states import ClaimState, CreditState
from vouchers.steps.base import worth_fen
from vouchers.steps.credits import CreditRefused
from vouchers.steps.guards import MaterialsClosed, NotTheClaimant
from vouchers.steps.invoices import InvoiceCredited, InvoiceRefused, InvoiceTaken

RED = "<SpecialTag>红字发票</SpecialTag>".encode()

pytestmark = pytest.mark.usefixtures("app")


def last_step(claim: Claim, *, back: int = 1) -> dict[str, Any]:
    """The last step of a claim's sum, or one before it, as its claimant reads it."""
    last = explain(claim.id, actor=claimant_of(claim)).steps[-back]
    return {"inputs": last.inputs, "text_en": last.step.says.en}


def story(claim: Claim) -> tuple[Dossier, ClaimTimeline]:
    """A claim with its way, as its claimant reads them."""
    today, actor = clock.today(clock.now()), claimant_of(claim)
    found = dossier(claim.id, actor=actor, today=today)
    return found, claim_timeline(found, actor=actor, today=today)


def codes(error: DomainError) -> list[str]:
    return [each.code for each in error.reasons]


def test_an_invoice_is_read_shown_and_confirmed() -> None:
    """Nothing changes before the confirmation; then the invoice and its file are the claim's, with what was read."""
    claim = make_claim()
    paper = paper_for(claim)
    reading = read(claim, xml_of(paper))
    assert (reading.reader_version, reading.source_sha256) == (READER_VERSION, reading.file.sha256)
    shown = reading_view(claim, reading, today=clock.today(clock.now()))
    assert (shown.confirmed, len(shown.lines)) == (False, 1)
    assert all(row.agrees for row in shown.compared), shown.compared
    assert "税务机关" in shown.notice.zh
    assert "tax office" in shown.notice.en
    assert claim.invoices == []
    take(claim, xml_of(paper))
    assert claim.invoice is not None
    assert (claim.invoice.number, claim.invoice.amount_incl_tax_fen) == (paper.number, 10_000_000)
    assert claim.invoice.reading is not None
    assert claim.invoice.material.file.sha256 == claim.invoice.source_sha256
    add_materials(claim, leave_out=[MaterialKind.INVOICE])
    assert submit(claim).claimed_fen == 6_000_000


def test_what_speaks_against_an_invoice_is_named() -> None:
    """Another seller refuses it; another name is a flag; a credit invoice, nonsense and strangers are refused."""
    claim = make_claim()
    other = paper_for(claim, buyer_name="旧名称")
    reading = read(claim, xml_of(Paper(seller_uscc=other.seller_uscc, buyer_uscc="91370000XXXXXXXXXX")))
    rows = reading_view(claim, reading, today=clock.today(clock.now())).compared
    severities = {row.field: row.concern for row in rows if row.concern is not None}
    assert severities["buyer_uscc"] is Concern.REFUSAL
    assert severities["buyer_name"] is Concern.FLAG
    with pytest.raises(InvoiceRefused) as refused:
        take(claim, xml_of(other.red("26370000000000000002")))
    assert "invoice_is_credit" in codes(refused.value)
    with pytest.raises(InvoiceUnreadable) as unreadable:
        read(claim, xml_of(other, SellerName="", TotalTaxAm="x"))
    assert (
        codes(unreadable.value) == ["invoice_field_missing", "invoice_field_malformed"]
        or len(unreadable.value.reasons) == 2
    )
    with pytest.raises(NotTheClaimant):
        read(claim, xml_of(other), actor=actor_of(organisation(claim.beneficiary_id)))
    with pytest.raises(MaterialsClosed):
        read(handed_in(number="26370000000000000077"), xml_of(other))
    take(claim, xml_of(other))
    flagged = [row.field for row in compared_invoice(claim, today=clock.today(clock.now())) if not row.agrees]
    assert flagged == ["buyer_name"]
    add_materials(claim, leave_out=[MaterialKind.INVOICE])
    (flag,) = flags_of(submit(claim).id)
    assert (flag.kind, flag.finding_needed) == (FlagKind.INVOICE_DIFFERS, True)
    assert (flag.evidence["field"], flag.evidence["stated"]) == ("buyer_name", "旧名称")
    assert flag.evidence["expected"] == organisation(claim.beneficiary_id).name
    with pytest.raises(ReviewRefused) as undecided:
        review(claim, ReviewDecision.APPROVE, clears=False)
    assert codes(undecided.value) == ["flag_undecided"]


def test_what_the_file_does_not_say_is_typed() -> None:
    """Of a PDF everything, of an OFD nothing it says itself; typed otherwise than read is refused."""
    claim = make_claim()
    facts = invoice_of(claim)
    with pytest.raises(InvoiceRefused) as refused:
        take(claim, PDF, "发票.pdf")
    assert codes(refused.value) == ["invoice_field_missing"] * 5
    typed = Typed(
        number=facts.number,
        type=facts.type,
        seller_uscc=facts.seller_uscc,
        buyer_uscc=facts.buyer_uscc,
        amount_incl_tax_fen=facts.amount_incl_tax_fen,
        issued_on=facts.issued_on,
    )
    take(claim, PDF, "发票.pdf", typed)
    assert claim.invoice is not None
    assert judged_lines(claim.invoice) == []
    second = make_claim()
    ofd = ofd_of(paper_for(second))
    with pytest.raises(InvoiceRefused) as refused:
        take(second, ofd, "发票.ofd", Typed(amount_incl_tax_fen=1))
    assert codes(refused.value) == ["invoice_typed_otherwise"]
    take(second, ofd, "发票.ofd")
    assert second.invoice is not None
    assert (second.invoice.number, len(judged_lines(second.invoice))) == ("03700190011100012345", 1)


FAULTY: list[tuple[Callable[[Paper], bytes], str]] = [
    (lambda paper: xml_of(paper, IssueTime="soon"), "invoice_field_malformed"),
    (
        lambda paper: xml_of(paper, SellerIdNum="91370000XXXXXXXXXX", IssueTime="soon"),
        "invoice_seller_differs",
    ),
    (lambda paper: xml_of(paper, TotalTaxAm="1.00"), "invoice_sums_differ"),
    (lambda paper: xml_of(paper).replace(b"<GeneralOrSp", RED + b"<GeneralOrSp"), "invoice_is_credit"),
    (lambda _: b"<?xml version='1.0'?><hello/>", "not_an_invoice"),
]
"""What an XML may say, whatever was typed beside it, and what it is refused for."""


def test_typed_facts_are_held_against_the_file() -> None:
    """Also where file and facts come together, as before."""
    claim = make_claim()
    paper = paper_for(claim)
    right = InvoiceFacts(
        paper.number, InvoiceType.E_VAT_SPECIAL, paper.seller_uscc, paper.buyer_uscc, 10_000_000, claim.completed_on
    )

    def send(facts: InvoiceFacts, content: bytes = b"") -> None:
        claims.add_material(
            claim_id=claim.id,
            kind=MaterialKind.INVOICE,
            upload=Upload(io.BytesIO(content or xml_of(paper)), "发票.xml"),
            invoice=facts,
            completed_on=None,
            actor=claimant_of(claim),
            now=clock.now(),
        )

    with pytest.raises(InvoiceRefused) as refused:
        send(InvoiceFacts(paper.number, right.type, right.seller_uscc, right.buyer_uscc, 9_999_999, date(2026, 1, 1)))
    assert codes(refused.value) == ["invoice_typed_otherwise", "invoice_typed_otherwise"]
    send(right)
    session().refresh(claim)
    assert claim.invoice is not None
    assert claim.invoice.reading is not None
    with pytest.raises(MaterialRefused) as short:
        send(InvoiceFacts("00012345", right.type, right.seller_uscc, right.buyer_uscc, 1, claim.completed_on))
    assert codes(short.value) == ["invoice_code_missing"]
    for content, code in FAULTY:
        with pytest.raises(InvoiceRefused) as faulty:
            send(right, content(paper))
        assert code in codes(faulty.value), code
    assert claim.invoice.number == paper.number


def test_16_a_number_and_a_file_support_one_claim() -> None:
    """Across firms and cities, however the number is written, and whatever number is typed over the same file."""
    first = handed_in()
    other = make_claim(make_enterprise("370102"))
    number = "2637-0000 0000 0000 0001"
    with pytest.raises(InvoiceTaken):
        add(other, MaterialKind.INVOICE, invoice=invoice_of(other, number=number))
    plain, again = make_claim(), make_claim()
    for claim, expected in ((plain, None), (again, InvoiceTaken)):
        facts = invoice_of(claim)
        upload = Upload(io.BytesIO(PDF), "发票.pdf")

        def send(claim: Claim = claim, facts: InvoiceFacts = facts, upload: Upload = upload) -> None:
            claims.add_material(
                claim_id=claim.id,
                kind=MaterialKind.INVOICE,
                upload=upload,
                invoice=facts,
                completed_on=None,
                actor=claimant_of(claim),
                now=clock.now(),
            )

        if expected is None:
            send()
        else:
            with pytest.raises(expected):
                send()
    review(first, ReviewDecision.REJECT)
    add(other, MaterialKind.INVOICE, invoice=invoice_of(other, number=number))


def test_16_one_paper_invoice_supports_one_claim_however_its_code_is_written() -> None:
    """Zeros before a code make no other invoice, and a number of another form than its type is refused."""
    paper, other = make_claim(), make_claim(make_enterprise("370102"))

    def send(claim: Claim, number: str, kind: InvoiceType = InvoiceType.VAT_SPECIAL) -> None:
        add(claim, MaterialKind.INVOICE, invoice=replace(invoice_of(claim, number=number), type=kind))

    send(paper, "3700180411 12345699")
    assert paper.invoice is not None
    assert paper.invoice.number == "370018041112345699"
    with pytest.raises(InvoiceTaken):
        send(other, "003700180411 12345699")
    for number, kind in (("3700180411 12345698", InvoiceType.E_VAT_SPECIAL), ("2637" + "1" * 16, paper.invoice.type)):
        with pytest.raises(InvoiceRefused) as unlike:
            send(other, number, kind)
        assert [each.field for each in unlike.value.reasons] == ["invoice_number"]
    assert verify(INVARIANTS) == []


def test_v12_base_only_eligible_lines_count() -> None:
    """By the rule at the confirmation, by the reviewer with a reason afterwards; sums only fall."""
    claim = handed_in(Line(amount_fen=7_547_170, tax_fen=452_830), Line(MEAL, 1_886_792, 113_208))
    assert claim.invoice is not None
    assert [each.eligible for each in judged_lines(claim.invoice)] == [True, False]
    _, meal = judged_lines(claim.invoice)
    assert meal.why == ("税收分类“餐饮服务”不计入服务费用", "the tax category 餐饮服务 is no cost of a service")
    assert [(each.reason, each.marked_by) for each in claim.invoice.marks] == [("餐饮服务", None)], (
        "kept in no language"
    )
    assert (claim.base_fen, claim.claimed_fen) == (8_000_000, 4_800_000)
    reviewer = reviewer_of(claim)

    def mark(*marks: LineMark, actor: Actor = reviewer) -> Claim:
        return invoices.mark_lines(claim_id=claim.id, marks=marks, actor=actor, now=clock.now())

    with pytest.raises(LinesRefused) as refused:
        mark(LineMark(3, eligible=False, reason="x"), LineMark(3, eligible=True, reason="y"))
    assert codes(refused.value) == ["line_unknown", "line_unknown", "line_twice"]
    mark(LineMark(1, eligible=False, reason="误标"), LineMark(2, eligible=False, reason="餐饮"))
    assert (claim.claimed_fen, claim.invoice.counted_fen) == (4_800_000, 0), "nothing falls before the decision"
    with pytest.raises(ReviewRefused) as nothing:
        review(claim, ReviewDecision.APPROVE)
    assert codes(nothing.value) == ["approval_of_nothing"]
    assert verify(INVARIANTS) == []
    mark(LineMark(1, eligible=True, reason="更正"))
    assert [each.reason for each in claim.invoice.marks][-1] == "更正"
    assert (claim.invoice.counted_fen, worth_fen(claim)) == (8_000_000, 4_800_000)
    mark(LineMark(1, eligible=False, reason="与服务无关"), LineMark(2, eligible=True, reason="实为服务费"))
    review(claim, ReviewDecision.APPROVE)
    assert (claim.base_fen, claim.claimed_fen, claim.approved_fen) == (2_000_000, 1_200_000, 1_200_000)
    step = last_step(claim, back=2)
    assert "Lines of the invoice do not count" in step["text_en"]
    assert (step["inputs"]["invoice_total_fen"], step["inputs"]["invoice_fen"]) == (10_000_000, 2_000_000)
    [left_out] = step["inputs"]["excluded_lines"]
    assert left_out["en"].rpartition(": ")[2] == left_out["zh"].rpartition("：")[2] == "与服务无关"
    assert verify(INVARIANTS) == []
    with pytest.raises(LinesClosed):
        mark(LineMark(1, eligible=False, reason="x"))
    unread, left_out = bring(make_claim(), ClaimState.SUBMITTED), LineMark(1, eligible=False, reason="x")
    with pytest.raises(LinesRefused):
        invoices.mark_lines(claim_id=unread.id, marks=[left_out], actor=reviewer, now=clock.now())


def test_a_credit_invoice_takes_the_invoice_of_a_draft_away() -> None:
    """The draft lacks an invoice again, and the same one is never taken again."""
    claim = make_claim()
    add_materials(claim, leave_out=[MaterialKind.INVOICE])
    take(claim, xml_of(paper_for(claim)))
    assert credit().effect is CreditEffect.DROPPED
    told, way = story(claim)
    last = way.entries[-1]
    assert last.reason is not None
    assert (last.action, last.role, last.reason["code"], last.reason["article"]) == (
        "credit_invoice",
        "province",
        "credit_dropped",
        "V13",
    )
    assert told.waits_for == "claimant"
    with pytest.raises(SubmissionRefused) as refused:
        submit(claim)
    assert codes(refused.value) == ["material_missing"]
    with pytest.raises(InvoiceCredited):
        take(claim, xml_of(paper_for(claim)))
    with pytest.raises(CreditKnown):
        credit()
    assert credit("26370000000000000555", own="91").effect is CreditEffect.RECORDED


def test_a_part_of_an_invoice_taken_back_lowers_the_base() -> None:
    claim = handed_in()
    assert credit(amount_fen=4_000_000).effect is CreditEffect.LOWERED
    session().refresh(claim)
    assert (claim.base_fen, claim.claimed_fen) == (6_000_000, 3_600_000)
    step = last_step(claim)
    assert "credit invoice" in step["text_en"]
    assert (step["inputs"]["credits"], step["inputs"]["credited_fen"]) == (["26370000000000000090"], 4_000_000)
    review(claim, ReviewDecision.APPROVE)
    assert credit(amount_fen=1_000_000, own="91").effect is CreditEffect.HELD_BACK
    send_up(summarise(claim))
    with pytest.raises(ConfirmationRefused) as refused:
        confirm(claim)
    assert codes(refused.value) == ["granted_over_credited"]


def test_a_credited_claim_is_neither_approved_nor_confirmed() -> None:
    """Review and province are told; returned, the claim asks for another invoice."""
    claim = handed_in()
    assert credit(actor=reviewer_of(claim)).effect is CreditEffect.HELD_BACK
    with pytest.raises(ReviewRefused) as refused:
        review(claim, ReviewDecision.APPROVE)
    assert codes(refused.value) == ["invoice_credited"]
    review(claim, ReviewDecision.RETURN)
    with pytest.raises(SubmissionRefused):
        submit(claim)
    take(claim, xml_of(paper_for(claim, "26370000000000000003")))
    assert submit(claim).state is ClaimState.SUBMITTED


def test_an_unpaid_claim_is_stopped_and_the_case_is_shown() -> None:
    """V19: the payment is held until the province decides; another city's bureau learns nothing of the claim."""
    claim = handed_in()
    review(claim, ReviewDecision.APPROVE)
    send_up(summarise(claim))
    confirm(claim)
    stranger, province = actor_of(make_bureau("370100")), actor_of(make_province())
    for own, number in (("80", "26370000000000000001"), ("81", "26370000000000000555")):
        assert credit(number, amount_fen=5_000_000, actor=stranger, own=own).state is CreditState.WAITING
    with pytest.raises(CreditRefused) as refused:
        credit(amount_fen=10_000_001, issued_on=date(1950, 1, 1))
    assert codes(refused.value) == ["credit_over_invoice", "credit_before_invoice"]
    partly = credit(amount_fen=5_000_000, actor=reviewer_of(claim))
    assert partly.effect is CreditEffect.PAYMENT_STOPPED
    payable = payable_of(claim.source)
    assert payable is not None
    assert payable.stopped
    told, way = story(claim)
    assert (told.waits_for, way.ended) == ("province", False)
    assert way.now is not None
    assert (way.now.holder, way.now.stopped) == (Holder.PROVINCE, True)
    said = {each.action: each for each in way.entries}
    assert said["credit_invoice"].reason is not None
    assert (said["credit_invoice"].role, said["credit_invoice"].reason["code"]) == (
        "city_bureau",
        "credit_payment_stopped",
    )
    assert said["stop"].note == f"税务局通报（{partly.number}）"
    shown = {
        who: credit_views(session().scalars(visible_credits(actor)).all(), actor=actor)
        for who, actor in (("province", province), ("stranger", stranger), ("city", reviewer_of(claim)))
    }
    assert [(each.effect, each.claim_id, each.excess_fen) for each in shown["province"] if each.effect] == [
        (CreditEffect.PAYMENT_STOPPED, claim.id, 3_000_000)
    ]
    assert [(each.state, each.effect, each.claim_id) for each in shown["stranger"]] == [
        (CreditState.WAITING, None, None)
    ] * 2
    assert [(each.state, each.claim_id) for each in shown["city"]] == [("waiting", None), ("in_force", claim.id)]
    assert credit(amount_fen=5_000_000, own="91").effect is CreditEffect.PAYMENT_STOPPED
    assert verify(INVARIANTS) == []
    reviews.revoke(claim_id=claim.id, opinion="红冲", actor=province, now=clock.now())


def test_16_v21_what_was_paid_is_claimed_back_with_the_revocation_and_its_invoice_pays_no_second_claim() -> None:
    """Refused while the bank has not answered; after a part was claimed back the rest follows; unpaid it is free."""
    make_fund(100_000_000)
    paid, unpaid = handed_in(), handed_in(number="26370000000000000002")
    province, later = actor_of(make_province()), clock.now()
    for claim in (paid, unpaid):
        send_up(summarise(review(claim, ReviewDecision.APPROVE)))
    confirm(paid)
    batch = send(prepare(cutoff=date(2026, 3, 10), now=later))
    with pytest.raises(PayableInBatch):
        reviews.revoke(claim_id=paid.id, opinion="虚开", actor=province, now=later)
    answer(batch, now=later)
    clawbacks.claw_back(
        payable_id=None,
        source=paid.source,
        amount_fen=1_000_000,
        cause="多付",
        misconduct=False,
        misconduct_by=None,
        sanction_until=None,
        actor=province,
        now=later,
    )
    told, way = story(paid)
    assert way.now is not None
    assert (told.waits_for, way.ended, way.now.station) == ("payee", False, Station.REPAYMENT)
    assert way.now.holder is Holder.PROVIDER, "who was paid"
    assert told.payment is not None
    assert (told.payment.paid_fen, told.payment.clawed_back_fen, told.payment.recovered_fen) == (
        6_000_000,
        1_000_000,
        0,
    )
    opened = way.entries[-1]
    assert (opened.subject, opened.action, opened.amount_fen, opened.note) == ("clawback", "open", 1_000_000, "多付")
    assert way.now.due is not None
    assert opened.due_on == way.now.due.last_day
    assert [each.amount_fen for each in explain(paid.id, actor=claimant_of(paid)).clawbacks] == [1_000_000]
    confirm(unpaid)
    for claim in (paid, unpaid):
        reviews.revoke(claim_id=claim.id, opinion="虚开", actor=province, now=later)
    payable = payable_of(paid.source)
    assert payable is not None
    made = session().scalars(select(Clawback).where(Clawback.payable_id == payable.id).order_by(Clawback.id)).all()
    assert [(each.amount_fen, each.occasion) for each in made] == [(1_000_000, None), (5_000_000, paid.source)]
    assert made[1].due_on == made[0].due_on
    _, way = story(paid)
    assert [place.station for place in way.stations] == [Station.REPAYMENT]
    assert story(unpaid)[1].ended
    owed = [(each.order_id, each.open_fen) for each in session().scalars(select(Shortfall))]
    assert owed == [(unpaid.order_id, 6_000_000)], "of what was paid the provider owes, of what was not the user"
    again = make_claim()
    with pytest.raises(InvoiceTaken):
        take(again, xml_of(paper_for(again)))
    take(again, xml_of(paper_for(again, "26370000000000000002")))
    assert credit(amount_fen=10_000_000).effect is CreditEffect.RECORDED
    session().rollback()
    assert verify([*INVARIANTS, *MONEY]) == []


def test_a_credit_invoice_is_read_from_its_file() -> None:
    """What is typed must agree; an ordinary invoice is none."""
    claim = handed_in()
    paper = paper_for(claim)

    def register(content: bytes, **typed: object) -> CreditInvoice:
        return register_credit(
            typed=CreditFacts(**typed),  # type: ignore[arg-type]
            opinion="供给方送交",
            stream=io.BytesIO(content),
            filename="红字.xml",
            actor=reviewer_of(claim),
            now=clock.now(),
        )

    with pytest.raises(CreditRefused) as refused:
        register(xml_of(paper), original_number="26370000000000000003")
    assert codes(refused.value) == ["no_credit_invoice"]
    with pytest.raises(CreditRefused):
        register(xml_of(paper.red("26370000000000000002")), amount_incl_tax_fen=1)
    made = register(xml_of(paper.red("26370000000000000002")))
    assert (made.original_number, made.amount_incl_tax_fen) == (paper.number, 10_000_000)
    assert made.effect is CreditEffect.HELD_BACK


def test_readings_are_of_their_claim() -> None:
    mine, other = make_claim(), make_claim()
    reading = read(mine, xml_of(paper_for(mine)))
    assert find_reading(mine, reading.id) == reading
    with pytest.raises(DomainError):
        find_reading(other, reading.id)
