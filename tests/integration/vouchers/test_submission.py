"""V16, V17: materials, invoice, declarations, deadlines and year of the first submission."""

import io
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from accounts.kinds import AdverseKind
from accounts.queries import organisation
from core import clock
from core.errors import Refused
from core.files import FileTypeRefused
from core.kinds import ServiceKind
from settlement.queries import cap_room, hold_of
from tests.factories.accounts import (
    actor_of,
    make_adverse_record,
    make_controller,
    make_enterprise,
    make_incubator,
    make_provider,
    make_team,
)
from tests.factories.vouchers import (
    DECLARED,
    DEDUCTION,
    FULL,
    PDF,
    add,
    add_materials,
    assessment_of,
    bring,
    claimant_of,
    invoice_of,
    make_claim,
    place,
    review,
    submit,
)
from vouchers.models import Claim
from vouchers.rules.claims import InvoiceFacts, InvoiceType, MaterialKind, ReviewDecision
from vouchers.service import claims
from vouchers.service.claims import MaterialRefused, SubmissionRefused, Upload
from vouchers.states import ClaimState
from vouchers.steps.guards import MaterialsClosed, NotTheClaimant
from vouchers.steps.invoices import InvoiceRefused, InvoiceTaken

pytestmark = pytest.mark.usefixtures("app")
CAP_FEN = 50_000_000


def faults(claim: Claim, declarations: dict[str, bool] | None = None) -> list[tuple[str | None, str | None]]:
    """Article and field of everything a submission is refused for."""
    with pytest.raises(SubmissionRefused) as caught:
        claims.submit(
            claim_id=claim.id,
            declarations=DECLARED if declarations is None else declarations,
            actor=claimant_of(claim),
            now=clock.now(),
        )
    return [(reason.article, reason.field) for reason in caught.value.reasons]


def against(claim: Claim, invoice: InvoiceFacts) -> list[tuple[str | None, str | None]]:
    """Article and field of everything an invoice is refused for when it is handed in."""
    with pytest.raises(InvoiceRefused) as caught:
        add(claim, MaterialKind.INVOICE, invoice=invoice)
    return [(reason.article, reason.field) for reason in caught.value.reasons]


def shanghai(year: int, month: int, day: int, hour: int = 10, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=clock.SHANGHAI)


def test_v16_files_every_missing_item_is_named_at_once() -> None:
    """委托分析 without its 科技创新相关性证明 cannot be submitted, and everything else missing is named with it."""
    claim = make_claim()
    assert faults(claim, {}) == [
        ("V16 files", "materials.service_contract"),
        ("V16 files", "materials.invoice"),
        ("V16 files", "materials.result_proof"),
        ("V16 files", "materials.innovation_relevance_proof"),
        ("V8(3)", "declarations.rd_base"),
        ("V8(3)", "declarations.main_business"),
    ]
    add_materials(claim, leave_out=[MaterialKind.INNOVATION_RELEVANCE_PROOF])
    assert faults(claim) == [("V16 files", "materials.innovation_relevance_proof")]


@pytest.mark.parametrize("kind", list(ServiceKind))
def test_v16_files_of_each_kind_of_service(kind: ServiceKind) -> None:
    """The eight testing kinds also need the proof of relevance; the seven research kinds do not."""
    testing = list(ServiceKind).index(kind) >= 7
    claim = make_claim(kind=kind)
    add_materials(claim, leave_out=[MaterialKind.INNOVATION_RELEVANCE_PROOF])
    if testing:
        assert faults(claim) == [("V16 files", "materials.innovation_relevance_proof")]
    else:
        assert submit(claim).state is ClaimState.SUBMITTED


def test_v8_3_without_the_declaration_refused() -> None:
    claim = make_claim()
    add_materials(claim)
    assert faults(claim, {"rd_base": True}) == [("V8(3)", "declarations.main_business")]


def test_v13_a_plain_receipt_is_refused() -> None:
    claim = make_claim()
    assert against(claim, replace(invoice_of(claim), type=InvoiceType.RECEIPT)) == [("V13", "invoice_type")]


