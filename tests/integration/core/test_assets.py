"""What browsers load: kept for ever under names of its content, compressed, and nothing else beside it."""

from __future__ import annotations

import gzip
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.assets_build import SOURCES
from core.pages import assets
from core.pages.assets import KEPT, STATIC, AssetsMissing, asset_url

BUDGET_GZIP_BYTES = {"app.css": 18_000, "app.js": 22_000}
"""What every page carries, so that a page with its own text stays under 100 kB."""


@pytest.fixture
def style(app: Flask) -> str:
    with app.test_request_context():
        return asset_url("app.css")


def test_an_asset_is_kept_for_a_year(client: FlaskClient, style: str) -> None:
    """Its name changes with its content."""
    answer = client.get(style)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == KEPT
    assert answer.content_type == "text/css; charset=utf-8"
    assert "Content-Encoding" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "sent"), [("br, gzip", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None)]
)
def test_the_smallest_encoding_taken_is_sent(client: FlaskClient, style: str, accepted: str, sent: str | None) -> None:
    """Compressed once when built; proxies are told."""
    answer = client.get(style, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == sent
    assert "Accept-Encoding" in answer.vary
    again = client.get(style, headers={"Accept-Encoding": accepted, "If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    if sent == "gzip":
        assert gzip.decompress(answer.data) == client.get(style).data


@pytest.mark.parametrize("name", ["app.css", "manifest.json", "../config.py", "%2e%2e/config.py", ".lock"])
def test_only_what_the_manifest_names_is_served(client: FlaskClient, name: str) -> None:
    """Neither plain names nor other files, here or elsewhere."""
    assert client.get(f"/assets/{name}").status_code == 404


def test_without_a_build_the_error_says_what_to_do(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """make setup builds them."""
    monkeypatch.setattr(assets, "STATIC", tmp_path_factory.mktemp("static"))
    with app.test_request_context(), pytest.raises(AssetsMissing, match="make setup"):
        asset_url("app.css")


def test_what_every_page_carries_is_small() -> None:
    """Measured as it travels to a browser without brotli."""
    manifest = json.loads((STATIC / "manifest.json").read_text("utf-8"))
    sizes = {name: (STATIC / f"{manifest[name]}.gz").stat().st_size for name in BUDGET_GZIP_BYTES}
    assert {name: size for name, size in sizes.items() if size > BUDGET_GZIP_BYTES[name]} == {}


def test_the_lock_names_no_registry() -> None:
    """Which one is asked is the machine's business."""
    packages = json.loads((SOURCES / "package-lock.json").read_text("utf-8"))["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def test_dependencies_are_pinned() -> None:
    """Exact versions, as in the lock."""
    described = json.loads((SOURCES / "package.json").read_text("utf-8"))
    versions = {**described["dependencies"], **described["devDependencies"]}
    assert [name for name, version in versions.items() if not version[0].isdecimal()] == []
