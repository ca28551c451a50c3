"""One key, one effect: the key, what it did and what was answered commit in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from io import BytesIO
from typing import Any, cast

from flask import Response, make_response, request
from sqlalchemy import BigInteger, BindParameter, LargeBinary, SmallInteger, Table, Text, bindparam, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.db import Model, send, transaction
from core.errors import Conflict, Malformed
from core.failpoints import failpoint
from core.http.edge import current_actor
from core.statements import Statement
from core.types import UTC

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
NEEDS_KEY = "__needs_key__"
MAX_KEY_LENGTH = 200


class KeyMissing(Malformed):
    """This call needs an Idempotency-Key header of 1 to 200 printable characters."""

    code = "idempotency_key_missing"


class KeyReused(Conflict):
    """The same idempotency key came with another request."""

    code = "idempotency_key_reused"


class IdempotencyKey(Model):
    """A key of one user, what was asked with it and the stored answer. Kept for ever: money hangs on it."""

    __tablename__ = "idempotency_key"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    content_type: Mapped[str | None] = mapped_column(Text)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UTC)


_KEYS = cast(Table, IdempotencyKey.__table__)
_TAKEN = ("user_id", "key", "fingerprint", "created_at")
_ANSWERED = ("status", "content_type", "body")


def _given(names: tuple[str, ...]) -> dict[str, BindParameter[Any]]:
    return {name: bindparam(name, type_=_KEYS.c[name].type) for name in names}


_TAKE = Statement(insert(_KEYS).values(_given(_TAKEN)).on_conflict_do_nothing().returning(_KEYS.c.key))
_KEEP = Statement(
    update(_KEYS)
    .where(_KEYS.c.user_id == bindparam("of_user"), _KEYS.c.key == bindparam("of_key"))
    .values(_given(_ANSWERED))
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of an answer."""

    status: int
    content_type: str | None
    body: bytes | None


def idempotent(view: Callable[..., Any]) -> Callable[..., Response]:
    """Demand the key and answer a repeated one with what was answered first."""

    @wraps(view)
    def keyed(*args: Any, **kwargs: Any) -> Response:
        made: list[Response] = []

        def act() -> Answer:
            response = make_response(view(*args, **kwargs))
            made.append(response)
            return Answer(response.status_code, response.content_type, response.get_data())

        answer = once(key=request.headers.get(HEADER, ""), act=act)
        if made:
            return made[0]
        response = Response(answer.body, status=answer.status, content_type=answer.content_type)
        response.headers[REPLAYED] = "true"
        return response

    setattr(keyed, NEEDS_KEY, True)
    return keyed


def once(*, key: str, act: Callable[[], Answer], leave_out: frozenset[str] = frozenset()) -> Answer:
    """What ``act`` answered to this key of the present user, now or the first time.

    The transaction opened here surrounds the use case's own. A refusal rolls back the key too, so that the call may
    be tried again with it. ``leave_out`` are form fields that do not belong to what is asked. Raises
    :class:`KeyMissing` and :class:`KeyReused`.
    """
    if not 0 < len(key) <= MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise KeyMissing
    user_id = current_actor().user_id or 0
    fingerprint = _fingerprint(leave_out)
    with transaction(joinable=True) as session:
        fresh = {"user_id": user_id, "key": key, "fingerprint": fingerprint, "created_at": clock.now()}
        if not send(_TAKE, fresh):
            row = session.get_one(IdempotencyKey, (user_id, key))
            if row.fingerprint != fingerprint:
                raise KeyReused
            return Answer(row.status or 200, row.content_type, row.body)
        failpoint("core.idempotency.taken")
        answer = act()
        session.flush()
        send(
            _KEEP,
            {
                "of_user": user_id,
                "of_key": key,
                "status": answer.status,
                "content_type": answer.content_type,
                "body": answer.body,
            },
        )
        failpoint("core.idempotency.answered")
        return answer


def _fingerprint(leave_out: frozenset[str]) -> bytes:
    """SHA-256 over method, path and body; of a form, over its fields and files, as its boundary changes."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if not leave_out and not (request.mimetype or "").startswith("multipart/"):
        digest.update(request.get_data(cache=True))
        return digest.digest()
    # A part of a form may come without a name, which werkzeug gives as None.
    for name, value in sorted(request.form.items(multi=True), key=lambda item: (item[0] or "", item[1])):
        if name not in leave_out:
            digest.update(repr((name, value)).encode("utf-8", "surrogatepass"))
    for name, upload in sorted(request.files.items(multi=True), key=lambda item: item[0] or ""):
        content = hashlib.file_digest(cast(BytesIO, upload.stream), "sha256").hexdigest()
        upload.stream.seek(0)
        digest.update(repr((name, upload.filename, content)).encode("utf-8", "surrogatepass"))
    return digest.digest()
