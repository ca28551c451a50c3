"""Whatever is sent, the answer is a problem document in both languages and never an unforeseen error."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.databases import Database, Server
from tests.support.edge import KINDS, edge_app

MEMBER = {"Authorization": "Bearer member-7"}
GUEST = {"Authorization": "Bearer guest-8"}
KEY = {"Idempotency-Key": "k1"}
WISH = {"topic": "chair", "amount_fen": 5}
BASE = "/api/v1/things"


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The document, checked for what every one has."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    document: dict[str, Any] = json.loads(response.data)
    assert document["code"] == code
    assert document["status"] == status
    assert document["type"] == "about:blank"
    assert document["title"] != document["title_en"]
    for reason in document["reasons"]:
        assert reason["text"] != reason["text_en"]
    return document


def faults(response: TestResponse) -> dict[str, str]:
    return {reason["field"]: reason["text_en"] for reason in problem(response, 422, "invalid_fields")["reasons"]}


@pytest.fixture(scope="module")
def web(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Asks the small application, on one database: what is refused leaves nothing behind."""
    database = server.clone(f"edge_{os.getpid()}")
    with edge_app(database.config(tmp_path_factory.mktemp("edge"))) as app:
        yield app.test_client()
    server.drop(database)


def send(web: FlaskClient, body: Any, **options: Any) -> TestResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return web.post(BASE, data=content, headers={**MEMBER, **KEY}, **{"content_type": "application/json", **options})


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("unauthenticated", 401),
        ("forbidden", 403),
        ("not_found", 404),
        ("conflict", 409),
        ("too_large", 413),
        ("refused", 422),
        ("busy", 503),
    ],
)
def test_each_kind_of_refusal_has_its_status(web: FlaskClient, code: str, status: int) -> None:
    """With what clients need to go on."""
    assert code in KINDS
    response = web.get(f"{BASE}/failures/{code}")
    problem(response, status, code)
    assert ("Retry-After" in response.headers) == (status == 503)
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


def test_who_is_nobody_and_who_may_not(web: FlaskClient) -> None:
    """401 without or with a bad token, 403 for another role; before anything is read."""
    problem(web.post(BASE, data=b"{", headers=KEY), 401, "unauthenticated")
    problem(web.post(BASE, data=b"{", headers={**GUEST, **KEY}), 403, "forbidden")
    for given in ("Bearer", "Bearer nonsense", "Basic YTpi", "Bearer member-7 x", "\u00e9 x", "Bearer \u00ff"):
        problem(web.get(BASE, headers={"Authorization": given}), 401, "token_refused")


def test_a_route_nobody_decided_about_is_closed(web: FlaskClient) -> None:
    """Denied by default, also to who is signed in."""
    problem(web.get("/api/v1/undecided"), 403, "route_undecided")
    problem(web.get("/api/v1/undecided", headers=MEMBER), 403, "route_undecided")


def test_addresses_and_methods(web: FlaskClient) -> None:
    """404 for what is not there, 405 with what is allowed."""
    problem(web.get("/api/v1/nothing"), 404, "not_found")
    problem(web.get(f"{BASE}/12", headers=MEMBER), 404, "not_found")
    response = web.put(BASE, headers=MEMBER)
    problem(response, 405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) >= {"GET", "POST"}


@pytest.mark.parametrize(
    "number", ["0", "-1", str(2**63), "9" * 30, "9" * 5000, "1e3", "１２", "%00", "%ED%A0%80", "1%0a"]
)
def test_numbers_in_a_path_that_are_no_record(web: FlaskClient, number: str) -> None:
    """404 or 400 however long or strange."""
    assert web.get(f"{BASE}/{number}", headers=MEMBER).status_code in {400, 404}


def test_every_fault_of_a_body_is_named_at_once(web: FlaskClient) -> None:
    """Missing, unknown, malformed and out of range, in both languages."""
    body = {
        "amount_fen": -1,
        "count": 1.5,
        "quantity": "1.234",
        "day": "2026-02-30",
        "at": "2026-03-01T10:00:00",
        "colour": "blue",
        "parent_id": 0,
        "surprise": 1,
    }
    found = faults(send(web, body))
    assert set(found) == {*body, "topic"}
    assert found["topic"] == "required"
    assert found["surprise"] == "unknown field"
    assert found["quantity"] == "at most 2 decimals"
    assert found["colour"] == "must be one of: red, green"


