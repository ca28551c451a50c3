"""Reads of misconduct decisions and appeals."""

from __future__ import annotations

from sqlalchemy import Select, select

from accounts.models import Organisation
from accounts.queries import visible_organisations
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from vouchers.models import Appeal, AppealFile, MisconductDecision
from vouchers.states import AppealState, MisconductState


class MisconductMissing(NotFound):
    """There is no such decision of misconduct for this actor."""

    code = "misconduct_missing"


class AppealMissing(NotFound):
    """There is no such appeal for this actor."""

    code = "appeal_missing"


class AppealFileMissing(NotFound):
    """There is no such file for this actor."""

    code = "appeal_file_missing"


def visible_misconduct(
    actor: Actor, *, state: MisconductState | None = None, organisation_id: int | None = None
) -> Select[tuple[MisconductDecision]]:
    """Decisions an actor may see: those against itself and its teams, a city's, all for province and auditor (V6)."""
    found = (
        select(MisconductDecision)
        .join(Organisation, Organisation.id == MisconductDecision.organisation_id)
        .where(visible_organisations(actor))
    )
    if state is not None:
        found = found.where(MisconductDecision.state == state)
    return found if organisation_id is None else found.where(MisconductDecision.organisation_id == organisation_id)


def find_misconduct(decision_id: int, *, actor: Actor, lock: bool = False) -> MisconductDecision:
    """A decision the actor may see, locked and read afresh if asked; raises :class:`MisconductMissing`."""
    found = visible_misconduct(actor).where(MisconductDecision.id == decision_id)
    if lock:
        found = found.with_for_update(of=MisconductDecision).execution_options(populate_existing=True)
    decision = session().scalar(found)
    if decision is None:
        raise MisconductMissing
    return decision


def visible_appeals(actor: Actor, *, state: AppealState | None = None) -> Select[tuple[Appeal]]:
    """Appeals against decisions that an actor may see."""
    decisions = visible_misconduct(actor).with_only_columns(MisconductDecision.id)
    found = select(Appeal).where(Appeal.decision_id.in_(decisions))
    return found if state is None else found.where(Appeal.state == state)


def find_appeal(appeal_id: int, *, actor: Actor) -> Appeal:
    """An appeal the actor may see; raises :class:`AppealMissing`."""
    appeal = session().scalar(visible_appeals(actor).where(Appeal.id == appeal_id))
    if appeal is None:
        raise AppealMissing
    return appeal


def find_appeal_file(appeal_id: int, file_id: int, *, actor: Actor) -> AppealFile:
    """A file handed in with an appeal the actor may see; raises :class:`AppealFileMissing`."""
    seen = visible_appeals(actor).with_only_columns(Appeal.id)
    found = session().scalar(
        select(AppealFile).where(
            AppealFile.id == file_id, AppealFile.appeal_id == appeal_id, AppealFile.appeal_id.in_(seen)
        )
    )
    if found is None:
        raise AppealFileMissing
    return found


def of_decision(record_id: int) -> bool:
    """Whether an adverse record is, or takes part in, a decision of misconduct."""
    found = select(MisconductDecision.id).where(MisconductDecision.record_id == record_id)
    return session().scalar(found.limit(1)) is not None
