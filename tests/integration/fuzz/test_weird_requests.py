"""Requests that no client of good will sends: each has its answer, and none is an unforeseen error."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from core import clock
from core.http.api import API_PREFIX, FORM, JSON
from tests.integration.access.cast import CAST, VISITOR
from tests.integration.access.table import Row, read_table
from tests.support.deal import MONDAY, PDF
from tests.support.isolation import rolled_back
from tests.support.world import World

CHANGES = {name: row for name, row in read_table().items() if row.method in ("POST", "PUT", "PATCH")}
LISTS = ["/instruments", "/claims", "/orders", "/payables", "/memberships", "/settlement-batches", "/services"]

DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
BODIES: dict[str, tuple[str, bytes, set[int]]] = {
    "no JSON": (JSON, b"{", {400}),
    "not UTF-8": (JSON, b"\xff\xfe{}", {400}),
    "nested without end": (JSON, DEEP, {400}),
    "a number of 5,000 digits": (JSON, b'{"a":' + b"9" * 5000 + b"}", {400}),
    "no object": (JSON, b"[1, 2]", {422}),
    "a bare word": (JSON, b"null", {422}),
    "unknown fields": (JSON, b'{"\\u0000": "\\ud800", "a": 1e400, "b": NaN}', {400, 422}),
    "text": ("text/plain", b"completed_on=2026-03-02", {415}),
    "XML": ("application/xml", b"<a/>", {415}),
    "no type at all": ("", b"{}", {415}),
    "a form without its boundary": (FORM, b"--x\r\n", {400, 415, 422}),
    "a form that breaks off": (
        f"{FORM}; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"',
        {400, 415, 422},
    ),
}
"""Content type, body, and the answers there may be where a body is taken."""


def send(world: World, row: Row, user: str, **options: Any) -> TestResponse:
    """A change asked for by a user, on records with the number 1."""
    path = _shape(row.rule).replace("*", "1")
    headers = {"Idempotency-Key": "weird"}
    if user != VISITOR:
        headers["Authorization"] = f"Bearer {world.token(user)}"
    app = world.client.app
    with rolled_back(app), clock.at(MONDAY), app.app_context():
        return app.test_client().open(f"{API_PREFIX}{path}", method=row.method, headers=headers, **options)


def a_caller(row: Row) -> str:
    """Somebody the route is open to; a visitor where it is open to no user, but to devices with keys of their own."""
    return next((user for user in reversed(CAST) if CAST[user] in row.roles), VISITOR)


@pytest.mark.parametrize("kind", BODIES)
def test_unreadable_bodies_have_one_answer_everywhere(world: World, kind: str) -> None:
    """On every route that takes a body: malformed, of another type, or refused by field; never passed over."""
    content_type, body, wanted = BODIES[kind]
    takers = _takers(world)
    for name, row in CHANGES.items():
        answer = send(world, row, a_caller(row), data=body, content_type=content_type)
        assert answer.status_code < 500, f"{name}: {answer.get_data(as_text=True)}"
        if name in takers:
            allowed = wanted | {415} if row.roles else {401}
            assert answer.status_code in allowed, f"{name}: {answer.status_code} {answer.get_data(as_text=True)}"
            assert answer.content_type == "application/problem+json"


def _takers(world: World) -> set[str]:
    """The operations that take JSON, all of whose unknown fields are refused."""
    app = world.client.app
    with app.app_context():
        document = app.test_client().get(f"{API_PREFIX}/openapi.json").get_json()
    found = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if isinstance(operation, dict) and JSON in operation.get("requestBody", {}).get("content", {}):
                found.add((method.upper(), _shape(path.removeprefix(API_PREFIX))))
    return {name for name, row in CHANGES.items() if (row.method, _shape(row.rule)) in found}


def _shape(path: str) -> str:
    """A path with its variables left blank, however they are written."""
    for opening, closing in ("<>", "{}"):
        while opening in path:
            before, _, rest = path.partition(opening)
            path = f"{before}*{rest.partition(closing)[2]}"
    return path


CURSORS = [
    "x",
    "💥",
    "=" * 200,
    "MTIz",
    "0" * 200,
    "-1",
    "a" * 201,
    "%FF",
    "MDAwMDAwMDA6OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
]


@pytest.mark.parametrize("path", LISTS)
def test_cursors_of_ones_own_making_are_refused(world: World, path: str) -> None:
    app = world.client.app
    headers = {"Authorization": f"Bearer {world.token('province')}"}
    with rolled_back(app), clock.at(MONDAY), app.app_context():
        for cursor in CURSORS:
            answer = app.test_client().get(f"{API_PREFIX}{path}", query_string={"cursor": cursor}, headers=headers)
            assert answer.status_code in (400, 422), f"{cursor}: {answer.get_data(as_text=True)}"
        for limit in ("0", "-1", "201", "1e3", "9" * 30, "", "NaN", "１"):
            answer = app.test_client().get(f"{API_PREFIX}{path}", query_string={"limit": limit}, headers=headers)
            assert answer.status_code == 422, f"{limit}: {answer.get_data(as_text=True)}"


NUMBERS = [
    "0",
    "-1",
    "9223372036854775808",
    "9" * 400,
    "1.0",
    "１",
    "%00",
    "1%00",
    "%ED%A0%80",
    "1e3",
    "+1",
    " 1",
    "abc",
]


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_what_is_no_number_names_no_record(world: World, number: str) -> None:
    """In a path: missing or malformed, for readers and for changes."""
    app = world.client.app
    headers = {"Authorization": f"Bearer {world.token('provider-jinan')}", "Idempotency-Key": "weird"}
    with rolled_back(app), clock.at(MONDAY), app.app_context():
        for kind in ("instruments", "services", "orders", "claims", "payables", "memberships", "shortfalls"):
            answer = app.test_client().get(f"{API_PREFIX}/{kind}/{number}", headers=headers)
            assert answer.status_code in (400, 404), f"{kind}: {answer.get_data(as_text=True)}"
        for path in (f"/orders/{number}/acceptance", f"/ledger/accounts/cap/organisation:1/{number}"):
            method = "POST" if path.startswith("/orders") else "GET"
            answer = app.test_client().open(f"{API_PREFIX}{path}", method=method, headers=headers)
            assert answer.status_code in (400, 404), f"{path}: {answer.get_data(as_text=True)}"


OWNERS = [
    "organisation:",
    "organisation:99999999999999999999",
    "x" * 5000,
    "%00",
    "organisation:１",
    ":",
    "🙂",
    "%ED%A0%80",
]


@pytest.mark.parametrize("owner", OWNERS, ids=range(len(OWNERS)))
def test_ledger_owners_of_ones_own_making_have_no_account(world: World, owner: str) -> None:
    app = world.client.app
    tokens = [world.token(user) for user in ("auditor", "sme-heze", "bureau-heze")]
    with rolled_back(app), clock.at(MONDAY), app.app_context():
        for token in tokens:
            headers = {"Authorization": f"Bearer {token}"}
            answer = app.test_client().get(f"{API_PREFIX}/ledger/accounts/cap/{owner}", headers=headers)
            assert answer.status_code in (400, 404), answer.get_data(as_text=True)


WORDS = ["\x00", "\ud800", "a\x00b", "\ufffe", "%", "_", "\\", "'", "🙂" * 100, "质" * 200, " ", "\u202e", "\x1b[31m"]


@pytest.mark.parametrize("word", WORDS, ids=ascii)
def test_any_word_may_be_looked_for(world: World, word: str) -> None:
    """In searches and filters: an answer, or a refusal of what no record can hold."""
    app = world.client.app
    headers = {"Authorization": f"Bearer {world.token('province')}"}
    raw = word.encode("utf-8", "surrogatepass")
    asked = "".join(f"%{byte:02X}" for byte in raw)
    with rolled_back(app), clock.at(MONDAY), app.app_context():
        for path in ("/instruments", "/services", "/organisations", "/controllers"):
            answer = app.test_client().get(f"{API_PREFIX}{path}?q={asked}", headers=headers)
            assert answer.status_code in (200, 400, 422), f"{path}: {answer.get_data(as_text=True)}"


DATES = [
    "0000-01-01",
    "9999-12-31",
    "2026-02-30",
    "2026-3-2",
    "20260302",
    "2026-03-02T00:00:00Z",
    "",
    "2199-12-31",
    "x",
]


@pytest.mark.parametrize("day", DATES)
def test_days_at_the_ends_of_time_are_answered(world: World, day: str) -> None:
    """Wherever a day comes in, far or malformed ones are refused or judged, not stumbled over."""
    app = world.client.app
    ids = world.ids
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("provider-jinan", f"/orders/{ids['delivered order']}/completion", {"completed_on": day}),
        ("provider-jinan", f"/orders/{ids['contracted order']}/payment", {"paid_on": day}),
        ("finance-maker", "/settlement-batches", {"cutoff": day}),
        ("bureau-heze", f"/adverse-records/{ids['adverse record']}/ending", {"until": day, "source": "x"}),
        (
            "bureau-heze",
            f"/organisations/{ids['waiting organisation']}/controllers",
            {"name": "x", "since": day, "source": "x"},
        ),
        ("province", "/spot-checks", {"confirmed_from": "2026-03-01", "confirmed_to": day, "size": 1, "reason": "x"}),
        ("provider-jinan", "/instruments", {"name": "x", "accepted_on": day, "changed_on": day}),
        (
            "provider-jinan",
            f"/instruments/{ids['published instrument']}/reported-changes",
            {"kind": "moved", "changed_on": day, "note": "x"},
        ),
    ]
    for user, path, body in asked:
        headers = {"Authorization": f"Bearer {world.token(user)}", "Idempotency-Key": "weird"}
        with rolled_back(app), clock.at(MONDAY), app.app_context():
            answer = app.test_client().post(f"{API_PREFIX}{path}", json=body, headers=headers)
        assert answer.status_code in (201, 409, 422), f"{path}: {answer.status_code} {answer.get_data(as_text=True)}"


INSTANTS = [
    "2199-12-31T23:59:59+00:00",
    "1900-01-01T00:00:00+14:00",
    "2026-03-10T09:00:00",
    "2026-03-10T09:00:00+99:00",
    "x",
]


@pytest.mark.parametrize("instant", INSTANTS)
def test_instants_at_the_ends_of_time_are_answered(world: World, instant: str) -> None:
    app = world.client.app
    ids = world.ids
    headers = {"Authorization": f"Bearer {world.token('provider-jinan')}", "Idempotency-Key": "weird"}
    instrument = f"{API_PREFIX}/instruments/{ids['published instrument']}"
    with rolled_back(app), clock.at(MONDAY), app.app_context():
        for bounds in (
            {"starts_at": instant, "ends_at": "2199-12-31T23:59:59+00:00"},
            {"starts_at": "1900-01-02T00:00:00+00:00", "ends_at": instant},
        ):
            answer = app.test_client().post(f"{instrument}/closures", json=bounds, headers=headers)
            assert answer.status_code in (201, 409, 422), answer.get_data(as_text=True)
            window = {"from": bounds["starts_at"], "to": bounds["ends_at"]}
            answer = app.test_client().get(f"{instrument}/availability", query_string=window)
            assert answer.status_code in (200, 422), answer.get_data(as_text=True)
            search = {"free_from": bounds["starts_at"], "free_to": bounds["ends_at"]}
            assert app.test_client().get(f"{API_PREFIX}/instruments", query_string=search).status_code in (200, 422)
        only = app.test_client().get(f"{instrument}/availability", query_string={"from": instant})
        assert only.status_code in (200, 422), only.get_data(as_text=True)


def test_files_with_weird_names_are_kept_under_tame_ones(world: World) -> None:
    """Nothing but an ending, far too much, or quotes; paths and control characters are refused."""
    app = world.client.app
    path = f"/claims/{world.ids['draft claim']}/materials"
    for filename in ("../../etc/passwd", "a\x01b.pdf"):
        with rolled_back(app), clock.at(MONDAY):
            refused = world.client.upload("provider-jinan", path, PDF, filename, kind="other", expect=422)
        assert refused["code"] == "file_name_refused"
    for filename in ("名" * 500 + ".pdf", ".pdf", '"; x="y.pdf'):
        with rolled_back(app), clock.at(MONDAY):
            made = world.client.upload("provider-jinan", path, PDF, filename, kind="other")
        assert "/" not in made["filename"]
        assert "\\" not in made["filename"]
        assert made["filename"].isprintable()
        assert 0 < len(made["filename"]) <= 200


def test_a_part_of_a_form_without_a_name_is_an_unknown_field(world: World) -> None:
    parts = 'name="kind"\r\n\r\nlicence', "\r\n\r\nnameless", 'filename="a.pdf"\r\n\r\nnameless file'
    body = "".join(f"--x\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--x--\r\n"
    row = CHANGES["POST /memberships/<int:membership_id>/documents"]
    answer = send(world, row, "sme-heze-waiting", data=body.encode(), content_type=f"{FORM}; boundary=x")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_fields")


def test_what_a_reviewer_should_look_at_speaks_both_languages(world: World) -> None:
    """The notes on a registration, as the contract describes reasons."""
    app = world.client.app
    token = world.token("bureau-heze")
    with rolled_back(app), clock.at(MONDAY), app.app_context():
        path = f"{API_PREFIX}/memberships/{world.ids['suspended membership']}"
        shown = app.test_client().get(path, headers={"Authorization": f"Bearer {token}"}).get_json()
    assert [note["code"] for note in shown["notes"]] == ["adverse_records_on_file"]
    assert [note["article"] for note in shown["notes"]] == ["V8(2)"]
    assert all(note["text"] and note["text_en"] and note["text"] != note["text_en"] for note in shown["notes"])
