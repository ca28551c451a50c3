"""Reads of what providers are restricted in (V20)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import BindParameter, ColumnElement, Select, and_, select

from accounts.kinds import RestrictionKind
from accounts.models import Organisation, ProviderRestriction
from accounts.queries.organisations import visible_organisations
from core.db import session
from core.errors import NotFound
from core.permissions import Actor


class RestrictionMissing(NotFound):
    """There is no such restriction for this actor."""

    code = "restriction_missing"


def restrictions_on(organisation_id: int, on: date) -> dict[RestrictionKind, date]:
    """What a provider may not do on a day, each with its last day; what was lifted counts for nothing."""
    rows = session().execute(
        select(ProviderRestriction.kind, ProviderRestriction.until)
        .where(ProviderRestriction.organisation_id == organisation_id, in_force(on))
        .order_by(ProviderRestriction.until)
    )
    return dict(rows.tuples().all())


def in_force(on: date | BindParameter[date]) -> ColumnElement[bool]:
    """Whether a restriction holds on a day."""
    each = ProviderRestriction
    return and_(each.lifted_at.is_(None), each.since <= on, each.until >= on)


def visible_restrictions(actor: Actor, *, organisation_id: int | None = None) -> Select[tuple[ProviderRestriction]]:
    """The restrictions of organisations an actor may see."""
    found = (
        select(ProviderRestriction)
        .join(Organisation, Organisation.id == ProviderRestriction.organisation_id)
        .where(visible_organisations(actor))
    )
    return found if organisation_id is None else found.where(ProviderRestriction.organisation_id == organisation_id)


def restrictions_by_source(sources: Collection[str]) -> dict[str, list[ProviderRestriction]]:
    """The restrictions that rest on some decisions, by decision, in one query."""
    found: dict[str, list[ProviderRestriction]] = {}
    rows = select(ProviderRestriction).where(ProviderRestriction.source.in_(sources)).order_by(ProviderRestriction.id)
    for each in session().scalars(rows):
        found.setdefault(each.source, []).append(each)
    return found


def find_restriction(restriction_id: int, *, actor: Actor, lock: bool = False) -> ProviderRestriction:
    """A restriction the actor may see, locked and read afresh if asked; raises :class:`RestrictionMissing`."""
    found = visible_restrictions(actor).where(ProviderRestriction.id == restriction_id)
    if lock:
        found = found.with_for_update(of=ProviderRestriction).execution_options(populate_existing=True)
    restriction = session().scalar(found)
    if restriction is None:
        raise RestrictionMissing
    return restriction
