"""Recording what customs has on record of instruments imported free of duty (S5)."""

from __future__ import annotations

from datetime import date, datetime
from typing import BinaryIO

from accounts.steps.memberships import user_id_of
from core import audit
from core.clock import today
from core.db import transaction
from core.errors import reason, refuse_all
from core.files import read_upload, store_upload
from core.permissions import Actor, authorise
from core.states import state_refusal
from instruments.models import DutyFreeImport
from instruments.permissions import may_manage
from instruments.policy import duty_free_supervision_months
from instruments.queries.duty_free import record_of
from instruments.queries.instruments import lock_instrument
from instruments.rules.duty_free import ARTICLE, SharingLeave, opening_faults, record_faults, supervised_until
from instruments.states import LISTING, ListingState
from instruments.steps.describing import InstrumentRefused


def record_duty_free(
    *,
    instrument_id: int,
    declaration_number: str,
    released_on: date,
    leave: SharingLeave,
    leave_reference: str,
    limits: str,
    stream: BinaryIO,
    filename: str,
    actor: Actor,
    now: datetime,
) -> DutyFreeImport:
    """The owner states what customs has on record, with the paper, in place of what was stated before; the instrument
    is marked as imported free of duty, under the number of the declaration.

    Raises ``InstrumentRefused`` with every fault, also where a public one would be barred from sharing.
    """
    with transaction() as current:
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        if instrument.state is ListingState.RETIRED:
            raise state_refusal(instrument.state, "record", transitions=LISTING)
        on = today(now)
        until = supervised_until(released_on, months=duty_free_supervision_months(on))
        faults = record_faults(
            released_on=released_on, leave=leave, limits=limits, leave_reference=leave_reference, today=on
        )
        if instrument.state is ListingState.PUBLISHED and opening_faults(leave, until, today=on):
            faults.append(reason("duty_free_suspend_first", article=ARTICLE, field="leave"))
        refuse_all(faults, error=InstrumentRefused)
        stored = store_upload(read_upload(stream, filename=filename), owner_id=instrument.provider_id, now=now)
        record = record_of(instrument.id)
        if record is None:
            record = DutyFreeImport(instrument_id=instrument.id)
            current.add(record)
        record.declaration_number, record.released_on, record.supervised_until = declaration_number, released_on, until
        record.leave, record.leave_reference, record.limits = leave, leave_reference, limits
        record.file, record.recorded_by, record.recorded_at = stored, user_id_of(actor), now
        instrument.duty_free, instrument.duty_free_record = True, declaration_number
        instrument.updated_at = now
        current.flush()
        data = {
            "declaration_number": declaration_number,
            "released_on": released_on.isoformat(),
            "supervised_until": until.isoformat(),
            "leave": leave.value,
            "leave_reference": leave_reference,
            "limits": limits,
            "sha256": stored.sha256,
        }
        audit.record(actor=actor, now=now, action="record", subject=record, data=data)
        return record
