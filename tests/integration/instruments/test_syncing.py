"""Other systems keep instruments by their own ids and versions, and follow what changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from core import clock
from core.audit import history
from core.db import db
from instruments.service.listings import retire_listing, suspend_listing
from tests.factories.accounts import actor_of, headers_of, keyed, make_bureau, make_provider
from tests.factories.instruments import make_draft, make_instrument
from tests.support.settling import settle

API = "/api/v1/instruments"
MINE = f"{API}/by-external-id"
SAID = {"name": "液相色谱仪", "category": "色谱仪器", "funding": "fiscal", "value_fen": 40_000_000, "model": "LC-20"}


@pytest.fixture
def committed(committed_app: Flask) -> FlaskClient:
    """A client of an application whose transactions end, as the feed goes by what is committed."""
    return committed_app.test_client()


def followed(client: FlaskClient, headers: dict[str, str] | None = None, **asked: Any) -> dict[str, Any]:
    """One answer of the feed, once what other tests hold open on the server has ended."""
    settle()
    return followed_at_once(client, headers, **asked)


def followed_at_once(client: FlaskClient, headers: dict[str, str] | None = None, **asked: Any) -> dict[str, Any]:
    """One answer of the feed."""
    answer = client.get(f"{API}/changes", query_string=asked, headers=headers)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()  # type: ignore[no-any-return]


def test_an_instrument_is_put_by_its_providers_id(client: FlaskClient) -> None:
    """Made where there is none, changed where there is one, with slashes in the id; what is left out is blank."""
    owner = headers_of(make_provider())
    made = client.put(f"{MINE}/LAB/07-1", json=SAID, headers=owner)
    assert (made.status_code, made.get_json()["external_id"], made.get_json()["state"]) == (201, "LAB/07-1", "draft")
    put = client.put(f"{MINE}/LAB/07-1", json={"name": "液相色谱仪", "funding": "private"}, headers=owner)
    assert (put.status_code, put.get_json()["id"]) == (200, made.get_json()["id"])
    seen = client.get(f"{MINE}/LAB/07-1", headers=owner)
    assert (seen.get_json()["model"], seen.get_json()["value_fen"], seen.get_json()["funding"]) == ("", None, "private")
    assert seen.headers["ETag"] == put.headers["ETag"] != made.headers["ETag"]


def test_putting_the_same_again_changes_nothing(client: FlaskClient) -> None:
    """Neither the version nor the trail, and no term of S14 begins."""
    made = make_instrument()
    owner = headers_of(made.provider)
    path = f"{MINE}/{made.external_id}"
    said = {"name": "改名的质谱仪", "category": "质谱仪器", "funding": "private", "value_fen": 20_000_000}
    first = client.put(path, json=said, headers=owner)
    entries = len(history("instrument", made.id))
    again = client.put(path, json=said, headers=owner)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(history("instrument", made.id)) == entries


def test_a_change_names_the_version_it_rests_on(client: FlaskClient) -> None:
    """RFC 9110: of two who read the same version one gets through, the other is told; nothing of his is written."""
    draft = make_draft()
    owner = headers_of(draft.provider)
    path = f"{API}/{draft.id}"
    read = client.get(path, headers=owner).headers["ETag"]
    first = client.patch(path, json={"model": "A"}, headers={**owner, "If-Match": read})
    second = client.patch(path, json={"model": "B"}, headers={**owner, "If-Match": read})
    assert (first.status_code, second.status_code) == (200, 412)
    told = second.get_json()
    assert (told["code"], f'"{told["version"]}"') == ("version_differs", first.headers["ETag"])
    assert client.get(path, headers=owner).get_json()["model"] == "A"
    onward = client.patch(path, json={"model": "B"}, headers={**owner, "If-Match": first.headers["ETag"]})
    assert (onward.status_code, onward.get_json()["model"]) == (200, "B")


@pytest.mark.parametrize("tag", ['W/"{}"', '"stale"', '"stale", "other"', "", '""'])
def test_a_version_that_is_not_the_present_one_is_refused(client: FlaskClient, tag: str) -> None:
    """A weak one too, and one that names nothing."""
    draft = make_draft()
    owner = headers_of(draft.provider)
    given = {**owner, "If-Match": tag.format(draft.version)}
    assert client.patch(f"{API}/{draft.id}", json={"model": "X"}, headers=given).status_code == 412
    assert client.put(f"{MINE}/{draft.external_id}", json=SAID, headers=given).status_code == 412


def test_conditions_of_making(client: FlaskClient) -> None:
    """If-None-Match: * makes only what is not there; If-Match, * too, changes only what is."""
    owner = headers_of(make_provider())
    absent = client.put(f"{MINE}/N-1", json=SAID, headers={**owner, "If-Match": "*"})
    assert (absent.status_code, absent.get_json()["code"]) == (412, "version_differs")
    assert client.put(f"{MINE}/N-1", json=SAID, headers={**owner, "If-Match": '"x"'}).status_code == 412
    new = {**owner, "If-None-Match": "*"}
    assert client.put(f"{MINE}/N-1", json=SAID, headers=new).status_code == 201
    there = client.put(f"{MINE}/N-1", json=SAID, headers=new)
    assert (there.status_code, there.get_json()["code"]) == (412, "already_there")
    assert client.put(f"{MINE}/N-1", json=SAID, headers={**owner, "If-Match": "*"}).status_code == 200


def test_a_reader_who_has_it_gets_no_body(client: FlaskClient) -> None:
    """304 until something changes, a state or the name of the provider too."""
    made = make_instrument()
    owner, path = headers_of(made.provider), f"{API}/{made.id}"
    tag = client.get(path).headers["ETag"]
    same = client.get(path, headers={"If-None-Match": f'"old", {tag}'})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    mine = client.get(f"{MINE}/{made.external_id}", headers={**owner, "If-None-Match": f"W/{tag}"})
    assert mine.status_code == 304
    suspend_listing(instrument_id=made.id, note="检修", actor=actor_of(made.provider), now=clock.now())
    assert client.get(path, headers={**owner, "If-None-Match": tag}).status_code == 200


def test_ids_belong_to_their_provider(client: FlaskClient) -> None:
    """The same id of another provider is another instrument."""
    one, other = headers_of(make_provider()), headers_of(make_provider("370200"))
    first = client.put(f"{MINE}/X-1", json=SAID, headers=one).get_json()
    assert client.get(f"{MINE}/X-1", headers=other).status_code == 404
    second = client.put(f"{MINE}/X-1", json=SAID, headers=other)
    assert (second.status_code, second.get_json()["id"] == first["id"]) == (201, False)


@pytest.mark.parametrize("own_id", ["长" * 201, "a%E2%80%AEb"])
def test_ids_that_may_not_be_kept_are_refused(client: FlaskClient, own_id: str) -> None:
    """Too long, or hiding something."""
    refused = client.put(f"{MINE}/{own_id}", json=SAID, headers=headers_of(make_provider()))
    assert refused.status_code == 422
    assert [each["field"] for each in refused.get_json()["reasons"]] == ["external_id"]


def test_what_is_put_is_judged_like_what_is_typed(client: FlaskClient) -> None:
    """S5: a published one does not become duty-free without record; one under review is not changed; faults come
    together."""
    made = make_instrument()
    owner = headers_of(made.provider)
    refused = client.put(f"{MINE}/{made.external_id}", json={**SAID, "duty_free": True}, headers=owner)
    assert [each["code"] for each in refused.get_json()["reasons"]] == ["instrument_duty_free_record_missing"]
    faults = client.put(f"{MINE}/{made.external_id}", json={"value_fen": -1, "county": "37"}, headers=owner)
    assert {each["field"] for each in faults.get_json()["reasons"]} == {"name", "value_fen", "county"}
    draft = make_draft()
    client.post(f"{API}/{draft.id}/listing", headers=keyed(headers_of(draft.provider)))
    busy = client.put(f"{MINE}/{draft.external_id}", json=SAID, headers=headers_of(draft.provider))
    assert (busy.status_code, busy.get_json()["code"]) == (409, "state_forbids")


def test_the_feed_tells_each_instrument_once_and_goes_on_where_it_ended(committed: FlaskClient) -> None:
    """The public follows what is public; a cursor at the end goes on with what changes later."""
    made = [make_instrument() for _ in range(3)]
    start = followed(committed)["next_cursor"]
    more = [make_instrument() for _ in range(3)]
    make_draft()
    pages, cursor, told = 0, start, []
    while True:
        page = followed(committed, cursor=cursor, limit=2)
        told += [each["id"] for each in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
        if not page["more"]:
            break
    assert (told, pages) == ([each.id for each in more], 2)
    assert followed(committed, cursor=cursor)["items"] == []
    owner = headers_of(made[0].provider)
    committed.patch(f"{API}/{made[0].id}", json={"model": "新型号"}, headers=owner)
    later = followed(committed, cursor=cursor)
    assert [(each["id"], each["instrument"]["model"]) for each in later["items"]] == [(made[0].id, "新型号")]
    tag = committed.get(f"{API}/{made[0].id}").headers["ETag"]
    assert f'"{later["items"][0]["version"]}"' == tag


def test_what_is_public_no_longer_is_told_without_content(committed: FlaskClient) -> None:
    """So that a copy drops it; its owner and its bureau still see it, a foreign bureau does not."""
    made = make_instrument(make_provider("370100"))
    cursor = followed(committed)["next_cursor"]
    retire_listing(instrument_id=made.id, note="报废", actor=actor_of(made.provider), now=clock.now())
    for headers, is_shown in [
        (None, False),
        (headers_of(make_bureau("371700")), False),
        (headers_of(make_bureau("370100")), True),
        (headers_of(made.provider), True),
    ]:
        (item,) = followed(committed, headers, cursor=cursor)["items"]
        assert (item["id"], item["public"]) == (made.id, False)
        assert (item["instrument"] is not None, item["version"] is not None) == (is_shown, is_shown)


def test_a_feed_since_a_moment_begins_there(committed: FlaskClient) -> None:
    """Nothing since then: an empty answer, with a cursor to go on by."""
    make_instrument()
    moment = clock.now() + timedelta(hours=1)
    empty = followed(committed, changed_since=moment.isoformat())
    assert empty["items"] == []
    later = make_instrument(now=moment + timedelta(hours=1))
    assert [each["id"] for each in followed(committed, changed_since=moment.isoformat())["items"]] == [later.id]
    assert [each["id"] for each in followed(committed, cursor=empty["next_cursor"])["items"]] == [later.id]


@pytest.mark.parametrize("cursor", ["x", "1", "999999999999999999-1", "1-1-1", "-1-1"])
def test_a_cursor_that_was_never_given_is_refused(client: FlaskClient, cursor: str) -> None:
    """Also one ahead of the server, as after a restore: the follower begins again."""
    refused = client.get(f"{API}/changes", query_string={"cursor": cursor})
    assert (refused.status_code, refused.get_json()["code"]) == (400, "cursor_unknown")


def test_what_commits_late_is_not_passed_over(committed: FlaskClient) -> None:
    """While the transaction of a change is open nothing later is told, so that no follower is past it."""
    slow, fast = make_instrument(), make_instrument()
    slow_id, fast_id, owner = slow.id, fast.id, headers_of(fast.provider)
    cursor = followed(committed)["next_cursor"]
    with db.engine.connect() as connection:
        connection.execute(text("UPDATE instrument SET model = '慢' WHERE id = :id"), {"id": slow_id})
        assert committed.patch(f"{API}/{fast_id}", json={"model": "快"}, headers=owner).status_code == 200
        assert followed_at_once(committed, cursor=cursor)["items"] == []
        connection.commit()
    told = [each["instrument"]["model"] for each in followed(committed, cursor=cursor)["items"]]
    assert told == ["慢", "快"]
