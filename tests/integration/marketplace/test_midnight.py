"""The last midnight of a year in Shanghai within a request: what counts is the ``now`` the use case was given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta

import pytest

from core import clock
from core.failpoints import watch
from core.http.idempotent import HEADER, REPLAYED
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.support.deal import DECLARED, add_materials, ask, confirm, hand_in, order, service_id, walk

PILOT = "demo-pilot-time"
LAST_SECOND = datetime(2026, 12, 31, 23, 59, 59, tzinfo=clock.SHANGHAI)
NEXT_YEAR = LAST_SECOND + timedelta(seconds=2)
USER, PROVIDER = "sme-jinan", "provider-jinan"


@contextmanager
def passing_midnight(place: str) -> Iterator[None]:
    """The clock stands at the last second of the year, until a failpoint is passed."""
    with ExitStack() as later, clock.at(LAST_SECOND):

        def tell(name: str) -> None:
            if name == place:
                later.enter_context(clock.at(NEXT_YEAR))
                watch(None)

        watch(tell)
        later.callback(watch, None)
        yield
        assert clock.now() == NEXT_YEAR, "the place was not passed"
        later.close()


def completed(province: DemoClient) -> Json:
    with clock.at(LAST_SECOND - timedelta(days=17)):
        placed = order(province, USER, service_id(PILOT))
        return walk(province, placed, user=USER, completed_on="2026-12-14")


def rooms(province: DemoClient) -> tuple[int, int]:
    """What is left of the old year and of the new one."""
    with clock.at(LAST_SECOND):
        found = (province.get(USER, "/entitlement", year=str(year))["items"] for year in (2026, 2027))
        left, right = (int(each["room_fen"]) for (each,) in found)
        return left, right


def require_same_answer(province: DemoClient, user: str, path: str, body: Json, key: str, first: Json) -> None:
    """The same key after midnight: the first answer again, and nothing done twice."""
    with clock.at(NEXT_YEAR):
        headers = {"Authorization": f"Bearer {province.token(user)}", HEADER: key}
        again = province.app.test_client().post(f"/api/v1{path}", json=body, headers=headers)
    assert (again.status_code, again.get_json()) == (201, first)
    assert again.headers[REPLAYED] == "true"
    with clock.at(NEXT_YEAR):
        assert verify_everything()[1] == []


@pytest.mark.parametrize(("place", "year"), [("core.transaction.committing", 2026), ("core.idempotency.taken", 2027)])
def test_v12_cap_a_submission_counts_for_the_year_in_which_its_use_case_began(
    province: DemoClient, place: str, year: int
) -> None:
    """Committed after midnight it is of the old year; begun after midnight, though asked before, of the new one."""
    done = completed(province)
    with clock.at(LAST_SECOND):
        add_materials(province, done, claimant=PROVIDER, number="26372000000012345678")
    before, path, body = rooms(province), f"/claims/{done['claim_id']}/submission", {"declarations": DECLARED}
    with passing_midnight(place):
        claim = province.post(PROVIDER, path, body, key="midnight")
    assert claim["year"] == year
    assert clock.today(datetime.fromisoformat(claim["submitted_at"])).year == year
    moved = claim["claimed_fen"] if year == 2027 else 0
    assert rooms(province) == (before[0] + moved, before[1] - moved)
    require_same_answer(province, PROVIDER, path, body, "midnight", claim)


def test_v12_hold_an_order_at_midnight_holds_as_its_quote_said(province: DemoClient) -> None:
    """The hold is of the year which an order of the same second without midnight holds of."""
    with clock.at(LAST_SECOND):
        start = rooms(province)
        order(province, USER, service_id(PILOT))
        one = rooms(province)
        quote = ask(province, USER, service_id(PILOT))
    with passing_midnight("marketplace.order.added"):
        placed = province.post(USER, "/orders", {"quote_id": quote["id"]}, key="midnight")
    two = rooms(province)
    assert [before - after for before, after in zip(one, two, strict=True)] == [
        before - after for before, after in zip(start, one, strict=True)
    ]
    assert placed["subsidy_fen"] == quote["subsidy_fen"] > 0
    require_same_answer(province, USER, "/orders", {"quote_id": quote["id"]}, "midnight", placed)


def test_v17_pay_a_round_that_ends_in_the_new_year_is_paid_by_the_fund_it_began_with(province: DemoClient) -> None:
    """Prepared across midnight, approved, exported in January: one batch, of the old year's fund alone."""
    done = completed(province)
    with clock.at(LAST_SECOND - timedelta(days=14)):
        claim = hand_in(province, done, claimant=PROVIDER, number="26372000000012345678")
        confirm(province, [claim["id"]], bureau="bureau-jinan")
        for year in (2026, 2027):
            fund = {"year": year, "appropriation_fen": 10_000_000, "reference": "预算"}
            province.post("finance-maker", "/funds", fund)
    body = {"cutoff": "2026-12-25"}
    with passing_midnight("settlement.batch.queued"):
        batch = province.post("finance-maker", "/settlement-batches", body, key="midnight")
    require_same_answer(province, "finance-maker", "/settlement-batches", body, "midnight", batch)
    with clock.at(NEXT_YEAR):
        province.post("finance-checker", f"/settlement-batches/{batch['id']}/approval")
        province.post("finance-maker", f"/settlement-batches/{batch['id']}/exportation")
        funds = {each["year"]: each["committed_fen"] for each in province.get("auditor", "/funds")["items"]}
        assert funds == {2026: batch["total_fen"], 2027: 0}
        assert verify_everything()[1] == []
