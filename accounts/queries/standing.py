"""Reads of what stands against an organisation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from accounts.kinds import AdverseKind
from accounts.models import AdverseImport, AdverseRecord, Organisation
from accounts.queries.organisations import visible_organisations
from accounts.rules.adverse import RecordFacts
from core.db import session
from core.errors import NotFound
from core.permissions import Actor


class AdverseImportMissing(NotFound):
    """There is no such import for this actor."""

    code = "adverse_import_missing"


class AdverseRecordMissing(NotFound):
    """There is no such adverse record for this actor."""

    code = "adverse_record_missing"


def adverse_records(organisation_id: int) -> Sequence[AdverseRecord]:
    """Everything that stands against an organisation, the earliest first."""
    found = select(AdverseRecord).where(AdverseRecord.organisation_id == organisation_id)
    return session().scalars(found.order_by(AdverseRecord.since, AdverseRecord.id)).all()


def adverse_facts(organisation_id: int) -> tuple[RecordFacts, ...]:
    """The adverse records as the voucher rules read them; annulled ones count for nothing."""
    return tuple(
        RecordFacts(kind=each.kind, since=each.since, until=each.until)
        for each in adverse_records(organisation_id)
        if each.annulled_at is None
    )


def visible_adverse_records(
    actor: Actor, *, organisation_id: int | None = None, kind: AdverseKind | None = None
) -> Select[tuple[AdverseRecord]]:
    """The adverse records against organisations the actor may see."""
    found = (
        select(AdverseRecord)
        .join(Organisation, Organisation.id == AdverseRecord.organisation_id)
        .where(visible_organisations(actor))
    )
    if organisation_id is not None:
        found = found.where(AdverseRecord.organisation_id == organisation_id)
    if kind is not None:
        found = found.where(AdverseRecord.kind == kind)
    return found


def find_adverse_record(record_id: int, *, actor: Actor, lock: bool = False) -> AdverseRecord:
    """The record if the actor may see its organisation; raises :class:`AdverseRecordMissing`."""
    found = (
        select(AdverseRecord)
        .join(Organisation, Organisation.id == AdverseRecord.organisation_id)
        .where(AdverseRecord.id == record_id, visible_organisations(actor))
    )
    record = session().scalar(found.with_for_update(of=AdverseRecord) if lock else found)
    if record is None:
        raise AdverseRecordMissing
    return record


def standing_record(organisation_id: int, kind: AdverseKind, since: date) -> int | None:
    """The number of the record of a kind and day that counts against an organisation."""
    return session().scalar(
        select(AdverseRecord.id).where(
            AdverseRecord.organisation_id == organisation_id,
            AdverseRecord.kind == kind,
            AdverseRecord.since == since,
            AdverseRecord.annulled_at.is_(None),
        )
    )


def records_against(organisation_ids: Collection[int]) -> Sequence[AdverseRecord]:
    """What stands against several organisations, locked."""
    found = select(AdverseRecord).where(AdverseRecord.organisation_id.in_(organisation_ids))
    return session().scalars(found.order_by(AdverseRecord.id).with_for_update()).all()


def visible_adverse_imports(actor: Actor) -> Select[tuple[AdverseImport]]:
    """The lists that were read in by an office the actor may see."""
    seen = select(Organisation.id).where(visible_organisations(actor))
    return select(AdverseImport).options(joinedload(AdverseImport.file)).where(AdverseImport.importer_id.in_(seen))


def find_adverse_import(import_id: int, *, actor: Actor) -> AdverseImport:
    """One list that was read in; raises :class:`AdverseImportMissing`."""
    found = session().scalar(visible_adverse_imports(actor).where(AdverseImport.id == import_id))
    if found is None:
        raise AdverseImportMissing
    return found
