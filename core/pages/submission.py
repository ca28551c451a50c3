"""Sending a form: once, in one transaction, and shown again with its faults where it is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, make_response, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core import clock
from core.db import transaction
from core.errors import DomainError, Forbidden, NotFound, Unauthenticated
from core.http.edge import current_actor
from core.http.idempotent import MAX_KEY_LENGTH, IdempotencyKey, KeyMissing, KeyReused
from core.http.problem import TemporarilyBusy, is_busy, status_of
from core.pages.blueprint import told
from core.pages.forms import Form
from core.pages.links import safe_target

KEY_FIELD = "_key"
BACK_FIELD = "_back"
_NOT_PART = frozenset({"csrf_token", KEY_FIELD, BACK_FIELD})


@dataclass(frozen=True, slots=True)
class Done:
    """Where to go on, and what to say there (a text key with its values)."""

    location: str
    said: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)


Effect = Callable[[dict[str, Any]], Done]


def form_page(
    form: Form,
    *,
    effect: Effect,
    back: str,
    template: str = "form_page.html",
    confirms: bool = False,
    keyed: bool = True,
    **shown: Any,
) -> Response:
    """A page with a form: GET shows it, POST sends it.

    Texts are ``page.<form name>.title``, ``.lead`` (what happens next) and ``.send``. ``effect`` gets the loaded data,
    calls one service and says where to go on. A refusal shows the page again, everything typed kept, with the
    service's status. ``confirms``: the action cannot be undone, so the button asks once. ``keyed=False`` is for
    signing in and other forms without an effect on records: they run in no transaction of ours.
    """
    status = 200
    key = request.form.get(KEY_FIELD, "")
    if request.method == "POST":
        try:
            given = form.load()
            return _once(key, given, effect) if keyed else _go(effect(given))
        except (NotFound, Forbidden) as unshown:
            # What may not even be seen is no matter of this form.
            if not unshown.reasons:
                raise
            form.refuse(unshown)
            status = status_of(type(unshown))
        except Unauthenticated as wrong:
            form.refuse(wrong)
            status = FORM_REFUSED
        except DomainError as refused:
            form.refuse(refused)
            status = status_of(type(refused))
        except PoolTimeout:
            status = _busy(form)
        except DBAPIError as error:
            if not is_busy(error):
                raise
            status = _busy(form)
    body = render_template(template, form=form, key=key, back=back, confirms=confirms, **shown)
    return make_response(body, status)


FORM_REFUSED = 422
"""A wrong password is a fault of the form, not a missing sign-in."""


def _busy(form: Form) -> int:
    form.refuse(TemporarilyBusy())
    return status_of(TemporarilyBusy)


def _go(done: Done) -> Response:
    if done.said is not None:
        told(done.said, params=done.params)
    return make_response(redirect(safe_target(request.form.get(BACK_FIELD), fallback=done.location), 303))


def _once(key: str, given: dict[str, Any], effect: Effect) -> Response:
    """One key, one effect, as over the API: the key commits with what it did and where it led."""
    if not 0 < len(key) <= MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise KeyMissing
    user_id = current_actor().user_id or 0
    fingerprint = _fingerprint()
    with transaction(joinable=True) as session:
        taken = session.execute(
            insert(IdempotencyKey)
            .values(user_id=user_id, key=key, fingerprint=fingerprint, created_at=clock.now())
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.key)
        ).scalar_one_or_none()
        row = session.scalars(
            select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
        ).one()
        if taken is None:
            if row.fingerprint != fingerprint:
                raise KeyReused
            return _go(Done((row.body or b"/").decode()))
        done = effect(given)
        row.status = 303
        row.content_type = "text/html"
        row.body = done.location.encode()
    return _go(done)


def _fingerprint() -> bytes:
    """SHA-256 over the address and what was sent, without what belongs to the page alone."""
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    for name, value in sorted(request.form.items(multi=True)):
        if name not in _NOT_PART:
            digest.update(repr((name, value)).encode("utf-8", "surrogatepass"))
    for name, upload in sorted(request.files.items(multi=True), key=lambda item: item[0]):
        content = hashlib.sha256(upload.stream.read()).hexdigest()
        upload.stream.seek(0)
        digest.update(repr((name, upload.filename, content)).encode("utf-8", "surrogatepass"))
    return digest.digest()
