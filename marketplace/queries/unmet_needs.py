"""Reads of stated needs: the user's own, a bureau's city's, all for the province and the auditor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from accounts.permissions import Role
from accounts.queries import acts_for
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from instruments.models import Instrument, Service
from instruments.states import ListingState, ServiceState
from marketplace.models import NeedProposal, Quote, UnmetNeed
from marketplace.permissions import may_read_needs
from marketplace.rules.unmet_needs import NeedOutcome
from marketplace.states import UnmetNeedState

_READS_ALL = (Role.PROVINCE, Role.AUDITOR)


class UnmetNeedMissing(NotFound):
    """There is no such statement for this actor."""

    code = "unmet_need_missing"


def visible_needs(
    actor: Actor, *, state: UnmetNeedState | None = None, city: str | None = None, year: int | None = None
) -> Select[tuple[UnmetNeed]]:
    """The statements an actor may read, perhaps of one state, city or year only."""
    found = select(UnmetNeed).where(_visible(actor)).options(selectinload(UnmetNeed.proposals))
    for column, wanted in ((UnmetNeed.state, state), (UnmetNeed.city, city), (UnmetNeed.year, year)):
        if wanted is not None:
            found = found.where(column == wanted)
    return found


def find_need(need_id: int, *, actor: Actor, lock: bool = False) -> UnmetNeed:
    """A statement the actor may read; raises :class:`UnmetNeedMissing`."""
    found = visible_needs(actor).where(UnmetNeed.id == need_id)
    if lock:
        found = found.with_for_update(of=UnmetNeed).execution_options(populate_existing=True)
    need = session().scalar(found)
    if need is None:
        raise UnmetNeedMissing
    return need


def usable_needs(organisation_ids: Collection[int]) -> Sequence[UnmetNeed]:
    """The statements of some users on which a quote may rest, the latest first."""
    found = select(UnmetNeed).where(UnmetNeed.organisation_id.in_(organisation_ids), _serves())
    return session().scalars(found.order_by(UnmetNeed.id.desc())).all()


def usable_need(need_id: int, *, organisation_id: int) -> UnmetNeed | None:
    """One of these, if it is; held until the transaction ends, so that it is not withdrawn meanwhile."""
    found = select(UnmetNeed).where(UnmetNeed.id == need_id, UnmetNeed.organisation_id == organisation_id, _serves())
    return session().scalar(found.with_for_update(read=True, of=UnmetNeed))


def met_need(need_id: int) -> UnmetNeed | None:
    """A statement that was closed meanwhile because the province meets the need; held as it is until the transaction
    ends."""
    found = select(UnmetNeed).where(UnmetNeed.id == need_id).with_for_update(read=True, of=UnmetNeed)
    need = session().scalar(found.execution_options(populate_existing=True))
    return need if need is not None and need.outcome is NeedOutcome.MET else None


def quotes_on(need_id: int, *, actor: Actor) -> Sequence[int]:
    """The numbers of the user's quotes that rest on a statement, for who may see them."""
    found = select(Quote.id).where(Quote.unmet_need_id == need_id, Quote.beneficiary_id.in_(acts_for(actor)))
    return session().scalars(found.order_by(Quote.id)).all()


@dataclass(frozen=True, slots=True)
class Proposed:
    """What an office proposed, with its name."""

    kind: str
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class NeedView:
    """A statement with what was proposed, by name."""

    need: UnmetNeed
    proposed: list[Proposed]


def need_views(needs: Sequence[UnmetNeed]) -> list[NeedView]:
    """Statements with the names of what was proposed, in two queries for all."""
    proposals = [each for need in needs for each in need.proposals]
    instruments = _names(Instrument.id, Instrument.name, [each.instrument_id for each in proposals])
    services = _names(Service.id, Service.title, [each.service_id for each in proposals])
    return [NeedView(need, [_named(each, instruments, services) for each in need.proposals]) for need in needs]


def is_in_sight(need_id: int | None, *, actor: Actor) -> bool:
    """Whether an actor may read a statement that another record names; None names none."""
    if need_id is None or not may_read_needs(actor):
        return False
    found = visible_needs(actor).where(UnmetNeed.id == need_id).with_only_columns(UnmetNeed.id)
    return session().scalar(found) is not None


def published_of(*, instrument_ids: Collection[int], service_ids: Collection[int]) -> tuple[set[int], set[int]]:
    """Which of some instruments and services are published."""
    instruments = select(Instrument.id).where(
        Instrument.id.in_(instrument_ids), Instrument.state == ListingState.PUBLISHED
    )
    services = select(Service.id).where(Service.id.in_(service_ids), Service.state == ServiceState.PUBLISHED)
    return set(session().scalars(instruments)), set(session().scalars(services))


def _named(proposal: NeedProposal, instruments: Mapping[int, str], services: Mapping[int, str]) -> Proposed:
    if proposal.instrument_id is not None:
        return Proposed("instrument", proposal.instrument_id, instruments[proposal.instrument_id])
    number = proposal.service_id or 0
    return Proposed("service", number, services[number])


def _names(
    key: InstrumentedAttribute[int], name: InstrumentedAttribute[str], wanted: Sequence[int | None]
) -> Mapping[int, str]:
    numbers = [each for each in wanted if each is not None]
    if not numbers:
        return {}
    return dict(session().execute(select(key, name).where(key.in_(numbers))).tuples().all())


def _serves() -> ColumnElement[bool]:
    """A withdrawn statement grounds nothing, nor one that was closed because the province meets the need."""
    open_ones = UnmetNeed.state.in_((UnmetNeedState.STATED, UnmetNeedState.ANSWERED))
    return or_(open_ones, UnmetNeed.outcome == NeedOutcome.CONFIRMED)


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.role in _READS_ALL:
        return true()
    if actor.role == Role.CITY_BUREAU:
        return UnmetNeed.city == (actor.city or "")
    return UnmetNeed.organisation_id.in_(acts_for(actor))
