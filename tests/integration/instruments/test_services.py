"""V11, V14: priced services, and what they cost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from core import clock
from core.db import transaction
from core.errors import DomainError
from core.kinds import ServiceKind
from core.workdays import load_calendar
from instruments.queries import Offer, OfferRefused, ServiceNotOffered, SlotTaken, offer
from instruments.queries.instruments import ServiceMissing
from instruments.rules import price
from instruments.rules.terms import PriceUnit
from instruments.service.listings import suspend_listing
from instruments.service.services import withdraw_service
from instruments.steps import book
from tests.factories.accounts import actor_of, headers_of, keyed, make_enterprise, make_provider
from tests.factories.instruments import ALWAYS, make_draft, make_instrument, make_service, next_slot

API = "/api/v1/services"


def asked(service_id: int, **wanted: object) -> Offer:
    """An offer, to some firm of the province, with what is not said left out."""
    given = {"instrument_id": None, "starts_at": None, "ends_at": None, "quantity": None, **wanted}
    return offer(
        service_id=service_id,
        organisation_id=make_enterprise().id,
        **given,  # type: ignore[arg-type]
        calendar=load_calendar(),
        now=clock.now(),
    )


def refused_with(error: type[DomainError], service_id: int, **wanted: object) -> list[str]:
    """The codes of all reasons."""
    with pytest.raises(error) as refused:
        asked(service_id, **wanted)
    return [each.code for each in refused.value.reasons]


def test_a_service_lacking_what_v14_asks_for_is_not_published(client: FlaskClient) -> None:
    """V14: everything missing is named at once."""
    owner = headers_of(make_provider())
    made = client.post(API, json={"title": "测试", "kind": "commissioned_analysis"}, headers=keyed(owner))
    assert made.status_code == 201
    path = f"{API}/{made.get_json()['id']}"
    refused = client.post(f"{path}/publication", headers=keyed(owner))
    assert (refused.status_code, refused.get_json()["code"]) == (422, "service_incomplete")
    missing = ("content", "process", "equipment", "price_fen", "price_unit", "phone", "turnaround_days")
    assert [each["field"] for each in refused.get_json()["reasons"]] == list(missing)
    assert {each["article"] for each in refused.get_json()["reasons"]} == {"V14"}
    said = {
        "content": "内容",
        "process": "流程",
        "equipment": "仪器",
        "price_fen": 10_000,
        "price_unit": "sample",
        "phone": "0531-1",
    }
    client.patch(path, json=said, headers=owner)
    refused = client.post(f"{path}/publication", headers=keyed(owner))
    assert [each["field"] for each in refused.get_json()["reasons"]] == ["turnaround_days"]
    client.patch(path, json={"turnaround_days": 5}, headers=owner)
    assert client.post(f"{path}/publication", headers=keyed(owner)).get_json()["state"] == "published"
    assert client.get(path).status_code == 200


def test_a_published_service_stays_complete(client: FlaskClient) -> None:
    """V14 again, and the price is never zero."""
    service = make_service()
    owner, path = headers_of(service.provider), f"{API}/{service.id}"
    refused = client.patch(path, json={"phone": "", "content": ""}, headers=owner)
    assert [each["field"] for each in refused.get_json()["reasons"]] == ["content", "phone"]
    free = client.patch(path, json={"price_fen": 0}, headers=owner)
    assert free.get_json()["reasons"][0]["code"] == "service_price_zero"
    assert client.get(path).get_json()["phone"] == "0531-00000000"


def test_v13_a_fiscal_provider_publishes_no_price_above_its_stated_cost(client: FlaskClient) -> None:
    """V13: a cost rests on a document; a service whose cost is not stated yet is published and has it to mend."""
    service = make_service(provider=make_provider(fiscal=True), price_fen=10_000)
    owner, path = headers_of(service.provider), f"{API}/{service.id}"
    bare = client.patch(path, json={"cost_fen": 10_000}, headers=owner)
    assert [each["field"] for each in bare.get_json()["reasons"]] == ["cost_basis"]
    stated = client.patch(path, json={"cost_fen": 10_000, "cost_basis": "成本核算表"}, headers=owner).get_json()
    assert (stated["cost_fen"], stated["cost_basis"], stated["state"]) == (10_000, "成本核算表", "published")
    above = client.patch(path, json={"price_fen": 10_001}, headers=owner)
    assert [(each["code"], each["article"]) for each in above.get_json()["reasons"]] == [
        ("service_price_above_cost", "V13")
    ]
    assert client.patch(path, json={"price_fen": 9_000}, headers=owner).status_code == 200
    client.post(f"{path}/withdrawal", headers=keyed(owner))
    client.patch(path, json={"price_fen": 20_000}, headers=owner)
    again = client.post(f"{path}/publication", headers=keyed(owner))
    assert [each["code"] for each in again.get_json()["reasons"]] == ["service_price_above_cost"]


def test_a_pending_provider_cannot_publish(client: FlaskClient) -> None:
    """V15."""
    provider = make_provider(approved=False)
    service = make_service(provider, published=False)
    refused = client.post(f"{API}/{service.id}/publication", headers=keyed(headers_of(provider)))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "provider_not_member")


def test_a_service_rests_on_instruments_of_its_own_provider(client: FlaskClient) -> None:
    """V11."""
    own, foreign = make_draft(), make_draft()
    given = {"title": "机时", "kind": "machine_time", "instrument_ids": [own.id, foreign.id]}
    refused = client.post(API, json=given, headers=keyed(headers_of(own.provider)))
    assert refused.get_json()["reasons"][0]["code"] == "service_instruments_unknown"


def test_services_are_found_by_words_kind_provider_instrument_and_price(client: FlaskClient) -> None:
    """Drafts only by their owner."""
    instrument = make_instrument()
    kind = ServiceKind.INDICATOR_TEST
    wanted = make_service(instruments=[instrument], title="金属室温拉伸", kind=kind, price_fen=7_700)
    make_service(title="核磁共振分析", kind=ServiceKind.COMMISSIONED_ANALYSIS, price_fen=9_900)
    draft = make_service(instrument.provider, title="拉伸草稿", published=False)

    def found(query: str, headers: dict[str, str] | None = None) -> list[int]:
        return [each["id"] for each in client.get(f"{API}?{query}", headers=headers).get_json()["items"]]

    for query in (
        "q=拉伸",
        "kind=indicator_test",
        f"provider={instrument.provider_id}",
        f"instrument={instrument.id}",
        "max_price_fen=7700",
    ):
        assert found(query) == [wanted.id], query
    assert found("state=draft") == []
    assert found("state=draft", headers_of(instrument.provider)) == [draft.id]
    assert client.get(f"{API}/{draft.id}").status_code == 404


def test_an_offer_of_machine_time_is_priced_by_its_slot(app: object) -> None:
    """Two hours at 500.00; promised in working days after the slot."""
    instrument = make_instrument()
    service = make_service(instruments=[instrument])
    slot = next_slot(hours=2)
    found = asked(service.id, starts_at=slot.start, ends_at=slot.end)
    assert (found.quantity, found.price_fen, found.instrument_id) == (Decimal("2.00"), 100_000, instrument.id)
    assert found.published_instrument_ids == (instrument.id,)
    assert found.during == slot
    assert slot.end is not None
    assert found.promised_on == load_calendar().add_working_days(clock.today(slot.end), 5)


def test_an_offer_of_samples_is_priced_by_quantity(app: object) -> None:
    """Three samples at 33.33."""
    service = make_service(price_fen=3_333, price_unit=PriceUnit.SAMPLE, kind=ServiceKind.COMMISSIONED_ANALYSIS)
    found = asked(service.id, quantity=Decimal(3))
    assert (found.price_fen, found.during, found.published_instrument_ids) == (9_999, None, ())
    assert price(found.tariff.unit_price_fen, Decimal(2)) == 6_666


def test_every_fault_of_a_wish_is_named_at_once(app: object) -> None:
    """Quantity, slot, instrument."""
    first = make_instrument()
    second = make_instrument(first.provider)
    timed = make_service(instruments=[first, second])
    slot = next_slot()
    assert slot.end is not None
    assert refused_with(OfferRefused, timed.id) == [
        "service_instrument_missing",
        "service_quantity_missing",
    ]
    assert refused_with(OfferRefused, timed.id, instrument_id=first.id) == ["slot_bound_missing"] * 2
    assert refused_with(OfferRefused, timed.id, instrument_id=make_instrument().id, quantity=Decimal(1)) == [
        "service_instrument_foreign"
    ]
    reversed_slot = {"instrument_id": first.id, "starts_at": slot.end, "ends_at": slot.start}
    assert "slot_reversed" in refused_with(OfferRefused, timed.id, **reversed_slot)
    night = {"instrument_id": first.id, "starts_at": slot.end + timedelta(hours=12)}
    night["ends_at"] = slot.end + timedelta(hours=13)
    assert refused_with(OfferRefused, timed.id, **night, quantity=Decimal(3)) == [
        "slot_outside_opening_hours",
        "service_quantity_differs",
    ]
    past = {"instrument_id": first.id, "starts_at": slot.start - timedelta(days=700), "ends_at": slot.end}
    assert refused_with(OfferRefused, timed.id, **past) == ["slot_in_the_past", "slot_too_long"]
    samples = make_service(price_unit=PriceUnit.SAMPLE)
    assert refused_with(OfferRefused, samples.id) == ["service_quantity_missing"]
    assert refused_with(OfferRefused, samples.id, quantity=Decimal("1.5")) == ["service_quantity_not_whole"]
    assert refused_with(OfferRefused, samples.id, quantity=Decimal(0)) == ["service_quantity_out_of_range"]


def test_a_taken_slot_is_not_offered(app: object) -> None:
    """409 rather than 422: it might become free."""
    instrument = make_instrument(hours=ALWAYS)
    service = make_service(instruments=[instrument])
    slot = next_slot()
    firm = make_enterprise()
    with transaction():
        book(
            order_id=1,
            instrument_id=instrument.id,
            during=slot,
            organisation_id=firm.id,
            calendar=load_calendar(),
            actor=actor_of(firm),
            now=clock.now(),
        )
    assert refused_with(SlotTaken, service.id, starts_at=slot.start, ends_at=slot.end) == ["slot_taken"]


def test_what_is_not_offered_any_more(app: object) -> None:
    """A withdrawn service 409, a draft 404, an unpublished instrument 422."""
    instrument = make_instrument()
    service = make_service(instruments=[instrument])
    slot = next_slot()
    owner = actor_of(instrument.provider)
    suspend_listing(instrument_id=instrument.id, note="", actor=owner, now=clock.now())
    given = {"starts_at": slot.start, "ends_at": slot.end}
    assert refused_with(OfferRefused, service.id, **given) == ["service_instrument_not_published"]
    withdraw_service(service_id=service.id, actor=owner, now=clock.now())
    assert refused_with(ServiceNotOffered, service.id, **given) == ["service_not_offered"]
    assert refused_with(ServiceMissing, make_service(published=False).id, **given) == []
