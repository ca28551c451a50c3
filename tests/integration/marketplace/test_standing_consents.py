"""V16: a provider accepts orders ahead by a standing consent, which is on record, covers what it says and may go."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.db import transaction
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.integration.marketplace.test_races import race
from tests.support.deal import ask, order, service_id

SAMPLE = "demo-ms-sample"


def consent(client: DemoClient, **said: bool) -> Json:
    """The provider accepts orders of the sample service ahead."""
    return client.post("provider-jinan", f"/services/{service_id(SAMPLE)}/consents", said)


def revoke(client: DemoClient, given: Json) -> Json:
    return client.post("provider-jinan", f"/services/{given['service_id']}/consents/{given['id']}/revocation")


def test_v16_an_order_is_accepted_as_it_is_placed_and_its_story_names_the_consent(province: DemoClient) -> None:
    """V16: no sum changes, both sides go on to the contract, and the order is completed as any other."""
    given = consent(province, direct_deduction=True)
    quoted = ask(province, "sme-heze", service_id(SAMPLE))
    placed = province.post("sme-heze", "/orders", {"quote_id": quoted["id"]})
    assert (quoted["consent_id"], placed["consent_id"], placed["state"]) == (given["id"], given["id"], "accepted")
    assert [placed[name] for name in ("price_fen", "subsidy_fen")] == [
        quoted[name] for name in ("price_fen", "subsidy_fen")
    ]
    story = province.get("sme-heze", f"/orders/{placed['id']}/timeline")
    assert [(each["action"], each["state"], each["consent_id"]) for each in story["entries"]] == [
        ("place", "placed", None),
        ("accept", "accepted", given["id"]),
    ]
    assert [each["step"] for each in story["waiting"]] == ["contract"]
    path = f"/orders/{placed['id']}"
    for user in ("provider-jinan", "sme-heze"):
        signed = province.post(user, f"{path}/contract")
    assert signed["state"] == "contracted"
    assert verify_everything()[1] == []


def test_v16_the_consent_covers_the_payment_mode_it_names(province: DemoClient) -> None:
    """V16: the provider agrees the payment mode by accepting; one not agreed ahead waits for its answer."""
    given = consent(province)
    deducted, full = (
        ask(province, "sme-heze", service_id(SAMPLE), payment_mode=mode)
        for mode in ("direct_deduction", "full_payment")
    )
    assert (deducted["consent_id"], full["consent_id"]) == (None, given["id"])
    states = [province.post("sme-heze", "/orders", {"quote_id": each["id"]})["state"] for each in (deducted, full)]
    assert states == ["placed", "accepted"]


def test_a_consent_is_taken_back_for_what_comes_and_given_again(province: DemoClient) -> None:
    """What was accepted stays accepted; an order on a quote of before is answered one by one again."""
    given = consent(province, direct_deduction=True)
    accepted = order(province, "sme-heze", service_id(SAMPLE))
    quoted = ask(province, "sme-heze", service_id(SAMPLE))
    path = f"/services/{given['service_id']}"
    again = province.post("provider-jinan", f"{path}/consents", {}, expect=409)
    assert again["code"] == "consent_in_force"
    assert revoke(province, given)["revoked_at"] is not None
    asked = province.post("sme-heze", "/orders", {"quote_id": quoted["id"]})
    assert (asked["state"], asked["consent_id"]) == ("placed", None)
    assert province.get("sme-heze", f"/orders/{accepted['id']}")["state"] == "accepted"
    second = consent(province)
    listed = province.get("sme-heze", f"{path}/consents")["items"]
    assert [(each["id"], each["revoked_at"] is None) for each in listed] == [(second["id"], True), (given["id"], False)]
    assert province.get("sme-heze", path)["consent_id"] == second["id"]
    assert verify_everything()[1] == []


def test_only_a_published_service_is_consented_to(province: DemoClient) -> None:
    """V14: nothing can be ordered of what is not published."""
    province.post("provider-jinan", f"/services/{service_id(SAMPLE)}/withdrawal")
    refused = province.post("provider-jinan", f"/services/{service_id(SAMPLE)}/consents", {}, expect=409)
    assert (refused["code"], refused["state"]) == ("state_forbids", "withdrawn")


def test_no_order_rests_on_a_consent_that_is_gone(province: DemoClient) -> None:
    """The database refuses it, whoever writes the order."""
    given = consent(province, direct_deduction=True)
    accepted = order(province, "sme-heze", service_id(SAMPLE))
    asked = ask(province, "sme-heze", service_id(SAMPLE))
    revoke(province, given)
    copy = text(
        """INSERT INTO "order"
           SELECT (jsonb_populate_record(o, jsonb_build_object('id', 999999, 'quote_id', :quote)::jsonb)).*
             FROM "order" o WHERE id = :order"""
    )
    with pytest.raises(IntegrityError) as refused, transaction() as current:
        current.execute(copy, {"quote": asked["id"], "order": accepted["id"]})
    assert isinstance(refused.value.orig, psycopg.errors.IntegrityConstraintViolation)


def test_orders_and_the_end_of_a_consent_at_once(committed_province: DemoClient) -> None:
    """Each order is accepted by the consent, waits for an answer, or is told to come again; never anything else."""
    client = committed_province
    given = consent(client, direct_deduction=True)
    users = ["sme-heze", "sme-jinan", "sme-jinan-sibling", "team-weifang"] * 2
    wanted = [(user, "/orders", {"quote_id": ask(client, user, given["service_id"])["id"]}) for user in users]
    wanted.insert(4, ("provider-jinan", f"/services/{given['service_id']}/consents/{given['id']}/revocation", {}))
    calls = [(*each, f"race-{number}") for number, each in enumerate(wanted)]
    answers = race(client, calls)
    revoked = answers.pop(4)
    assert revoked.status_code == 201, revoked.text
    seen = {(each.status_code, (each.get_json().get("state") or each.get_json()["code"])) for each in answers}
    assert seen <= {(201, "accepted"), (201, "placed"), (409, "consent_withdrawn")}, seen
    assert verify_everything()[1] == []
