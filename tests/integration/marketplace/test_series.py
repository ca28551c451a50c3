"""Series of bookings: looked at slot by slot, placed by choice under the rules of single ones, given up together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core import clock
from core.invariants import verify
from instruments.queries.invariants import INVARIANTS
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.integration.marketplace.test_moved_bookings import HOURLY, book, codes, slot, undone
from tests.integration.marketplace.test_races import counted, race
from tests.support.deal import MONDAY, ask, service_id


def look(client: DemoClient, user: str = "sme-heze", **wanted: Any) -> Json:
    """A series on the hourly instrument, every week three times unless told otherwise."""
    expect = wanted.pop("expect", 201)
    body = {"service_id": service_id(HOURLY), "payment_mode": "direct_deduction", "every_days": 7, **wanted}
    if not {"count", "repeat_until"} & set(wanted):
        body["count"] = 3
    body.setdefault("instrument_id", client.get(None, f"/services/{service_id(HOURLY)}")["instruments"][0]["id"])
    return client.post(user, "/booking-series", body, expect=expect)


def place(client: DemoClient, series: Json, choice: str, *, user: str = "sme-heze", expect: int = 201) -> Json:
    return client.post(user, f"/booking-series/{series['id']}/orders", {"choice": choice}, expect=expect)


def against(series: Json) -> list[list[str]]:
    """The codes of what stands against each slot."""
    return [[each["code"] for each in one["reasons"]] for one in series["slots"]]


def test_a_preview_names_what_stands_against_each_slot_and_the_choice_is_explicit(province: DemoClient) -> None:
    """Somebody else's booking and a holiday stop two of four: all or none places none, the others are placed, and no
    booking of others is touched."""
    taken = book(province, "sme-jinan", **slot(10, day=7))
    seen = look(province, **slot(10), count=4)
    province.put("provider-jinan", f"/instruments/{taken['instrument_id']}/booking-rules", {"closed_on_holidays": True})
    free = look(province, **slot(10), every_days=34, count=3)
    assert against(seen) == [[], ["slot_taken"], [], []]
    assert against(free) == [[], ["slot_on_public_holiday"], []]
    assert [each["order_id"] for each in seen["slots"]] == [None] * 4
    assert province.get("sme-heze", "/orders")["items"] == []
    single = province.attempt("sme-heze", "/orders", {"quote_id": seen["slots"][0]["quote_id"]})
    assert (single[0], single[1]["code"]) == (409, "quote_of_series")
    refused = place(province, seen, "all", expect=422)
    assert (refused["code"], [each["position"] for each in refused["slots"]]) == ("series_refused", [2])
    assert province.get("sme-heze", "/orders")["items"] == []
    placed = place(province, seen, "bookable")
    assert (placed["state"], placed["choice"]) == ("placed", "bookable")
    orders = [each["order_id"] for each in placed["slots"]]
    assert [number is None for number in orders] == [False, True, False, False]
    assert place(province, seen, "bookable", expect=409)["code"] == "state_forbids"
    assert province.get("sme-jinan", f"/orders/{taken['id']}")["starts_at"] == taken["starts_at"]
    assert verify_everything()[1] == []
    province.post("sme-heze", f"/orders/{orders[0]}/cancellation")
    assert province.attempt("sme-jinan", f"/booking-series/{seen['id']}/cancellation", {})[0] == 404
    rest = province.post("sme-heze", f"/booking-series/{seen['id']}/cancellation", {"reason": "项目结束"})
    assert [each["order_state"] for each in rest["slots"]] == ["cancelled", None, "cancelled", "cancelled"]
    again = province.attempt("sme-heze", f"/booking-series/{seen['id']}/cancellation", {})
    assert (again[0], again[1]["code"]) == (409, "nothing_to_end")
    assert verify_everything()[1] == []


def test_v12_cap_is_used_up_in_order_and_quotas_count_the_series_itself(province: DemoClient) -> None:
    """V12 cap: each slot's subsidy is what those before it leave; the sums shown are the sums placed."""
    province.patch("provider-jinan", f"/services/{service_id(HOURLY)}", {"price_fen": 15_000_000})
    seen = look(province, **slot(10), count=4)
    subsidies = [each["subsidy_fen"] for each in seen["slots"]]
    assert subsidies == [18_000_000, 18_000_000, 14_000_000, 0]
    placed = place(province, seen, "all")
    orders = [province.get("sme-heze", f"/orders/{each['order_id']}") for each in placed["slots"]]
    assert [each["subsidy_fen"] for each in orders] == subsidies
    instrument = placed["instrument_id"]
    province.put("provider-jinan", f"/instruments/{instrument}/booking-rules", {"open_bookings": 6})
    assert against(look(province, **slot(14), count=3)) == [[], [], ["slot_quota_open"]]
    assert verify_everything()[1] == []


