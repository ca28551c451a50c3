"""S19: the log of use, its corrections, and who reads it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import audit, clock
from core.db import session, transaction
from core.invariants import verify
from instruments.models import Instrument
from instruments.queries.usage import uses_of
from instruments.queries.usage_invariants import INVARIANTS
from instruments.rules.terms import UsePurpose
from instruments.service.usage import log_own_use
from instruments.steps.usage import Used
from tests.factories.accounts import actor_of, headers_of, keyed, make_bureau, make_enterprise, make_provider
from tests.factories.instruments import make_instrument

API = "/api/v1/instruments"
Json = dict[str, Any]


def ago(hours: float) -> datetime:
    return clock.now() - timedelta(hours=hours)


def used(start: float = 3, end: float = 1, **said: Any) -> Json:
    """A use from so many hours ago to so many hours ago, as the API takes it."""
    period = {"starts_at": ago(start).isoformat(), "ends_at": ago(end).isoformat()}
    return {"purpose": "own", "operator": "张工", **period, **said}


def post(client: FlaskClient, instrument: Instrument, path: str, body: Json, *, expect: int = 201) -> Json:
    headers = keyed(headers_of(instrument.provider))
    answer = client.post(f"{API}/{instrument.id}{path}", json=body, headers=headers)
    assert answer.status_code == expect, answer.text
    found: Json = answer.get_json()
    return found


def log_of(client: FlaskClient, instrument: Instrument, **query: Any) -> list[Json]:
    answer = client.get(f"{API}/{instrument.id}/uses", query_string=query, headers=headers_of(instrument.provider))
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.get_json()["items"]
    return items


def test_s19_a_use_is_logged_corrected_and_withdrawn_by_entries_that_all_stay(client: FlaskClient) -> None:
    instrument = make_instrument()
    first = post(client, instrument, "/uses", used(samples=4, remarks="校准"))
    assert (first["samples"], first["is_late"], first["corrects_id"]) == (4, False, None)
    teaching = post(client, instrument, "/uses", used(8, 6, purpose="teaching"))
    corrected = {name: value for name, value in used(3, 2).items() if name != "purpose"}
    second = post(client, instrument, f"/uses/{first['id']}/correction", {**corrected, "why": "提前结束"})
    assert (second["corrects_id"], second["purpose"], second["why"]) == (first["id"], "own", "提前结束")
    post(client, instrument, f"/uses/{first['id']}/correction", {**corrected, "why": "再改"}, expect=409)
    third = post(client, instrument, f"/uses/{second['id']}/withdrawal", {"why": "并未使用"})
    assert third["withdrawn"] is True
    refused = post(client, instrument, f"/uses/{third['id']}/withdrawal", {"why": "再撤"}, expect=409)
    assert refused["code"] == "use_withdrawn"
    assert [each["id"] for each in log_of(client, instrument)] == [teaching["id"]]
    everything = [each["id"] for each in log_of(client, instrument, everything="true")]
    assert everything == [first["id"], teaching["id"], second["id"], third["id"]]
    assert [each["id"] for each in log_of(client, instrument, purpose="own", everything="true")] == [
        first["id"],
        second["id"],
        third["id"],
    ]
    (entry,) = audit.history("instrument_use", second["id"])
    assert (entry.action, entry.data["corrects_id"], entry.data["note"]) == ("correct_use", first["id"], "提前结束")
    assert verify(INVARIANTS) == []


def test_faults_of_an_entry_are_named_at_once(client: FlaskClient) -> None:
    """Reversed, ahead, too old, too long; for an order it is logged with the order."""
    instrument = make_instrument()
    ahead = post(client, instrument, "/uses", used(400 * 24, -1), expect=422)
    codes = [each["code"] for each in ahead["reasons"]]
    assert codes == ["use_too_long", "use_ahead", "use_too_old"]
    assert {each["article"] for each in ahead["reasons"]} == {"S19"}
    reversed_ = post(client, instrument, "/uses", used(1, 2), expect=422)
    assert [each["code"] for each in reversed_["reasons"]] == ["use_reversed"]
    ordered = post(client, instrument, "/uses", used(purpose="order"), expect=422)
    assert [each["code"] for each in ordered["reasons"]] == ["use_of_order"]
    unread = post(client, instrument, "/uses", {"starts_at": "gestern", "samples": -1}, expect=422)
    fields = {each["field"] for each in unread["reasons"]}
    assert fields == {"purpose", "starts_at", "ends_at", "operator", "samples"}


def test_an_entry_long_after_its_use_is_marked_late(client: FlaskClient) -> None:
    instrument = make_instrument()
    week = 7 * 24
    assert post(client, instrument, "/uses", used(week + 1, week - 0.01))["is_late"] is False
    assert post(client, instrument, "/uses", used(week + 2, week + 0.01))["is_late"] is True


def test_the_log_is_its_owners_and_its_offices(client: FlaskClient) -> None:
    """To all others it does not exist, although everybody knows the instrument (V6)."""
    instrument = make_instrument()
    post(client, instrument, "/uses", used())
    assert instrument.provider.city is not None
    for reader in (instrument.provider, make_bureau(instrument.provider.city)):
        answer = client.get(f"{API}/{instrument.id}/uses", headers=headers_of(reader))
        assert len(answer.get_json()["items"]) == 1
    other = make_provider()
    for stranger in (other, make_bureau("371700")):
        assert client.get(f"{API}/{instrument.id}/uses", headers=headers_of(stranger)).status_code == 404
    assert client.get(f"{API}/{instrument.id}/uses", headers=headers_of(make_enterprise())).status_code == 403
    answer = client.post(f"{API}/{instrument.id}/uses", json=used(), headers=keyed(headers_of(other)))
    assert answer.status_code == 404


def test_the_log_is_never_changed(app: Flask) -> None:
    """Not even past the service (S19)."""
    instrument = make_instrument()
    period = Used(starts_at=ago(3), ends_at=ago(1), operator="张工")
    actor = actor_of(instrument.provider)
    log_own_use(instrument_id=instrument.id, purpose=UsePurpose.OWN, used=period, actor=actor, now=clock.now())
    for change in ("UPDATE instrument_use SET operator = '李工'", "DELETE FROM instrument_use"):
        with pytest.raises(DBAPIError), transaction() as current:
            current.execute(text(change))
    assert [each.operator for each in session().scalars(uses_of(instrument.id))] == ["张工"]
