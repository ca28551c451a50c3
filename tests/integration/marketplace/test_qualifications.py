"""Instruments for users whom their provider has trained or approved: asked for, granted, checked wherever one books."""

from __future__ import annotations

from typing import Any

from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.integration.marketplace.test_moved_bookings import book, codes, move, slot
from tests.support.deal import ask, service_id
from tests.support.hostile import PDF

HOURLY = "demo-ms-hour"


def instrument_of(province: DemoClient) -> int:
    """The one that is booked, from now on for qualified users only."""
    found: int = province.get(None, f"/services/{service_id(HOURLY)}")["instruments"][0]["id"]
    province.put("provider-jinan", f"/instruments/{found}/booking-rules", {"qualified_only": True})
    return found


def apply(province: DemoClient, instrument_id: int, user: str = "sme-heze") -> Json:
    """A user asks, with a certificate."""
    return province.upload(
        user, f"/instruments/{instrument_id}/qualifications", PDF, "证书.pdf", note="王工，已参加培训"
    )


def decide(province: DemoClient, number: int, **said: Any) -> Json:
    """The provider decides."""
    return province.post("provider-jinan", f"/qualifications/{number}/decision", {"decision": "qualify", **said})


def test_only_who_is_qualified_books_and_moves_and_within_its_days(province: DemoClient) -> None:
    """V10: refused by quote, order and move alike with the way to ask; granted from a day to a day; what was booked
    stands when it is revoked."""
    before = book(province, **slot(8))
    unqualified = ask(province, "sme-jinan", service_id(HOURLY), **slot(12))
    instrument = instrument_of(province)
    wanted = {"service_id": service_id(HOURLY), "payment_mode": "direct_deduction", **slot(10)}
    status, refused = province.attempt("sme-heze", "/quotes", wanted)
    assert (status, codes(refused)) == (422, ["slot_not_qualified"])
    assert [each["path"] for each in refused["ways"]] == [f"/instruments/{instrument}/qualifications"]
    assert province.attempt("sme-jinan", "/orders", {"quote_id": unqualified["id"]})[1]["code"] == "offer_refused"
    assert codes(move(province, before, slot(14))[1]) == ["slot_not_qualified"]
    asked = apply(province, instrument)
    assert (asked["state"], asked["has_file"], asked["instrument_ids"]) == ("asked", True, [instrument])
    assert codes(province.attempt("sme-heze", "/quotes", wanted)[1]) == ["slot_not_qualified"]
    granted = decide(province, asked["id"], first_day="2026-03-03", last_day="2026-03-03", opinion="合格")
    assert (granted["state"], granted["first_day"], granted["last_day"]) == ("granted", "2026-03-03", "2026-03-03")
    placed = book(province, **slot(10))
    late = {**wanted, **slot(10, day=1)}
    assert codes(province.attempt("sme-heze", "/quotes", late)[1]) == ["slot_qualification_over"]
    assert codes(move(province, placed, slot(10, day=1))[1]) == ["slot_qualification_over"]
    assert move(province, before, slot(14))[0] == 201
    free = province.get("sme-heze", f"/instruments/{instrument}/availability")["qualification"]
    assert free["days"] == [{"first_day": "2026-03-03", "last_day": "2026-03-03"}]
    province.post("provider-jinan", f"/qualifications/{asked['id']}/revocation", {"grounds": "违规操作"})
    assert codes(move(province, placed, slot(16))[1]) == ["slot_not_qualified"]
    assert province.get("sme-heze", f"/orders/{placed['id']}")["state"] == "placed"
    assert province.get("sme-jinan", f"/instruments/{instrument}/availability")["qualification"]["days"] == []
    assert verify_everything()[1] == []


def test_a_provider_qualifies_for_several_of_its_own_and_refuses_with_reasons(province: DemoClient) -> None:
    """None of another's; a refusal says why; one request of a user waits at a time, and a user reads its own alone."""
    instrument = instrument_of(province)
    public = {each["id"]: each["provider"]["id"] for each in province.pages(None, "/instruments")}
    own = sorted(number for number, provider in public.items() if provider == public[instrument])
    other = next(number for number, provider in public.items() if provider != public[instrument])
    first = apply(province, instrument)
    path = f"/qualifications/{first['id']}"
    again = province.upload("sme-heze", f"/instruments/{instrument}/qualifications", PDF, "a.pdf", note="x", expect=409)
    assert again["code"] == "qualification_asked_for"
    assert province.attempt("sme-jinan", f"{path}/withdrawal", {})[0] == 404
    bare = province.attempt("provider-jinan", f"{path}/decision", {"decision": "refuse"})
    assert (bare[0], codes(bare[1])) == (422, ["qualification_opinion_missing"])
    foreign = {"decision": "qualify", "instrument_ids": [instrument, other], "last_day": "2020-01-01"}
    faulty = province.attempt("provider-jinan", f"{path}/decision", foreign)
    assert codes(faulty[1]) == ["qualification_days_reversed", "service_instruments_unknown"]
    refused = decide(province, first["id"], decision="refuse", opinion="须先培训")
    assert (refused["state"], refused["opinion"]) == ("refused", "须先培训")
    assert province.attempt("provider-jinan", f"{path}/decision", {"decision": "qualify"})[1]["code"] == "state_forbids"
    second = apply(province, instrument)
    granted = decide(province, second["id"], instrument_ids=own)
    assert (granted["instrument_ids"], granted["last_day"], len(own) > 1) == (own, None, True)
    held = province.get("sme-heze", "/qualifications", state="granted")["items"]
    assert [each["id"] for each in held] == [second["id"]]
    assert province.get("sme-jinan", "/qualifications")["items"] == []
