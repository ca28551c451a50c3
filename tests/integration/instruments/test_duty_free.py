"""S5: what was imported free of duty has its record, and is not shared where customs bars it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock
from core.audit import history
from core.db import session
from instruments.models import DutyFreeImport, Instrument
from tests.factories.accounts import headers_of, keyed, make_bureau, make_provider
from tests.factories.instruments import make_draft, make_instrument
from tests.support.hostile import PDF

API = "/api/v1"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SAID = {
    "declaration_number": "420120240001",
    "released_on": "2024-03-02",
    "leave": "limited",
    "leave_reference": "关函〔2024〕1号",
    "limits": "限高校和科研单位",
}


def record(client: FlaskClient, instrument: Instrument, **more: str) -> Any:
    given = {**SAID, **more, "file": (io.BytesIO(PDF), "报关单.pdf")}
    path = f"{API}/instruments/{instrument.id}/duty-free-import"
    return client.post(path, data=given, headers=keyed(headers_of(instrument.provider)))


def submit(client: FlaskClient, instrument: Instrument) -> Any:
    return client.post(f"{API}/instruments/{instrument.id}/listing", headers=keyed(headers_of(instrument.provider)))


def test_s5_a_record_has_its_term_and_bars_publication_while_customs_does(client: FlaskClient) -> None:
    """Three years from the release, its last day included; afterwards nothing bars it. What was said before is kept."""
    draft = make_draft(make_provider("370900"))
    with clock.at(NOW):
        made = record(client, draft, leave="barred", limits="", leave_reference="").get_json()
        assert (made["status"], made["record"]["supervised_until"]) == ("barred", "2027-03-02")
        refused = submit(client, draft).get_json()
        assert [(each["code"], each["article"]) for each in refused["reasons"]] == [("duty_free_barred", "S5")]
    with clock.at(datetime(2027, 3, 2, 2, 0, tzinfo=UTC)):
        assert submit(client, draft).status_code == 422
    with clock.at(datetime(2027, 3, 3, 2, 0, tzinfo=UTC)):
        assert submit(client, draft).status_code == 201
        again = record(client, draft).get_json()
        assert (again["status"], again["instrument"]["id"]) == ("released", draft.id)
    kept = session().scalar(select(DutyFreeImport.id).where(DutyFreeImport.instrument_id == draft.id))
    assert [each.data["leave"] for each in history("duty_free_import", kept or 0)] == ["barred", "limited"]


def test_s5_every_fault_is_named_and_what_is_public_is_suspended_first(client: FlaskClient) -> None:
    """A public instrument does not become barred in passing."""
    with clock.at(NOW):
        listed = make_instrument(make_provider("370900"))
        faults = record(client, listed, released_on="2026-03-03", limits="", leave_reference="").get_json()["reasons"]
        assert [each["code"] for each in faults] == [
            "duty_free_released_ahead",
            "duty_free_limits_missing",
            "duty_free_reference_missing",
        ]
        barred = record(client, listed, leave="barred").get_json()["reasons"]
        assert [each["code"] for each in barred] == ["duty_free_suspend_first"]
        assert record(client, listed).status_code == 201


def test_s5_what_lacks_its_record_is_listed_for_owner_and_city(client: FlaskClient) -> None:
    """Until it is handed in; another city sees none of it."""
    with clock.at(NOW):
        owner = make_provider("370900")
        lacking = make_draft(owner, duty_free=True, duty_free_record="旧备案")
        make_draft(owner)
        offices = (owner, make_bureau("370900"), make_bureau("371700"))

        def missing() -> list[list[int]]:
            path = f"{API}/duty-free-imports?status=missing"
            found = [client.get(path, headers=headers_of(who)).get_json()["items"] for who in offices]
            return [[each["instrument"]["id"] for each in items] for items in found]

        assert missing() == [[lacking.id], [lacking.id], []]
        record(client, lacking)
        assert missing() == [[], [], []]
