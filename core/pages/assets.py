"""What browsers load, under names that change with the content: kept for a year and never asked for again.

core/assets_build.py makes the files; only what its manifest names is served, compressed already.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from flask import Blueprint, Response, request, url_for

from core.config import PROJECT
from core.errors import NotFound
from core.http.edge import allow
from core.permissions import everyone

STATIC = PROJECT / "core" / "static"
TYPES = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
    }
)
ENCODINGS = MappingProxyType({"br": ".br", "gzip": ".gz"})
"""The encodings each file is kept in, the smaller first."""

KEPT = "public, max-age=31536000, immutable"

assets = Blueprint("assets", __name__)


class AssetsMissing(Exception):
    """What browsers load has not been built."""

    def __init__(self) -> None:
        super().__init__(f"{STATIC / 'manifest.json'} is missing or incomplete: run `make setup`")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The names of a build: what a page asks for, and the file that is served for it."""

    served: MappingProxyType[str, str]
    files: frozenset[str]


def asset_url(name: str) -> str:
    """The address of an asset such as ``app.css``, needing a request. Raises AssetsMissing."""
    served = _manifest().served
    if name not in served:
        raise AssetsMissing
    return url_for("assets.asset", name=served[name])


@assets.get("/assets/<path:name>")
@allow(everyone)
def asset(name: str) -> Response:
    """A file of the manifest, in the smallest encoding the browser takes."""
    if name not in _manifest().files:
        raise NotFound
    encoding = next((each for each in ENCODINGS if request.accept_encodings[each] > 0), None)
    path = STATIC / (name + ENCODINGS[encoding] if encoding else name)
    response = Response(path.read_bytes(), content_type=TYPES[Path(name).suffix])
    if encoding:
        response.content_encoding = encoding
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = KEPT
    response.set_etag(f"{name}-{encoding or 'plain'}")
    response.make_conditional(request)
    return response


def _manifest() -> Manifest:
    """The latest build; a new one is noticed."""
    path = STATIC / "manifest.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise AssetsMissing from error


@cache
def _read(path: Path, mtime_ns: int) -> Manifest:
    served: dict[str, str] = json.loads(path.read_text("utf-8"))
    return Manifest(MappingProxyType(served), frozenset(served.values()))
