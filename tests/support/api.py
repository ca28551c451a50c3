"""Calls of the API by people of factories, each with a key of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.accounts import keyed
from tests.support.deal import PDF

API = "/api/v1"
Headers = dict[str, str]


def post(client: FlaskClient, path: str, body: Mapping[str, Any], headers: Headers | None = None) -> TestResponse:
    """Send a document."""
    return client.post(f"{API}{path}", json=body, headers=keyed(headers))


def upload(
    client: FlaskClient, path: str, headers: Headers, content: bytes = PDF, filename: str = "a.pdf", **form: Any
) -> TestResponse:
    """Send a file with the fields of a form."""
    data = {**form, "file": (io.BytesIO(content), filename)}
    return client.post(f"{API}{path}", data=data, headers=keyed(headers), content_type="multipart/form-data")
