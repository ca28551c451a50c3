"""Every route is decided upon and tried by everybody: own, of a foreign organisation, of a foreign city (V5, V6)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from accounts.queries.interests import OFFICERS as DECIDING
from core import clock
from core.db import transaction
from core.http import ALLOWED
from core.http.api import API_PREFIX
from core.pages import Pages
from core.pages.assets import asset_url
from core.permissions import Permission
from marketplace.demo.province import demo_uscc
from tests.integration.access.cast import CAST, VISITOR
from tests.integration.access.table import Row, Trial, read_table
from tests.support.bank import Entry, camt_of
from tests.support.deal import MONDAY, PDF
from tests.support.hostile import JPEG
from tests.support.invoices import Paper, xml_of
from tests.support.isolation import rolled_back
from tests.support.world import World

NEVER_GIVEN = 999_999_999
"""The number of no record."""
ROWS = read_table()
OUTSIDERS = list({role: user for user, role in reversed(CAST.items())}.values())
"""One of each role: whom a route is not open to is turned away before it is known whose record it is."""
OWN = {
    "POST /tokens",
    "POST /memberships",
    "POST /recovery",
    "DELETE /tokens/current",
    "POST /me/password",
    "POST /me/mail",
    "POST /me/mail/confirmation",
    "POST /notices/readings",
    "POST /notices/<int:notice_id>/reading",
    "DELETE /me/sessions/<int:session_id>",
    "POST /me/totp",
    "POST /me/totp/confirmation",
    "POST /me/totp/removal",
    "POST /me/recovery-codes",
    "POST /gateway-webhooks/stripe",
    "POST /disclosure-applications",
    "POST /disclosure-applications/<int:application_id>/withdrawal",
    "POST /saved-searches",
    "PATCH /saved-searches/<int:saved_search_id>",
    "POST /saved-searches/<int:saved_search_id>/pause",
    "POST /saved-searches/<int:saved_search_id>/resumption",
    "DELETE /saved-searches/<int:saved_search_id>",
}
"""What everybody may change about the own account, keep or ask for, and what is believed for its signature alone."""
MONEY = re.compile(
    r"/(funds|payables|settlement-|shortfalls|clawbacks|payment-stops|payments|payment-refunds|disputes|gateway-account"
    r"|bank-statements|statement-gaps|suspense-entries|ledger|claims|orders|quotes)"
)


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Every method of every route: its name in the table, and its endpoint."""
    for rule in app.url_map.iter_rules():
        if isinstance(app.blueprints.get(rule.endpoint.rpartition(".")[0]), Pages):
            continue  # pages have a table of their own: tests/integration/pages
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.rule.removeprefix(API_PREFIX)}", rule.endpoint


def test_the_table_has_every_route_and_no_other(world: World) -> None:
    """A new route without a decision fails here, and so does a decision without its route."""
    found = {name for name, _ in routes(world.client.app)}
    assert found == set(ROWS)


def test_every_route_names_its_permission(world: World) -> None:
    """Deny by default: what has no permission is closed."""
    app = world.client.app
    for name, endpoint in routes(app):
        assert isinstance(getattr(app.view_functions[endpoint], ALLOWED, None), Permission), name


def test_v5_a_delegated_agency_decides_nothing() -> None:
    """It may change nothing but its own account, its ties, and what it prepares: summaries, cases, opinions."""
    changes = {name for name, row in ROWS.items() if row.method != "GET" and "delegated_agency" in row.roles}
    assert changes == OWN | {
        "POST /review-summaries",
        "POST /claims/<int:claim_id>/assignment",
        "POST /claims/<int:claim_id>/release",
        "POST /claims/<int:claim_id>/opinions",
        "POST /interests",
        "POST /interests/<int:interest_id>/end",
    }


def test_an_administrator_has_accounts_only_and_no_money() -> None:
    """DESIGN, who uses it: no route that reads or moves money, claims or orders is open to it."""
    assert [name for name, row in ROWS.items() if MONEY.search(row.rule) and "admin" in row.roles] == []


