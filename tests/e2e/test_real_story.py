"""The whole chain on data written by outsiders, told once and judged row by row (set REAL_DATA to the folder)."""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from rich.console import Console
from sqlalchemy import func, select

from accounts import policy
from accounts.kinds import OrganisationKind
from accounts.models import Membership, Organisation
from accounts.states import MembershipState
from core.db import db, session
from marketplace.app import create_app
from marketplace.demo.real import scenes, story, timeline
from marketplace.demo.real.command import REFUSED
from marketplace.demo.real.deals import Stage, Turn
from marketplace.demo.real.outcome import Outcome
from marketplace.demo.real.show import Teller
from marketplace.demo.real.sources import FIRMS, HOME_PROVINCE, INSTITUTIONS, NEEDED, FilesMissing, Folder
from marketplace.states import OrderState
from settlement.models import BankReturnLine, Payable, SettlementBatch
from settlement.states import BatchState, PayableState, PayoutOutcome
from tests.databases import Server
from vouchers.rules.facts import PaymentMode
from vouchers.states import ClaimState

VARIABLE = "REAL_DATA"
FOLDER = os.environ.get(VARIABLE, "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason=f"{VARIABLE} does not name a folder with the files of the real-data story"),
]

MET = (
    scenes.QUOTE_CHANGED,
    scenes.CAP_LIMITED_QUOTE,
    scenes.BLOCKED,
    scenes.TEAM_HANDS_IN,
    scenes.SLOT_TAKEN,
    scenes.NO_MATERIALS,
    scenes.BEYOND_LIMITS,
    scenes.EXCLUDED,
    scenes.OUTSIDE_DIRECT,
    scenes.OUTSIDE_MET,
    scenes.ZERO_PRICE,
)


@pytest.fixture(scope="module")
def told(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Outcome]]:
    """The story told once, with real commits, on a database of this module alone."""
    database = server.clone(f"real_story_{os.getpid()}")
    app = create_app(database.config(tmp_path_factory.mktemp("var")))
    with app.app_context():
        try:
            yield app, story.tell(app, Path(FOLDER), Teller(Console(file=io.StringIO())))
        finally:
            db.session.remove()
            db.engine.dispose()
            server.drop(database)


@pytest.fixture
def outcome(told: tuple[Flask, Outcome]) -> Outcome:
    """What the story found."""
    return told[1]


def rows_of(name: str) -> list[dict[str, str]]:
    with (Path(FOLDER) / name).open(encoding="utf-8-sig", newline="") as stream:
        return [row for row in csv.DictReader(stream) if any((cell or "").strip() for cell in row.values())]


# -- files and people --------------------------------------------------------------------------------


def test_every_row_of_every_file_is_taken_repeated_or_refused_with_a_reason(outcome: Outcome) -> None:
    assert {count.name for count in outcome.files} == set(NEEDED) - {FIRMS, INSTITUTIONS}
    for count in outcome.files:
        assert count.read == len(rows_of(count.name)), count.name
        assert count.read == count.taken + count.repeated + count.refused, count.name
        assert count.taken > 0, count.name
        assert (count.refused == 0) == (not count.reasons), count.name
        assert sum(count.reasons.values()) >= count.refused, count.name


def test_every_firm_is_registered_in_its_own_county_or_refused_with_a_reason(outcome: Outcome) -> None:
    names = {row["ApplyCompanyName"].strip() for row in rows_of(FIRMS)}
    assert outcome.firms_read == len(names)
    assert outcome.firms_registered + sum(outcome.firms_refused.values()) == len(names)
    assert outcome.firms_registered > 1000
    assert all(reason.startswith("county_unknown") for reason in outcome.firms_refused)
    areas: dict[str, set[str]] = {}
    for row in rows_of(FIRMS):
        areas.setdefault(row["ApplyCompanyName"].strip(), set()).add(row["area_id"].strip())
    counties = policy.places(timeline.LISTINGS).cities
    firms = session().scalars(select(Organisation).where(Organisation.kind == OrganisationKind.ENTERPRISE)).all()
    assert {firm.name for firm in firms} == {name for name, found in areas.items() if found & counties.keys()}
    for firm in firms:
        assert firm.county in areas[firm.name], firm.name
        assert firm.city == counties[firm.county or ""], firm.name


def test_v15_every_member_was_approved_by_a_review(outcome: Outcome) -> None:
    approved = select(func.count()).select_from(Membership).where(Membership.state == MembershipState.APPROVED)
    assert session().scalar(approved) == outcome.firms_registered + len(("provider", "outside", "team"))
    assert session().scalar(select(func.count()).where(Membership.reviewed_by.is_(None))) == 0
    assert outcome.members_returned > 0
    assert outcome.listings_returned > 0


def test_v10_a_provider_of_the_evaluation_list_serves_and_one_from_outside_too(outcome: Outcome) -> None:
    listed = {row["institution"].strip(): row["province"] for row in rows_of(INSTITUTIONS)}
    providers = {deal.service.provider.name for deal in outcome.deals}
    assert providers <= listed.keys()
    assert {listed[name] == HOME_PROVINCE for name in providers} == {True, False}


# -- orders and claims -------------------------------------------------------------------------------


def test_at_least_200_orders_run_through_both_flows(outcome: Outcome) -> None:
    assert len(outcome.deals) >= 200
    assert sum(1 for deal in outcome.deals if deal.mode is PaymentMode.DIRECT_DEDUCTION) >= 80
    assert sum(1 for deal in outcome.deals if deal.mode is PaymentMode.FULL_PAYMENT) >= 80
    assert sum(1 for deal in outcome.deals if deal.slot is not None) >= 10
    assert outcome.orders_by_state.keys() == {state.value for state in OrderState}


