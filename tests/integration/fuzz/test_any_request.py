"""Whatever is sent, in and out of the contract, by whomever: never a 5xx but 503 with Retry-After.

Requests are made by schemathesis from the OpenAPI document, and tried on a province in which there is a record of every
kind in every state, so that they reach the code behind the schemas. Each is rolled back, so that none hides another.
`FUZZ_EXAMPLES` says how many requests of each kind every operation gets, `FUZZ_SEED` where they begin.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from accounts.queries import actor_of
from core import clock
from core.http import ALLOWED
from core.http.api import API_PREFIX
from core.http.idempotent import HEADER
from core.permissions import Permission, nobody
from tests.support.deal import MONDAY
from tests.support.isolation import rolled_back
from tests.support.world import World

pytestmark = pytest.mark.slow

AnyCase = Case[Any]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
SEED = int(os.environ.get("FUZZ_SEED", "20260302"))
MOST_RECORDS = 12
"""Path numbers are mostly drawn from 1 to this: there are records with them."""
MOSTLY = st.sampled_from([True, True, True, True, False])
CHINESE = re.compile("[\u4e00-\u9fff]")
CONFORMS = [status_code_conformance, content_type_conformance, response_schema_conformance]

USERS = [
    "sme-heze",
    "incubator-weifang",
    "provider-jinan",
    "bureau-heze",
    "bureau-jinan",
    "province",
    "finance-maker",
    "finance-checker",
    "auditor",
    "admin",
]
"""Who sends, besides visitors: users whose roles together may call every route."""


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: str(mode.value))
def test_no_request_meets_an_unforeseen_error(world: World, mode: GenerationMode) -> None:
    """Every answer is one the OpenAPI document names, with a body as described, and errors are in both languages."""
    app = world.client.app
    document = app.test_client().get(f"{API_PREFIX}/openapi.json").get_json()
    permissions = _permissions(app)
    faults: list[str] = []
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok), "the document describes an operation that cannot be understood"
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not (any(operation.iter_parameters()) or operation.body):
            continue  # nothing is sent to it that could be out of the contract
        senders = _senders(world, permissions[f"{operation.method.upper()} {operation.path}"])
        _try(operation, world=world, senders=senders, mode=mode, faults=faults)
    assert not faults, "\n".join(faults)


def _permissions(app: Flask) -> dict[str, Permission]:
    """The permission of every operation, by method and path as the OpenAPI document writes it."""
    found: dict[str, Permission] = {}
    for rule in app.url_map.iter_rules():
        path = re.sub("<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule)
        for method in rule.methods or ():
            found[f"{method} {path}"] = getattr(app.view_functions[rule.endpoint], ALLOWED, nobody)
    return found


def _senders(world: World, allowed: Permission) -> list[str | None]:
    """Those the operation is open to; that all others are turned away is what the access tests are about."""
    with world.client.app.app_context():
        users: list[str | None] = [user for user in USERS if allowed(actor_of(user))]
    return users if 0 < len(users) < len(USERS) else [None, *users]


def _try(
    operation: Any, *, world: World, senders: Sequence[str | None], mode: GenerationMode, faults: list[str]
) -> None:
    """Send what schemathesis thinks up, mostly to records that are there, and note every answer that is at fault."""

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        user=st.sampled_from(senders),
        number=st.integers(1, MOST_RECORDS),
        known=MOSTLY,
        proper=MOSTLY,
    )
    def send(case: Case[Any], user: str | None, number: int, *, known: bool, proper: bool) -> None:
        if known:
            case.path_parameters |= {name: number for name in case.path_parameters if name.endswith("_id")}
        if proper:
            case.headers[HEADER] = "fuzz"
        if user is not None and (proper or known):
            case.headers["Authorization"] = f"Bearer {world.token(user)}"
        faults.extend(_faults(case, world.client.app))

    send()


def _faults(case: Case[Any], app: Flask) -> list[str]:
    with rolled_back(app), clock.at(MONDAY):
        response = case.call(app=app, base_url="http://localhost")
    answered = response.content[:400].decode(errors="replace")
    sent = f"{case.method} {case.path} {case.as_curl_command()[:800]}\n  answered {response.status_code} {answered}"
    return [f"{fault}\n  {sent}" for fault in [_fault(response, case), *_contract_faults(case, response)] if fault]


def _fault(response: Response, case: Case[Any]) -> str:
    status = response.status_code
    if status >= 500 and not (status == 503 and "retry-after" in response.headers):
        return "unforeseen error"
    if status < 400 or status == 405:
        return ""
    problem = response.json()
    documented = case.operation.definition.raw["responses"].get(str(status), {}).get("x-codes", [])
    if problem["code"] not in documented:
        return f"{problem['code']} is not documented"
    shown = [problem["title"], *(reason["text"] for reason in problem["reasons"])]
    return "".join(f"no Chinese: {text}" for text in shown if not CHINESE.search(text))


def _contract_faults(case: Case[Any], response: Response) -> list[str]:
    """What schemathesis has to say about status, content type and body; other methods are not of the document."""
    if response.status_code == 405:
        return []
    try:
        case.validate_response(response, checks=CONFORMS)
    except FailureGroup as failures:
        return [f"{failure.title}: {failure.message}"[:600] for failure in failures.exceptions]
    return []
