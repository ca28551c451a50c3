"""Setting up an authenticator app, signing in with it over the API, and taking it away again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts.models import RecoveryCode, SecondFactor, SignInAttempt, User
from accounts.queries.second_factors import protection
from accounts.rules.users import THROTTLE
from core import clock
from core.db import session
from tests.factories.accounts import PASSWORD, make_enterprise, token_for, user_of
from tests.support.apps import protect

MARCH = datetime(2026, 3, 2, 1, tzinfo=UTC)
ME = "/api/v1/me"


@dataclass
class Person:
    """A user with a token, asking the API in March."""

    client: FlaskClient
    user: User
    headers: dict[str, str]

    def post(self, path: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        answer = self.client.post(f"{ME}{path}", json=body, headers=self.headers)
        return answer.status_code, answer.get_json(silent=True) or {}

    def sign_in(self, otp: str | None = None, password: str = PASSWORD) -> tuple[int, str]:
        body = {"username": self.user.username, "password": password} | ({} if otp is None else {"otp": otp})
        answer = self.client.post("/api/v1/tokens", json=body, environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
        return answer.status_code, str(answer.get_json().get("code", ""))


@pytest.fixture
def person(client: FlaskClient) -> Iterator[Person]:
    with clock.at(MARCH):
        user = user_of(make_enterprise())
        yield Person(client, user, token_for(user))


def test_an_app_is_set_up_with_password_and_code(person: Person) -> None:
    _, started = person.post("/totp", {"password": PASSWORD})
    status, confirmed = person.post("/totp/confirmation", {"code": pyotp.TOTP(started["secret"]).at(MARCH)})

    assert started["uri"].startswith("otpauth://totp/")
    assert status == 201
    assert len(set(confirmed["recovery_codes"])) == 10
    assert protection(person.user.as_actor()).recovery_codes_left == 10
    assert person.sign_in() == (401, "code_needed")


def test_recovery_codes_are_kept_as_digests(person: Person) -> None:
    app = protect(person.user, now=MARCH)
    kept = session().scalars(select(RecoveryCode.digest)).all()

    assert len(kept) == 10
    assert all(code.replace("-", "").encode() not in digest for code in app.recovery_codes for digest in kept)


def test_an_app_counts_only_once_it_is_confirmed(person: Person) -> None:
    person.post("/totp", {"password": PASSWORD})
    wrong, answer = person.post("/totp/confirmation", {"code": "000000"})

    assert (wrong, answer["code"]) == (422, "code_refused")
    assert person.sign_in() == (201, "")


def test_beginning_again_gives_another_secret(person: Person) -> None:
    first = person.post("/totp", {"password": PASSWORD})[1]["secret"]
    second = person.post("/totp", {"password": PASSWORD})[1]["secret"]

    assert first != second
    assert person.post("/totp/confirmation", {"code": pyotp.TOTP(first).at(MARCH)})[0] == 422
    assert person.post("/totp/confirmation", {"code": pyotp.TOTP(second).at(MARCH)})[0] == 201


def test_an_app_in_use_must_be_removed_before_another_one(person: Person) -> None:
    protect(person.user, now=MARCH)

    assert person.post("/totp", {"password": PASSWORD})[1]["code"] == "second_factor_exists"
    assert person.post("/totp/confirmation", {"code": "000000"})[1]["code"] == "second_factor_exists"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/totp/confirmation", {"code": "000000"}),
        ("/totp/removal", {"password": PASSWORD, "code": "000000"}),
        ("/recovery-codes", {"password": PASSWORD}),
    ],
)
def test_without_an_app_there_is_nothing_to_do_with_it(person: Person, path: str, body: dict[str, str]) -> None:
    status, answer = person.post(path, body)

    assert (status, answer["code"]) == (409, "second_factor_missing")


def test_every_change_asks_for_the_password_again(person: Person) -> None:
    wrong = "wrong password"
    assert person.post("/totp", {"password": wrong})[1]["code"] == "password_wrong"
    app = protect(person.user, now=MARCH)

    assert person.post("/recovery-codes", {"password": wrong})[1]["code"] == "password_wrong"
    removal = person.post("/totp/removal", {"password": wrong, "code": app.code(MARCH)})
    assert removal[1]["code"] == "password_wrong"
    assert person.post("/totp/removal", {"password": PASSWORD, "code": "000000"})[1]["code"] == "code_refused"


def test_a_stolen_token_does_not_find_the_password(person: Person) -> None:
    """Wrong passwords for a change of the account count like those at signing in."""
    paths = ["/totp", "/password"]
    bodies = [{"password": "guess"}, {"present": "guess", "wanted": "another horse 8"}]
    answers = [person.post(paths[n % 2], bodies[n % 2])[0] for n in range(THROTTLE.by_user_and_address + 1)]

    assert answers == [422] * THROTTLE.by_user_and_address + [429]


def test_removed_by_password_and_code_the_app_is_forgotten(person: Person) -> None:
    app = protect(person.user, now=MARCH)
    status, _ = person.post("/totp/removal", {"password": PASSWORD, "code": app.code(MARCH)})

    assert status == 204
    assert session().scalar(select(func.count()).select_from(SecondFactor)) == 0
    assert session().scalar(select(func.count()).select_from(RecoveryCode)) == 0
    assert person.sign_in() == (201, "")


def test_new_recovery_codes_void_the_old_ones(person: Person) -> None:
    app = protect(person.user, now=MARCH)
    status, issued = person.post("/recovery-codes", {"password": PASSWORD})

    assert status == 201
    assert not set(issued["recovery_codes"]) & set(app.recovery_codes)
    assert person.sign_in(app.recovery_codes[0]) == (401, "sign_in_refused")
    assert person.sign_in(issued["recovery_codes"][0]) == (201, "")


# -- POST /tokens ------------------------------------------------------------------------------------


def test_the_api_gives_no_token_without_the_code(person: Person) -> None:
    telephone = protect(person.user, now=MARCH)

    assert person.sign_in() == (401, "code_needed")
    assert person.sign_in("000000") == (401, "sign_in_refused")
    assert person.sign_in(telephone.code(MARCH)) == (201, "")


def test_the_code_is_not_asked_for_before_the_password_is_right(person: Person) -> None:
    """Else anybody could find out who has set up an app."""
    telephone = protect(person.user, now=MARCH)

    assert person.sign_in(password="wrong password") == (401, "sign_in_refused")
    assert person.sign_in(telephone.code(MARCH), password="wrong password") == (401, "sign_in_refused")
    assert person.sign_in(telephone.code(MARCH)) == (201, "")


def test_a_code_gives_one_token(person: Person) -> None:
    code = protect(person.user, now=MARCH).code(MARCH)

    assert person.sign_in(code) == (201, "")
    assert person.sign_in(code) == (401, "sign_in_refused")


def test_a_recovery_code_gives_one_token(person: Person) -> None:
    code = protect(person.user, now=MARCH).recovery_codes[9]

    assert person.sign_in(code) == (201, "")
    assert person.sign_in(code) == (401, "sign_in_refused")
    assert protection(person.user.as_actor()).recovery_codes_left == 9


def test_missing_and_wrong_codes_pause_sign_in(person: Person) -> None:
    telephone = protect(person.user, now=MARCH)
    before = session().scalar(select(func.count()).select_from(SignInAttempt)) or 0
    answers = [person.sign_in("000000" if n % 2 else None)[0] for n in range(THROTTLE.by_user_and_address)]

    assert answers == [401] * THROTTLE.by_user_and_address
    assert session().scalar(select(func.count()).select_from(SignInAttempt)) == before + len(answers)
    assert person.sign_in(telephone.code(MARCH)) == (429, "sign_in_paused")


def test_who_has_no_app_may_give_any_code(person: Person) -> None:
    assert person.sign_in("123456") == (201, "")


def test_the_document_tells_of_the_code(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    answers = document["paths"]["/api/v1/tokens"]["post"]["responses"]

    assert "code_needed" in answers["401"]["x-codes"]
    assert "otp" in document["components"]["schemas"]["SignIn"]["properties"]
