"""One key, one effect (invariant 13)."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from core.db import session
from tests.databases import Database

WISH = {"topic": "chair", "amount_fen": 5}
RACERS = 40


def post(app: Flask, body: Any = None, *, key: str | None = "k1", user: int = 7, path: str = "") -> TestResponse:
    """A request as a server would see it, in a context of its own."""
    headers = {"Authorization": f"Bearer member-{user}"} | ({} if key is None else {"Idempotency-Key": key})
    with app.app_context():
        return app.test_client().post(f"/api/v1/things{path}", json=WISH if body is None else body, headers=headers)


def effects() -> int:
    session().rollback()
    return session().scalar(text("SELECT count(*) FROM outbox_event")) or 0


@pytest.mark.parametrize("key", [None, "", " \t", "x" * 201, "钥", "a\x7fb"])
def test_without_a_usable_key_nothing_happens(edge: Flask, key: str | None) -> None:
    """400, and the sentence says what a key is."""
    response = post(edge, key=None if key is None else key.strip().encode().decode("latin-1"))
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["code"] == "idempotency_key_missing"
    assert effects() == 0


def test_a_repeated_call_gets_the_first_answer(edge: Flask) -> None:
    """Same status and body, marked as a replay, and no second effect."""
    first, second = post(edge), post(edge)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert first.content_type == second.content_type
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert effects() == 1


@pytest.mark.parametrize("changed", [{"topic": "table", "amount_fen": 5}, {"topic": "chair", "amount_fen": 6}])
def test_another_body_is_refused(edge: Flask, changed: dict[str, Any]) -> None:
    """409, and the first answer is still there."""
    first = post(edge)
    reused = post(edge, changed)
    assert reused.status_code == 409
    assert reused.json is not None
    assert reused.json["code"] == "idempotency_key_reused"
    assert post(edge).data == first.data
    assert effects() == 1


def test_another_address_is_refused(edge: Flask) -> None:
    """The same body elsewhere is another request."""
    post(edge)
    assert post(edge, path="/papers").status_code == 409


def test_a_refused_call_leaves_the_key_free(edge: Flask) -> None:
    """Refused by the service or by a field, with whatever body comes next."""
    assert post(edge, {"topic": "unwanted", "amount_fen": 5}).status_code == 422
    assert post(edge, {"topic": 5}).status_code == 422
    assert effects() == 0
    assert post(edge).status_code == 201
    assert effects() == 1


def test_two_users_may_use_the_same_key(edge: Flask) -> None:
    """Keys belong to who sends them."""
    assert post(edge, user=7).status_code == 201
    assert post(edge, {"topic": "table", "amount_fen": 1}, user=8).status_code == 201
    assert effects() == 2


def paper(app: Flask, content: bytes, *, kind: str = "contract", filename: str = "a.pdf") -> TestResponse:
    headers = {"Authorization": "Bearer member-7", "Idempotency-Key": "k1"}
    form = {"kind": kind, "file": (io.BytesIO(content), filename)}
    with app.app_context():
        return app.test_client().post("/api/v1/things/papers", data=form, headers=headers)


def test_forms_are_compared_by_content(edge: Flask) -> None:
    """A repeated form has another boundary and is the same; another file, field or name is not."""
    first = paper(edge, b"%PDF-1.7 one\n%%EOF")
    assert first.status_code == 201
    again = paper(edge, b"%PDF-1.7 one\n%%EOF")
    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true"
    assert paper(edge, b"%PDF-1.7 two\n%%EOF").status_code == 409
    assert paper(edge, b"%PDF-1.7 one\n%%EOF", kind="invoice").status_code == 409
    assert paper(edge, b"%PDF-1.7 one\n%%EOF", filename="b.pdf").status_code == 409
    assert session().scalar(text("SELECT count(*) FROM stored_file")) == 1


def race(app: Flask) -> list[TestResponse]:
    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(lambda _: post(app), range(RACERS)))


def test_forty_posts_with_one_key_have_one_effect(edge: Flask) -> None:
    """All get the answer of the one that did it; none may fail but by waiting too long."""
    answers = race(edge)
    assert effects() == 1
    done = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert len({answer.data for answer in done}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in done) == 1
    assert len(done) > RACERS // 2


def test_without_the_unique_key_several_posts_have_their_effect(edge: Flask, database: Database) -> None:
    """The counter-test: nothing but the primary key makes the others wait."""
    with database.connect(autocommit=True) as owner:
        owner.execute("ALTER TABLE idempotency_key DROP CONSTRAINT pk_idempotency_key")
    with database.connect() as gate, ThreadPoolExecutor(RACERS) as pool:
        gate.execute("LOCK TABLE outbox_event IN EXCLUSIVE MODE")
        racers = [pool.submit(post, edge) for _ in range(RACERS)]
        wait(racers, timeout=1)
        gate.commit()
        wait(racers)
    assert effects() > 1
