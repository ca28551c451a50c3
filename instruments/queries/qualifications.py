"""Reads of who is qualified for which instruments: a user's own, and those a provider decides about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Select, func, literal, or_, select

from accounts.queries import acts_for
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from instruments.models import Instrument, Qualification, QualificationInstrument
from instruments.rules.qualifications import Validity
from instruments.states import QualificationState


class QualificationMissing(NotFound):
    """There is no such qualification for this actor."""

    code = "qualification_missing"


def qualifications(
    actor: Actor, *, state: QualificationState | None = None, instrument_id: int | None = None
) -> Select[tuple[Qualification]]:
    """What the actor's organisation, an incubator's teams too, asked for or was asked for."""
    own = acts_for(actor)
    found = select(Qualification).where(or_(Qualification.organisation_id.in_(own), Qualification.provider_id.in_(own)))
    if state is not None:
        found = found.where(Qualification.state == state)
    return found if instrument_id is None else found.where(_about(instrument_id))


def find_qualification(qualification_id: int, *, actor: Actor, lock: bool = False) -> Qualification:
    """One of these; raises :class:`QualificationMissing`."""
    found = qualifications(actor).where(Qualification.id == qualification_id)
    if lock:
        locked = found.with_for_update(key_share=True, of=Qualification)
        found = locked.execution_options(populate_existing=True)
    qualification = session().scalar(found)
    if qualification is None:
        raise QualificationMissing
    return qualification


def qualified_of(instruments: Select[tuple[int]], organisation: BindParameter[int]) -> Select[Any]:
    """On which days a user may book some instruments, as a part of a gathering; :func:`qualified_in` reads it."""
    return (
        select(QualificationInstrument.instrument_id, Qualification.first_day, Qualification.last_day)
        .join(Qualification, Qualification.id == QualificationInstrument.qualification_id)
        .where(
            QualificationInstrument.instrument_id.in_(instruments),
            Qualification.organisation_id == organisation,
            Qualification.state == QualificationState.GRANTED,
        )
    )


def qualified_in(instrument_id: int, found: Mapping[str, Sequence[Any]]) -> list[Validity]:
    """When the user is qualified for one of the instruments."""
    about = (each for each in found["qualified"] if each.instrument_id == instrument_id)
    return [Validity(each.first_day, each.last_day) for each in about]


def qualified(instrument_id: int, organisation_id: int) -> list[Validity]:
    """When a user is qualified for an instrument, from the first day on."""
    found = qualified_of(select(literal(instrument_id)), literal(organisation_id)).order_by(Qualification.first_day)
    return [Validity(each.first_day, each.last_day) for each in session().execute(found)]


def is_asked_for(instrument_id: int, organisation_id: int) -> bool:
    """Whether a request of a user about an instrument waits."""
    found = select(Qualification.id).where(
        Qualification.organisation_id == organisation_id,
        Qualification.state == QualificationState.ASKED,
        _about(instrument_id),
    )
    return session().scalar(found.limit(1)) is not None


def in_force_on(found: Select[Any], on: date) -> Select[Any]:
    """Those that hold on a day."""
    return found.where(
        Qualification.state == QualificationState.GRANTED,
        Qualification.first_day <= on,
        func.coalesce(Qualification.last_day, on) >= on,
    )


def about_named(found: Select[Any], typed: str) -> Select[Any]:
    """Those about instruments in whose names these words stand."""
    named = (
        select(literal(1))
        .select_from(QualificationInstrument)
        .join(Instrument, Instrument.id == QualificationInstrument.instrument_id)
        .where(
            QualificationInstrument.qualification_id == Qualification.id,
            Instrument.name.icontains(typed, autoescape=True),
        )
    )
    return found.where(named.correlate(Qualification).exists())


def _about(instrument_id: int) -> Any:
    about = select(literal(1)).where(
        QualificationInstrument.qualification_id == Qualification.id,
        QualificationInstrument.instrument_id == instrument_id,
    )
    return about.correlate(Qualification).exists()
