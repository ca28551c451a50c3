"""Reads of who controls an organisation, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, exists, or_, select, true

from accounts.models import Controller, ControllerChange, ControllerTenure, Holding, Organisation
from accounts.queries.organisations import visible_organisations
from accounts.rules import tenures as rules
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
    now = rules.running(_tenures(organisation_id), on)
    return now is not None and now.change is not None


def changed_plainly(organisation_id: int, on: date) -> bool:
    """What accounts.rules.tenures.changed_plainly says of an organisation."""
    return rules.changed_plainly(_tenures(organisation_id), on)


def named_lately(organisation_id: int, on: date) -> bool:
    """What accounts.rules.tenures.named_lately says of an organisation."""
    return rules.named_lately(_tenures(organisation_id), on)


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


def covers(model: type[ControllerTenure | Holding], on: date | BindParameter[date]) -> ColumnElement[bool]:
    """Rows whose period holds a day."""
    return and_(model.since <= on, or_(model.until.is_(None), model.until > on))


def tenures_of(*organisations: int | BindParameter[int]) -> Select[Any]:
    """The tenures of organisations as accounts.rules.tenures reads them, the earliest first."""
    tenure = ControllerTenure
    return (
        select(
            tenure.organisation_id,
            tenure.controller_id,
            tenure.since,
            tenure.until,
            tenure.entered_at,
            ControllerChange.kind.label("change"),
        )
        .outerjoin(ControllerChange, ControllerChange.id == tenure.change_id)
        .where(or_(*(tenure.organisation_id == each for each in organisations)))
        .order_by(tenure.since)
    )


def _tenures(organisation_id: int) -> Sequence[Any]:
    return session().execute(tenures_of(organisation_id)).all()
