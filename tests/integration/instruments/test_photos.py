"""Photos of instruments: in order, with captions, the owner's alone, and nothing but pictures."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core import clock
from core.audit import history
from core.db import session
from core.files import FileTooLarge
from instruments.models import Instrument, InstrumentPhoto
from instruments.service.photos import MOST_BYTES, MOST_PHOTOS, add_photo
from tests.factories.accounts import actor_of, headers_of, keyed, make_provider
from tests.factories.instruments import make_draft, make_instrument
from tests.support.hostile import HOSTILE, JPEG, OTHER_TYPES, png

API = "/api/v1/instruments"
PNG = png(b"IHDR", b"IEND")


def send(
    client: FlaskClient, made: Instrument, content: bytes = JPEG, name: str = "a.jpg", **said: Any
) -> TestResponse:
    """Add a photo as its owner."""
    form = {"file": (io.BytesIO(content), name), **said}
    return client.post(f"{API}/{made.id}/photos", data=form, headers=keyed(headers_of(made.provider)))


def order(client: FlaskClient, made: Instrument) -> list[str]:
    """The captions as everybody sees them."""
    found = client.get(f"{API}/{made.id}/photos", headers=headers_of(made.provider)).get_json()["items"]
    assert [each["position"] for each in found] == sorted(each["position"] for each in found)
    return [each["caption"] for each in found]


def test_photos_stand_in_the_order_their_owner_gives_them(client: FlaskClient) -> None:
    """The last comes last; a place moves the others; what is left out of a change stays."""
    made = make_instrument()
    owner = headers_of(made.provider)
    ids = [send(client, made, caption=caption).get_json()["id"] for caption in ("甲", "乙", "丙")]
    assert order(client, made) == ["甲", "乙", "丙"]
    path = f"{API}/{made.id}/photos"
    moved = client.patch(f"{path}/{ids[2]}", json={"position": 1, "caption_en": "third"}, headers=owner)
    assert (moved.get_json()["caption"], moved.get_json()["caption_en"]) == ("丙", "third")
    assert order(client, made) == ["丙", "甲", "乙"]
    client.patch(f"{path}/{ids[2]}", json={"position": 12}, headers=owner)
    assert order(client, made) == ["甲", "乙", "丙"]
    assert client.delete(f"{path}/{ids[0]}", headers=owner).status_code == 204
    assert order(client, made) == ["乙", "丙"]
    assert client.delete(f"{path}/{ids[0]}", headers=owner).status_code == 404
    told = [each.action for each in history("instrument", made.id)]
    assert (told.count("add_photo"), told.count("change_photo"), told.count("remove_photo")) == (3, 2, 1)


@pytest.mark.parametrize(("content", "name", "kind"), [(JPEG, "a.jpg", "image/jpeg"), (PNG, "a.png", "image/png")])
def test_a_picture_is_served_as_what_it_is_and_can_be_nothing_else(
    client: FlaskClient, content: bytes, name: str, kind: str
) -> None:
    """To visitors too, once the instrument is public; asked again each time it is shown."""
    made = make_instrument()
    photo = send(client, made, content, name).get_json()
    path = f"{API}/{made.id}/photos/{photo['id']}/file"
    for shown in (client.get(path), client.get(f"/instruments/{made.id}/photos/{photo['id']}/picture")):
        assert (shown.status_code, shown.data, shown.headers["Content-Type"]) == (200, content, kind)
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert shown.headers["Cache-Control"] == "private, no-cache"
    again = client.get(path, headers={"If-None-Match": f'"{photo["sha256"]}"'})
    assert (again.status_code, again.data) == (304, b"")


def test_photos_of_what_is_not_public_are_not_public(client: FlaskClient) -> None:
    """S11: a draft's are its owner's; a photo is found below its own instrument alone."""
    draft, other = make_draft(), make_instrument()
    photo = send(client, draft).get_json()["id"]
    path = f"{API}/{draft.id}/photos"
    assert client.get(f"{path}/{photo}/file", headers=headers_of(draft.provider)).status_code == 200
    for address in (path, f"{path}/{photo}/file", f"{API}/{other.id}/photos/{photo}/file"):
        assert client.get(address).status_code == 404
    assert client.get(f"/instruments/{draft.id}/photos/{photo}/picture").status_code == 404


def test_only_the_owner_changes_photos(client: FlaskClient) -> None:
    """Another provider sees them and is refused."""
    made = make_instrument()
    photo = send(client, made).get_json()["id"]
    stranger = headers_of(make_provider("370200"))
    path = f"{API}/{made.id}/photos"
    data = {"file": (io.BytesIO(JPEG), "a.jpg")}
    assert client.post(path, data=data, headers=keyed(stranger)).status_code == 403
    assert client.patch(f"{path}/{photo}", json={"caption": "x"}, headers=stranger).status_code == 403
    assert client.delete(f"{path}/{photo}", headers=stranger).status_code == 403


@pytest.mark.parametrize("kind", ["PNG, then script", "PNG without end", "JPEG, then script", "JPEG and ZIP"])
def test_a_picture_that_is_more_than_one_thing_is_refused(client: FlaskClient, kind: str) -> None:
    """With its reason; nothing is kept."""
    made = make_instrument()
    name, content, code = HOSTILE[kind]
    refused = send(client, made, content, name)
    assert (refused.status_code, code in [each["code"] for each in refused.get_json()["reasons"]]) == (422, True)
    assert session().query(InstrumentPhoto).count() == 0


@pytest.mark.parametrize("kind", sorted(OTHER_TYPES))
def test_other_files_are_refused(client: FlaskClient, kind: str) -> None:
    """By content, whatever they are called."""
    name, content = OTHER_TYPES[kind]
    refused = send(client, make_instrument(), content, name)
    assert (refused.status_code, refused.get_json()["code"]) == (415, "file_type_refused")


def test_size_and_number_have_limits(client: FlaskClient) -> None:
    """One byte over 5 MiB; the thirteenth."""
    made = make_instrument()
    large = io.BytesIO(JPEG[:20] + b"j" * MOST_BYTES + JPEG[-2:])
    said = {"filename": "a.jpg", "caption": "", "caption_en": ""}
    with pytest.raises(FileTooLarge):
        add_photo(instrument_id=made.id, stream=large, **said, actor=actor_of(made.provider), now=clock.now())
    for _ in range(MOST_PHOTOS):
        assert send(client, made).status_code == 201
    full = send(client, made)
    assert (full.status_code, full.get_json()["code"]) == (409, "photos_full")


def test_followers_notice_a_photo(client: FlaskClient) -> None:
    """It changes the version of the instrument, and starts no term of S14."""
    made = make_instrument()
    before = client.get(f"{API}/{made.id}").headers["ETag"]
    send(client, made)
    assert client.get(f"{API}/{made.id}").headers["ETag"] != before
    session().expire_all()
    assert session().get_one(Instrument, made.id).changed_on is None


def test_pages_show_them(client: FlaskClient) -> None:
    """All on the page of the instrument, the first one in the catalogue; captions are text."""
    made = make_instrument(name="照片仪器一号")
    first = send(client, made, caption='正面"><script>').get_json()["id"]
    second = send(client, made, caption_en="Back").get_json()["id"]
    page = client.get(f"/instruments/{made.id}").get_data(as_text=True)
    assert f"/photos/{first}/picture" in page
    assert f"/photos/{second}/picture" in page
    assert "Back" in page
    assert "正面&#34;&gt;&lt;script&gt;" in page
    listed = client.get("/instruments?q=照片仪器一号").get_data(as_text=True)
    assert f"/photos/{first}/picture" in listed
    assert f"/photos/{second}/picture" not in listed
