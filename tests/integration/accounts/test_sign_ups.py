"""Visitors may register, but not in floods; and whose address counts behind a proxy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from accounts.models import SignUp
from accounts.rules.sessions import KEPT
from accounts.rules.users import SIGN_UP_WINDOW, SIGN_UPS_PER_ADDRESS
from accounts.service import sessions
from core import clock
from core.config import BadSetting, Config
from core.db import transaction
from core.http import allow
from core.http.address import client_address
from core.permissions import everyone
from marketplace.app import create_app
from tests.factories.accounts import headers_of, keyed, make_incubator, make_uscc

MARCH = datetime(2026, 3, 2, 1, tzinfo=UTC)
HERE = "192.0.2.1"


@pytest.fixture
def register(client: FlaskClient) -> Callable[..., tuple[int, str]]:
    """Registers one more enterprise from an address."""

    def ask(address: str = HERE, **changed: Any) -> tuple[int, str]:
        body = {
            "kind": "enterprise",
            "name": "某企业",
            "uscc": make_uscc(),
            "county": "371702",
            "legal_representative": "王某",
            "staff": 10,
            "revenue_fen": 1,
            "orderly_finances": True,
            "username": f"firm-{make_uscc().lower()}",
            "password": "long enough 1",
            "truthful": True,
        }
        answer = client.post(
            "/api/v1/memberships",
            json=body | changed,
            headers=keyed(),
            environ_overrides={"REMOTE_ADDR": address},
        )
        return answer.status_code, answer.get_json().get("code", "")

    return ask


def seen(count: int, *, at: datetime = MARCH, address: str = HERE) -> None:
    """Registrations of the past hour."""
    with transaction() as current:
        current.add_all(SignUp(address=address, at=at) for _ in range(count))


def test_a_flood_of_registrations_from_one_address_is_stopped(register: Callable[..., tuple[int, str]]) -> None:
    seen(SIGN_UPS_PER_ADDRESS - 1)
    with clock.at(MARCH):
        assert register()[0] == 201
        assert register() == (429, "sign_up_paused")
        assert register("192.0.2.2")[0] == 201
    with clock.at(MARCH + SIGN_UP_WINDOW + timedelta(seconds=1)):
        assert register()[0] == 201


def test_a_refused_registration_does_not_count(register: Callable[..., tuple[int, str]]) -> None:
    seen(SIGN_UPS_PER_ADDRESS - 1)
    with clock.at(MARCH):
        assert register(truthful=False)[0] == 422
        assert register()[0] == 201


def test_an_incubator_registers_its_teams_without_that_bound(client: FlaskClient) -> None:
    """It is known, and answers for what it does."""
    incubator = headers_of(make_incubator())
    seen(SIGN_UPS_PER_ADDRESS, at=clock.now(), address="127.0.0.1")
    body = {"kind": "team", "name": "某团队", "rd_need": "测试", "truthful": True, "username": "team-of-many"}
    answer = client.post("/api/v1/memberships", json=body | {"password": "long enough 1"}, headers=keyed(incubator))

    assert answer.status_code == 201


def test_sign_ups_are_forgotten(app: Flask) -> None:
    seen(1)

    assert sessions.forget_sessions(now=MARCH + KEPT) == 0
    assert sessions.forget_sessions(now=MARCH + KEPT + timedelta(seconds=1)) == 1


# -- behind a proxy ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        ("0", "198.51.100.7", HERE),
        ("1", "198.51.100.7", "198.51.100.7"),
        ("1", "203.0.113.66, 198.51.100.7", "198.51.100.7"),
        ("2", "203.0.113.66, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        ("1", "", HERE),
    ],
)
def test_only_so_many_proxies_name_the_client(tmp_path: Path, proxies: str, forwarded: str, counted: str) -> None:
    """What a client writes into the header by itself counts for nothing."""
    config = Config.from_env({"VAR_DIR": str(tmp_path), "TRUSTED_PROXIES": proxies})
    app = create_app(config)
    app.add_url_rule("/address", view_func=allow(everyone)(lambda: f"{client_address()} {request.scheme}"))
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"} if forwarded else {}
    answer = app.test_client().get("/address", headers=headers, environ_overrides={"REMOTE_ADDR": HERE})
    scheme = "https" if forwarded and proxies == "1" else "http"

    assert answer.text == f"{counted} {scheme}"


@pytest.mark.parametrize("value", ["-1", "yes", "1.5"])
def test_the_number_of_proxies_is_a_number(tmp_path: Path, value: str) -> None:
    with pytest.raises(BadSetting, match="TRUSTED_PROXIES"):
        Config.from_env({"VAR_DIR": str(tmp_path), "TRUSTED_PROXIES": value})