def test_an_incubator_books_nights_for_its_team_and_its_own_quota_is_untouched(province: DemoClient) -> None:
    """Over midnight in Shanghai, singly and in a series; whose bookings they are decides whose quota counts."""
    instrument = province.get(None, f"/services/{service_id(HOURLY)}")["instruments"][0]["id"]
    nights = [{"weekday": day, "opens": "20:00", "closes": "06:00"} for day in range(1, 8)]
    province.put("provider-jinan", f"/instruments/{instrument}/opening-hours", {"hours": nights})
    province.put("provider-jinan", f"/instruments/{instrument}/booking-rules", {"week_hours": 10})
    team = province.get("team-weifang", "/me")["organisation"]["id"]
    single = book(province, "incubator-weifang", beneficiary_id=team, **slot(22, 4))
    assert (single["beneficiary_id"], single["quantity"]) == (team, "4")
    seen = look(province, "incubator-weifang", beneficiary_id=team, every_days=1, **slot(46, 4), count=6)
    assert against(seen) == [[], ["slot_quota_week"], ["slot_quota_week"], ["slot_quota_week"], [], []]
    placed = place(province, seen, "bookable", user="incubator-weifang")
    assert [each["order_id"] is not None for each in placed["slots"]] == [True, False, False, False, True, True]
    assert province.get("team-weifang", f"/booking-series/{seen['id']}")["state"] == "placed"
    assert book(province, "sme-heze", **slot(94, 6))["state"] == "placed"
    assert verify_everything()[1] == []


def test_what_cannot_be_repeated_is_refused_with_every_fault(province: DemoClient) -> None:
    both = look(province, **slot(10), count=2, repeat_until="2026-04-01", expect=422)
    assert [each["field"] for each in both["reasons"]] == ["repeat_until"]
    assert codes(look(province, **slot(10), every_days=1, repeat_until="2026-12-01", expect=422)) == ["series_too_many"]
    assert codes(look(province, **slot(10, -1), expect=422)) == ["slot_reversed"]
    assert codes(look(province, **slot(10, 30), every_days=1, expect=422)) == ["series_overlaps_itself"]
    with clock.at(MONDAY):
        seen = look(province, **slot(10))
    with clock.at(MONDAY + timedelta(days=30)):
        assert place(province, seen, "all", expect=409)["code"] == "quote_expired"


SLOTS = st.tuples(st.integers(0, 47), st.integers(1, 8))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=SLOTS,
    every=st.sampled_from([1, 2, 7]),
    count=st.integers(2, 5),
    others=st.lists(st.tuples(st.integers(0, 6), SLOTS), max_size=3),
    rules=st.fixed_dictionaries(
        {},
        optional={
            "week_hours": st.integers(2, 12),
            "open_bookings": st.integers(1, 4),
            "before_minutes": st.sampled_from([30, 600]),
            "step_minutes": st.just(60),
        },
    ),
)
@example(first=(20, 4), every=1, count=4, others=[(1, (20, 2))], rules={"open_bookings": 2})
@example(first=(44, 8), every=1, count=3, others=[], rules={"before_minutes": 1200})
def test_a_series_places_what_single_orders_would(
    province: DemoClient,
    first: tuple[int, int],
    every: int,
    count: int,
    others: list[tuple[int, tuple[int, int]]],
    rules: Json,
) -> None:
    """The same slots, one after the other as single orders and as one series, under any rules and among any bookings of
    others: the same are placed at the same sums, and nothing overlaps (invariant 5)."""
    outcomes = [_tried(province, as_series, first, every, count, others, rules) for as_series in (True, False)]
    assert outcomes[0] == outcomes[1]


