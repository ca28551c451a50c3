"""Signing in and out, and what a token is worth."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.models import ApiToken, SignInAttempt
from accounts.permissions import Role
from accounts.rules.users import THROTTLE
from accounts.service.tokens import forget_attempts
from core import clock
from core.db import session, transaction
from tests.factories.accounts import (
    PASSWORD,
    headers_of,
    keyed,
    make_enterprise,
    make_operator,
    token_for,
    user_of,
    user_with_role,
)

MARCH = datetime(2026, 3, 1, 1, tzinfo=UTC)
ME = "/api/v1/me"
TOKENS = "/api/v1/tokens"


def sign_in(
    client: FlaskClient, username: str, password: str = PASSWORD, address: str = "192.0.2.1"
) -> tuple[int, dict[str, Any]]:
    answer = client.post(
        TOKENS, json={"username": username, "password": password}, environ_overrides={"REMOTE_ADDR": address}
    )
    return answer.status_code, answer.get_json()


@pytest.mark.parametrize("role", Role)
def test_every_role_signs_in_and_sees_itself(client: FlaskClient, role: Role) -> None:
    user = user_with_role(role)
    username, organisation = user.username, user.organisation_id

    status, issued = sign_in(client, username.upper())
    me = client.get(ME, headers={"Authorization": f"Bearer {issued['token']}"}).get_json()

    assert status == 201
    assert me["user"]["username"] == username
    assert me["organisation"]["id"] == organisation
    assert me["roles"] == [role.value]
    assert organisation in me["acts_for"]


def test_a_token_is_shown_once_and_kept_as_prefix_and_digest(client: FlaskClient) -> None:
    user = user_of(make_enterprise())
    _, issued = sign_in(client, user.username)
    kept = session().scalars(select(ApiToken)).one()
    prefix, _, secret = issued["token"].partition(".")

    assert kept.prefix == prefix
    assert secret.encode() not in kept.digest
    assert len(kept.digest) == 32


def test_a_token_expires(client: FlaskClient) -> None:
    user = user_of(make_enterprise())
    with clock.at(MARCH):
        _, issued = sign_in(client, user.username)
    headers = {"Authorization": f"Bearer {issued['token']}"}
    expiry = datetime.fromisoformat(issued["expires_at"])

    with clock.at(expiry - timedelta(seconds=1)):
        assert client.get(ME, headers=headers).status_code == 200
    with clock.at(expiry):
        assert client.get(ME, headers=headers).status_code == 401


def test_signing_out_revokes_this_token_only(client: FlaskClient) -> None:
    user = user_of(make_enterprise())
    first, second = token_for(user), token_for(user)

    assert client.delete(f"{TOKENS}/current", headers=first).status_code == 204
    assert client.get(ME, headers=first).status_code == 401
    assert client.get(ME, headers=second).status_code == 200


def test_a_right_prefix_with_another_secret_is_refused(client: FlaskClient) -> None:
    mine, other = token_for(user_of(make_enterprise())), token_for(user_of(make_enterprise()))
    prefix = mine["Authorization"].split(".")[0]
    secret = other["Authorization"].split(".", 1)[1]

    assert client.get(ME, headers={"Authorization": f"{prefix}.{secret}"}).status_code == 401


@pytest.mark.parametrize("header", ["Bearer x", "Bearer .", "Basic YTpi", "Bearer", "Bearer 中.文"])
def test_whatever_is_no_token_is_refused(client: FlaskClient, header: str) -> None:
    answer = client.get(ME, headers={"Authorization": header.encode().decode("latin-1")})

    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


def test_unknown_user_wrong_password_and_inactive_user_are_answered_alike(client: FlaskClient) -> None:
    user = user_of(make_enterprise())
    gone = user_of(make_enterprise())
    admin = headers_of(make_operator())
    client.post(f"/api/v1/users/{gone.id}/deactivation", headers=keyed(admin))

    answers = [
        sign_in(client, "nobody-at-all"),
        sign_in(client, user.username, "wrong password"),
        sign_in(client, gone.username),
    ]

    assert [status for status, _ in answers] == [401, 401, 401]
    assert {answer["code"] for _, answer in answers} == {"sign_in_refused"}


def test_sign_in_pauses_after_wrong_passwords_from_one_address(client: FlaskClient) -> None:
    username = user_of(make_enterprise()).username
    with clock.at(MARCH):
        wrong = [sign_in(client, username, "wrong password")[0] for _ in range(THROTTLE.by_user_and_address)]
        paused, answer = sign_in(client, username)
        elsewhere, _ = sign_in(client, username, address="192.0.2.2")
    with clock.at(MARCH + THROTTLE.window + timedelta(seconds=1)):
        afterwards, _ = sign_in(client, username)

    assert wrong == [401] * THROTTLE.by_user_and_address
    assert (paused, answer["code"]) == (429, "sign_in_paused")
    assert elsewhere == 201
    assert afterwards == 201


def test_a_right_password_clears_what_was_mistyped_before(client: FlaskClient) -> None:
    username = user_of(make_enterprise()).username
    statuses = []
    with clock.at(MARCH):
        for _ in range(2):
            statuses += [
                sign_in(client, username, "wrong password")[0] for _ in range(THROTTLE.by_user_and_address - 1)
            ]
            with clock.at(MARCH + timedelta(seconds=1)):
                statuses.append(sign_in(client, username)[0])

    assert statuses.count(201) == 2
    assert 429 not in statuses


def test_many_users_guessed_from_one_address_are_stopped(client: FlaskClient) -> None:
    with transaction() as current:
        current.add_all(
            SignInAttempt(username=f"guess-{n}", address="192.0.2.9", at=MARCH, succeeded=False)
            for n in range(THROTTLE.by_address)
        )
    username = user_of(make_enterprise()).username

    with clock.at(MARCH):
        assert sign_in(client, username, address="192.0.2.9")[0] == 429
        assert sign_in(client, username, address="192.0.2.8")[0] == 201


def test_attempts_are_forgotten_after_thirty_days(app: Flask) -> None:
    with transaction() as current:
        current.add(SignInAttempt(username="x", address="y", at=MARCH, succeeded=False))

    assert forget_attempts(now=MARCH + timedelta(days=30)) == 0
    assert forget_attempts(now=MARCH + timedelta(days=30, seconds=1)) == 1


def test_changing_the_password_revokes_every_token(client: FlaskClient) -> None:
    user = user_of(make_enterprise())
    username, first, second = user.username, token_for(user), token_for(user)
    change = {"present": PASSWORD, "wanted": "another horse 8"}

    wrong = client.post(f"{ME}/password", json={**change, "present": "wrong password"}, headers=first)
    right = client.post(f"{ME}/password", json=change, headers=first)

    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "password_wrong")
    assert right.status_code == 204
    assert [client.get(ME, headers=each).status_code for each in (first, second)] == [401, 401]
    assert sign_in(client, username)[0] == 401
    assert sign_in(client, username, "another horse 8")[0] == 201


def test_a_deactivated_user_has_no_token_until_activated(client: FlaskClient) -> None:
    user = user_of(make_enterprise())
    user_id, headers = user.id, token_for(user)
    admin = headers_of(make_operator())

    client.post(f"/api/v1/users/{user_id}/deactivation", headers=keyed(admin))
    assert client.get(ME, headers=headers).status_code == 401
    client.post(f"/api/v1/users/{user_id}/activation", headers=keyed(admin))
    assert client.get(ME, headers=headers).status_code == 401
    assert client.get(ME, headers=token_for(user_of(user.organisation))).status_code == 200
