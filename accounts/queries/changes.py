"""Reads of the changes members ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import contains_eager

from accounts.models import MemberChange, Organisation
from accounts.permissions import Role, may_review_change, province
from accounts.queries.organisations import visible_organisations
from accounts.queries.users import bureau_has_another
from accounts.states import ChangeState
from core.db import session
from core.errors import NotFound
from core.permissions import Actor

WAITING = (ChangeState.APPROVED, ChangeState.WITHDRAWING)
"""Approved, and waiting for the day."""


class ChangeMissing(NotFound):
    """There is no such change for this actor."""

    code = "change_missing"


def visible_changes(actor: Actor, *, state: ChangeState | None = None) -> Select[tuple[MemberChange]]:
    """The changes of organisations an actor may see; a bureau's also where a member comes to its city or leaves it."""
    found = (
        select(MemberChange)
        .join(Organisation, Organisation.id == MemberChange.organisation_id)
        .options(contains_eager(MemberChange.organisation))
        .where(_visible(actor))
    )
    return found if state is None else found.where(MemberChange.state == state)


def find_change(change_id: int, *, actor: Actor, lock: bool = False) -> MemberChange:
    """The change if the actor may see it; raises :class:`ChangeMissing`."""
    found = visible_changes(actor).where(MemberChange.id == change_id)
    if lock:
        found = found.with_for_update(of=MemberChange).execution_options(populate_existing=True)
    change = session().scalar(found)
    if change is None:
        raise ChangeMissing
    return change


def decides_withdrawal(actor: Actor, change: MemberChange) -> bool:
    """Whether the actor's office decides on taking it back: its bureau, the province where nobody else is there to."""
    if may_review_change(actor, change):
        return True
    alone = change.city is not None and not bureau_has_another(change.city, besides=change.withdrawal_asked_by)
    return alone and province(actor)


def open_change(organisation_id: int) -> MemberChange | None:
    """The change that waits for its review or its day."""
    return session().scalar(
        select(MemberChange).where(
            MemberChange.organisation_id == organisation_id,
            MemberChange.state.in_((ChangeState.SUBMITTED, *WAITING)),
        )
    )


def changes_to_apply(today: date) -> Sequence[int]:
    """Ids of approved changes whose day has come, whatever withdrawal was asked for and not decided by then."""
    found = select(MemberChange.id).where(MemberChange.state.in_(WAITING), MemberChange.effective_on <= today)
    return session().scalars(found.order_by(MemberChange.id)).all()


def _visible(actor: Actor) -> ColumnElement[bool]:
    seen = visible_organisations(actor)
    if actor.role == Role.CITY_BUREAU and actor.city is not None:
        return or_(seen, MemberChange.city == actor.city, MemberChange.from_city == actor.city)
    return seen
