"""Reads of who controls an organisation, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true

from accounts.models import Controller, ControllerChange, ControllerTenure, Holding, Organisation
from accounts.queries.organisations import visible_organisations
from accounts.states import ChangeKind
from core import clock
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from core.wording import folded


class ControllerMissing(NotFound):
    """There is no such controller."""

    code = "controller_missing"


def controller_id(organisation_id: int, on: date) -> int | None:
    """The id of who controls the organisation on a day, or None where nobody is known to."""
    return session().scalar(
        select(ControllerTenure.controller_id).where(
            ControllerTenure.organisation_id == organisation_id, covers(ControllerTenure, on)
        )
    )


def regrouped(organisation_id: int, on: date) -> bool:
    """Whether the organisation came under its controller of a day by a merge or a split, which took its use along."""
    running = _running_tenure(organisation_id, on)
    return running is not None and running.change_id is not None


def changed_plainly(organisation_id: int, on: date) -> bool:
    """Whether the organisation came under another controller in the year of a day, and not by a merge or a split.

    Such a change leaves past use behind with whoever controlled it before (V12 cap); it is flagged, never refused.
    """
    running = _running_tenure(organisation_id, on)
    if running is None or running.change_id is not None:
        return False
    if on.year not in {running.since.year, clock.today(running.entered_at).year}:
        return False
    before = select(ControllerTenure.id).where(
        ControllerTenure.organisation_id == organisation_id,
        ControllerTenure.since < running.since,
        ControllerTenure.controller_id != running.controller_id,
    )
    return session().scalar(before.limit(1)) is not None


def named_lately(organisation_id: int, on: date) -> bool:
    """Whether in the year of a day it became known who controls the organisation, after it had used its own cap.

    What it had used was added to its controller's (V12 cap); it is flagged, never refused.
    """
    changes = session().execute(
        select(ControllerTenure.since, ControllerTenure.entered_at)
        .join(ControllerChange, ControllerChange.id == ControllerTenure.change_id)
        .where(ControllerTenure.organisation_id == organisation_id, ControllerChange.kind == ChangeKind.NAMING)
    )
    return any(on.year in {since.year, clock.today(entered_at).year} for since, entered_at in changes)


def siblings(organisation_id: int, on: date) -> set[int]:
    """Ids of the organisations under the same controller on a day, itself included."""
    controlling = controller_id(organisation_id, on)
    if controlling is None:
        return {organisation_id}
    return set(
        session().scalars(
            select(ControllerTenure.organisation_id).where(
                ControllerTenure.controller_id == controlling, covers(ControllerTenure, on)
            )
        )
    )


def tenures(organisation_id: int) -> Sequence[ControllerTenure]:
    """Who controlled the organisation, the earliest first."""
    found = select(ControllerTenure).where(ControllerTenure.organisation_id == organisation_id)
    return session().scalars(found.order_by(ControllerTenure.since)).all()


def find_controller(identifier: int) -> Controller:
    """A controller by id; raises :class:`ControllerMissing`."""
    found = session().get(Controller, identifier)
    if found is None:
        raise ControllerMissing
    return found


def namesakes_of(name: str) -> dict[int, str]:
    """The controllers of a name by number, each with the note that tells it apart; none of no name."""
    plain = folded(name)
    if not plain:
        return {}
    rows = session().execute(select(Controller.id, Controller.name, Controller.note).order_by(Controller.id))
    return {number: note for number, known, note in rows if folded(known) == plain}


def find_controller_in_sight(identifier: int, *, actor: Actor) -> Controller:
    """A controller by id if the actor may know it; raises :class:`ControllerMissing`."""
    found = session().scalar(controllers(actor).where(Controller.id == identifier))
    if found is None:
        raise ControllerMissing
    return found


def controllers(actor: Actor, *, q: str | None = None) -> Select[tuple[Controller]]:
    """The controllers an actor may know, perhaps only those whose name holds a text.

    Those of firms in sight, of whatever time, and those it put on record itself (V6).
    """
    found = select(Controller)
    if visible_organisations(actor) is not true():
        over = (
            select(ControllerTenure.id)
            .join(Organisation, Organisation.id == ControllerTenure.organisation_id)
            .where(ControllerTenure.controller_id == Controller.id, visible_organisations(actor))
        )
        found = found.where(or_(exists(over), Controller.entered_by == actor.user_id))
    return found if q is None else found.where(Controller.name.icontains(q, autoescape=True))


def covers(model: type[ControllerTenure | Holding], on: date) -> ColumnElement[bool]:
    """Rows whose period holds a day."""
    return and_(model.since <= on, or_(model.until.is_(None), model.until > on))


def _running_tenure(organisation_id: int, on: date) -> ControllerTenure | None:
    return session().scalar(
        select(ControllerTenure).where(
            ControllerTenure.organisation_id == organisation_id, covers(ControllerTenure, on)
        )
    )