def test_invoice_of_another_seller_and_buyer_is_refused() -> None:
    """Invariant 16."""
    claim = make_claim()
    right = invoice_of(claim)
    assert right.buyer_uscc is not None
    swapped = replace(right, seller_uscc=right.buyer_uscc, buyer_uscc=right.seller_uscc)
    assert against(claim, swapped) == [("V12 base", "seller_uscc"), ("V12 base", "buyer_uscc")]


def test_an_invoice_of_the_future_or_of_nothing_is_refused() -> None:
    claim = make_claim()
    wrong = replace(invoice_of(claim), amount_incl_tax_fen=0, issued_on=date(2026, 3, 3))
    assert against(claim, wrong) == [("V12 base", "amount_incl_tax_fen"), ("V12 base", "issued_on")]
    assert against(claim, replace(wrong, amount_incl_tax_fen=1, issued_on=date(1900, 1, 1))) == [("S17", "issued_on")]


def test_v12_base_is_the_lesser_of_contract_and_invoice() -> None:
    claim = make_claim()
    add_materials(claim, invoice=invoice_of(claim, amount_fen=3_333_334))
    assert submit(claim).claimed_fen == 2_000_000
    held = hold_of(claim.order_id)
    assert held is not None
    assert held.held_fen == 2_000_000
    assert claim.subsidy_fen == 6_000_000


def test_v12_base_a_larger_invoice_is_no_more() -> None:
    claim = make_claim()
    add_materials(claim, invoice=invoice_of(claim, amount_fen=99_000_000))
    assert submit(claim).claimed_fen == 6_000_000


def test_an_invoice_number_supports_one_live_claim() -> None:
    """Invariant 16, across firms and cities; free again once the other claim is dead."""
    first = make_claim()
    add_materials(first, invoice=invoice_of(first, number="26370000000000000001"))
    second = make_claim(make_enterprise("370102"), organisation(first.provider_id))
    with pytest.raises(InvoiceTaken):
        add(second, MaterialKind.INVOICE, invoice=invoice_of(second, number="26370000000000000001"))
    submit(first)
    claims.withdraw(claim_id=first.id, actor=claimant_of(first), now=clock.now())
    add(second, MaterialKind.INVOICE, invoice=invoice_of(second, number="26370000000000000001"))
    assert second.invoice is not None


def test_a_newer_file_takes_the_place_of_an_earlier_one_and_others_add_up() -> None:
    claim = make_claim()
    for _ in range(2):
        add(claim, MaterialKind.INVOICE, invoice=invoice_of(claim))
        add(claim, MaterialKind.OTHER)
    kinds = [material.kind for material in claim.live_materials]
    assert kinds == [MaterialKind.OTHER, MaterialKind.INVOICE, MaterialKind.OTHER]
    assert len(claim.materials) == 4


def test_invoice_facts_belong_to_an_invoice_and_to_nothing_else() -> None:
    claim = make_claim()
    with pytest.raises(MaterialRefused):
        add(claim, MaterialKind.INVOICE)
    with pytest.raises(MaterialRefused):
        add(claim, MaterialKind.OTHER, invoice=invoice_of(claim))


def test_v17_the_result_proof_carries_the_completion_date() -> None:
    claim = make_claim()
    for said, kind in ((date(2026, 3, 1), MaterialKind.RESULT_PROOF), (claim.completed_on, MaterialKind.OTHER)):
        with pytest.raises(MaterialRefused) as caught:
            claims.add_material(
                claim_id=claim.id,
                kind=kind,
                upload=Upload(io.BytesIO(PDF), "proof.pdf"),
                invoice=None,
                completed_on=said,
                actor=claimant_of(claim),
                now=clock.now(),
            )
        assert [reason.article for reason in caught.value.reasons] == ["V17"]


