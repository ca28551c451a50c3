"""Registrations, reviews and sign-ins that race each other, with real commits."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from accounts.models import Organisation, SignInAttempt, User
from accounts.permissions import Role
from accounts.queries.invariants import INVARIANTS
from accounts.rules.users import THROTTLE
from core.db import session
from core.invariants import verify
from tests.factories.accounts import (
    headers_of,
    keyed,
    make_bureau,
    make_enterprise,
    make_uscc,
    make_user,
    membership,
    token_for,
    user_of,
)

API = "/api/v1"
CLIENTS = 12


def all_at_once(app: Flask, ask: Callable[[Any, int], Any], clients: int = CLIENTS) -> Counter[int]:
    """The statuses that as many clients get who ask at the same moment."""

    def one(number: int) -> int:
        with app.app_context():
            return int(ask(app.test_client(), number).status_code)

    session().commit()
    with ThreadPoolExecutor(clients) as pool:
        return Counter(pool.map(one, range(clients)))


def test_one_code_registers_once(committed_app: Flask) -> None:
    body = {
        "kind": "enterprise",
        "name": "某企业",
        "uscc": make_uscc(),
        "county": "371702",
        "legal_representative": "王某",
        "staff": 10,
        "revenue_fen": 1,
        "orderly_finances": True,
        "password": "long enough 1",
        "truthful": True,
    }
    statuses = all_at_once(
        committed_app,
        lambda client, n: client.post(f"{API}/memberships", json={**body, "username": f"firm-{n}"}, headers=keyed()),
    )

    assert statuses[201] == 1
    assert set(statuses) <= {201, 422, 503}
    assert session().scalar(select(func.count()).select_from(Organisation)) == 1
    assert session().scalar(select(func.count()).select_from(User)) == 1


def test_one_registration_is_decided_once(committed_app: Flask) -> None:
    pending = membership(make_enterprise("371702", approved=False)).id
    bureau = make_bureau("371700")
    reviewers = [headers_of(bureau), token_for(make_user(Role.CITY_BUREAU, bureau))]
    decisions = [{"decision": "approve"}, {"decision": "return", "defects": ["缺执照"]}]
    statuses = all_at_once(
        committed_app,
        lambda client, n: client.post(
            f"{API}/memberships/{pending}/review", json=decisions[n % 2], headers=keyed(reviewers[n % 2])
        ),
    )

    assert statuses == {201: 1, 409: CLIENTS - 1}
    assert verify(INVARIANTS) == []


def test_one_controller_takes_over_on_one_day(committed_app: Flask) -> None:
    organisation = make_enterprise("371702").id
    bureau = headers_of(make_bureau("371700"))
    statuses = all_at_once(
        committed_app,
        lambda client, n: client.post(
            f"{API}/organisations/{organisation}/controllers",
            json={"name": f"控制人{n}", "since": "2026-01-01", "source": "登记"},
            headers=keyed(bureau),
        ),
    )

    assert statuses == {201: 1, 409: CLIENTS - 1}
    assert verify(INVARIANTS) == []


def test_v12_cap_one_naming_of_a_firm_waits_at_a_time(committed_app: Flask) -> None:
    organisation = make_enterprise("371702").id
    bureau = headers_of(make_bureau("371700"))
    body = {"kind": "naming", "organisation_ids": [organisation], "effective_on": "2026-02-01", "evidence": "登记"}
    statuses = all_at_once(
        committed_app,
        lambda client, n: client.post(
            f"{API}/controller-changes", json={**body, "new_name": f"控制人{n}"}, headers=keyed(bureau)
        ),
    )

    assert statuses == {201: 1, 409: CLIENTS - 1}
    assert verify(INVARIANTS) == []


def test_parallel_guesses_are_counted_too(committed_app: Flask) -> None:
    username = user_of(make_enterprise()).username
    statuses = all_at_once(
        committed_app,
        lambda client, n: client.post(f"{API}/tokens", json={"username": username, "password": f"guess number {n}"}),
    )
    tried = session().scalar(select(func.count()).select_from(SignInAttempt))

    assert tried == statuses[401] <= THROTTLE.by_user_and_address
    assert set(statuses) <= {401, 429, 503}
