"""Credit invoices that wait for an office, are annulled, and lines taken back in: a sum rises again within its hold."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from accounts.permissions import Role
from accounts.steps.standing import AnnulledByAnother
from core import clock
from core.db import session
from core.errors import DomainError
from core.invariants import verify
from core.permissions import Actor
from core.states import StateForbids
from settlement.queries import hold_of
from settlement.queries.invariants import INVARIANTS as MONEY
from settlement.queries.payables import payable_of
from settlement.service import clawbacks
from tests.factories.accounts import actor_of, make_bureau, make_province, make_user
from tests.factories.invoices import credit, handed_in, paper_for, take
from tests.factories.settlement import answer, make_fund, prepare, send
from tests.factories.vouchers import (
    PDF,
    add_materials,
    claimant_of,
    confirm,
    make_claim,
    review,
    reviewer_of,
    send_up,
    submit,
    summarise,
)
from tests.support.invoices import MEAL, Line, xml_of
from vouchers.models import Claim, CreditInvoice
from vouchers.queries.claim_timelines import claim_timeline
from vouchers.queries.claims import dossier
from vouchers.queries.credits import credit_views, visible_credits
from vouchers.queries.explanations import explain
from vouchers.queries.invariants import INVARIANTS
from vouchers.queries.invoices import unsettled
from vouchers.rules.claims import MaterialKind, ReviewDecision
from vouchers.rules.invoices.credits import CreditDecision, CreditEffect, CreditFacts, CreditUndone
from vouchers.rules.invoices.items import LineMark
from vouchers.service import invoices
from vouchers.service.credits import (
    CreditKnown,
    CreditUnmatched,
    EnteredBySame,
    annul_credit,
    decide_credit,
    register_credit,
)
from vouchers.states import CreditState
from vouchers.steps.annulments import CreditSettled, ProvinceAnnuls
from vouchers.steps.credits import CreditRefused

pytestmark = pytest.mark.usefixtures("app")

OWN, ELSEWHERE = "26370000000000000001", "26370000000000000555"


def annul(entry: CreditInvoice, actor: Actor | None = None) -> CreditInvoice:
    """By a second person of the province unless told otherwise."""
    who = actor or make_user(Role.PROVINCE, make_province()).as_actor()
    return annul_credit(credit_id=entry.id, why="号码录错", actor=who, now=clock.now())


def colleague(claim: Claim) -> Actor:
    """A second person of the bureau of the claim's city."""
    return make_user(Role.CITY_BUREAU, make_bureau(claim.city)).as_actor()


def decide(entry: CreditInvoice, decision: CreditDecision, actor: Actor) -> CreditInvoice:
    return decide_credit(credit_id=entry.id, decision=decision, opinion="已核对", actor=actor, now=clock.now())


def codes(error: DomainError) -> list[str]:
    return [each.code for each in error.reasons]


def held(claim: Claim) -> int:
    found = hold_of(claim.order_id)
    return 0 if found is None else found.held_fen


def sums(claim: Claim) -> tuple[int, int, int]:
    """Base, what is claimed, and what is held for it."""
    session().refresh(claim)
    return claim.base_fen, claim.claimed_fen, held(claim)


def is_stopped(claim: Claim) -> bool:
    payable = payable_of(claim.source)
    assert payable is not None
    session().refresh(payable)
    return payable.stopped


def mark(claim: Claim, *marks: LineMark) -> None:
    invoices.mark_lines(claim_id=claim.id, marks=marks, actor=reviewer_of(claim), now=clock.now())


def last_reason(claim: Claim) -> dict[str, Any]:
    actor = claimant_of(claim)
    today = clock.today(clock.now())
    return dict(
        claim_timeline(dossier(claim.id, actor=actor, today=today), actor=actor, today=today).entries[-1].reason or {}
    )


def shown_to(actor: Actor) -> list[tuple[Any, ...]]:
    found = session().scalars(visible_credits(actor).order_by(CreditInvoice.id)).all()
    return [(each.number[-2:], each.state, each.effect, each.claim_id) for each in credit_views(found, actor=actor)]


