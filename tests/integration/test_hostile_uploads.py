"""Hostile bodies at every door that takes a file: refused by the edge before they are read, or by their content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from core import clock
from core.db import session
from core.files import StoredFile
from core.http.edge import MAX_TEXT_BYTES
from marketplace.app import MAX_FORM_PARTS
from marketplace.demo.client import DemoClient
from tests.support import hostile
from tests.support.deal import MONDAY
from tests.support.hostile import HUNDRED_MB, MB, Endless, memory_below
from tests.support.isolation import rolled_back
from tests.support.world import World

BOUNDARY = "x"
LAB = "provider-jinan"
HEAD = (
    b"--x\r\nContent-Disposition: form-data; name=kind\r\n\r\nother\r\n"
    b"--x\r\nContent-Disposition: form-data; name=file; filename=a.pdf\r\n\r\n%PDF-1.7\n"
)
SCANS = ("PDF and ZIP", "path in the name", "program behind a document")
"""What pretends to be a PDF or a picture."""
DOCUMENTS = ("entity bomb", "ratio bomb", "entry that climbs", *SCANS)


@pytest.fixture
def client(world: World) -> Iterator[DemoClient]:
    """Everybody in the world, on Monday 2026-03-02; rolled back at the end."""
    world.token(LAB)
    with rolled_back(world.client.app), clock.at(MONDAY):
        yield world.client


def send(client: DemoClient, world: World, path: str, body: Endless, user: str | None, **options: Any) -> TestResponse:
    headers = {"Idempotency-Key": "k"}
    if user is not None:
        headers["Authorization"] = f"Bearer {world.token(user)}"
    with client.app.app_context():
        return client.app.test_client().post(f"/api/v1{path}", input_stream=body, headers=headers, **options)


FORM = {"content_type": f"multipart/form-data; boundary={BOUNDARY}"}
CHUNKED = {"environ_overrides": {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}}
"""As granian hands on a body without a stated length."""


def test_a_hundred_megabytes_with_their_length_are_not_read(client: DemoClient, world: World) -> None:
    """Of a form, of JSON; and nothing at all of what a stranger sends."""
    draft = f"/claims/{world.ids['draft claim']}/materials"
    for path, user, kind, status in (
        (draft, LAB, FORM, 413),
        ("/tokens", None, {"content_type": "application/json"}, 413),
        (draft, None, FORM, 401),
    ):
        body = Endless(HEAD, size=HUNDRED_MB)
        with memory_below(8 * MB):
            answer = send(client, world, path, body, user, content_length=HUNDRED_MB, **kind)
        assert answer.status_code == status
        assert body.taken == 0


def test_a_hundred_megabytes_without_a_length_are_read_to_the_limit(client: DemoClient, world: World) -> None:
    """A file goes to the disk as it comes in, so memory stays flat; text is cut at two megabytes."""
    limit = client.app.config["MAX_CONTENT_LENGTH"]
    draft = f"/claims/{world.ids['draft claim']}/materials"
    body = Endless(HEAD, size=HUNDRED_MB)
    with memory_below(8 * MB):
        answer = send(client, world, draft, body, LAB, **FORM, **CHUNKED)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "request_too_large")
    assert body.taken <= limit + MB
    text = Endless(b'{"username": "', size=HUNDRED_MB)
    with memory_below(4 * MAX_TEXT_BYTES):
        answer = send(client, world, "/tokens", text, None, content_type="application/json", **CHUNKED)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "request_too_large")
    assert text.taken <= 2 * MAX_TEXT_BYTES


def test_a_form_of_too_many_parts_or_endless_heads_is_refused(client: DemoClient, world: World) -> None:
    """Each part costs something before it is looked at; heads and fields are kept in memory."""
    draft = f"/claims/{world.ids['draft claim']}/materials"
    part = b"--x\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\n\r\n"
    for start in (
        part * (MAX_FORM_PARTS + 1),
        b"--x\r\nContent-Disposition: form-data; name=kind\r\nX-Y: ",
        b"--x\r\nContent-Disposition: form-data; name=kind\r\n\r\n",
    ):
        body = Endless(start, size=10 * MB)
        with memory_below(8 * MB):
            answer = send(client, world, draft, body, LAB, **FORM, content_length=body.size)
        assert answer.status_code == 413, answer.get_data(as_text=True)
        assert body.taken <= 2 * MB


def test_every_door_refuses_hostile_files(client: DemoClient, world: World) -> None:
    """Materials, documents of a registration, stamped summaries, lists of instruments, answers of banks.

    A stamped summary is a scan or a photograph: of other types none is looked into, whatever is in it.
    """
    membership, stamp = world.ids["submitted membership"], f"/review-summaries/{world.ids['open summary']}/stamp"
    documents: list[tuple[str, str, dict[str, str]]] = [
        (LAB, f"/claims/{world.ids['draft claim']}/materials", {"kind": "other"}),
        ("sme-heze-waiting", f"/memberships/{membership}/documents", {"kind": "licence"}),
        ("bureau-heze", stamp, {}),
    ]
    before = session().query(StoredFile).count()
    session().commit()
    for user, path, fields in documents:
        for kind in SCANS if path == stamp else DOCUMENTS:
            name, content, code = hostile.HOSTILE[kind]
            refused = client.upload(user, path, content, name, expect=422, **fields)
            assert code in [each["code"] for each in refused["reasons"]], (path, kind)
            assert all(each["text"] and each["text_en"] for each in refused["reasons"])
        others = [hostile.HOSTILE[kind][:2] for kind in DOCUMENTS if path == stamp and kind not in SCANS]
        for name, content in [*hostile.OTHER_TYPES.values(), *others]:
            assert client.upload(user, path, content, name, expect=415, **fields)["code"] == "file_type_refused"
    answers = f"/settlement-batches/{world.ids['exported batch']}/bank-returns"
    for user, path in ((LAB, "/instrument-imports"), ("finance-maker", answers)):
        assert client.upload(user, path, b"a,b\n", "../a.csv", expect=422)["code"] == "file_name_refused"
        for content in (b"GIF89a,=1\n", hostile.SCRIPT, hostile.PDF):
            assert client.upload(user, path, content, "a.csv", expect=415)["code"] == "file_type_refused"
    bomb = hostile.ENTITY_BOMB
    assert client.upload(LAB, "/instrument-imports", bomb, "a.csv", expect=415)["code"] == "file_type_refused"
    assert client.upload("finance-maker", answers, bomb, "a.csv", expect=422)["code"] == "file_name_refused"
    refused = client.upload("finance-maker", answers, bomb, "a.xml", expect=422)
    assert all(each["text"] and each["text_en"] for each in refused["reasons"])
    assert refused["reasons"]
    bomb = hostile.archive(("xl/workbook.xml", b" " * (8 * MB)))
    assert client.upload(LAB, "/instrument-imports", bomb, "a.xlsx", expect=422)["code"] == "archive_refused"
    assert session().query(StoredFile).count() == before