@pytest.mark.parametrize("turn", list(Turn))
def test_every_turn_befalls_orders(outcome: Outcome, turn: Turn) -> None:
    assert outcome.turns[turn] > 0


@pytest.mark.parametrize("what", MET)
def test_what_must_be_refused_was_refused(outcome: Outcome, what: str) -> None:
    assert outcome.met[what] > 0


def test_claims_end_in_every_way_a_claim_can_here(outcome: Outcome) -> None:
    for state in (
        ClaimState.DRAFT,
        ClaimState.SUBMITTED,
        ClaimState.CITY_APPROVED,
        ClaimState.SUMMARISED,
        ClaimState.CONFIRMED,
        ClaimState.REJECTED,
        ClaimState.WITHDRAWN,
    ):
        assert outcome.claims_by_state[state.value] > 0, state
    assert outcome.summaries > 0


def test_a_cancelled_order_was_refunded(outcome: Outcome) -> None:
    refunded = [deal for deal in outcome.deals if deal.turn is Turn.CANCELLED and deal.refunded_fen > 0]
    assert {deal.mode for deal in refunded} == set(PaymentMode)
    assert {deal.goes_to for deal in refunded} == {Stage.PAID, Stage.IN_SERVICE}


def test_v12_cap_sibling_firms_use_up_their_common_cap_and_no_more(outcome: Outcome) -> None:
    capped = [deal for deal in outcome.deals if deal.beneficiary.city == "370100" and deal.contract_fen > 9_000_000]
    assert len({deal.beneficiary for deal in capped}) == 2
    assert sum(deal.confirmed_fen for deal in capped) == scenes.annual_cap_fen()
    assert any(0 < deal.granted_fen < deal.share_of(deal.contract_fen) for deal in capped)


def test_v16_team_and_v16_out_orders_were_confirmed(outcome: Outcome) -> None:
    for_team = [deal for deal in outcome.deals if deal.claimed_by != deal.beneficiary.username]
    assert {deal.mode for deal in for_team if deal.confirmed_fen} == set(PaymentMode)
    from_outside = [deal for deal in outcome.deals if deal.unmet_need is not None]
    assert from_outside
    assert all(deal.confirmed_fen > 0 and not deal.is_direct for deal in from_outside)


def test_v16_1_refused_deductions_are_owed_and_partly_paid(outcome: Outcome) -> None:
    owing = [deal for deal in outcome.deals if deal.shortfall_fen]
    assert {deal.turn for deal in owing} >= {Turn.REJECTED, Turn.PARTIAL, Turn.OVERDUE, Turn.SENT_BACK_REJECTED}
    assert all(deal.is_direct for deal in owing)
    assert any(deal.shortfall_paid_fen == deal.shortfall_fen for deal in owing)
    assert any(0 < deal.shortfall_paid_fen < deal.shortfall_fen for deal in owing)
    assert any(deal.shortfall_paid_fen == 0 for deal in owing)


# -- money -------------------------------------------------------------------------------------------


def test_v17_pay_two_batches_were_closed_and_failures_paid_in_the_second(outcome: Outcome) -> None:
    batches = session().scalars(select(SettlementBatch).order_by(SettlementBatch.id)).all()
    assert [batch.cutoff for batch in batches] == [timeline.FIRST_CUTOFF, timeline.SECOND_CUTOFF]
    assert {batch.state for batch in batches} == {BatchState.CLOSED}
    assert all(batch.prepared_by != batch.approved_by for batch in batches)
    assert outcome.failed_payouts == outcome.requeued_and_paid == 3
    said = session().scalars(select(BankReturnLine.outcome).where(BankReturnLine.outcome != PayoutOutcome.PAID)).all()
    assert set(said) == {PayoutOutcome.FAILED, PayoutOutcome.RETURNED}


def test_v3_what_the_fund_does_not_reach_waits(outcome: Outcome) -> None:
    assert outcome.batches[0].waiting_count == 0
    assert outcome.batches[1].waiting_count == 1
    due = session().scalar(select(func.count()).where(Payable.state == PayableState.DUE))
    assert due is not None
    assert due > 1


def test_the_books_are_the_sums_the_story_counted(outcome: Outcome) -> None:
    assert outcome.money is not None
    assert [balance for balance in outcome.balances if not balance.agrees] == []
    for name in ("held", "confirmed", "paid", "came_back", "waiting", "shortfall", "shortfall_paid", "refunded"):
        assert getattr(outcome.money, name) > 0, name


def test_verify_is_clean(outcome: Outcome) -> None:
    assert outcome.checks > 50
    assert outcome.offences == []
    assert outcome.is_sound


def test_the_command_does_not_tell_the_story_twice(told: tuple[Flask, Outcome]) -> None:
    refused = told[0].test_cli_runner().invoke(args=["demo", "real", FOLDER])
    assert refused.exit_code == REFUSED
    assert "has orders already" in refused.output


def test_the_command_verify_agrees(told: tuple[Flask, Outcome]) -> None:
    verified = told[0].test_cli_runner().invoke(args=["verify"])
    assert verified.exit_code == 0, verified.output


def test_a_folder_without_the_files_is_named(told: tuple[Flask, Outcome], tmp_path: Path) -> None:
    with pytest.raises(FilesMissing) as missing:
        Folder(tmp_path).check()
    assert all(name in str(missing.value) for name in NEEDED)
