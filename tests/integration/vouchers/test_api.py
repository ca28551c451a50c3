"""Claims over HTTP: the whole way of one claim, every role on every route, and what is said to bad input."""

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.permissions import Role
from accounts.queries import organisation
from core import clock
from core.invariants import verify
from tests.factories.accounts import (
    headers_of,
    keyed,
    make_bureau,
    make_city_finance,
    make_enterprise,
    make_province,
    token_for,
    user_with_role,
)
from tests.factories.vouchers import DECLARED, PDF, bring, invoice_of, make_claim
from tests.support.finance import browser
from vouchers.models import Claim
from vouchers.queries.invariants import INVARIANTS
from vouchers.states import ClaimState

API = "/api/v1"


def post(client: FlaskClient, path: str, headers: dict[str, str], body: Any = None) -> TestResponse:
    return client.post(f"{API}{path}", json=body, headers=keyed(headers))


def upload(client: FlaskClient, path: str, headers: dict[str, str], **form: Any) -> TestResponse:
    data = {**form, "file": (io.BytesIO(PDF), "材料.pdf")}
    return client.post(f"{API}{path}", data=data, headers=keyed(headers), content_type="multipart/form-data")


def said(answer: TestResponse) -> dict[str, Any]:
    """The JSON of an answer."""
    assert isinstance(answer.json, dict)
    return answer.json


def invoice_form(claim: Claim) -> dict[str, Any]:
    facts = invoice_of(claim)
    return {
        "invoice_number": facts.number,
        "invoice_type": facts.type.value,
        "seller_uscc": facts.seller_uscc,
        "buyer_uscc": facts.buyer_uscc,
        "amount_incl_tax_fen": facts.amount_incl_tax_fen,
        "issued_on": facts.issued_on.isoformat(),
    }


def test_the_whole_way_of_a_claim(client: FlaskClient) -> None:
    """V17 order: application, city opinion, provincial confirmation; no step may be skipped."""
    claim = make_claim()
    provider = headers_of(organisation(claim.provider_id))
    bureau, province = headers_of(make_bureau(claim.city)), headers_of(make_province())
    path = f"/claims/{claim.id}"

    refused = post(client, f"{path}/submission", provider, {"declarations": {}})
    assert refused.status_code == 422
    assert {reason["article"] for reason in said(refused)["reasons"]} == {"V16 files", "V8(3)"}

    for kind in ("service_contract", "innovation_relevance_proof"):
        assert upload(client, f"{path}/materials", provider, kind=kind).status_code == 201
    proof = upload(
        client, f"{path}/materials", provider, kind="result_proof", completed_on=claim.completed_on.isoformat()
    )
    assert said(proof)["completed_on"] == claim.completed_on.isoformat()
    invoice = upload(client, f"{path}/materials", provider, kind="invoice", **invoice_form(claim))
    assert invoice.status_code == 201, said(invoice)
    assert said(invoice)["invoice"]["amount_incl_tax_fen"] == 10_000_000

    skipped = post(client, f"{path}/city-review", bureau, {"decision": "approve", "opinion": "同意"})
    assert (skipped.status_code, said(skipped)["code"]) == (409, "state_forbids")

    submitted = post(client, f"{path}/submission", provider, {"declarations": DECLARED})
    assert (submitted.status_code, said(submitted)["state"]) == (201, "submitted")
    assert said(submitted)["waits_for"] == "city_bureau"

    queue = said(client.get(f"{API}/claims?state=submitted", headers=bureau))
    assert [item["id"] for item in queue["items"]] == [claim.id]
    content = client.get(f"{API}{path}/materials/{said(proof)['id']}", headers=bureau)
    assert content.data == PDF

    reviewed = post(client, f"{path}/city-review", bureau, {"decision": "approve", "opinion": "同意"})
    assert (reviewed.status_code, said(reviewed)["approved_fen"]) == (201, 6_000_000)

    summary = post(client, "/review-summaries", bureau, {"claim_ids": [claim.id]})
    assert (summary.status_code, said(summary)["total_fen"]) == (201, 6_000_000)
    number = said(summary)["id"]
    unstamped = post(client, f"/review-summaries/{number}/dispatch", bureau)
    assert (unstamped.status_code, said(unstamped)["code"]) == (409, "state_forbids")
    early = post(client, f"{path}/provincial-confirmation", province, {"decision": "confirm"})
    assert (early.status_code, said(early)["code"]) == (409, "summary_not_dispatched")
    assert said(upload(client, f"/review-summaries/{number}/stamp", bureau))["state"] == "stamped"
    assert said(post(client, f"/review-summaries/{number}/dispatch", bureau))["state"] == "dispatched"

    confirmed = post(client, f"{path}/provincial-confirmation", province, {"decision": "confirm"})
    assert (confirmed.status_code, said(confirmed)["state"]) == (201, "confirmed")
    assert said(confirmed)["payment"] == {
        "state": "due",
        "amount_fen": 6_000_000,
        "paid_fen": 0,
        "stopped": False,
        "clawed_back_fen": 0,
        "recovered_fen": 0,
    }
    assert [step["action"] for step in said(confirmed)["history"] if step["to_state"]] == [
        "open",
        "submit",
        "approve",
        "summarise",
        "confirm",
    ]