@pytest.mark.parametrize(
    "value",
    [
        *("a\x00b", "\x1b[31m", "\x85", "\ud800", "x\udfffy", "", "   ", "x" * 21, 5, None, [], {}, True),
        *("a\u202eb", "a\u200bb", "a\u2066b", "a\ufeffb", "\u200b", "\u3164", "\u3000\u2800"),
    ],
)
def test_text_that_cannot_be_kept(web: FlaskClient, value: Any) -> None:
    """NUL, control characters, lone surrogates, blank, too long, no text; what hides or turns text, or fills it."""
    assert set(faults(send(web, {**WISH, "topic": value}))) == {"topic"}


@pytest.mark.parametrize(
    "value", [1.0, "1.0", "", " 1", "٣", True, None, 10**15 + 1, 2**63, 10**4000, -1, [1], "0x1", "1_0", 1e300]
)
def test_money_that_is_no_whole_number_of_fen(web: FlaskClient, value: Any) -> None:
    """No float, not even a round one."""
    assert set(faults(send(web, {**WISH, "amount_fen": value}))) == {"amount_fen"}


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "1e999999", "1e-999999", "-0.01", "0.001", "x", "9" * 41, [], True]
)
def test_quantities_that_are_no_decimal_number(web: FlaskClient, value: Any) -> None:
    """Neither words nor numbers of a million digits."""
    assert set(faults(send(web, {**WISH, "quantity": value}))) == {"quantity"}


@pytest.mark.parametrize("field", ["day", "at"])
@pytest.mark.parametrize(
    "value", ["0001-01-01", "9999-12-31T23:59:59-23:59", "2026-13-01", "2026-3-1", "x", 5, [], "2026-03-01T25:00:00Z"]
)
def test_dates_and_instants_that_are_none(web: FlaskClient, field: str, value: Any) -> None:
    """Nor those no calendar of ours reaches."""
    assert set(faults(send(web, {**WISH, field: value}))) == {field}


@pytest.mark.parametrize("body", [[], "text", 5, None, [WISH]])
def test_a_body_that_is_no_object(web: FlaskClient, body: Any) -> None:
    """422, once."""
    assert len(problem(send(web, body), 422, "invalid_fields")["reasons"]) >= 1


def test_unknown_names_are_shown_even_if_they_are_no_text(web: FlaskClient) -> None:
    """A lone surrogate in a name must not break its own refusal."""
    response = send(web, b'{"topic": "chair", "amount_fen": 5, "\\ud800": 1}')
    assert len(problem(response, 422, "invalid_fields")["reasons"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"nonsense",
        b'{"topic": \xff}',
        b"\xff\xfe{\x00}\x00",
        b"[" * 10_000,
        b'{"amount_fen": ' + b"9" * 5000 + b"}",
    ],
)
def test_malformed_json(web: FlaskClient, body: bytes) -> None:
    """400 however deep or long; an empty body only lacks its fields."""
    if body:
        problem(send(web, body), 400, "body_unreadable")
    else:
        assert set(faults(send(web, body))) == {"topic", "amount_fen"}


def test_a_body_of_another_type_is_not_passed_over(web: FlaskClient) -> None:
    """415 instead of "required" for what was sent; a form may not be JSON either."""
    problem(send(web, WISH, content_type="text/plain"), 415, "body_type_refused")
    problem(web.post(f"{BASE}/papers", json=WISH, headers={**MEMBER, **KEY}), 415, "body_type_refused")


def test_a_request_over_the_limit(web: FlaskClient) -> None:
    """413 for the request as a whole and for one file in it."""
    problem(send(web, {"topic": "x" * 30_000}), 413, "request_too_large")
    form = {"kind": "contract", "file": (io.BytesIO(b"%PDF-" + b"x" * 2000), "a.pdf")}
    problem(web.post(f"{BASE}/papers", data=form, headers={**MEMBER, **KEY}), 413, "file_too_large")