def test_v12_base_a_line_left_out_by_the_rule_is_taken_back_in_within_the_hold() -> None:
    """With a reason, by the reviewer; the approval settles it, up to the fee's share, and says so. The rest is released
    with the confirmation."""
    claim = handed_in(Line(amount_fen=7_547_170, tax_fen=452_830), Line(MEAL, 1_886_792, 113_208))
    assert sums(claim) == (8_000_000, 4_800_000, 6_000_000)
    mark(claim, LineMark(2, eligible=True, reason="检测样品用酒精，类别系误填"))
    assert (sums(claim), unsettled([claim.id])) == ((8_000_000, 4_800_000, 6_000_000), {claim.id})
    review(claim, ReviewDecision.APPROVE)
    assert (sums(claim), claim.approved_fen) == ((10_000_000, 6_000_000, 6_000_000), 6_000_000)
    steps = [each.step for each in explain(claim.id, actor=claimant_of(claim)).steps]
    risen = next(step for step in steps if step.kind == "restoration")
    assert (risen.before_fen, risen.after_fen, risen.inputs["held_fen"]) == (4_800_000, 6_000_000, 6_000_000)
    assert verify([*INVARIANTS, *MONEY]) == []
    other = handed_in(Line(amount_fen=7_547_170, tax_fen=452_830), Line(MEAL, 1_886_792, 113_208), number=ELSEWHERE)
    mark(other, LineMark(1, eligible=False, reason="误标"))
    mark(other, LineMark(1, eligible=True, reason="更正"))
    assert unsettled([other.id]) == set()
    send_up(summarise(review(other, ReviewDecision.APPROVE)))
    assert sums(other) == (8_000_000, 4_800_000, 6_000_000)
    confirm(other)
    assert (sums(other)[2], other.confirmed_fen) == (0, 4_800_000)
    assert verify([*INVARIANTS, *MONEY]) == []


def test_v6_what_others_enter_waits_and_answers_alike() -> None:
    """Another city's bureau and another firm learn nothing; the claim's own city takes or rejects, once, by another."""
    claim = handed_in()
    before = sums(claim)
    stranger, firm = actor_of(make_bureau("370100")), claimant_of(make_claim())
    city, province = reviewer_of(claim), actor_of(make_province())
    made = [
        credit(number, actor=actor, own=own, amount_fen=4_000_000)
        for number, actor, own in ((OWN, stranger, "80"), (ELSEWHERE, stranger, "81"), (OWN, firm, "82"))
    ]
    waiting, unmatched, party = made
    assert sums(claim) == before
    assert shown_to(stranger) == [("80", "waiting", None, None), ("81", "waiting", None, None)]
    assert shown_to(firm) == [("82", "waiting", None, None)]
    assert [each[0] for each in shown_to(city)] == ["80", "82"]
    assert [each[0] for each in shown_to(province)] == ["80", "81", "82"]
    with pytest.raises(CreditKnown):
        credit(OWN, actor=stranger, own="80")
    for entry in (waiting, unmatched):
        with pytest.raises(CreditUnmatched):
            decide(entry, CreditDecision.TAKE, actor_of(make_bureau("370100")))
        for amount_fen, issued_on, code in (
            (1_000_000_001, None, "credit_over_bound"),
            (1, date(1999, 1, 1), "credit_before_measure"),
        ):
            with pytest.raises(CreditRefused) as refused:
                credit(entry.original_number, actor=stranger, own="83", amount_fen=amount_fen, issued_on=issued_on)
            assert codes(refused.value) == [code]
    taken = decide(waiting, CreditDecision.TAKE, city)
    assert (taken.state, taken.effect, sums(claim)[:2]) == (
        CreditState.IN_FORCE,
        CreditEffect.LOWERED,
        (6_000_000, 3_600_000),
    )
    rejected = decide(party, CreditDecision.REJECT, city)
    assert (rejected.state, rejected.effect) == (CreditState.REJECTED, None)
    assert [each[:2] for each in shown_to(city)] == [("80", "in_force"), ("82", "rejected")]
    with pytest.raises(StateForbids):
        decide(party, CreditDecision.TAKE, province)
    decide(unmatched, CreditDecision.TAKE, province)
    assert [each[1:3] for each in shown_to(stranger)] == [("in_force", None), ("in_force", None)]
    assert verify(INVARIANTS) == []


def test_a_party_enters_one_for_its_own_claim_and_nobody_decides_about_his_own() -> None:
    """It takes effect at once; a notice whose claim turns up in the city of who entered it is another's to decide."""
    claim = handed_in()
    assert credit(actor=claimant_of(claim), amount_fen=1_000_000).effect is CreditEffect.LOWERED
    assert sums(claim)[:2] == (9_000_000, 5_400_000)
    draft = make_claim()
    city = reviewer_of(draft)
    early = credit(ELSEWHERE, actor=city, own="81", amount_fen=1_000_000)
    assert early.state is CreditState.WAITING
    add_materials(draft, leave_out=[MaterialKind.INVOICE])
    take(draft, xml_of(paper_for(draft, ELSEWHERE)))
    with pytest.raises(EnteredBySame):
        decide(early, CreditDecision.REJECT, city)
    with pytest.raises(CreditRefused) as refused:
        credit(OWN, actor=city, own="84", amount_fen=9_000_001, issued_on=date(2020, 1, 1))
    assert codes(refused.value) == ["credit_over_invoice", "credit_before_invoice"]
    with pytest.raises(CreditRefused) as both:
        credit("26370000000000000777", own="85", amount_fen=2_000_000_000, issued_on=date(1999, 1, 1))
    assert codes(both.value) == ["credit_over_bound", "credit_before_measure"]
    with pytest.raises(CreditRefused) as every:
        register_credit(
            typed=CreditFacts(
                number="abc", original_number=OWN, amount_incl_tax_fen=9_000_001, issued_on=date(2020, 1, 1)
            ),
            opinion="来函",
            stream=io.BytesIO(PDF),
            filename="红字.pdf",
            actor=city,
            now=clock.now(),
        )
    assert codes(every.value) == ["invoice_number_malformed", "credit_over_invoice", "credit_before_invoice"]


