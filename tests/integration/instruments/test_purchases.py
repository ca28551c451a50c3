"""S27: dear purchases with provincial money are held against the catalogue before they are made."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert

from accounts.models import Organisation
from core import clock
from core.clock import SHANGHAI
from core.db import require_transaction, session, transaction
from core.types import Span
from instruments.models import Instrument, Occupancy
from instruments.rules.terms import OccupancyKind
from tests.factories.accounts import headers_of, keyed, make_bureau, make_provider, make_province
from tests.factories.instruments import make_instrument

API = "/api/v1"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
EARLIER = datetime(2026, 2, 9, 2, 0, tzinfo=UTC)
WISH = {
    "name": "冷冻透射电镜",
    "category": "电子光学仪器",
    "specifications": "像差校正，能谱、STEM",
    "value_fen": 60_000_000,
    "provincial_fen": 50_000_000,
    "funding_source": "省重点研发计划",
    "county": "370102",
    "why": "需长期连续机时",
}


def ask(client: FlaskClient, buyer: Organisation, **more: object) -> Any:
    return client.post(f"{API}/duplicate-purchase-reviews", json={**WISH, **more}, headers=keyed(headers_of(buyer)))


def step(client: FlaskClient, number: int, what: str, who: Organisation, /, **given: object) -> Any:
    path = f"{API}/duplicate-purchase-reviews/{number}/{what}"
    return client.post(path, json=given or None, headers=keyed(headers_of(who)))


def occupy(instrument: Instrument, day: date, first: int, last: int) -> None:
    """Booked by somebody from one hour to another."""
    start, end = (datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI) for hour in (first, last))
    row = {"kind": OccupancyKind.BOOKING, "during": Span(start, end), "live": True, "note": "", "created_at": start}
    whose = {"instrument_id": instrument.id, "order_id": instrument.id * 1000 + day.day, "organisation_id": 1}
    with transaction():
        require_transaction().execute(insert(Occupancy), [{**row, **whose, "organisation_id": instrument.provider_id}])


def test_s27_what_is_comparable_is_kept_with_its_hours_and_never_changes(client: FlaskClient) -> None:
    """The closest first: by words of the specification, then the name before the class. Nothing known is no nought."""
    with clock.at(NOW):
        owner = make_provider("370900")
        named = make_instrument(owner, name="冷冻透射电镜甲", category="别类", now=EARLIER)
        close = make_instrument(
            owner, name="球差电镜", category="电子光学仪器", functions="像差校正，带能谱", hours=(), now=EARLIER
        )
        classed = make_instrument(owner, name="扫描电镜乙", category="电子光学仪器", now=EARLIER)
        occupy(named, date(2026, 2, 27), 8, 13)
        occupy(named, date(2026, 3, 3), 8, 18)
        made = ask(client, make_provider("370100")).get_json()
        assert (made["number"], made["city"], made["round"]) == ("CZ2026-00001", "370100", 1)
        found = made["searches"][0]["comparables"]
        assert [each["id"] for each in found] == [close.id, named.id, classed.id]
        assert [each["found_by"] for each in found] == [["specification", "class"], ["name"], ["class"]]
        assert found[0]["words"] == ["像差校正", "能谱"]
        assert [found[0][name] for name in ("usable_hours", "booked_rate", "free_hours")] == [None, None, None]
        assert (found[1]["booked_hours"], found[1]["usable_hours"]) == ("5", "150")
        assert float(found[2]["free_hours"]) - float(found[1]["free_hours"]) == 10
        session().get_one(Instrument, close.id).name = "改名后的仪器"
        session().commit()
        again = client.get(f"{API}/duplicate-purchase-reviews/{made['id']}", headers=headers_of(make_province()))
        assert again.get_json()["searches"] == made["searches"]


def test_s27_every_fault_of_a_purchase_is_named_at_once_and_small_sums_need_no_review(client: FlaskClient) -> None:
    """500,000 yes; 499,999.99 no."""
    buyer = make_provider()
    refused = ask(client, buyer, provincial_fen=49_999_999, value_fen=49_999_998, county="110101").get_json()
    assert [(each["code"], each["field"]) for each in refused["reasons"]] == [
        ("purchase_money_exceeds", "provincial_fen"),
        ("purchase_needs_no_review", "provincial_fen"),
        ("instrument_county_unknown", "county"),
    ]
    assert ask(client, buyer, provincial_fen=50_000_000).status_code == 201


def test_s27_the_province_justifies_returns_or_names_what_serves_with_its_reasons(client: FlaskClient) -> None:
    """What serves must be among what was found; what is returned is searched for anew and the search before stays."""
    with clock.at(NOW):
        buyer, province = make_provider("370100"), make_province()
        number = ask(client, buyer).get_json()["id"]
        late = make_instrument(name="冷冻透射电镜丙")
        unknown = step(client, number, "decision", province, decision="share", opinion="可用", instrument_ids=[late.id])
        assert unknown.get_json()["reasons"][0]["code"] == "purchase_not_found_then"
        returned = step(client, number, "decision", province, decision="return", opinion="写明附件").get_json()
        assert (returned["state"], returned["reasons"][0]["code"]) == ("returned", "purchase_returned")
        assert step(client, number, "decision", province, decision="justified", opinion="可").status_code == 409
        again = step(client, number, "resubmission", buyer, **{**WISH, "why": "附件见任务书"}).get_json()
        assert (again["state"], again["round"], again["reasons"]) == ("asked", 2, [])
        kept = [[each["id"] for each in search["comparables"]] for search in again["searches"]]
        assert (late.id in kept[0], late.id in kept[1]) == (False, True)
        assert [search["asked"]["why"] for search in again["searches"]] == ["需长期连续机时", "附件见任务书"]
        shared = step(client, number, "decision", province, decision="share", opinion="可用", instrument_ids=[late.id])
        told = shared.get_json()
        assert (told["state"], told["share_ids"]) == ("sharing_advised", [late.id])
        assert [each["code"] for each in told["reasons"]] == ["purchase_share", "purchase_searched", "purchase_stated"]
        assert "冷冻透射电镜丙" in told["reasons"][0]["text"]
        assert step(client, number, "withdrawal", buyer).status_code == 409


def test_v6_a_city_sees_the_purchases_of_its_buyers_alone(client: FlaskClient) -> None:
    """Another provider's is as if it were not there."""
    made = ask(client, make_provider("370100")).get_json()["id"]
    path = f"{API}/duplicate-purchase-reviews/{made}"
    seen = {
        name: client.get(path, headers=headers_of(who)).status_code
        for name, who in {
            "its city": make_bureau("370100"),
            "another city": make_bureau("371700"),
            "another provider": make_provider("370100"),
        }.items()
    }
    assert seen == {"its city": 200, "another city": 404, "another provider": 404}