def test_files_of_a_type_that_is_not_taken(web: FlaskClient) -> None:
    """By content; and a text where a file belongs is a field fault."""
    form = {"kind": "contract", "file": (io.BytesIO(b"MZ\x00\x00"), "a.pdf")}
    problem(web.post(f"{BASE}/papers", data=form, headers={**MEMBER, **KEY}), 415, "file_type_refused")
    found = faults(web.post(f"{BASE}/papers", data={"kind": "x", "file": "text"}, headers={**MEMBER, **KEY}))
    assert set(found) == {"file"}


def test_unknown_query_parameters_are_refused(web: FlaskClient) -> None:
    """Where a call takes some, and where it takes none."""
    assert set(faults(web.get(f"{BASE}?page=2"))) == {"page"}
    document = problem(web.get(f"{BASE}/1?full=1&deep=2", headers=MEMBER), 422, "query_unknown")
    assert [reason["field"] for reason in document["reasons"]] == ["deep", "full"]
    problem(web.get(f"{BASE}/1?full=1"), 401, "unauthenticated")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=" + "9" * 5000, "limit=", "cursor="])
def test_query_parameters_out_of_range(web: FlaskClient, query: str) -> None:
    """Named like fields."""
    assert set(faults(web.get(f"{BASE}?{query}"))) == {query.partition("=")[0]}


@pytest.mark.parametrize("address", ["?cursor=%00", "?%00=1", "/failures/a%00b"])
def test_nul_in_an_address(web: FlaskClient, address: str) -> None:
    """400 before anything else."""
    problem(web.get(f"{BASE}{address}"), 400, "unreadable_characters")


@pytest.mark.parametrize("value", ["x", "9" * 30, "-"])
def test_what_only_the_database_refuses(web: FlaskClient, value: str) -> None:
    """A value that no field caught is still the caller's fault and no error of ours."""
    problem(web.get(f"{BASE}/raw/{value}"), 422, "value_unstorable")


def test_a_lock_that_cannot_be_had_in_time(edge: Flask, database: Database) -> None:
    """503 with Retry-After, and afterwards all is well."""
    web = edge.test_client()
    with database.connect() as holder:
        holder.execute("SELECT 1 FROM worker_leader FOR UPDATE")
        response = web.get(f"{BASE}/locked")
        problem(response, 503, "busy")
        assert response.headers["Retry-After"] == "1"
    assert web.get(f"{BASE}/locked").status_code == 200


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("53100", 507, "storage_full"),
        ("53400", 507, "storage_full"),
        ("58030", 503, "storage_failing"),
        ("57014", 503, "busy"),
        ("XX000", 500, "internal_error"),
    ],
)
def test_what_the_database_could_not_do(web: FlaskClient, state: str, status: int, code: str) -> None:
    """A full disk, a limit of temporary files, a failing disk and a broken-off statement; all else is a fault."""
    response = web.get(f"{BASE}/states/{state}")
    problem(response, status, code)
    assert ("Retry-After" in response.headers) == (status == 503)


def test_an_unforeseen_error_tells_nothing(edge: Flask, database: Database) -> None:
    """500 with an identifier, without a trace of what went wrong."""
    web = edge.test_client()
    with database.connect() as owner:
        owner.execute("DROP TABLE outbox_event")
    response = web.get(BASE, headers={"X-Request-Id": "abc-1"})
    problem(response, 500, "internal_error")
    assert "outbox" not in response.text
    assert response.headers["X-Request-Id"] == "abc-1"


@pytest.mark.parametrize("given", ["x" * 65, "a b", "\u00e9", "<script>"])
def test_request_identifiers_are_ours_unless_plain(web: FlaskClient, given: str) -> None:
    """They come back in a header and stand in the log."""
    answered = web.get(BASE, headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert answered != given
    assert len(answered) == 16


def test_answers_are_not_kept_or_sniffed(web: FlaskClient) -> None:
    """Headers of every answer of the API, refusals included."""
    for response in (web.get(BASE), web.get("/api/v1/nothing")):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
