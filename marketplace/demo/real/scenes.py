"""What must not happen and does not, and how two sibling firms meet their common cap.

Each scene counts the refusals it met, by what was refused.
"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus

from core import policy
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.real import timeline
from marketplace.demo.real.cast import Cast
from marketplace.demo.real.deals import Deal, Offered, Turn
from marketplace.demo.real.plan import DIRECT, FULL, Planner
from marketplace.demo.real.trading import Disagreement, is_refused, place, place_on, wish
from settlement.states import ShortfallState
from vouchers.rules.amounts import CAP_LIMITED
from vouchers.rules.claims import Declaration
from vouchers.rules.facts import Exclusion
from vouchers.rules.policy import judging

QUOTE_CHANGED = "quote changed: a sibling took the room"
CAP_LIMITED_QUOTE = "quote limited by the yearly cap"
BLOCKED = "direct deduction while a shortfall is unpaid"
TEAM_HANDS_IN = "a team hands in its own claim"
SLOT_TAKEN = "a slot taken before"
NO_MATERIALS = "a claim without materials"
BEYOND_LIMITS = "a firm beyond the limits of V8(1)"
EXCLUDED = "batch testing"
OUTSIDE_DIRECT = "direct deduction from outside the province"
OUTSIDE_MET = "from outside without an unmet need"
ZERO_PRICE = "a price of zero"


def siblings_meet_the_cap(client: DemoClient, planner: Planner, met: Counter[str]) -> list[Deal]:
    """Two firms of one controller share a cap of CNY 500,000 (V12 cap); returns their orders, placed.

    The elder takes most of it. Both are then quoted what is left; the elder orders first, so the younger's quote has
    changed and it takes the new one. After that nothing is left for either.
    """
    elder, younger = planner.people.siblings
    dear = planner.offers.dear
    first = planner.deal(elder, dear, DIRECT, 80_000_000)
    _quoted_in_full(client, first)
    second, third = planner.deal(younger, dear, FULL, 60_000_000), planner.deal(elder, dear, FULL, 20_000_000)
    limited = client.post(second.by, "/quotes", wish(second))
    if CAP_LIMITED not in limited["flags"]:
        raise Disagreement(f"the younger sibling's quote {limited['id']} is not limited by the cap")
    met[CAP_LIMITED_QUOTE] += 1
    _quoted_in_full(client, third)
    problem = is_refused(
        client, second.by, "/orders", {"quote_id": limited["id"]}, "quote_changed", status=HTTPStatus.CONFLICT
    )
    met[QUOTE_CHANGED] += 1
    place_on(client, second, problem["quote"])
    last = planner.deal(elder, dear, FULL, 10_000_000)
    place(client, last)
    if last.subsidy_fen != 0 or CAP_LIMITED not in last.flags:
        raise Disagreement(f"order {last.order_id} got {last.subsidy_fen} after the cap was used up")
    met[CAP_LIMITED_QUOTE] += 1
    held = sum(deal.subsidy_fen for deal in (first, second, third))
    if held != annual_cap_fen():
        raise Disagreement(f"the siblings hold {held}, not all of their cap")
    return [first, second, third, last]


def annual_cap_fen() -> int:
    """The yearly cap of a controller (V12 cap) in the year of the story."""
    return judging(policy.current(), timeline.OPENING).policy.annual_cap_fen


def refused_quotes(client: DemoClient, planner: Planner, met: Counter[str]) -> None:
    """Wishes that no voucher supports: quoted, with nothing from the voucher and every article that says why."""
    firm, outside = planner.people.eligible_firms[0], planner.offers.outside[0]
    service = planner.offers.listed[0]
    for oversized in planner.people.oversized_firms[:3]:
        _ineligible(client, planner.deal(oversized, service, FULL, 1_000_000), "V8(1)")
        met[BEYOND_LIMITS] += 1
    _ineligible(client, planner.deal(firm, service, FULL, 1_000_000), "V11 x", excluded=Exclusion.BATCH_TEST.value)
    met[EXCLUDED] += 1
    _ineligible(client, planner.deal(firm, outside, FULL, 1_000_000), "V16 out")
    met[OUTSIDE_MET] += 1
    quote = _ineligible(client, planner.deal(firm, outside, DIRECT, 1_000_000), "V16 out", unmet_need="省内无此设备")
    order = {"quote_id": quote["id"]}
    is_refused(client, firm.username, "/orders", order, "deduction_refused", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    met[OUTSIDE_DIRECT] += 1


def slots_are_taken_once(client: DemoClient, deals: list[Deal], rival: Deal, met: Counter[str]) -> None:
    """Another firm asks for hours that are booked."""
    for deal in deals:
        if deal.slot is not None and deal.turn is Turn.NONE:
            body = {**wish(deal), "payment_mode": rival.mode.value}
            is_refused(client, rival.by, "/quotes", body, "slot_taken", status=HTTPStatus.CONFLICT)
            met[SLOT_TAKEN] += 1


def team_is_told_who_hands_in(client: DemoClient, deals: list[Deal], people: Cast, met: Counter[str]) -> None:
    """A team that hands in its own claim is told that its incubator does (V16 team)."""
    for deal in deals:
        if deal.beneficiary == people.team and not deal.is_direct and deal.claim_id:
            path = f"/claims/{deal.claim_id}/submission"
            body = {"declarations": dict.fromkeys((each.value for each in Declaration), True)}
            is_refused(client, people.team.username, path, body, "not_the_claimant", status=HTTPStatus.FORBIDDEN)
            met[TEAM_HANDS_IN] += 1


def shortfalls_are_paid(client: DemoClient, planner: Planner, rejected: list[Deal], met: Counter[str]) -> list[Deal]:
    """Refused deductions are owed (V16(1)): one is paid at once, one by half, the others stay open.

    Who owes cannot order in direct deduction; the one that paid can. Returns the orders placed.
    """
    paid_in_full, paid_by_half = rejected[0], rejected[1]
    follower = _follow_up(planner, paid_in_full)
    quote = _blocked(client, follower, met)
    _pay_shortfall(client, paid_in_full, paid_in_full.shortfall_fen)
    place_on(client, follower, quote)
    _pay_shortfall(client, paid_by_half, paid_by_half.shortfall_fen // 2)
    _blocked(client, _follow_up(planner, paid_by_half), met)
    return [follower]


def _follow_up(planner: Planner, rejected: Deal) -> Deal:
    service: Offered = planner.offers.listed[1]
    return planner.deal(rejected.beneficiary, service, DIRECT, 2_000_000)


def _blocked(client: DemoClient, deal: Deal, met: Counter[str]) -> Json:
    """The order is refused while a shortfall is unpaid; returns the quote, which stays good."""
    quote = client.post(deal.by, "/quotes", wish(deal))
    body = {"quote_id": quote["id"]}
    is_refused(client, deal.by, "/orders", body, "shortfall_unpaid", status=HTTPStatus.CONFLICT)
    met[BLOCKED] += 1
    return quote


def _pay_shortfall(client: DemoClient, deal: Deal, amount_fen: int) -> None:
    provider = deal.service.provider.username
    found = client.pages(provider, "/shortfalls", state=ShortfallState.OPEN.value)
    shortfall = next(each for each in found if each["order_id"] == deal.order_id)
    if shortfall["amount_fen"] != deal.shortfall_fen:
        raise Disagreement(f"order {deal.order_id}: shortfall {shortfall['amount_fen']}, not {deal.shortfall_fen}")
    body = {"amount_fen": amount_fen, "reference": f"SF-{deal.order_id}"}
    client.post(provider, f"/shortfalls/{shortfall['id']}/payment", body)
    deal.shortfall_paid_fen += amount_fen


def _quoted_in_full(client: DemoClient, deal: Deal) -> None:
    place(client, deal)
    if deal.subsidy_fen != deal.share_of(deal.contract_fen):
        raise Disagreement(f"order {deal.order_id} was cut to {deal.subsidy_fen} while there was room")


def _ineligible(client: DemoClient, deal: Deal, article: str, **changes: object) -> Json:
    quote = client.post(deal.by, "/quotes", wish(deal, **changes))
    articles = {reason["article"] for reason in quote["reasons"]}
    if quote["eligible"] or quote["subsidy_fen"] or article not in articles:
        raise Disagreement(f"quote {quote['id']} should rest its refusal on {article}, not {sorted(articles)}")
    return quote