def test_an_annulment_undoes_what_is_not_settled_yet() -> None:
    """By a third person, with a reason: the draft has its invoice again, the claim under review rises within its hold,
    and the number may be entered rightly again."""
    draft = make_claim()
    add_materials(draft, leave_out=[MaterialKind.INVOICE])
    take(draft, xml_of(paper_for(draft)))
    entered_by = reviewer_of(draft)
    dropped = credit(actor=entered_by)
    with pytest.raises(AnnulledByAnother):
        annul(dropped, entered_by)
    undone = annul(dropped, colleague(draft))
    session().refresh(draft)
    assert (undone.state, undone.undone) == (CreditState.ANNULLED, CreditUndone.BROUGHT_BACK)
    assert draft.invoice is not None
    assert (draft.invoice.number, draft.invoice.credited_fen) == (OWN, 0)
    assert last_reason(draft)["code"] == "credit_undone_brought_back"
    with pytest.raises(StateForbids):
        annul(dropped)
    submit(draft)
    lowered, more = credit(amount_fen=4_000_000), credit(amount_fen=1_000_000, own="91")
    assert sums(draft) == (5_000_000, 3_000_000, 6_000_000)
    assert annul(lowered).undone is CreditUndone.RAISED
    assert sums(draft) == (9_000_000, 5_400_000, 6_000_000)
    assert verify([*INVARIANTS, *MONEY]) == []
    review(draft, ReviewDecision.APPROVE)
    with pytest.raises(CreditSettled) as settled:
        annul(more)
    assert [(each.code, each.article) for each in settled.value.reasons] == [("credit_approved_on", "V12 hold")]
    late = credit(amount_fen=1_000_000, own="92")
    assert (late.effect, annul(late).undone) == (CreditEffect.HELD_BACK, CreditUndone.CLEARED)
    nowhere = credit(ELSEWHERE, own="93")
    assert annul(nowhere).undone is CreditUndone.FREED
    session().refresh(draft)
    send_up(summarise(draft))
    confirm(draft)
    with pytest.raises(CreditSettled) as confirmed:
        annul(more)
    assert codes(confirmed.value) == ["credit_confirmed_on"]
    assert verify([*INVARIANTS, *MONEY]) == []


def test_v19_a_stop_by_mistake_is_over_and_money_claimed_back_stays_so() -> None:
    """What hangs on confirmed money is the province's to annul; the stop ends only when nothing is granted too much."""
    make_fund(100_000_000)
    claim = handed_in()
    send_up(summarise(review(claim, ReviewDecision.APPROVE)))
    confirm(claim)
    first, second = credit(amount_fen=4_000_000, actor=reviewer_of(claim)), credit(amount_fen=1_000_000, own="91")
    with pytest.raises(ProvinceAnnuls):
        annul(first, colleague(claim))
    assert annul(first).undone is CreditUndone.CLEARED
    assert is_stopped(claim), "the second one still stands against it"
    assert annul(second).undone is CreditUndone.RESUMED
    assert not is_stopped(claim)
    answer(send(prepare(cutoff=date(2026, 3, 10), now=clock.now())), now=clock.now())
    due, again = credit(amount_fen=4_000_000, own="94"), credit(amount_fen=1_000_000, own="95")
    assert (due.effect, annul(again).undone) == (CreditEffect.CLAWBACK_DUE, CreditUndone.CLEARED)
    clawbacks.claw_back(
        payable_id=None,
        source=claim.source,
        amount_fen=2_400_000,
        cause="红冲多付",
        misconduct=False,
        misconduct_by=None,
        sanction_until=None,
        actor=actor_of(make_province()),
        now=clock.now(),
    )
    with pytest.raises(CreditSettled) as settled:
        annul(due)
    assert [(each.code, each.article) for each in settled.value.reasons] == [("credit_clawed_back", "V21")]
    session().rollback()
    assert verify([*INVARIANTS, *MONEY]) == []