@pytest.mark.parametrize("role", ["auditor", "city_finance"])
def test_readers_change_nothing(role: str) -> None:
    """An auditor and a city's finance bureau read."""
    assert {name for name, row in ROWS.items() if row.method != "GET" and role in row.roles} == OWN


def test_v6_an_auditor_and_a_citys_offices_read_what_the_province_reads() -> None:
    """Lists of people's and the public's money are open to the auditor and, cut to their city, to its offices.

    What officers who decide declare of themselves and prepare among themselves is not for those who only read, nor what
    they draft as an answer.
    """
    of_the_whole_province = {
        "/settlement-batches",
        "/bank-statements",
        "/paying-accounts",
        "/statement-gaps",
        "/suspense-entries",
        "/ledger/trial-balance",
        "/spot-checks",
        "/users",
        "/instrument-imports",
        "/quotes",
        "/referrals",
        "/secrecy-exemptions",
        "/unmet-needs",
    }
    among_officers = {
        "GET /interests",
        "GET /review-phrases",
        "GET /claims/<int:claim_id>/cases",
        "GET /claims/<int:claim_id>/opinions",
    }
    drafts = {"GET /disclosure-applications/<int:application_id>/sheet"}
    for name, row in ROWS.items():
        if row.method == "GET" and "province" in row.roles and name not in drafts:
            assert "auditor" in row.roles, name
            if name in among_officers:
                assert "city_finance" not in row.roles, name
            elif not any(row.rule.startswith(prefix) for prefix in of_the_whole_province):
                assert "city_finance" in row.roles, name


LISTS = {
    "/adverse-record-imports": "/adverse-record-imports/{}",
    "/appeals": "/appeals/{}",
    "/claims": "/claims/{}",
    "/clawbacks": "/clawbacks/{}",
    "/credit-invoices": "/credit-invoices/{}",
    "/documents": "/documents/{}",
    "/figures-renewals": "/figures-renewals/{}",
    "/findings": "/findings/{}",
    "/funds": "/funds/{}",
    "/inspections": "/inspections/{}",
    "/instrument-imports": "/instrument-imports/{}",
    "/member-changes": "/member-changes/{}",
    "/memberships": "/memberships/{}",
    "/misconduct-decisions": "/misconduct-decisions/{}",
    "/orders": "/orders/{}",
    "/organisations": "/organisations/{}",
    "/payables": "/payables/{}",
    "/payment-stops": "/payment-stops/{}",
    "/payments": "/payments/{}",
    "/quotes": "/quotes/{}",
    "/residences": "/residences/{}",
    "/review-summaries": "/review-summaries/{}",
    "/settlement-batches": "/settlement-batches/{}",
    "/secrecy-exemptions": "/secrecy-exemptions/{}",
    "/duplicate-purchase-reviews": "/duplicate-purchase-reviews/{}",
    "/shortfalls": "/shortfalls/{}",
    "/spot-checks": "/spot-checks/{}",
}
"""Lists whose items are the reader's own scope, and where one of them is opened."""


@pytest.mark.parametrize("path", LISTS)
def test_a_list_shows_exactly_what_its_reader_may_open(world: World, path: str) -> None:
    """V6: nothing foreign is listed, and nothing that may be opened is left out."""
    readers = {user: world.token(user) for user in ROWS[f"GET {path}"].users if user != VISITOR}
    with rolled_back(world.client.app), clock.at(MONDAY):
        listed = {user: _listed(world, token, path) for user, token in readers.items()}
        known = set().union(*listed.values())
        for user, token in readers.items():
            opened = {number for number in known if _get(world, token, LISTS[path].format(number)).status_code == 200}
            assert listed[user] == opened, user


def _listed(world: World, token: str, path: str) -> set[int]:
    page = _get(world, token, f"{path}?limit=200").get_json()
    assert page["next_cursor"] is None
    return {each["id"] for each in page["items"]}


