"""Cases in hand: one holder at a time, nobody else decides, colleagues take over with a reason, days run out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.permissions import Role
from core import audit, clock
from core.db import session, transaction
from core.errors import Forbidden, NotFound
from core.invariants import verify
from core.permissions import Actor
from core.states import StateForbids
from tests.databases import Database
from tests.factories.accounts import actor_of, make_agency, make_bureau, make_province, make_user
from tests.factories.vouchers import bring, confirm, make_claim, review, send_up, summarise
from vouchers.jobs import lapse_held_cases
from vouchers.models import Claim, ReviewCase
from vouchers.queries.cases import held_cases, said_about
from vouchers.queries.invariants import INVARIANTS
from vouchers.queries.review_queue import Holding, narrowed_queue, queue_rows
from vouchers.rules.claims import ConfirmationDecision, ReviewDecision
from vouchers.rules.reviewing import CaseEnding, CheckItem, Phrase, Recommendation
from vouchers.service import cases
from vouchers.service.cases import CaseNotHeld, OpinionRefused
from vouchers.states import ClaimState
from vouchers.steps.cases import CaseHeld

HEZE = "371700"
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)


def officers() -> tuple[Actor, Actor]:
    bureau = make_bureau(HEZE)
    return actor_of(bureau), make_user(Role.CITY_BUREAU, bureau).as_actor()


def take(claim: Claim, actor: Actor, *, reason: str = "") -> ReviewCase:
    return cases.take(claim_id=claim.id, reason=reason, actor=actor, now=clock.now())


def submitted() -> Claim:
    return bring(make_claim(), ClaimState.SUBMITTED)


@pytest.mark.usefixtures("app")
def test_while_it_is_held_only_the_holder_decides() -> None:
    """The others are told who has it and until when; the decision ends the hold."""
    claim = submitted()
    mine, colleague = officers()
    case = take(claim, mine)
    assert case.last_day == date(2026, 3, 9)  # five working days after Monday 2026-03-02
    with pytest.raises(CaseHeld) as refused:
        review(claim, ReviewDecision.APPROVE, actor=colleague)
    assert mine.username in refused.value.text.zh
    assert refused.value.extra == {"last_day": "2026-03-09"}
    review(claim, ReviewDecision.APPROVE, actor=mine)
    assert (case.ending, case.ended_by) == (CaseEnding.DECIDED, mine.user_id)
    assert held_cases([claim.id], on=date(2026, 3, 2)) == {}


@pytest.mark.usefixtures("app")
def test_a_colleague_takes_over_with_a_reason_and_the_holder_gives_back() -> None:
    claim = submitted()
    mine, colleague = officers()
    first = take(claim, mine)
    with pytest.raises(CaseHeld):
        take(claim, colleague)
    second = take(claim, colleague, reason="同事休假")
    assert (first.ending, first.ended_by, second.reason) == (CaseEnding.TAKEN_OVER, colleague.user_id, "同事休假")
    with pytest.raises(CaseNotHeld):
        cases.release(claim_id=claim.id, actor=mine, now=clock.now())
    cases.release(claim_id=claim.id, actor=colleague, now=clock.now())
    assert second.ending is CaseEnding.RELEASED
    told = [entry.action for case in (first, second) for entry in audit.history("review_case", case.id)]
    assert told == ["take_case", "take_over_case", "release_case"]
    review(claim, ReviewDecision.APPROVE, actor=mine)


@pytest.mark.usefixtures("app")
def test_a_hold_lapses_after_its_last_day() -> None:
    """From the next day on anybody decides; the night's job writes it down."""
    claim = submitted()
    mine, colleague = officers()
    case = take(claim, mine)
    end = clock.end_of_day(case.last_day)
    with clock.at(end - timedelta(seconds=1)), pytest.raises(CaseHeld):
        review(claim, ReviewDecision.APPROVE, actor=colleague)
    with clock.at(end):
        lapse_held_cases(clock.now(), clock.now())
        assert (case.ending, case.ended_by) == (CaseEnding.LAPSED, None)
        review(claim, ReviewDecision.APPROVE, actor=colleague)


