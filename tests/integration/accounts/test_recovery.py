"""A forgotten password: the administrator gives leave, the user sets a new one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.models import PasswordRecovery, User
from accounts.queries.second_factors import confirmed_factor
from accounts.queries.sessions import proven_session
from accounts.rules.users import THROTTLE
from accounts.service import sessions
from accounts.service.recoveries import VALID_FOR
from core import audit, clock
from core.db import session
from tests.factories.accounts import PASSWORD, headers_of, keyed, make_enterprise, make_operator, token_for, user_of
from tests.support.apps import protect

MARCH = datetime(2026, 3, 2, 1, tzinfo=UTC)
NEW = "another horse 8"
Answer = tuple[int, dict[str, Any]]


@pytest.fixture(autouse=True)
def in_march() -> Iterator[None]:
    with clock.at(MARCH):
        yield


@pytest.fixture
def someone(app: Flask) -> User:
    return user_of(make_enterprise())


@pytest.fixture
def admin(app: Flask) -> dict[str, str]:
    return headers_of(make_operator())


def issue(client: FlaskClient, user: User, admin: dict[str, str], **wanted: bool) -> Answer:
    answer = client.post(f"/api/v1/users/{user.id}/recovery", json=wanted, headers=admin)
    return answer.status_code, answer.get_json()


def recover(
    client: FlaskClient, username: str, code: str, wanted: str = NEW, address: str = "192.0.2.1"
) -> tuple[int, str]:
    answer = client.post(
        "/api/v1/recovery",
        json={"username": username, "code": code, "password": wanted},
        environ_overrides={"REMOTE_ADDR": address},
    )
    return answer.status_code, (answer.get_json(silent=True) or {}).get("code", "")


def signs_in(client: FlaskClient, username: str, password: str) -> bool:
    answer = client.post(
        "/api/v1/tokens",
        json={"username": username, "password": password},
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    )
    return answer.status_code == 201


def test_a_new_password_with_the_administrators_code(client: FlaskClient, someone: User, admin: dict[str, str]) -> None:
    username = someone.username
    status, issued = issue(client, someone, admin)

    assert status == 201
    assert recover(client, username.upper(), issued["code"].lower()) == (204, "")
    assert signs_in(client, username, NEW)
    assert not signs_in(client, username, PASSWORD)


def test_the_code_is_kept_as_a_digest_and_the_issue_is_on_record(
    client: FlaskClient, someone: User, admin: dict[str, str]
) -> None:
    _, issued = issue(client, someone, admin)
    kept = session().scalars(select(PasswordRecovery)).one()
    (entry,) = audit.history("password_recovery", kept.id)

    assert issued["code"].replace("-", "").encode() not in kept.digest
    assert (entry.action, entry.actor_role, entry.data["user_id"]) == ("issue", "admin", someone.id)
    assert issued["code"] not in str(entry.data)


def test_a_recovery_ends_every_session_and_token(client: FlaskClient, someone: User, admin: dict[str, str]) -> None:
    username, headers = someone.username, token_for(someone)
    begun = sessions.begin(username=username, password=PASSWORD, address="a", agent="b", now=MARCH)
    _, issued = issue(client, someone, admin)
    recover(client, username, issued["code"])

    assert client.get("/api/v1/me", headers=headers).status_code == 401
    assert proven_session(begun.token, now=MARCH) is None


def test_a_code_recovers_once(client: FlaskClient, someone: User, admin: dict[str, str]) -> None:
    username = someone.username
    _, issued = issue(client, someone, admin)

    assert recover(client, username, issued["code"])[0] == 204
    assert recover(client, username, issued["code"], "yet another horse 9") == (401, "recovery_refused")
    assert signs_in(client, username, NEW)


def test_a_code_is_good_for_a_day(client: FlaskClient, someone: User, admin: dict[str, str]) -> None:
    username = someone.username
    _, issued = issue(client, someone, admin)

    with clock.at(MARCH + VALID_FOR):
        assert recover(client, username, issued["code"]) == (401, "recovery_refused")
    with clock.at(MARCH + VALID_FOR - timedelta(seconds=1)):
        assert recover(client, username, issued["code"])[0] == 204


def test_a_new_code_voids_the_one_before(client: FlaskClient, someone: User, admin: dict[str, str]) -> None:
    username = someone.username
    first, second = issue(client, someone, admin)[1], issue(client, someone, admin)[1]

    assert recover(client, username, first["code"]) == (401, "recovery_refused")
    assert recover(client, username, second["code"])[0] == 204


def test_a_code_is_its_users_alone(client: FlaskClient, someone: User, admin: dict[str, str]) -> None:
    other = user_of(make_enterprise()).username
    _, issued = issue(client, someone, admin)

    assert recover(client, other, issued["code"]) == (401, "recovery_refused")


def test_unknown_user_wrong_code_and_inactive_user_are_answered_alike(
    client: FlaskClient, someone: User, admin: dict[str, str]
) -> None:
    username, user_id = someone.username, someone.id
    _, issued = issue(client, someone, admin)
    answers = [recover(client, "nobody-at-all", "AAAA-AAAA-AAAA-AAAA"), recover(client, username, "AAAA")]
    client.post(f"/api/v1/users/{user_id}/deactivation", headers=keyed(admin))
    answers.append(recover(client, username, issued["code"]))

    assert set(answers) == {(401, "recovery_refused")}


def test_guessing_codes_pauses(client: FlaskClient, someone: User, admin: dict[str, str]) -> None:
    username = someone.username
    _, issued = issue(client, someone, admin)
    guesses = [recover(client, username, f"AAAA-{n}")[0] for n in range(THROTTLE.by_user_and_address)]

    assert guesses == [401] * THROTTLE.by_user_and_address
    assert recover(client, username, issued["code"]) == (429, "sign_in_paused")
    assert recover(client, username, issued["code"], address="192.0.2.2")[0] == 204


def test_a_password_that_will_not_do_spends_nothing(client: FlaskClient, someone: User, admin: dict[str, str]) -> None:
    username = someone.username
    _, issued = issue(client, someone, admin)

    assert recover(client, username, issued["code"], "short") == (422, "new_password_refused")
    assert recover(client, username, issued["code"])[0] == 204


@pytest.mark.parametrize("reset", [False, True])
def test_the_app_stays_unless_the_administrator_said_otherwise(
    client: FlaskClient, someone: User, admin: dict[str, str], reset: bool
) -> None:
    user_id, username = someone.id, someone.username
    protect(someone, now=MARCH)
    _, issued = issue(client, someone, admin, reset_second_factor=reset)
    recover(client, username, issued["code"])

    assert (confirmed_factor(user_id) is None) is reset


def test_nobody_helps_himself(client: FlaskClient, admin: dict[str, str]) -> None:
    """Whoever found an administrator's browser open would get past password and code."""
    me = client.get("/api/v1/me", headers=admin).get_json()["user"]["id"]
    answer = client.post(f"/api/v1/users/{me}/recovery", json={}, headers=admin)

    assert (answer.status_code, answer.get_json()["code"]) == (403, "own_recovery")


def test_the_command_line_helps_the_only_administrator(app: Flask, client: FlaskClient) -> None:
    username = user_of(make_operator()).username
    printed = app.test_cli_runner().invoke(args=["users", "issue-recovery", username])
    unknown = app.test_cli_runner().invoke(args=["users", "issue-recovery", "nobody-at-all"])

    assert printed.exit_code == 0
    assert recover(client, username, printed.output.strip())[0] == 204
    assert unknown.exit_code == 1
