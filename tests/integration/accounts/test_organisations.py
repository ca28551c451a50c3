"""Authorities, incubators and users made by the administrator; who sees which organisation."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.permissions import Role
from accounts.queries.users import find_user
from tests.factories.accounts import (
    headers_of,
    keyed,
    make_bureau,
    make_city_finance,
    make_enterprise,
    make_incubator,
    make_operator,
    make_provider,
    make_province,
    make_team,
    make_uscc,
    token_for,
    user_with_role,
)
from tests.support.api import API, post


def test_the_administrator_enters_an_authority_and_its_user_signs_in(client: FlaskClient) -> None:
    admin = headers_of(make_operator())
    bureau = post(client, "/organisations", {"kind": "city_bureau", "name": "青岛市科技局", "city": "370200"}, admin)
    body = {
        "organisation_id": bureau.get_json()["id"],
        "role": "city_bureau",
        "username": "bureau-qingdao",
        "password": "long enough 1",
    }
    made = post(client, "/users", body, admin)
    again = post(client, "/users", body, admin)
    wrong = post(client, "/users", {**body, "username": "x", "role": "province"}, admin)
    signed_in = client.post(f"{API}/tokens", json={"username": "bureau-qingdao", "password": "long enough 1"})

    assert bureau.get_json()["city"] == "370200"
    assert made.get_json()["role"] == "city_bureau"
    assert "password" not in made.get_data(as_text=True)
    assert [each["code"] for each in again.get_json()["reasons"]] == ["username_taken"]
    assert [each["code"] for each in wrong.get_json()["reasons"]] == ["username_malformed", "role_not_of_kind"]
    assert signed_in.status_code == 201


def test_faults_of_an_organisation_are_named_at_once(client: FlaskClient) -> None:
    admin = headers_of(make_operator())
    incubator = post(
        client, "/organisations", {"kind": "incubator", "name": "孵化器", "uscc": "123", "city": "370999"}, admin
    )
    member = post(client, "/organisations", {"kind": "enterprise", "name": "企业", "county": "999999"}, admin)
    bureau = post(
        client, "/organisations", {"kind": "city_bureau", "name": "科技局", "incubator_level": "national"}, admin
    )

    assert [each["code"] for each in incubator.get_json()["reasons"]] == [
        "field_required",
        "field_required",
        "city_unknown",
        "uscc_invalid",
    ]
    assert [each["code"] for each in member.get_json()["reasons"]] == ["members_register_themselves", "county_unknown"]
    assert [each["code"] for each in bureau.get_json()["reasons"]] == ["field_not_for_kind", "field_required"]


def test_the_province_enters_incubators_only(client: FlaskClient) -> None:
    province = headers_of(make_province())
    body = {
        "kind": "incubator",
        "name": "潍坊某孵化器",
        "uscc": make_uscc(),
        "county": "370702",
        "incubator_level": "provincial",
    }
    entered = post(client, "/organisations", body, province)
    twice = post(client, "/organisations", body, province)
    bureau = post(client, "/organisations", {"kind": "city_bureau", "name": "科技局", "city": "370200"}, province)

    assert (entered.status_code, entered.get_json()["city"]) == (201, "370700")
    assert [each["code"] for each in twice.get_json()["reasons"]] == ["uscc_taken"]
    assert bureau.status_code == 403


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_the_administrator_makes_users(client: FlaskClient, role: Role) -> None:
    user = user_with_role(role)
    body = {"organisation_id": user.organisation_id, "role": role.value, "username": "abc", "password": "long enough 1"}
    user_id, headers = user.id, token_for(user)

    assert post(client, "/users", body, headers).status_code == 403
    assert client.get(f"{API}/users", headers=headers).status_code == 403
    assert client.post(f"{API}/users/{user_id}/deactivation", headers=keyed(headers)).status_code == 403


def test_the_administrator_does_not_switch_off_the_account_in_use(client: FlaskClient) -> None:
    user = user_with_role(Role.ADMIN)
    answer = client.post(f"{API}/users/{user.id}/deactivation", headers=keyed(token_for(user)))

    assert (answer.status_code, answer.get_json()["code"]) == (403, "own_account")


def test_users_are_listed_page_by_page(client: FlaskClient) -> None:
    make_enterprise()
    admin = headers_of(make_operator())
    seen, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = client.get(f"{API}/users", query_string=query, headers=admin).get_json()
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == sorted(set(seen))
    assert len(seen) == 3


@pytest.mark.parametrize("role", Role)
def test_v6_v11_a_foreign_organisation_answers_exactly_as_a_missing_one(client: FlaskClient, role: Role) -> None:
    user = user_with_role(role)
    own, headers = user.organisation_id, token_for(user)
    foreign = make_enterprise("371302").id
    reads_all = role in {Role.PROVINCE, Role.AUDITOR, Role.ADMIN, Role.DELEGATED_AGENCY}

    theirs = client.get(f"{API}/organisations/{foreign}", headers=headers)
    missing = client.get(f"{API}/organisations/{foreign + 10_000}", headers=headers)

    assert client.get(f"{API}/organisations/{own}", headers=headers).status_code == 200
    assert missing.status_code == 404
    assert theirs.status_code == (200 if reads_all else 404)
    if not reads_all:
        assert theirs.get_data() == missing.get_data()
        for room in ("figures", "controllers", "bank-accounts"):
            found = client.get(f"{API}/organisations/{foreign}/{room}", headers=headers)
            nothing = client.get(f"{API}/organisations/{foreign + 10_000}/{room}", headers=headers)
            assert (found.status_code, found.get_data()) == (nothing.status_code, nothing.get_data())


def test_v6_each_sees_its_own(client: FlaskClient) -> None:
    host = make_incubator("370702")
    team = make_team(host)
    firm, outside = make_enterprise("370702"), make_provider(in_province=False)
    everything = {host.id, team.id, firm.id, outside.id}

    def seen(organisation: Any) -> set[int]:
        listed = client.get(f"{API}/organisations", query_string={"limit": 200}, headers=headers_of(organisation))
        return {each["id"] for each in listed.get_json()["items"]} & everything

    assert seen(host) == {host.id, team.id}
    assert seen(team) == {team.id}
    assert seen(firm) == {firm.id}
    assert seen(make_bureau("370700")) == {host.id, team.id, firm.id}
    assert seen(make_city_finance("370700")) == {host.id, team.id, firm.id}
    assert seen(make_bureau("370100")) == set()
    assert seen(make_province()) == everything


def test_the_first_administrator_is_made_from_the_command_line_once(app: Flask) -> None:
    arguments = ["users", "create-admin", "Root-One", "--organisation", "平台运营", "--password", "long enough 1"]
    first = app.test_cli_runner().invoke(args=arguments)
    second = app.test_cli_runner().invoke(args=[*arguments[:2], "root-two", *arguments[3:]])
    made = find_user("root-one")

    assert first.exit_code == 0
    assert second.exit_code == 1
    assert made is not None
    assert made.role is Role.ADMIN