@pytest.mark.usefixtures("app")
def test_v5_the_agency_holds_to_prepare_and_decides_nothing() -> None:
    """Its opinion is on the file of the offices; the bureau takes the case over, the agency never does."""
    claim = submitted()
    mine, _ = officers()
    agency = actor_of(make_agency())
    take(claim, agency)
    with pytest.raises(Forbidden):
        review(claim, ReviewDecision.APPROVE, actor=agency)
    said = cases.give_opinion(
        claim_id=claim.id,
        recommendation=Recommendation.APPROVE,
        amount_fen=5_000_000,
        checklist={CheckItem.MATERIALS_COMPLETE: True, CheckItem.INVOICE_AGREES: False},
        phrases=[Phrase.PARTLY],
        opinion="核减耗材费",
        actor=agency,
        now=clock.now(),
    )
    assert said.opinion == "部分费用不属于支持范围，予以核减；核减耗材费"
    with pytest.raises(CaseHeld) as refused:
        review(claim, ReviewDecision.APPROVE, actor=mine)
    assert agency.username not in refused.value.text.zh  # another office is named without its people
    take(claim, mine, reason="直接审核")
    with pytest.raises(CaseHeld):
        take(claim, agency, reason="继续准备")
    assert [each.author for each in said_about(claim.id)] == [agency.username]
    with pytest.raises(OpinionRefused) as faulty:
        cases.give_opinion(
            claim_id=claim.id,
            recommendation=Recommendation.RETURN,
            amount_fen=claim.claimed_fen + 1,
            checklist={},
            phrases=[],
            opinion=" ",
            actor=mine,
            now=clock.now(),
        )
    assert {each.code for each in faulty.value.reasons} == {
        "review_without_opinion",
        "amount_without_approval",
        "amount_over_claim",
    }


@pytest.mark.usefixtures("app")
def test_v6_each_office_holds_what_waits_for_it() -> None:
    claim = submitted()
    province = actor_of(make_province())
    with pytest.raises(NotFound):
        take(claim, actor_of(make_bureau("370100")))
    with pytest.raises(StateForbids):
        take(claim, province)
    summary = summarise(bring(sent_up := make_claim(), ClaimState.CITY_APPROVED))
    with pytest.raises(StateForbids):
        take(sent_up, province)
    send_up(summary)
    case = take(sent_up, province)
    with pytest.raises(StateForbids):
        take(sent_up, officers()[0])
    confirm(sent_up)
    assert case.ending is CaseEnding.DECIDED


@pytest.mark.usefixtures("app")
def test_the_queue_narrows_by_holder_and_term() -> None:
    """Ten working days from Monday 2026-03-02 end on 2026-03-16; on the day after it is overdue."""
    claim, other = submitted(), submitted()
    mine, colleague = officers()
    take(claim, mine)
    today = date(2026, 3, 2)

    def found(on: date = today, **wanted: object) -> set[int]:
        return {each.id for each in session().scalars(narrowed_queue(mine, today=on, **wanted))}  # type: ignore[arg-type]

    assert found(held=Holding.MINE) == {claim.id}
    assert found(held=Holding.NOBODY) == {other.id}
    assert found(held=Holding.OTHERS) == set()
    assert found(min_fen=claim.claimed_fen + 1) == found(flagged=True) == set()
    assert found(max_fen=claim.claimed_fen, flagged=False) == {claim.id, other.id}
    last = date(2026, 3, 16)
    assert found(last, overdue=True) == set()
    assert found(last + timedelta(days=1), overdue=True) == {claim.id, other.id}
    (row,) = queue_rows([other], actor=mine, today=last + timedelta(days=1))
    assert (row.due_on, row.overdue, row.batchable) == (last, True, True)
    (held,) = queue_rows([claim], actor=colleague, today=today)
    assert (held.overdue, held.batchable) == (False, False)
    assert held.held is not None
    assert held.held.holder == mine.username