def _tried(
    client: DemoClient,
    as_series: bool,
    first: tuple[int, int],
    every: int,
    count: int,
    others: list[tuple[int, tuple[int, int]]],
    rules: Json,
) -> list[tuple[bool, int | None]]:
    """Whether each slot is booked and what the voucher pays of it; all is rolled back."""
    half, length = first
    with undone():
        for day, (begins, lasts) in others:
            wanted = {"service_id": service_id(HOURLY), "payment_mode": "full_payment"}
            status, quote = client.attempt("sme-jinan", "/quotes", {**wanted, **slot(begins / 2, lasts / 2, day=day)})
            if status == 201:
                client.attempt("sme-jinan", "/orders", {"quote_id": quote["id"]})
        instrument = client.get(None, f"/services/{service_id(HOURLY)}")["instruments"][0]["id"]
        client.put("provider-jinan", f"/instruments/{instrument}/booking-rules", rules)
        if as_series:
            seen = look(client, **slot(half / 2, length / 2), every_days=every, count=count)
            if all(each["reasons"] for each in seen["slots"]):
                return [(False, None)] * count
            placed = place(client, seen, "bookable")
            assert verify(INVARIANTS) == []
            return [
                (each["order_id"] is not None, each["subsidy_fen"] if each["order_id"] else None)
                for each in placed["slots"]
            ]
        found = []
        for each in range(count):
            wanted = {"service_id": service_id(HOURLY), "payment_mode": "direct_deduction"}
            status, quote = client.attempt(
                "sme-heze", "/quotes", {**wanted, **slot(half / 2, length / 2, day=every * each)}
            )
            if status == 201:
                order = client.post("sme-heze", "/orders", {"quote_id": quote["id"]})
                found.append((True, order["subsidy_fen"]))
            else:
                found.append((False, None))
        return found


def test_of_series_and_single_bookings_at_once_each_slot_has_one_winner(committed_province: DemoClient) -> None:
    """Invariant 5: whoever asked for all gets all or nothing; nobody waits for ever, nothing is left half-placed."""
    client = committed_province
    users = ["sme-heze", "sme-jinan", "sme-jinan-sibling"]
    series = [(user, look(client, user, **slot(10), count=4)) for user in users]
    quotes = [("team-weifang", ask(client, "team-weifang", service_id(HOURLY), **slot(11, day=7))["id"])]
    calls = [
        (user, f"/booking-series/{each['id']}/orders", {"choice": choice}, f"series-{each['id']}")
        for (user, each), choice in zip(series, ("all", "all", "bookable"), strict=True)
    ]
    answers = race(client, [*calls, *((user, "/orders", {"quote_id": each}, "single") for user, each in quotes)])
    assert {each.status_code for each in answers} <= {201, 409, 422}
    won = [each.get_json() for each in answers[:3] if each.status_code == 201]
    for each in won:
        placed = [one["order_id"] is not None for one in each["slots"]]
        assert all(placed) if each["choice"] == "all" else any(placed)
    booked = sum(one["order_id"] is not None for each in won for one in each["slots"])
    booked += answers[3].status_code == 201
    assert counted("SELECT count(*) FROM occupancy WHERE live") == counted('SELECT count(*) FROM "order"') == booked
    assert booked == 4
    assert verify_everything()[1] == []