def test_one_key_has_one_effect(client: FlaskClient) -> None:
    """Invariant 13."""
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    headers = keyed(headers_of(make_bureau(claim.city)))
    body = {"decision": "approve", "opinion": "同意", "amount_fen": 5}
    path = f"{API}/claims/{claim.id}/city-review"
    first, again = (client.post(path, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code, first.data) == (201, 201, again.data)
    assert client.post(path, json={**body, "amount_fen": 6}, headers=headers).status_code == 409


def test_v6_a_foreign_claim_answers_exactly_as_a_missing_one(client: FlaskClient) -> None:
    """济南 opens a 菏泽 claim: the same answer as for one that does not exist."""
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    jinan = headers_of(make_bureau("370100"))
    strangers = [jinan, headers_of(make_city_finance("370100")), headers_of(make_enterprise())]
    for headers in strangers:
        foreign = client.get(f"{API}/claims/{claim.id}", headers=headers)
        missing = client.get(f"{API}/claims/999999999", headers=headers)
        assert (foreign.status_code, foreign.data) == (404, missing.data)
        assert said(client.get(f"{API}/claims", headers=headers))["items"] == []
    body = {"decision": "approve", "opinion": "同意"}
    assert post(client, f"/claims/{claim.id}/city-review", jinan, body).status_code == 404


SUMMARY_READERS = {Role.CITY_BUREAU, Role.CITY_FINANCE, Role.DELEGATED_AGENCY, Role.PROVINCE, Role.AUDITOR}

CASE_HOLDERS = {Role.CITY_BUREAU, Role.PROVINCE, Role.DELEGATED_AGENCY}

FLAG_READERS = {Role.CITY_BUREAU, Role.CITY_FINANCE, Role.PROVINCE, Role.DELEGATED_AGENCY, Role.AUDITOR}
ROLES_OF_ROUTE: dict[tuple[str, str], set[Role]] = {
    ("GET", "/claims"): set(Role) - {Role.ADMIN},
    ("GET", "/claims/1"): set(Role) - {Role.ADMIN},
    ("GET", "/claims/1/timeline"): set(Role) - {Role.ADMIN},
    ("GET", "/claims/1/rounds"): set(Role) - {Role.ADMIN},
    ("GET", "/claims/1/materials/1"): set(Role) - {Role.ADMIN},
    ("GET", "/claims/1/explanation"): set(Role) - {Role.ADMIN},
    ("POST", "/claims/1/revocation"): {Role.PROVINCE},
    ("POST", "/claims/1/materials"): {Role.ENTERPRISE, Role.TEAM, Role.INCUBATOR, Role.PROVIDER},
    ("POST", "/claims/1/certified-materials"): {Role.ENTERPRISE, Role.TEAM, Role.INCUBATOR, Role.PROVIDER},
    ("GET", "/claims/1/invoices"): set(Role) - {Role.ADMIN},
    ("POST", "/claims/1/invoices"): {Role.ENTERPRISE, Role.TEAM, Role.INCUBATOR, Role.PROVIDER},
    ("GET", "/claims/1/invoices/1"): set(Role) - {Role.ADMIN},
    ("POST", "/claims/1/invoices/1/confirmation"): {Role.ENTERPRISE, Role.TEAM, Role.INCUBATOR, Role.PROVIDER},
    ("POST", "/claims/1/invoice-line-marks"): {Role.CITY_BUREAU},
    ("POST", "/claims/1/submission"): {Role.ENTERPRISE, Role.TEAM, Role.INCUBATOR, Role.PROVIDER},
    ("POST", "/claims/1/withdrawal"): {Role.ENTERPRISE, Role.TEAM, Role.INCUBATOR, Role.PROVIDER},
    ("POST", "/claims/1/assignment"): CASE_HOLDERS,
    ("POST", "/claims/1/release"): CASE_HOLDERS,
    ("GET", "/claims/1/cases"): CASE_HOLDERS | {Role.AUDITOR},
    ("POST", "/claims/1/opinions"): CASE_HOLDERS,
    ("GET", "/claims/1/opinions"): CASE_HOLDERS | {Role.AUDITOR},
    ("POST", "/claims/1/city-review"): {Role.CITY_BUREAU},
    ("GET", "/claims/1/flags"): FLAG_READERS,
    ("POST", "/claims/1/flags/1/finding"): {Role.CITY_BUREAU, Role.PROVINCE},
    ("POST", "/claims/1/provincial-confirmation"): {Role.PROVINCE},
    ("POST", "/review-summaries"): {Role.CITY_BUREAU, Role.DELEGATED_AGENCY},
    ("GET", "/review-summaries"): SUMMARY_READERS,
    ("GET", "/review-summaries/1"): SUMMARY_READERS,
    ("GET", "/review-summaries/1/document"): SUMMARY_READERS,
    ("GET", "/review-summaries/1/stamped-copy"): SUMMARY_READERS,
    ("POST", "/review-summaries/1/stamp"): {Role.CITY_BUREAU},
    ("POST", "/review-summaries/1/dispatch"): {Role.CITY_BUREAU},
    ("POST", "/review-summaries/1/provincial-confirmation"): {Role.PROVINCE},
    ("POST", "/spot-checks"): {Role.PROVINCE},
    ("GET", "/spot-checks"): {Role.PROVINCE, Role.AUDITOR},
    ("GET", "/spot-checks/1"): {Role.PROVINCE, Role.AUDITOR},
    ("GET", "/spot-checks/1/replay"): {Role.PROVINCE, Role.AUDITOR},
}


@pytest.mark.parametrize("role", list(Role))
def test_every_role_on_every_route(client: FlaskClient, role: Role) -> None:
    """Whoever may not is told 403 before anything else; whoever may gets further."""
    headers = token_for(user_with_role(role))
    for (method, path), allowed in ROLES_OF_ROUTE.items():
        answer = client.open(
            f"{API}{path}", method=method, headers=keyed(headers), json={} if method == "POST" else None
        )
        assert (answer.status_code == 403) is (role not in allowed), (method, path, answer.status_code)


def test_nobody_unknown_gets_anywhere(client: FlaskClient) -> None:
    for method, path in ROLES_OF_ROUTE:
        assert client.open(f"{API}{path}", method=method).status_code == 401


def test_a_change_without_a_key_is_refused(client: FlaskClient) -> None:
    bureau = headers_of(make_bureau())
    answer = client.post(f"{API}/review-summaries", json={"claim_ids": [1]}, headers=bureau)
    assert (answer.status_code, said(answer)["code"]) == (400, "idempotency_key_missing")


def test_bad_input_is_answered_with_all_faults(client: FlaskClient) -> None:
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    bureau = headers_of(make_bureau(claim.city))
    body = {"decision": "perhaps", "amount_fen": 1.5, "extra": 1}
    answer = post(client, f"/claims/{claim.id}/city-review", bureau, body)
    assert answer.status_code == 422
    assert {reason["field"] for reason in said(answer)["reasons"]} == {"decision", "amount_fen", "opinion", "extra"}


def test_a_file_of_a_wrong_type_and_an_empty_one(client: FlaskClient) -> None:
    claim = make_claim()
    provider = headers_of(organisation(claim.provider_id))
    for content, status in ((b"MZ\x00", 415), (b"", 422)):
        data = {"kind": "other", "file": (io.BytesIO(content), "a.pdf")}
        answer = client.post(f"{API}/claims/{claim.id}/materials", data=data, headers=keyed(provider))
        assert answer.status_code == status, said(answer)


def test_an_invoice_without_its_facts(client: FlaskClient) -> None:
    claim = make_claim()
    provider = headers_of(organisation(claim.provider_id))
    answer = upload(client, f"/claims/{claim.id}/materials", provider, kind="invoice", invoice_number="1")
    assert (answer.status_code, said(answer)["reasons"][0]["code"]) == (422, "invoice_facts_missing")


def test_lists_page_by_key(client: FlaskClient) -> None:
    user = make_enterprise()
    made = [make_claim(user, base_fen=1_000_000).id for _ in range(3)]
    headers = headers_of(user)
    first = said(client.get(f"{API}/claims?limit=2", headers=headers))
    rest = said(client.get(f"{API}/claims?limit=2&cursor={first['next_cursor']}", headers=headers))
    assert [item["id"] for item in first["items"] + rest["items"]] == made
    assert rest["next_cursor"] is None


def test_spot_checks_over_http(client: FlaskClient) -> None:
    """V19."""
    claim = bring(make_claim(), ClaimState.CONFIRMED)
    province = headers_of(make_province())
    today = clock.today(clock.now()).isoformat()
    body = {"confirmed_from": today, "confirmed_to": today, "size": 5, "reason": "季度抽查"}
    drawn = post(client, "/spot-checks", province, body)
    assert (drawn.status_code, said(drawn)["drawn"], said(drawn)["frame"]) == (201, [claim.id], [claim.id])
    shown = said(client.get(f"{API}/spot-checks/{said(drawn)['id']}", headers=province))
    assert shown["seed"] == said(drawn)["seed"]
    assert len(said(client.get(f"{API}/spot-checks", headers=province))["items"]) == 1
    reverse = post(client, "/spot-checks", province, {**body, "confirmed_to": "2020-01-01"})
    assert reverse.status_code == 422


def test_v12_facts_are_explained_and_replay_to_the_same(client: FlaskClient) -> None:
    """The decision is judged again from its frozen facts: nothing differs while the policy of that day stands."""
    claim = make_claim()
    answer = client.get(f"{API}/claims/{claim.id}/explanation", headers=headers_of(organisation(claim.beneficiary_id)))
    assert answer.status_code == 200
    explained = said(answer)
    assert (explained["held_fen"], explained["rate"], explained["differences"]) == (6_000_000, "0.60", [])
    assert explained["facts"]["beneficiary"]["county"] == "371702"
    assert explained["policy_version"] == claim.decision.policy_version
    assert explained["facts"] == claim.decision.facts


def test_v6_who_serves_a_firm_is_not_told_its_size_records_and_cap(client: FlaskClient) -> None:
    claim = make_claim()
    answer = client.get(f"{API}/claims/{claim.id}/explanation", headers=headers_of(organisation(claim.provider_id)))
    explained = said(answer)
    assert (answer.status_code, explained["held_fen"], explained["cap_room_fen"]) == (200, 6_000_000, None)
    assert explained["facts"]["beneficiary"] == {"kind": "enterprise", "county": "371702"}
    assert "cap_used_fen" not in explained["facts"]
    assert explained["facts"]["provider"] == claim.decision.facts["provider"]


def test_every_route_of_the_package_is_tried_with_every_role(client: FlaskClient) -> None:
    """A route added without a line in ROLES_OF_ROUTE fails here."""
    prefixes = ("/claims", "/review-summaries", "/spot-checks")
    routes = {
        (method, re.sub("<[^>]*>", "1", rule.rule.removeprefix(API)))
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(API) and rule.rule.removeprefix(API).startswith(prefixes)
    }
    assert routes == set(ROLES_OF_ROUTE)


def test_v19_a_stopped_payment_is_never_paid(client: FlaskClient) -> None:
    """Invariant 6; the cap gets no room back (V12 hold)."""
    claim = bring(make_claim(), ClaimState.CONFIRMED)
    province = headers_of(make_province())
    stopped = said(post(client, f"/claims/{claim.id}/revocation", province, {"opinion": "拒不配合抽查"}))
    assert (stopped["state"], stopped["payment"]["state"], stopped["waits_for"]) == ("revoked", "cancelled", None)
    assert (stopped["approved_fen"], stopped["confirmed_fen"]) == (0, 0)
    (debt,) = said(client.get(f"{API}/shortfalls", headers=province))["items"]
    assert (debt["debtor_id"], debt["creditor_id"]) == (claim.beneficiary_id, claim.provider_id)
    assert debt["open_fen"] == claim.deducted_fen, "V16(1): all that was deducted and never paid"
    page = browser(client.application, organisation(claim.provider_id)).get(f"/claims/{claim.id}").text
    assert "使用方应向供给方补缴未兑付的已抵扣金额" in page
    assert "已付资金" not in page
    assert "已撤销，不予补助" in page
    assert verify(INVARIANTS) == []
    again = post(client, f"/claims/{claim.id}/revocation", province, {"opinion": "再次"})
    assert (again.status_code, said(again)["code"]) == (409, "state_forbids")