@pytest.mark.usefixtures("app")
def test_v20_what_was_sent_back_waits_since_then() -> None:
    claim = bring(make_claim(), ClaimState.SUMMARISED)
    mine, _ = officers()
    with clock.at(clock.now() + timedelta(days=20)):
        confirm(claim, ConfirmationDecision.SEND_BACK)
        today = clock.today(clock.now())
        (row,) = queue_rows([claim], actor=mine, today=today)
        assert (row.since, row.age_days, row.batchable) == (today, 0, False)
        wanted = session().scalars(narrowed_queue(mine, today=today, overdue=False)).all()
        assert [each.id for each in wanted] == [claim.id]


def test_two_take_at_once_and_one_has_it(committed_app: Flask) -> None:
    """The claim's row is locked, so that the second is told who was first."""
    with committed_app.app_context():
        claim_ids = [submitted().id for _ in range(4)]
        actors = officers()
    outcomes: list[str] = []

    def run(actor: Actor, start: threading.Barrier, claim_id: int) -> None:
        with committed_app.app_context(), clock.at(NOW):
            start.wait()
            try:
                cases.take(claim_id=claim_id, reason="", actor=actor, now=clock.now())
                outcomes.append("taken")
            except CaseHeld:
                outcomes.append("held")

    for claim_id in claim_ids:
        start = threading.Barrier(len(actors))
        threads = [threading.Thread(target=run, args=(actor, start, claim_id)) for actor in actors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(outcomes) == ["held"] * 4 + ["taken"] * 4
    with committed_app.app_context():
        assert len(session().scalars(select(ReviewCase).where(ReviewCase.ended_at.is_(None))).all()) == 4


def test_without_lock_and_index_two_hold_one_case(committed_app: Flask, database: Database) -> None:
    """The guards taken away: look who holds it, then write. Both hold it, so the test above is known to bite, and
    verify names the case."""
    with database.connect(autocommit=True) as connection:
        connection.execute("DROP INDEX uq_review_case_live")
    claim_id, actors = submitted().id, officers()
    session().rollback()
    looked = threading.Barrier(len(actors), timeout=60)

    def naive_take(actor: Actor) -> None:
        with committed_app.app_context(), transaction() as current:
            found = current.scalars(select(ReviewCase).where(ReviewCase.claim_id == claim_id)).all()
            looked.wait()
            assert not found
            current.add(
                ReviewCase(
                    claim_id=claim_id,
                    office_id=actor.organisation_id,
                    holder_id=actor.user_id,
                    taken_at=NOW,
                    last_day=date(2026, 3, 9),
                    reason="",
                )
            )

    at_once([partial(naive_take, actor) for actor in actors])
    assert len(session().scalars(select(ReviewCase).where(ReviewCase.ended_at.is_(None))).all()) == 2
    assert {each.name for each in verify(INVARIANTS)} == {"cases: a claim is in one pair of hands"}


def test_giving_back_and_taking_at_once_leave_one_holder(committed_app: Flask) -> None:
    """Whichever comes first: the colleague is refused or has it, and the holder gave it back."""
    claim_ids, (mine, colleague) = [submitted().id for _ in range(3)], officers()
    for claim_id in claim_ids:
        cases.take(claim_id=claim_id, reason="", actor=mine, now=NOW)
    session().rollback()
    taken: list[int] = []

    def give_back(claim_id: int) -> None:
        with committed_app.app_context():
            cases.release(claim_id=claim_id, actor=mine, now=NOW)

    def take_it(claim_id: int) -> None:
        with committed_app.app_context():
            try:
                cases.take(claim_id=claim_id, reason="", actor=colleague, now=NOW)
            except CaseHeld:
                return
            taken.append(claim_id)

    for claim_id in claim_ids:
        at_once([partial(give_back, claim_id), partial(take_it, claim_id)])
    held = session().scalars(select(ReviewCase).where(ReviewCase.ended_at.is_(None))).all()
    assert sorted(each.claim_id for each in held) == sorted(taken)
    assert {each.holder_id for each in held} <= {colleague.user_id}
    assert verify(INVARIANTS) == []


def at_once(works: list[Callable[[], None]]) -> None:
    """Run all at the same moment; whatever one of them raises is raised here."""
    start = threading.Barrier(len(works), timeout=60)

    def begin(work: Callable[[], None]) -> None:
        start.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(begin, work) for work in works]:
            done.result()