def test_a_file_of_another_type_is_refused_and_nothing_is_kept() -> None:
    claim = make_claim()
    add(claim, MaterialKind.SERVICE_CONTRACT)
    with pytest.raises(FileTypeRefused):
        claims.add_material(
            claim_id=claim.id,
            kind=MaterialKind.SERVICE_CONTRACT,
            upload=Upload(io.BytesIO(b"MZ\x00program"), "contract.pdf"),
            invoice=None,
            completed_on=None,
            actor=claimant_of(claim),
            now=clock.now(),
        )
    assert len(claim.live_materials) == 1


@pytest.mark.parametrize("state", [ClaimState.SUBMITTED, ClaimState.CITY_APPROVED, ClaimState.REJECTED])
def test_materials_are_closed_after_submission(state: ClaimState) -> None:
    claim = bring(make_claim(), state)
    with pytest.raises(MaterialsClosed):
        add(claim, MaterialKind.OTHER)


def test_v16_1_in_direct_deduction_the_provider_claims_and_is_paid() -> None:
    claim = make_claim(mode=DEDUCTION)
    assert claim.claimant_id == claim.payee_id == claim.provider_id


def test_v16_2_in_full_payment_the_user_claims_and_is_paid() -> None:
    claim = make_claim(mode=FULL)
    assert claim.claimant_id == claim.payee_id == claim.beneficiary_id


def test_v16_team_materials_are_handed_in_by_its_incubator_only() -> None:
    """A team submits itself: refused; the incubator does, and the team's verified account is paid."""
    team = make_team(make_incubator("371702"))
    claim = make_claim(team, mode=FULL)
    assert (claim.claimant_id, claim.payee_id) == (team.incubator_id, team.id)
    with pytest.raises(NotTheClaimant) as caught:
        claims.submit(claim_id=claim.id, declarations={}, actor=actor_of(team), now=clock.now())
    assert [reason.article for reason in caught.value.reasons] == ["V16 team"]
    add_materials(claim)
    claims.submit(claim_id=claim.id, declarations={}, actor=claimant_of(claim), now=clock.now())
    assert claim.state is ClaimState.SUBMITTED


def test_a_team_in_direct_deduction_leaves_the_claim_to_the_provider() -> None:
    claim = make_claim(make_team(make_incubator("371702")), mode=DEDUCTION)
    assert claim.claimant_id == claim.payee_id == claim.provider_id


def test_the_invoice_of_a_team_names_its_incubator_or_no_code_at_all() -> None:
    claim = make_claim(make_team(make_incubator("371702")), mode=FULL)
    add_materials(claim, invoice=replace(invoice_of(claim), buyer_uscc=None))
    assert submit(claim).state is ClaimState.SUBMITTED


def test_the_other_party_cannot_submit() -> None:
    claim = make_claim(mode=DEDUCTION)
    with pytest.raises(NotTheClaimant):
        claims.submit(
            claim_id=claim.id,
            declarations=DECLARED,
            actor=actor_of(organisation(claim.beneficiary_id)),
            now=clock.now(),
        )


@pytest.mark.parametrize(
    ("completed_on", "last_day"),
    [(date(2025, 8, 31), date(2026, 2, 28)), (date(2025, 11, 30), date(2026, 6, 1))],
)
def test_v17_judged_at_the_first_submission_to_the_second(completed_on: date, last_day: date) -> None:
    """The last day counts in full, in Shanghai: one second later is too late."""
    with clock.at(clock.start_of_day(completed_on)):
        user, provider = make_enterprise(), make_provider()
        late = make_claim(user, provider, completed_on=completed_on)
        early = make_claim(user, provider, completed_on=completed_on)
        for claim in (late, early):
            add_materials(claim)
    assert late.last_day == last_day
    with clock.at(clock.end_of_day(last_day)):
        assert faults(late) == [("V17", None)]
    with clock.at(clock.end_of_day(last_day) - timedelta(seconds=1)):
        assert submit(early).state is ClaimState.SUBMITTED


