"""S4, S5, S11, S13, S23: from draft to the public catalogue, over HTTP."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient

from core.workdays import load_calendar
from instruments.rules.listing import due_on
from instruments.rules.terms import Funding
from tests.factories.accounts import headers_of, keyed, make_bureau, make_provider, make_province
from tests.factories.instruments import make_draft, make_instrument, publish

API = "/api/v1/instruments"


def codes(response: object) -> set[str]:
    """Codes of the reasons of a problem document."""
    return {each["code"] for each in response.get_json()["reasons"]}  # type: ignore[attr-defined]


def test_a_draft_is_reviewed_by_its_citys_bureau_before_it_is_public(client: FlaskClient) -> None:
    """S11: nobody finds it before; everybody does afterwards."""
    provider = make_provider("370100")
    owner, bureau = headers_of(provider), headers_of(make_bureau("370100"))
    made = client.post(
        API,
        json={
            "name": "飞行时间质谱仪",
            "category": "质谱仪器",
            "funding": "fiscal",
            "value_fen": 30_000_000,
            "county": "370102",
        },
        headers=keyed(owner),
    )
    assert made.status_code == 201, made.get_json()
    path = f"{API}/{made.get_json()['id']}"
    assert client.get(path).status_code == 404
    assert client.get(path, headers=owner).get_json()["state"] == "draft"
    assert client.post(f"{path}/listing", headers=keyed(owner)).get_json()["state"] == "submitted"
    assert client.get(path).status_code == 404
    reviewed = client.post(f"{path}/listing-review", json={"decision": "approve"}, headers=keyed(bureau))
    assert reviewed.get_json()["state"] == "published"
    public = client.get(path).get_json()
    assert public["city"] == "370100"
    assert public["listing"] is None


def test_a_mandatory_instrument_without_sensor_has_a_defect_to_mend(client: FlaskClient) -> None:
    """S4: 300,000.00 fiscal is mandatory and lacks its sensor, which keeps it from nothing."""
    provider = make_provider()
    made = make_draft(provider, funding=Funding.FISCAL, value_fen=30_000_000)
    listing = client.get(f"{API}/{made.id}", headers=headers_of(provider)).get_json()["listing"]
    assert listing["obligation"] == "mandatory"
    assert [each["code"] for each in listing["defects"]] == ["instrument_sensor_missing"]


def test_everything_missing_is_named_at_once_when_a_listing_is_submitted(client: FlaskClient) -> None:
    """S4, S5: category, funding, opening and the duty-free record."""
    provider = make_provider()
    owner = headers_of(provider)
    given = {"name": "光谱仪", "duty_free": True, "external_use": "closed"}
    made = client.post(API, json=given, headers=keyed(owner)).get_json()
    refused = client.post(f"{API}/{made['id']}/listing", headers=keyed(owner))
    assert refused.status_code == 422
    assert codes(refused) == {
        "instrument_category_missing",
        "instrument_funding_unknown",
        "instrument_not_open",
        "instrument_duty_free_record_missing",
    }


def test_a_duty_free_import_without_its_record_cannot_be_published(client: FlaskClient) -> None:
    """S5."""
    provider = make_provider()
    made = make_draft(provider, duty_free=True)
    refused = client.post(f"{API}/{made.id}/listing", headers=keyed(headers_of(provider)))
    assert codes(refused) == {"instrument_duty_free_record_missing"}


def test_a_published_instrument_cannot_become_duty_free_without_record(client: FlaskClient) -> None:
    """S5."""
    made = make_instrument()
    refused = client.patch(f"{API}/{made.id}", json={"duty_free": True}, headers=headers_of(made.provider))
    assert codes(refused) == {"instrument_duty_free_record_missing"}
    assert client.get(f"{API}/{made.id}").get_json()["duty_free"] is False


def test_a_returned_listing_names_all_defects_and_may_come_again(client: FlaskClient) -> None:
    """S11."""
    provider = make_provider("370200")
    owner, bureau = headers_of(provider), headers_of(make_bureau("370200"))
    path = f"{API}/{make_draft(provider).id}"
    client.post(f"{path}/listing", headers=keyed(owner))
    silent = client.post(f"{path}/listing-review", json={"decision": "return"}, headers=keyed(bureau))
    assert codes(silent) == {"instrument_defects_missing"}
    decision = {"decision": "return", "opinion": "请补正", "defects": ["缺照片", "名称不全"]}
    assert client.post(f"{path}/listing-review", json=decision, headers=keyed(bureau)).status_code == 201
    seen = client.get(path, headers=owner).get_json()
    assert (seen["state"], seen["listing"]["returned_defects"]) == ("returned", ["缺照片", "名称不全"])
    assert client.post(f"{path}/listing", headers=keyed(owner)).get_json()["state"] == "submitted"


def test_a_foreign_bureau_finds_no_listing_to_review(client: FlaskClient) -> None:
    """V6: the same answer as for one that does not exist."""
    made = make_draft(make_provider("370100"))
    client.post(f"{API}/{made.id}/listing", headers=keyed(headers_of(made.provider)))
    foreign = headers_of(make_bureau("371700"))
    given = {"decision": "approve"}
    refused = client.post(f"{API}/{made.id}/listing-review", json=given, headers=keyed(foreign))
    missing = client.post(f"{API}/999999/listing-review", json=given, headers=keyed(foreign))
    assert refused.status_code == missing.status_code == 404
    assert refused.get_json() == missing.get_json()


def test_the_province_reviews_listings_from_outside_and_no_others(client: FlaskClient) -> None:
    """V10, S11."""
    province = headers_of(make_province())
    outside = make_draft(make_provider(in_province=False))
    inside = make_draft(make_provider("370100"))
    for made in (outside, inside):
        client.post(f"{API}/{made.id}/listing", headers=keyed(headers_of(made.provider)))
    given = {"decision": "approve"}
    assert client.post(f"{API}/{outside.id}/listing-review", json=given, headers=keyed(province)).status_code == 201
    refused = client.post(f"{API}/{inside.id}/listing-review", json=given, headers=keyed(province))
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not_the_reviewer")


def test_a_provider_changes_only_its_own_instruments(client: FlaskClient) -> None:
    """A published one of others is known, so 403; a draft of others is not, so 404."""
    stranger = headers_of(make_provider("370300"))
    published, draft = make_instrument(), make_draft()
    changed = {"name": "别人的仪器"}
    assert client.patch(f"{API}/{published.id}", json=changed, headers=stranger).status_code == 403
    assert client.patch(f"{API}/{draft.id}", json=changed, headers=stranger).status_code == 404


def test_a_pending_provider_cannot_submit_a_listing(client: FlaskClient) -> None:
    """V15: approval makes a member."""
    provider = make_provider(approved=False)
    made = make_draft(provider)
    refused = client.post(f"{API}/{made.id}/listing", headers=keyed(headers_of(provider)))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "provider_not_member")


def test_a_listing_under_review_is_not_changed(client: FlaskClient) -> None:
    """The state names what it allows."""
    made = make_draft()
    owner = headers_of(made.provider)
    client.post(f"{API}/{made.id}/listing", headers=keyed(owner))
    refused = client.patch(f"{API}/{made.id}", json={"name": "另一名称"}, headers=owner)
    assert (refused.status_code, refused.get_json()["allowed"]) == (409, ["publish", "return"])


def test_suspend_resume_and_retire(client: FlaskClient) -> None:
    """A suspended one leaves the catalogue; a retired one for good."""
    made = make_instrument()
    owner, path = headers_of(made.provider), f"{API}/{made.id}"
    assert client.post(f"{path}/suspension", json={"note": "搬迁"}, headers=keyed(owner)).status_code == 201
    assert client.get(path).status_code == 404
    bureau = headers_of(make_bureau(made.provider.city or ""))
    assert client.post(f"{path}/resumption", json={}, headers=keyed(bureau)).status_code == 201
    assert client.get(path).status_code == 200
    assert client.post(f"{path}/retirement", json={}, headers=keyed(owner)).get_json()["state"] == "retired"
    again = client.post(f"{path}/resumption", json={}, headers=keyed(owner))
    assert (again.status_code, again.get_json()["code"]) == (409, "state_forbids")


def test_faults_of_an_instrument_are_named_together(client: FlaskClient) -> None:
    """Unknown county, a date ahead, half a reference price."""
    given = {"name": "仪器", "county": "379999", "acquired_on": "2199-01-01", "reference_price_fen": 5}
    refused = client.post(API, json=given, headers=keyed(headers_of(make_provider())))
    assert refused.status_code == 422
    assert codes(refused) == {
        "instrument_county_unknown",
        "instrument_date_ahead",
        "instrument_reference_price_half",
    }


@pytest.mark.parametrize(
    "given",
    [{"value_fen": -1}, {"value_fen": 1.5}, {"value_fen": "3.123"}, {"county": "abc"}, {"owner": 7}, {"name": ""}],
)
def test_malformed_fields_are_refused(client: FlaskClient, given: dict[str, object]) -> None:
    """Negative values, fractions of a fen, malformed codes, unknown fields, no name."""
    refused = client.post(API, json={"name": "仪器", **given}, headers=keyed(headers_of(make_provider())))
    assert refused.status_code == 422
    assert refused.get_json()["reasons"]


def test_an_id_is_unique_to_its_provider(client: FlaskClient) -> None:
    """Two providers may use the same one."""
    first = make_draft(external_id="E-1")
    given = {"name": "仪器", "external_id": "E-1"}
    taken = client.post(API, json=given, headers=keyed(headers_of(first.provider)))
    assert (taken.status_code, taken.get_json()["code"]) == (409, "external_id_taken")
    assert client.post(API, json=given, headers=keyed(headers_of(make_provider()))).status_code == 201


@pytest.mark.parametrize(
    ("accepted", "due"), [("2025-02-05", "2025-03-18"), ("2025-03-03", "2025-04-15"), ("2025-09-15", "2025-10-31")]
)
def test_a_listing_is_due_thirty_working_days_after_acceptance(client: FlaskClient, accepted: str, due: str) -> None:
    """S13: by the official calendar, make-up days included."""
    calendar = load_calendar()
    assert due_on(date.fromisoformat(accepted), working_days=30, calendar=calendar) == date.fromisoformat(due)
    made = make_draft(funding=Funding.FISCAL, value_fen=30_000_000)
    owner = headers_of(made.provider)
    client.patch(f"{API}/{made.id}", json={"accepted_on": accepted}, headers=owner)
    assert client.get(f"{API}/{made.id}", headers=owner).get_json()["listing"]["due_on"] == due


def test_overdue_listings_are_listed_until_they_are_public(client: FlaskClient) -> None:
    """S13: mandatory ones alone; what becomes of secret ones stands beside the exemptions."""
    provider = make_provider("370900")
    owner, bureau = headers_of(provider), headers_of(make_bureau("370900"))
    made = make_draft(provider, funding=Funding.FISCAL, value_fen=30_000_000)
    make_draft(provider, funding=Funding.FISCAL, value_fen=29_999_999)
    client.patch(f"{API}/{made.id}", json={"accepted_on": "2025-02-05"}, headers=owner)
    overdue = client.get(f"{API}/listing-deadlines?overdue=true", headers=bureau).get_json()["items"]
    assert [(each["instrument"]["id"], each["due_on"]) for each in overdue] == [(made.id, "2025-03-18")]
    publish(made)
    assert client.get(f"{API}/listing-deadlines?overdue=true", headers=bureau).get_json()["items"] == []


def test_a_change_of_a_published_instrument_starts_its_term(client: FlaskClient) -> None:
    """S14: 30 working days from the change, which is today unless the owner says otherwise."""
    made = make_instrument()
    owner = headers_of(made.provider)
    client.patch(f"{API}/{made.id}", json={"model": "X-2", "changed_on": "2025-03-03"}, headers=owner)
    listing = client.get(f"{API}/{made.id}", headers=owner).get_json()["listing"]
    assert (listing["changed_on"], listing["update_due_on"]) == ("2025-03-03", "2025-04-15")


def test_what_the_bureau_suspended_its_owner_does_not_resume(client: FlaskClient) -> None:
    """The bureau does."""
    made = make_instrument()
    owner, path = headers_of(made.provider), f"{API}/{made.id}"
    bureau = headers_of(make_bureau(made.provider.city or ""))
    assert client.post(f"{path}/suspension", json={"note": "整改"}, headers=keyed(bureau)).status_code == 201
    refused = client.post(f"{path}/resumption", json={}, headers=keyed(owner))
    assert (refused.status_code, refused.get_json()["code"]) == (403, "suspended_by_authority")
    assert client.post(f"{path}/resumption", json={}, headers=keyed(bureau)).status_code == 201
    assert client.post(f"{path}/suspension", json={}, headers=keyed(owner)).status_code == 201
    assert client.post(f"{path}/resumption", json={}, headers=keyed(owner)).status_code == 201
