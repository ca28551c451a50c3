"""S23: an instrument is exempt for secrecy once the city endorsed it and the province filed it, until that ends."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from accounts.models import Organisation
from core import clock
from core.audit import history
from core.db import session
from instruments.models import Instrument
from instruments.rules.terms import Funding
from instruments.service.secrecy import keep_exemptions
from tests.factories.accounts import headers_of, keyed, make_bureau, make_provider, make_province
from tests.factories.instruments import make_draft, make_instrument
from tests.support.hostile import PDF

API = "/api/v1"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FILED = {"decision": "confirm", "opinion": "材料齐全", "reference": "密备〔2026〕1号"}


def ask(client: FlaskClient, instrument: Instrument, *, until: str = "2026-12-31") -> Any:
    """Its owner asks."""
    given = {"ground": "军工配套", "until": until, "file": (io.BytesIO(PDF), "定密依据.pdf")}
    path = f"{API}/instruments/{instrument.id}/secrecy-exemption"
    return client.post(path, data=given, headers=keyed(headers_of(instrument.provider)))


def decide(client: FlaskClient, number: int, step: str, office: Organisation, **given: str) -> Any:
    """An office's step."""
    return client.post(f"{API}/secrecy-exemptions/{number}/{step}", json=given, headers=keyed(headers_of(office)))


def file_one(client: FlaskClient, instrument: Instrument, *, until: str = "2026-12-31") -> int:
    """One in force."""
    number: int = ask(client, instrument, until=until).get_json()["id"]
    bureau = make_bureau(instrument.provider.city or "")
    assert decide(client, number, "review", bureau, decision="endorse", opinion="属实").status_code == 201
    assert decide(client, number, "confirmation", make_province(), **FILED).status_code == 201
    return number


def due(client: FlaskClient, provider: Organisation) -> list[int]:
    """What is still to be listed."""
    found = client.get(f"{API}/instruments/listing-deadlines", headers=headers_of(provider)).get_json()["items"]
    return [each["instrument"]["id"] for each in found]


def make_due(provider: Organisation) -> Instrument:
    """A dear fiscal instrument that was accepted and is to be listed."""
    made = make_draft(provider, funding=Funding.FISCAL, value_fen=30_000_000)
    made.accepted_on = date(2025, 3, 3)
    session().commit()
    return made


def test_an_exemption_counts_once_the_province_has_filed_it(client: FlaskClient) -> None:
    """Asked for and endorsed, it still counts as unlisted; the decisions name what they rest on."""
    provider = make_provider("370900")
    bureau, province = make_bureau("370900"), make_province()
    with clock.at(NOW):
        made = make_due(provider)
        asked = ask(client, made).get_json()
        early = decide(client, asked["id"], "confirmation", province, **FILED)
        assert (early.status_code, early.get_json()["code"]) == (409, "state_forbids")
        assert due(client, provider) == [made.id]
        decide(client, asked["id"], "review", bureau, decision="endorse", opinion="属实")
        assert due(client, provider) == [made.id]
        filed = decide(client, asked["id"], "confirmation", province, **FILED).get_json()
        assert (filed["state"], filed["filed_on"]) == ("in_force", "2026-03-02")
        assert [each["code"] for each in filed["reasons"]] == [
            "exemption_endorsed",
            "exemption_filed",
            "exemption_stated",
        ]
        assert due(client, provider) == []
        refused = client.post(f"{API}/instruments/{made.id}/listing", headers=keyed(headers_of(provider)))
        assert [each["code"] for each in refused.get_json()["reasons"]] == ["instrument_secret"]


def test_what_is_public_leaves_the_catalogue_and_is_listed_again_after_the_last_day(client: FlaskClient) -> None:
    """It may be neither public nor brought back meanwhile; the owner is told of the end in time, and once."""
    with clock.at(NOW):
        made = make_instrument(make_provider("370900"))
        number = file_one(client, made, until="2026-05-06")
        assert client.get(f"{API}/instruments/{made.id}").status_code == 404
        bureau = headers_of(make_bureau("370900"))
        refused = client.post(f"{API}/instruments/{made.id}/resumption", json={}, headers=keyed(bureau))
        assert [each["code"] for each in refused.get_json()["reasons"]] == ["instrument_secret"]
    for day in ("2026-03-05", "2026-03-25", "2026-03-26", "2026-05-06", "2026-05-07", "2026-05-08"):
        keep_exemptions(now=datetime.fromisoformat(f"{day}T00:04:00+08:00"))
    steps = [(each.action, clock.today(each.at).isoformat()) for each in history("secrecy_exemption", number)]
    assert steps[3:] == [("remind", "2026-03-25"), ("expire", "2026-05-07")]
    session().expire_all()
    assert session().get_one(Instrument, made.id).secrecy_exempted_on is None


def test_a_renewal_takes_the_place_of_what_holds(client: FlaskClient) -> None:
    """One waits at a time, one is in force at a time."""
    with clock.at(NOW):
        made = make_due(make_provider("370900"))
        first = file_one(client, made)
        second = ask(client, made, until="2027-06-30")
        again = ask(client, made)
        assert (again.status_code, again.get_json()["code"]) == (409, "exemption_asked_for")
        number = second.get_json()["id"]
        decide(client, number, "review", make_bureau("370900"), decision="endorse", opinion="续期属实")
        decide(client, number, "confirmation", make_province(), **{**FILED, "reference": "密备〔2026〕9号"})
        owner = headers_of(made.provider)
        states = {
            each["id"]: each["state"]
            for each in client.get(f"{API}/secrecy-exemptions", headers=owner).get_json()["items"]
        }
        assert states == {first: "ended", number: "in_force"}
        assert client.get(f"{API}/instruments/{made.id}", headers=owner).get_json()["listing"]["reasons"]


def test_an_ended_exemption_leaves_the_duty_to_list(client: FlaskClient) -> None:
    """The province ends it for a reason; the term of S13 is over then."""
    with clock.at(NOW):
        made = make_due(make_provider("370900"))
        number = file_one(client, made)
        ended = decide(client, number, "ending", make_province(), note="已解密").get_json()
        assert (ended["state"], ended["reasons"][2]["code"]) == ("ended", "exemption_ended")
        assert due(client, made.provider) == [made.id]


def test_a_refusal_of_the_city_is_final_and_of_its_city_alone(client: FlaskClient) -> None:
    """V6: another city's bureau finds no request; the province decides none that the city refused."""
    with clock.at(NOW):
        made = make_due(make_provider("370900"))
        number = ask(client, made).get_json()["id"]
        given = {"decision": "refuse", "opinion": "理由不足"}
        assert decide(client, number, "review", make_bureau("371700"), **given).status_code == 404
        assert decide(client, number, "review", make_bureau("370900"), **given).get_json()["state"] == "refused"
        assert decide(client, number, "confirmation", make_province(), **FILED).status_code == 409
        assert due(client, made.provider) == [made.id]


@pytest.mark.parametrize(("until", "code"), [("2026-03-02", "exemption_over"), ("2031-03-03", "exemption_too_long")])
def test_an_exemption_has_a_last_day_ahead_and_not_too_far(client: FlaskClient, until: str, code: str) -> None:
    """D: sixty months at most."""
    with clock.at(NOW):
        refused = ask(client, make_draft(), until=until)
    assert [(each["code"], each["field"]) for each in refused.get_json()["reasons"]] == [(code, "until")]
