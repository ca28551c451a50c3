"""The story of an order: what happened, what waits with whom and until when, what is still to come."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.queries import actor_of
from core import clock
from core.db import session
from marketplace.demo.client import DemoClient, Json
from marketplace.models import Order
from marketplace.queries import find_order
from marketplace.queries.timelines import OrderTimeline, Party, Step, order_timeline
from settlement.queries import order_money
from tests.support.deal import STEPS, confirm, hand_in, order, service_id, walk
from tests.support.queries import counted_queries

TODAY = date(2026, 3, 2)
SAMPLE = "demo-ms-sample"


def story(user: str, number: int, *, today: date = TODAY) -> OrderTimeline:
    """The story as a user sees it."""
    actor = actor_of(user)
    found = find_order(number, actor=actor)
    return order_timeline(found, money=order_money(found.id), actor=actor, today=today)


def placed(province: DemoClient, until: str = "") -> Json:
    made = order(province, "sme-heze", service_id(SAMPLE))
    return walk(province, made, user="sme-heze", until=until) if until else made


@pytest.mark.parametrize(
    ("until", "waits"),
    [
        ("", {Step.ACCEPT: (Party.PROVIDER,)}),
        ("acceptance", {Step.CONTRACT: (Party.BENEFICIARY, Party.PROVIDER)}),
        ("contract:provider", {Step.CONTRACT: (Party.BENEFICIARY,)}),
        ("contract:user", {Step.START: (Party.PROVIDER,), Step.PAY: (Party.BENEFICIARY,)}),
        ("payment", {Step.START: (Party.PROVIDER,)}),
        ("service-start", {Step.DELIVER: (Party.PROVIDER,)}),
        ("delivery", {Step.COMPLETE: (Party.BENEFICIARY, Party.PROVIDER)}),
        ("completion", {Step.CLAIM: (Party.PROVIDER,)}),
    ],
)
def test_each_step_says_what_waits_and_with_whom(
    province: DemoClient, until: str, waits: dict[Step, tuple[Party, ...]]
) -> None:
    """From placing to the claim of a direct deduction, which the provider hands in."""
    made = placed(province, until)
    found = story("sme-heze", made["id"])
    assert {each.step: each.parties for each in found.waiting} == waits
    assert not set(found.ahead) & set(waits)
    done = 1 + STEPS.index(until) + 1 if until else 1
    assert len(found.entries) == done
    assert found.ahead[-1] is Step.SUBSIDY


def test_the_days_by_which_things_are_to_be_done(province: DemoClient) -> None:
    """V12 hold: the provider answers in time; V17: the claim is handed in within six months."""
    made = placed(province)
    (answer,) = story("sme-heze", made["id"]).waiting
    assert (answer.by, answer.overdue) == (date(2026, 3, 9), False)
    assert story("sme-heze", made["id"], today=date(2026, 3, 10)).waiting[0].overdue
    walk(province, made, user="sme-heze")
    (claim,) = story("sme-heze", made["id"]).waiting
    assert (claim.step, claim.by) == (Step.CLAIM, date(2026, 9, 2))


def test_of_the_other_side_the_role_must_do(province: DemoClient) -> None:
    """V6: user names are those of one's own people; an office sees none."""
    number = placed(province, "acceptance")["id"]
    seen = {user: [each.username for each in story(user, number).entries] for user in ("sme-heze", "provider-jinan")}
    assert seen == {"sme-heze": ["sme-heze", None], "provider-jinan": [None, "provider-jinan"]}
    assert [each.username for each in story("bureau-heze", number).entries] == [None, None]
    assert [each.party for each in story("bureau-heze", number).entries] == [Party.BENEFICIARY, Party.PROVIDER]


def test_an_ended_order_waits_for_nobody(province: DemoClient) -> None:
    """What was said at the end is there for both sides."""
    number = placed(province)["id"]
    province.post("provider-jinan", f"/orders/{number}/decline", {"reason": "设备检修"})
    found = story("sme-heze", number)
    assert (found.waiting, found.ahead) == ([], [])
    assert (found.entries[-1].action, found.entries[-1].note) == ("decline", "设备检修")


def test_the_claim_goes_on_with_the_offices(province: DemoClient) -> None:
    """V17 order: the city, then the province, then finance; a bureau of another city knows nothing of it."""
    done = placed(province, "completion")
    hand_in(province, done, claimant="provider-jinan", number="26370000000000000001")
    assert holders("sme-heze", done) == [(Step.SUBSIDY, (Party.CITY_BUREAU,))]
    assert holders("bureau-jinan", done) == []
    confirm(province, [done["claim_id"]], bureau="bureau-heze")
    assert holders("sme-heze", done) == [(Step.SUBSIDY, (Party.FINANCE,))]


def holders(user: str, done: Json) -> list[tuple[Step, tuple[Party, ...]]]:
    return [(each.step, each.parties) for each in story(user, done["id"]).waiting]


def test_a_refused_deduction_waits_for_the_user(province: DemoClient) -> None:
    """V16(1): the deducted sum is owed."""
    done = placed(province, "completion")
    hand_in(province, done, claimant="provider-jinan", number="26370000000000000002")
    verdict = {"decision": "reject", "opinion": "不符合条件"}
    province.post("bureau-heze", f"/claims/{done['claim_id']}/city-review", verdict)
    assert holders("sme-heze", done) == [(Step.SHORTFALL, (Party.BENEFICIARY,))]


def test_an_order_without_a_voucher_has_no_claim_ahead(province: DemoClient) -> None:
    """It ends with its completion."""
    made = order(province, "sme-heze", service_id(SAMPLE), payment_mode="full_payment", excluded="batch_test")
    assert story("sme-heze", made["id"]).ahead == [
        Step.CONTRACT,
        Step.PAY,
        Step.START,
        Step.DELIVER,
        Step.COMPLETE,
    ]


def test_a_long_story_asks_as_often_as_a_short_one(province: DemoClient) -> None:
    """The trail, the names, the calendar and the team an enterprise was; the delivery while a completion is due; then
    the claim's own way too, however long."""
    asked = []
    for until in ("acceptance", "delivery", "completion"):
        number = placed(province, until)["id"]
        actor = actor_of("sme-heze")
        found, money = session().get_one(Order, number), order_money(number)
        with counted_queries() as made:
            order_timeline(found, money=money, actor=actor, today=clock.today(clock.now()))
        asked.append(len(made))
    assert asked == [4, 5, 9]
