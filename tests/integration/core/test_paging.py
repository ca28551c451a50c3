"""Pages by key: what stands in a list is neither lost nor repeated while rows come."""

from __future__ import annotations

import base64

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from core.http.paging import CursorUnknown, read_cursor, write_cursor
from tests.support.edge import add_thing


@pytest.fixture
def web(edge: Flask) -> FlaskClient:
    """Asks the small application, in which seven things stand."""
    for number in range(7):
        add_thing(f"t{number}")
    return edge.test_client()


def page(web: FlaskClient, address: str, cursor: str | None, limit: int) -> tuple[list[str], str | None]:
    query = f"?limit={limit}" + (f"&cursor={cursor}" if cursor else "")
    answer = web.get(f"/api/v1/{address}{query}").get_json()
    return [item["topic"] for item in answer["items"]], answer["next_cursor"]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 200])
@pytest.mark.parametrize(("address", "descending"), [("things", True), ("others", False)])
def test_every_row_once_in_order(web: FlaskClient, address: str, descending: bool, limit: int) -> None:
    """For every length of a page; the last one has no cursor."""
    rows, cursor = page(web, address, None, limit)
    pages = 1
    while cursor is not None:
        more, cursor = page(web, address, cursor, limit)
        rows += more
        pages += 1
    assert rows == sorted((f"t{number}" for number in range(7)), reverse=descending)
    assert pages == -(-7 // limit)


@pytest.mark.parametrize(("address", "expects_new"), [("things", False), ("others", True)])
def test_rows_that_come_meanwhile_shift_nothing(web: FlaskClient, address: str, expects_new: bool) -> None:
    """Paging by number of rows would repeat or lose here; new rows show where the order still leads past them."""
    rows, cursor = page(web, address, None, 3)
    while cursor is not None:
        add_thing("new")
        more, cursor = page(web, address, cursor, 3)
        rows += more
        if len(rows) > 30:
            break
    old = [row for row in rows if row != "new"]
    assert sorted(old) == [f"t{number}" for number in range(7)]
    assert ("new" in rows) == expects_new


def test_a_cursor_of_another_list_is_refused(web: FlaskClient) -> None:
    """400: it would lead to some other place of this one."""
    _, cursor = page(web, "things", None, 3)
    answer = web.get(f"/api/v1/others?cursor={cursor}")
    assert answer.status_code == 400
    assert answer.get_json()["code"] == "cursor_unknown"


@pytest.mark.parametrize("cursor", ["x", "5", "MQ", "é", "////", "a" * 200, "MTIzNDU2Nzg6MQ", "=" * 5, "%20"])
def test_a_cursor_nobody_gave_is_refused(web: FlaskClient, cursor: str) -> None:
    """400, never an error of ours."""
    assert web.get(f"/api/v1/things?cursor={cursor}").status_code in {400, 422}


@given(st.integers(-(2**63 - 1), 2**63 - 1))
def test_cursors_read_as_written(last: int) -> None:
    """Only in their own order."""
    cursor = write_cursor(last, order="order.id-")
    assert read_cursor(cursor, order="order.id-") == last
    with pytest.raises(CursorUnknown):
        read_cursor(cursor, order="order.id+")


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_no_text_breaks_the_reader(cursor: str) -> None:
    """Anything else is unknown."""
    with pytest.raises(CursorUnknown):
        read_cursor(cursor, order="order.id-")


def test_a_cursor_beyond_any_number_is_refused() -> None:
    """Though well written."""
    with pytest.raises(CursorUnknown):
        read_cursor(write_cursor(2**63, order="o"), order="o")
