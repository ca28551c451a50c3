"""Sending a form: once, in one transaction, and shown again with its faults where it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, make_response, redirect, render_template, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import DomainError, Forbidden, NotFound, Unauthenticated
from core.http.idempotent import Answer, once
from core.http.problem import TemporarilyBusy, status_of, unavailable
from core.pages.blueprint import told
from core.pages.forms import Form
from core.pages.links import safe_target

SEE_OTHER = 303
KEY_FIELD = "_key"
BACK_FIELD = "_back"
_NOT_PART = frozenset({"csrf_token", KEY_FIELD, BACK_FIELD})


@dataclass(frozen=True, slots=True)
class Done:
    """Where to go on, and what to say there (a text key with its values). ``then`` is done once all is committed, such
    as asking another machine."""

    location: str
    said: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    then: Callable[[], None] | None = None


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
            status = _refused(form, refused)
        except PoolTimeout:
            status = _refused(form, TemporarilyBusy())
        except DBAPIError as error:
            missing = unavailable(error)
            if missing is None:
                raise
            status = _refused(form, missing)
    body = render_template(template, form=form, key=key, back=back, confirms=confirms, **shown)
    return make_response(body, status)


FORM_REFUSED = 422
"""A wrong password is a fault of the form, not a missing sign-in."""


def _refused(form: Form, error: DomainError) -> int:
    form.refuse(error)
    return status_of(type(error))


def _go(done: Done) -> Response:
    if done.said is not None:
        told(done.said, params=done.params)
    return make_response(redirect(safe_target(request.form.get(BACK_FIELD), fallback=done.location), SEE_OTHER))


def _once(key: str, given: dict[str, Any], effect: Effect) -> Response:
    """One key, one effect, as over the API: the key commits with what it did and where it led."""
    made: list[Done] = []

    def act() -> Answer:
        made.append(effect(given))
        return Answer(SEE_OTHER, "text/html", made[0].location.encode())

    answer = once(key=key, act=act, leave_out=_NOT_PART)
    if made and made[0].then is not None:
        made[0].then()
    return _go(made[0] if made else Done((answer.body or b"/").decode()))