def _get(world: World, token: str, path: str) -> TestResponse:
    app = world.client.app
    with app.app_context():
        return app.test_client().get(f"{API_PREFIX}{path}", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("name", ROWS)
def test_access(world: World, name: str) -> None:
    """Everybody tries the route on records of the world; each trial is rolled back."""
    row = ROWS[name]
    tries = [(row.trials[0], user) for user in OUTSIDERS if CAST[user] not in row.roles]
    tries += [(trial, user) for trial in row.trials for user in CAST if CAST[user] in row.roles]
    faults = [fault for trial, user in tries for fault in _faults(world, row, trial, user)]
    assert not faults, "\n".join(faults)


def _faults(world: World, row: Row, trial: Trial, user: str) -> Iterator[str]:
    answer = _ask(world, row, trial, user)
    wanted = _wanted(row, trial, user)
    if wanted == "missing":
        fault = _differs_from_missing(world, row, trial, user, answer)
    elif isinstance(wanted, int):
        fault = "" if answer.status_code == wanted else f"not {wanted}"
    elif wanted == "through":
        fault = _unreasoned(row, trial, answer) if answer.status_code < 300 else "not let through"
    else:
        status = 401 if user == VISITOR else 403
        fault = "" if (answer.status_code, _code(answer)) == (status, wanted) else f"not {status} {wanted}"
    if fault:
        yield f"{user}: {fault}: {answer.status_code} {answer.get_data(as_text=True)[:300]}"


def test_v17_an_officer_decides_and_enters_nothing_about_those_he_is_tied_to(world: World) -> None:
    """Whatever an officer gets done on a member's record is refused once he declared a tie to the members.

    A new route needs no trial of its own: it is among them by its row, which otherwise says why it is about nobody.
    """
    faults = []
    for name, row in ROWS.items():
        if row.method == "GET" or name in OWN or row.about_nobody is not None:
            continue
        for trial, user in [(each, user) for each in row.trials for user in sorted(each.through & OFFICERS)]:
            answer = _ask(world, row, trial, user, before=partial(_declare_ties_to_all, user))
            if (answer.status_code, _code(answer)) != (403, "conflict_of_interest"):
                faults.append(f"{name}: {user}: {answer.status_code} {answer.get_data(as_text=True)[:200]}")
    assert not faults, "\n".join(faults)


OFFICERS = frozenset(user for user, role in CAST.items() if role in {str(each) for each in DECIDING})


def _declare_ties_to_all(username: str) -> None:
    with transaction() as current:
        current.execute(
            text(
                "INSERT INTO user_interest (user_id, organisation_id, name, kind, since, note, entered_by, entered_at,"
                " void_reason)"
                " SELECT u.id, o.id, o.name, 'employer', DATE '2015-07-01', '', u.id, :now, ''"
                " FROM user_account u, organisation o"
                " WHERE u.username = :username AND o.kind IN ('enterprise', 'team', 'incubator', 'provider')"
            ),
            {"username": username, "now": clock.now()},
        )


def _unreasoned(row: Row, trial: Trial, answer: TestResponse) -> str:
    """What a decision of an office lacks: reasons with article, both languages and inputs, and what its body said."""
    if not row.decides:
        return ""
    grounds = [ground for each in _records(answer, under=row.reasons_under) for ground in each.get("reasons", [])]
    if not grounds:
        return "decided without reasons"
    for each in grounds:
        if not each["article"] or not CHINESE.search(each["text"]) or not each["text_en"] or not each["inputs"]:
            return f"a reason that lacks something: {each}"
    said = [value for name, value in {**(trial.send or {}), **(trial.form or {})}.items() if name in SAID]
    told = " ".join(each["text"] for each in grounds)
    return "".join(f"its reasons do not tell {each!r}" for each in said if each not in told)


SAID = {"opinion", "why", "reason", "cause", "note", "grounds", "source", "reference"}
"""What a body says in words; each of it is found in the reasons."""
CHINESE = re.compile("[\u4e00-\u9fff]")


def _records(answer: TestResponse, *, under: str | None) -> list[dict[str, Any]]:
    body = answer.get_json()
    found = body if isinstance(body, list) else [body]
    return found if under is None else [each[under] for each in found]


def _wanted(row: Row, trial: Trial, user: str) -> str | int:
    """What the table says of a user: through, missing, a status, or the code of a refusal."""
    if CAST[user] not in row.roles or (user == VISITOR and user in trial.refused):
        return "unauthenticated" if user == VISITOR else "forbidden"
    if user in trial.instead:
        return trial.instead[user]
    if user in trial.through:
        return "through"
    return trial.refused.get(user, "missing")


def _differs_from_missing(world: World, row: Row, trial: Trial, user: str, answer: TestResponse) -> str:
    """V6: word for word, a foreign record answers like a number that was never given."""
    missing = _ask(world, row, trial, user, never_given=True)
    if answer.status_code not in (404, 422) or missing.status_code != answer.status_code:
        return f"not missing ({missing.status_code})"
    return "" if _wordless(answer) == _wordless(missing) else f"other than missing: {missing.get_data(as_text=True)}"


def _wordless(answer: TestResponse) -> str:
    """The body without the numbers that were asked for."""
    return re.sub(r"\d+", "#", answer.get_data(as_text=True))


def _code(answer: TestResponse) -> str:
    return str((answer.get_json() or {}).get("code"))


def _ask(
    world: World,
    row: Row,
    trial: Trial,
    user: str,
    *,
    never_given: bool = False,
    before: Callable[[], None] | None = None,
) -> TestResponse:
    filling = _Filling(world, never_given=never_given)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(filling.at(trial.at.get(found[1], "=1"))), row.rule)
    prefix = "" if path in OUTSIDE or path.startswith("/assets/") else API_PREFIX
    options: dict[str, Any] = {"headers": {"Idempotency-Key": "access"}, "query_string": trial.query}
    if user != VISITOR:
        options["headers"]["Authorization"] = f"Bearer {world.token(user)}"
    if trial.file is not None:
        options["data"] = {**filling.body(trial.form or {}), "file": filling.file(trial.file)}
    elif row.method in ("POST", "PUT", "PATCH"):
        options["json"] = filling.body(trial.send or {})
    app = world.client.app
    with rolled_back(app), clock.at(MONDAY), app.app_context():
        if before is not None:
            before()
        return app.test_client().open(f"{prefix}{path}", method=row.method, **options)


