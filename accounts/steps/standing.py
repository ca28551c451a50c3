"""Writing what is on record about an organisation."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from psycopg import errors as pg
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.kinds import AdverseKind
from accounts.models import AdverseRecord, Controller, ControllerTenure, Holding, JointEstablishment, Organisation
from accounts.queries.controllers import find_controller, namesakes_of, tenures
from accounts.queries.groups import lock_controllers
from accounts.rules.grounds import STANDING
from accounts.rules.standing import RELATED, ControllerName, Running, same_by, tenure_faults
from core import audit
from core.db import require_transaction
from core.errors import Conflict, Forbidden, reason, refuse_all
from core.permissions import Actor


class TenureOverlaps(Conflict):
    """Another controller is on record for that time; a change begins after every one known."""

    code = "tenure_overlaps"


class ControllerMerged(Conflict):
    """This controller was merged into another and controls nobody any more."""

    code = "controller_merged"
    article = "V12 cap"


class AnnulledByAnother(Forbidden):
    """Who entered a record does not annul it."""

    code = "annulled_by_another"


class HoldingOverlaps(Conflict):
    """A holding of this pair is on record for that time."""

    code = "holding_overlaps"


class RecordAnnulled(Conflict):
    """The record was annulled already."""

    code = "record_annulled"


class JointEstablishmentKnown(Conflict):
    """That these two were built jointly is on record for that time."""

    code = "joint_establishment_known"


def add_adverse_record(
    *,
    organisation_id: int,
    kind: AdverseKind,
    since: date,
    until: date | None,
    source: str,
    actor: Actor,
    now: datetime,
    corrects_id: int | None = None,
) -> AdverseRecord:
    """Put a record against an organisation (V8(2), V21); ``until`` is its last day.

    ``corrects_id`` is the annulled record whose place it takes.
    """
    current = require_transaction()
    record = AdverseRecord(
        organisation_id=organisation_id,
        kind=kind,
        since=since,
        until=until,
        source=source,
        entered_by=actor.user_id,
        entered_at=now,
        corrects_id=corrects_id,
    )
    current.add(record)
    current.flush()
    data: dict[str, object] = {"organisation_id": organisation_id, "kind": kind.value, "since": since.isoformat()}
    if corrects_id is not None:
        data["corrects_id"] = corrects_id
    audit.record(actor=actor, now=now, action="enter", subject=record, data=data)
    return record


def annul_adverse_record(record_id: int, *, why: str, actor: Actor, now: datetime) -> AdverseRecord:
    """Have a record count for nothing from now on; it stays, with who annulled it and why.

    Decisions frozen while it counted keep what they rested on. Raises :class:`RecordAnnulled`.
    """
    record = (
        require_transaction()
        .scalars(
            select(AdverseRecord)
            .where(AdverseRecord.id == record_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one()
    )
    annul(record, why=why, data={"organisation_id": record.organisation_id}, actor=actor, now=now)
    return record


def annul(
    entry: AdverseRecord | Holding | JointEstablishment,
    *,
    why: str,
    data: dict[str, object],
    actor: Actor,
    now: datetime,
) -> None:
    """Have a locked entry count for nothing from now on. Raises :class:`RecordAnnulled`."""
    require_transaction()
    if entry.annulled_at is not None:
        raise RecordAnnulled(article=_article(entry))
    entry.annulled_at, entry.annulled_by, entry.annulled_why = now, actor.user_id, why
    audit.record(actor=actor, now=now, action="annul", subject=entry, data={**data, "note": why})


def require_another(entry: AdverseRecord | Holding | JointEstablishment, actor: Actor) -> None:
    """Raises :class:`AnnulledByAnother` where the actor entered it."""
    if entry.entered_by is not None and entry.entered_by == actor.user_id:
        raise AnnulledByAnother(reasons=[reason("annulled_by_another", article=_article(entry))])


def _article(entry: AdverseRecord | Holding | JointEstablishment) -> str:
    return STANDING if isinstance(entry, AdverseRecord) else RELATED


def end_record(
    *, record: AdverseRecord | Holding | JointEstablishment, until: date, source: str, actor: Actor, now: datetime
) -> None:
    """Write the last day of an open listing or sanction, or the first day on which a relation is none any more."""
    require_transaction()
    record.until, record.ended_at, record.ended_source = until, now, source
    audit.record(
        actor=actor, now=now, action="end", subject=record, data={"until": until.isoformat(), "source": source}
    )


def register_controller(*, name: str, note: str, actor: Actor, now: datetime) -> Controller:
    """A controller not known before; two of one name are told apart by ``note``."""
    current = require_transaction()
    controller = Controller(name=name, note=note, entered_by=actor.user_id, entered_at=now)
    current.add(controller)
    current.flush()
    audit.record(actor=actor, now=now, action="register", subject=controller, data={"name": name})
    return controller


def named_controller(wanted: ControllerName, *, actor: Actor, now: datetime) -> Controller:
    """The controller that is meant: by number, the one of that name and identity, or a new one.

    The name's faults are the caller's to refuse.
    """
    number = wanted.controller_id or same_by(wanted.note, namesakes_of(wanted.name))
    if number is not None:
        return find_controller(number)
    return register_controller(name=wanted.name, note=wanted.note, actor=actor, now=now)


def establish_controller(
    *,
    organisation: Organisation,
    controller: Controller,
    since: date,
    source: str,
    actor: Actor,
    now: datetime,
    change_id: int | None = None,
) -> ControllerTenure:
    """From ``since`` on the organisation is under this controller; the tenure that runs until then ends.

    ``change_id`` is the merge, split or naming it comes of, which takes care of past use; a plain change leaves it
    behind. Whoever calls this for an organisation whose controller was not known moves its own use along. The
    organisation must be locked by the caller. Raises :class:`TenureOverlaps` and :class:`ControllerMerged`.
    """
    current = require_transaction()
    lock_controllers([controller.id], share=True)
    current.refresh(controller)
    if controller.merged_into_id is not None:
        raise ControllerMerged(into=controller.merged_into_id)
    known = tenures(organisation.id)
    refuse_all(
        tenure_faults(since=since, known=[Running(each.since, each.until) for each in known]),
        error=TenureOverlaps,
    )
    for each in known:
        if each.until is None:
            each.until = since
            audit.record(actor=actor, now=now, action="end", subject=each, data={"until": since.isoformat()})
    current.flush()
    tenure = ControllerTenure(
        organisation_id=organisation.id,
        controller_id=controller.id,
        since=since,
        source=source,
        change_id=change_id,
        entered_by=actor.user_id,
        entered_at=now,
    )
    current.add(tenure)
    current.flush()
    audit.record(
        actor=actor,
        now=now,
        action="establish",
        subject=tenure,
        data={
            "organisation_id": organisation.id,
            "controller_id": controller.id,
            "since": since.isoformat(),
            "previous_controller_ids": [each.controller_id for each in known],
        },
    )
    return tenure


def add_holding(
    *,
    holder_id: int,
    held_id: int,
    percent: Decimal,
    since: date,
    until: date | None,
    source: str,
    actor: Actor,
    now: datetime,
) -> Holding:
    """Put a holding on record; raises :class:`HoldingOverlaps`. ``until`` is the first day it no longer covers."""
    holding = Holding(
        holder_id=holder_id,
        held_id=held_id,
        percent=percent,
        since=since,
        until=until,
        source=source,
        entered_by=actor.user_id,
        entered_at=now,
    )
    require_transaction().add(holding)
    _flush_or_conflict(HoldingOverlaps, field="since")
    audit.record(
        actor=actor,
        now=now,
        action="enter",
        subject=holding,
        data={"holder_id": holder_id, "held_id": held_id, "percent": str(percent)},
    )
    return holding


def add_joint_establishment(
    *,
    one_id: int,
    other_id: int,
    since: date | None = None,
    until: date | None = None,
    source: str,
    actor: Actor,
    now: datetime,
) -> JointEstablishment:
    """Put on record that two were built jointly; raises :class:`JointEstablishmentKnown`."""
    pair = JointEstablishment(
        a_id=min(one_id, other_id),
        b_id=max(one_id, other_id),
        since=since,
        until=until,
        source=source,
        entered_by=actor.user_id,
        entered_at=now,
    )
    require_transaction().add(pair)
    _flush_or_conflict(JointEstablishmentKnown, field="other_id")
    audit.record(actor=actor, now=now, action="enter", subject=pair, data={"a_id": pair.a_id, "b_id": pair.b_id})
    return pair


def _flush_or_conflict(error: type[Conflict], *, field: str) -> None:
    try:
        require_transaction().flush()
    except IntegrityError as violated:
        if isinstance(violated.orig, pg.ExclusionViolation):
            raise error(reasons=[reason(error.code, article=RELATED, field=field)]) from violated
        raise
