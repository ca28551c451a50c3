"""Bank accounts of members: named, verified, refused, replaced."""

from typing import Any

from flask.testing import FlaskClient

from accounts import queries
from accounts.models import BankAccount
from accounts.queries.invariants import INVARIANTS
from accounts.states import BankAccountState
from core.db import session
from core.invariants import verify
from tests.factories.accounts import (
    headers_of,
    make_bureau,
    make_enterprise,
    make_incubator,
    make_team,
)
from tests.support.api import post


def account(holder: str, number: str = "6222020000000009") -> dict[str, Any]:
    return {"holder_name": holder, "bank_name": "某某银行", "cnaps_code": "102475099996", "account_number": number}


def test_a_new_account_replaces_the_old_one_when_verified(client: FlaskClient) -> None:
    member = make_enterprise("371702")
    organisation, name, headers = member.id, member.name, headers_of(member)
    old = queries.verified_account(organisation)
    assert old is not None
    old_id = old.id
    bureau = headers_of(make_bureau("371700"))

    named = post(client, f"/organisations/{organisation}/bank-accounts", account(name), headers).get_json()
    until_then = queries.verified_account(organisation)
    assert until_then is not None
    assert until_then.id == old_id
    verified = post(client, f"/bank-accounts/{named['id']}/verification", {"decision": "verify"}, bureau)
    now_paid = queries.verified_account(organisation)

    assert verified.get_json()["state"] == "verified"
    assert now_paid is not None
    assert now_paid.id == named["id"]
    assert session().get_one(BankAccount, old_id).state is BankAccountState.SUPERSEDED
    assert verify(INVARIANTS) == []


def test_a_refused_account_leaves_the_old_one_and_says_why(client: FlaskClient) -> None:
    member = make_enterprise("371702")
    organisation, name, headers = member.id, member.name, headers_of(member)
    bureau = headers_of(make_bureau("371700"))
    named = post(client, f"/organisations/{organisation}/bank-accounts", account(name), headers).get_json()
    url = f"/bank-accounts/{named['id']}/verification"

    silent = post(client, url, {"decision": "refuse"}, bureau)
    foreign = post(client, url, {"decision": "verify"}, headers_of(make_bureau("370100")))
    missing = post(
        client, "/bank-accounts/999999/verification", {"decision": "verify"}, headers_of(make_bureau("370100"))
    )
    refused = post(client, url, {"decision": "refuse", "opinion": "户名不符"}, bureau)
    again = post(client, url, {"decision": "verify"}, bureau)
    kept = queries.verified_account(organisation)

    assert silent.get_json()["code"] == "opinion_missing"
    assert (foreign.status_code, foreign.get_data()) == (404, missing.get_data())
    assert refused.get_json()["state"] == "refused"
    assert again.status_code == 409
    assert kept is not None
    assert kept.id != named["id"]


def test_faults_of_an_account_are_named_at_once(client: FlaskClient) -> None:
    member = make_enterprise()
    answer = post(
        client,
        f"/organisations/{member.id}/bank-accounts",
        {"holder_name": "别人", "bank_name": "银行", "cnaps_code": "12", "account_number": "abc"},
        headers_of(member),
    )

    assert [each["code"] for each in answer.get_json()["reasons"]] == [
        "bank_holder_differs",
        "cnaps_code_malformed",
        "account_number_malformed",
    ]


def test_v16_team_the_incubator_names_the_account_of_its_team(client: FlaskClient) -> None:
    host, stranger = make_incubator(), make_incubator()
    team = make_team(host)
    url = f"/organisations/{team.id}/bank-accounts"
    body = account("团队代表王某")

    assert post(client, url, body, headers_of(team)).status_code == 403
    assert post(client, url, body, headers_of(stranger)).status_code == 404
    assert post(client, url, body, headers_of(host)).status_code == 201