OUTSIDE = {"/", "/healthz", "/readyz", "/metrics"}


class _Filling:
    """What stands for the names of records: their numbers, or one that was never given."""

    def __init__(self, world: World, *, never_given: bool) -> None:
        self.world = world
        self.never_given = never_given

    def number(self, name: str) -> int:
        return NEVER_GIVEN if self.never_given else self.world.ids[name]

    def at(self, value: Any) -> Any:
        """A variable of the path: a record's name, after = a text with records' names in braces, after =@ an asset."""
        if not str(value).startswith("="):
            return self.number(value)
        if str(value).startswith("=@"):
            return self.asset(value[2:])
        return re.sub(r"\{([^}]+)\}", lambda found: str(self.number(found[1])), str(value)[1:])

    def asset(self, name: str) -> str:
        with self.world.client.app.test_request_context():
            return asset_url(name).removeprefix("/assets/")

    def body(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.body(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.body(each) for each in value]
        if value == "$password":
            return self.world.client.default_password
        if value == "$recovery":
            return self.world.recovery
        if value == "$uscc":
            return demo_uscc(99)
        return self.number(value[1:]) if isinstance(value, str) and value.startswith("$") else value

    def file(self, kind: str) -> tuple[io.BytesIO, str]:
        content, filename = {
            "pdf": (PDF, "file.pdf"),
            "photo": (JPEG, "photo.jpg"),
            "invoice": (xml_of(Paper()), "invoice.xml"),
            "credit invoice": (xml_of(Paper().red("26370000000000009001")), "credit.xml"),
            "adverse list": ("统一社会信用代码,列入日期\n91370000DEM0000010,2026-01-05\n".encode(), "list.csv"),
            "table": ("外部编号,仪器名称\nA1,光谱仪\n".encode(), "list.csv"),
            "bank return": (self.world.returned, "return.csv"),
            "bank statement": (camt_of([Entry(1, reference="NEW")], day=MONDAY.date()), "statement.xml"),
        }[kind]
        return io.BytesIO(content), filename
