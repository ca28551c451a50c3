"""A small application made of nothing but core: its HTTP edge and a few routes to try it on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from core import clock, outbox
from core.config import Config
from core.db import db, require_transaction, session, transaction
from core.errors import Busy, Conflict, Forbidden, NotFound, Refused, TooLarge, Unauthenticated
from core.files import FileEmpty, FileTooLarge, FileTypeRefused, store_file
from core.http import (
    Blueprint,
    CountField,
    CursorSchema,
    DayField,
    DecimalField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
    allow,
    create_api,
    idempotent,
    init_edge,
    page_of,
    page_schema,
    problems,
    register_api,
    set_actor_loader,
)
from core.http import edge as edge_module
from core.http.api import MULTIPART
from core.log import configure_logs
from core.outbox import OutboxEvent
from core.permissions import Actor, everyone, has_role

member = has_role("member")
things = Blueprint("things", __name__, url_prefix="/things", description="Things that are counted.")
other = Blueprint("others", __name__, url_prefix="/others", description="Another list of them.")


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class ThingSchema(Schema):
    """A thing."""

    id = IdField(required=True, dump_only=True, metadata={"description": "Its number."})
    topic = TextField(required=True, metadata={"description": "What it is."})


class WishSchema(Schema):
    """Everything a body may hold."""

    topic = TextField(required=True, max_length=20, metadata={"description": "What it is."})
    amount_fen = FenField(required=True, metadata={"description": "Money."})
    count = CountField(metadata={"description": "How many."})
    quantity = DecimalField(metadata={"description": "How much."})
    day = DayField(metadata={"description": "When."})
    at = InstantField(metadata={"description": "Exactly when."})
    colour = EnumField(Colour, metadata={"description": "Which colour."})
    parent_id = IdField(metadata={"description": "Of what."})


class PaperSchema(Schema):
    """A form with a file."""

    kind = TextField(required=True, metadata={"description": "What the file is."})
    file = UploadField(required=True, metadata={"description": "The file."})


class Unwanted(Refused):
    """Nobody wants this thing."""

    code = "refused"


KINDS = {kind.code: kind for kind in (Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, Refused, Busy)}


def add_thing(topic: str) -> OutboxEvent:
    """One use case with one countable effect."""
    with transaction() as current:
        outbox.emit(topic, {}, now=clock.now())
        current.flush()
        if topic == "unwanted":
            raise Unwanted
        return current.scalars(select(OutboxEvent).order_by(OutboxEvent.id.desc()).limit(1)).one()


@things.route("", methods=["POST"])
@allow(member)
@problems(Unwanted)
@idempotent
@things.arguments(WishSchema)
@things.response(201, ThingSchema)
def add(wish: dict[str, Any]) -> OutboxEvent:
    """Add a thing."""
    return add_thing(wish["topic"])


@things.route("/papers", methods=["POST"])
@allow(member)
@problems(FileTooLarge, FileEmpty, FileTypeRefused)
@idempotent
@things.arguments(PaperSchema, location=MULTIPART)
@things.response(201)
def add_paper(given: dict[str, Any]) -> dict[str, Any]:
    """Add a paper."""
    upload = given["file"]
    with transaction():
        stored = store_file(upload.stream, filename=upload.filename or "", owner_id=None, now=clock.now())
        return {"sha256": stored.sha256, "filename": stored.filename}


@things.route("", methods=["GET"])
@allow(everyone)
@things.arguments(CursorSchema, location="query")
@things.response(200, page_schema(ThingSchema))
def listed(page: dict[str, Any]) -> dict[str, Any]:
    """Every thing, newest first."""
    return page_of(select(OutboxEvent), **page, key=OutboxEvent.id, descending=True)


@other.route("", methods=["GET"])
@allow(everyone)
@other.arguments(CursorSchema, location="query")
@other.response(200, page_schema(ThingSchema))
def listed_otherwise(page: dict[str, Any]) -> dict[str, Any]:
    """Every thing, oldest first."""
    return page_of(select(OutboxEvent), **page, key=OutboxEvent.id)


@things.route("/<int:thing_id>", methods=["GET"])
@allow(member)
@problems(NotFound)
@things.response(200, ThingSchema)
def one(thing_id: int) -> OutboxEvent:
    """One thing."""
    found = session().get(OutboxEvent, thing_id)
    if found is None:
        raise NotFound
    return found


@things.route("/failures/<code>", methods=["GET"])
@allow(everyone)
@problems(*KINDS.values())
@things.response(200)
def fail(code: str) -> None:
    """Fail as told."""
    raise KINDS[code]


@things.route("/raw/<path:value>", methods=["GET"])
@allow(everyone)
@things.response(200)
def cast(value: str) -> dict[str, Any]:
    """Hand a value to the database that no field has looked at."""
    return {"found": session().scalar(text("SELECT CAST(:value AS bigint)").bindparams(value=value))}


@things.route("/locked", methods=["GET"])
@allow(everyone)
@things.response(200)
def locked() -> dict[str, Any]:
    """Wait for a lock."""
    with transaction():
        require_transaction().execute(text("SET LOCAL lock_timeout = '100ms'"))
        require_transaction().execute(text("SELECT 1 FROM worker_leader FOR UPDATE"))
    return {}


@things.route("/states/<state>", methods=["GET"])
@allow(everyone)
@things.response(200)
def fail_with(state: str) -> dict[str, Any]:
    """Have the database fail with a state of its own, such as 53100."""
    session().execute(text("SELECT set_config('edge.state', :state, true)").bindparams(state=state))
    session().execute(
        text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = current_setting('edge.state'), MESSAGE = 'x'; END $$")
    )
    return {}


def by_token(token: str) -> Actor | None:
    """`member-7` is user 7, `guest-8` is user 8 of another role."""
    role, _, number = token.partition("-")
    if role not in {"member", "guest"} or not number.isdigit():
        return None
    return Actor(user_id=int(number), organisation_id=None, role=role)


class OwnContextClient(FlaskClient):
    """Gives every request an application context, and so a session, of its own, as a server does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        with self.application.app_context():
            return super().open(*args, **kwargs)


@contextmanager
def edge_app(config: Config) -> Iterator[Flask]:
    """The application, its context pushed; afterwards tokens are read as before."""
    configure_logs()
    app = Flask("edge", static_folder=None)
    app.test_client_class = OwnContextClient
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config.update(
        SECRET_KEY="only for tests",
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 16, "max_overflow": 32},
        FILES_DIR=str(config.files_dir),
        FILE_LIMIT_BYTES=1000,
        MAX_CONTENT_LENGTH=20_000,
    )
    db.init_app(app)
    init_edge(app)
    api = create_api(app)
    register_api(api, things, other)
    app.add_url_rule("/api/v1/undecided", "undecided", lambda: "open")
    before = tuple(edge_module._loader)
    set_actor_loader(by_token)
    try:
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()
    finally:
        edge_module._loader[:] = before