def test_v17_return_keeps_the_first_date_and_gives_thirty_working_days() -> None:
    """Returned on 2026-03-02, resubmitted after the voucher's last day: the first date counts."""
    with clock.at(shanghai(2025, 9, 1)):
        claim = make_claim(completed_on=date(2025, 9, 1))
        add_materials(claim)
    with clock.at(shanghai(2026, 2, 27)):
        submit(claim)
    first = claim.first_submitted_at
    review(claim, ReviewDecision.RETURN)
    assert claim.correct_by == date(2026, 4, 14)
    with clock.at(clock.end_of_day(date(2026, 4, 14))):
        assert faults(claim) == [("V17 return", None)]
    with clock.at(clock.end_of_day(date(2026, 4, 14)) - timedelta(seconds=1)):
        submit(claim)
    assert claim.first_submitted_at == first
    assert claim.submitted_at is not None
    assert first is not None
    assert claim.submitted_at > first


def test_v12_cap_counts_in_the_year_of_the_first_submission() -> None:
    """Completed 2025-12-20, submitted 2026-01-08: counts for 2026."""
    with clock.at(shanghai(2025, 12, 20)):
        claim = make_claim(completed_on=date(2025, 12, 20))
        add_materials(claim)
    owner = claim.decision.cap_owner
    assert cap_room(cap_owner=owner, year=2025, cap_fen=CAP_FEN) == CAP_FEN - 6_000_000
    with clock.at(shanghai(2026, 1, 8)):
        submit(claim)
    assert (claim.year, claim.claimed_fen) == (2026, 6_000_000)
    assert cap_room(cap_owner=owner, year=2025, cap_fen=CAP_FEN) == CAP_FEN
    assert cap_room(cap_owner=owner, year=2026, cap_fen=CAP_FEN) == CAP_FEN - 6_000_000


def test_v12_cap_the_year_turns_at_midnight_in_shanghai() -> None:
    with clock.at(shanghai(2025, 12, 20)):
        user, provider = make_enterprise(), make_provider()
        last, first = make_claim(user, provider), make_claim(user, provider)
        add_materials(last)
        add_materials(first)
    with clock.at(shanghai(2025, 12, 31, 23, 59, 59)):
        assert submit(last).year == 2025
    with clock.at(shanghai(2026, 1, 1, 0, 0, 0)):
        assert submit(first).year == 2026


def test_v12_cap_in_the_new_year_the_subsidy_is_the_lesser_of_hold_and_room() -> None:
    controller = make_controller()
    with clock.at(shanghai(2025, 12, 20)):
        provider = make_provider()
        claim = make_claim(make_enterprise(controller=controller), provider)
        add_materials(claim)
    with clock.at(shanghai(2026, 1, 5)):
        place(assessment_of(make_enterprise(controller=controller), provider, base_fen=80_000_000))
    with clock.at(shanghai(2026, 1, 8)):
        submit(claim)
    assert (claim.subsidy_fen, claim.claimed_fen) == (6_000_000, 2_000_000)


def test_v8_2_is_judged_again_at_submission() -> None:
    """A record entered after the order refuses the claim; the other frozen facts stay as they were (V12 facts)."""
    claim = make_claim()
    add_materials(claim)
    make_adverse_record(organisation(claim.beneficiary_id), AdverseKind.FRAUD, date(2026, 2, 1))
    assert faults(claim) == [("V8(2)", None)]
    assert claim.state is ClaimState.DRAFT


def test_v12_facts_govern_also_after_the_measure_has_ended() -> None:
    with clock.at(shanghai(2030, 1, 20)):
        claim = make_claim(mode=FULL)
        add_materials(claim)
    with clock.at(shanghai(2030, 5, 20)):
        assert submit(claim).claimed_fen == 6_000_000


def test_a_refused_submission_changes_nothing() -> None:
    claim = make_claim()
    before = hold_of(claim.order_id)
    assert before is not None
    held_fen = before.held_fen
    with pytest.raises(Refused):
        submit(claim)
    after = hold_of(claim.order_id)
    assert after is not None
    assert (after.held_fen, claim.state, claim.first_submitted_at) == (held_fen, ClaimState.DRAFT, None)
