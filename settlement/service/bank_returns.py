"""Taking in what the bank says of an exported batch."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select

from core import clock
from core.db import session, transaction
from core.errors import Conflict, Reason, Refused, reason
from core.files import CSV, TEXT, Upload, read_upload, store_upload
from core.permissions import Actor, authorise
from core.texts import text
from settlement import permissions
from settlement.models import BankReturn, SettlementBatch
from settlement.queries.batches import find_batch
from settlement.rules.bank_return import Fault, FaultCode, match, read
from settlement.states import BatchState
from settlement.steps.bank_returns import sent_payouts, take_in

ARTICLE = "V17 pay"
LINES_OF_TEXT = frozenset({CSV, TEXT})
_SENT = (BatchState.EXPORTED, BatchState.CLOSED)


class BatchNotSent(Conflict):
    """The batch was not exported yet, so no bank can have answered it."""

    code = "batch_not_sent"
    article = "V17 pay"


class BankReturnRefused(Refused):
    """The file has faults and was refused as a whole; each is named with its line."""

    code = "bank_return_refused"


def record_bank_return(*, batch_id: int, stream: BinaryIO, filename: str, actor: Actor, now: datetime) -> BankReturn:
    """Take in a bank's CSV: outcomes by payout, in whole or not at all.

    The same bytes again answer the same and change nothing. A closed batch takes only late returns of what was paid.
    Raises :class:`BatchNotSent`, :class:`BankReturnRefused` and whatever :func:`core.files.read_upload` refuses.
    """
    with transaction():
        batch = find_batch(batch_id, lock=True)
        authorise(actor, permissions.may_record_bank_return, batch)
        upload = read_upload(stream, filename=filename, known=LINES_OF_TEXT)
        known = _known(batch, upload)
        if known is not None:
            return known
        if batch.state not in _SENT:
            raise BatchNotSent(number=batch.number)
        reading = read(upload.content, today=clock.today(now))
        matched = match(reading.lines, sent_payouts(batch))
        faults = sorted((*reading.faults, *matched.faults), key=lambda fault: fault.row)
        if faults:
            raise BankReturnRefused(reasons=[_reason(fault) for fault in faults], count=len(faults))
        file = store_upload(upload, owner_id=actor.organisation_id, now=now)
        return take_in(batch, matched.lines, file=file, actor=actor, now=now)


def _known(batch: SettlementBatch, upload: Upload) -> BankReturn | None:
    return session().scalar(
        select(BankReturn).where(BankReturn.batch_id == batch.id, BankReturn.sha256 == upload.sha256)
    )


def _reason(fault: Fault) -> Reason:
    reported = fault.code is FaultCode.ALREADY_REPORTED
    value = text(f"term.PayoutOutcome.{fault.value}") if reported else fault.value
    return reason(fault.code.value, article=ARTICLE, field=f"line {fault.row}", row=fault.row, value=value)
