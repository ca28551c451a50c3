"""A small application behind the real edge, without a database: what a server hands on of a body is seen here."""

from __future__ import annotations

from flask import Flask, Response, request

from core.http import allow
from core.http.edge import init_edge
from core.permissions import Actor, permission

LIMIT = 4 << 20


@permission
def anybody(_actor: Actor, *_: object) -> bool:
    """Everybody may send here."""
    return True


app = Flask("bodies", static_folder=None)
app.config.update(SECRET_KEY="only for tests", MAX_CONTENT_LENGTH=LIMIT, MAX_FORM_PARTS=10)
init_edge(app)


@app.post("/api/v1/bodies")
@allow(anybody)
def take() -> Response:
    """How many bytes came in files and as text."""
    files = sum(len(upload.stream.read()) for upload in request.files.values())
    return Response(f"{files} {len(request.get_data())}", content_type="text/plain")
