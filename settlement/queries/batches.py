"""Reads of batches, their payouts, lines, files and bank returns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ScalarSelect, Select, exists, func, select, tuple_
from sqlalchemy.orm import selectinload

from core.clock import end_of_day
from core.db import Model, session
from core.errors import Conflict, NotFound
from core.files import StoredFile, stored_file
from settlement.models import BankReturn, BatchFile, BatchLine, BatchNetting, BatchPayout, SettlementBatch
from settlement.queries.outcomes import SAID
from settlement.rules.exports import ExportFormat
from settlement.rules.seal import SealedContent, SealedHead, SealedLine, SealedNetting, SealedPayout
from settlement.states import BatchState, PayoutOutcome

_ROWS_AT_ONCE = 5000
R = TypeVar("R")


class BatchMissing(NotFound):
    """There is no such batch for this actor."""

    code = "batch_missing"


class BatchNotExported(Conflict):
    """The batch has no files yet: it is approved first and then exported."""

    code = "batch_not_exported"
    article = "V17 pay"


class PayoutMissing(NotFound):
    """The batch has no such payout."""

    code = "payout_missing"


@dataclass(frozen=True)
class Said:
    """What was said last of a payout; nothing yet where ``outcome`` is None."""

    outcome: PayoutOutcome | None = None
    reason: str | None = None
    value_date: date | None = None


SILENCE = Said()


@dataclass(frozen=True)
class PayoutAnswered:
    """A payout with what was said last of it."""

    payout: BatchPayout
    said: Said


@dataclass(frozen=True)
class LineAnswered:
    """A line with its payout and what was said last of that."""

    line: BatchLine
    payout: BatchPayout
    said: Said


def batches(
    *, state: BatchState | None = None, cutoff: date | None = None, programme: str | None = None
) -> Select[tuple[SettlementBatch]]:
    """Batches, perhaps of one state, cut-off or programme only."""
    found = select(SettlementBatch).options(selectinload(SettlementBatch.files))
    if state is not None:
        found = found.where(SettlementBatch.state == state)
    if cutoff is not None:
        found = found.where(SettlementBatch.cutoff == cutoff)
    if programme is not None:
        found = found.where(SettlementBatch.programme == programme)
    return found


def cutoff_has_batch(cutoff: date, *, programme: str) -> bool:
    """Whether any batch of a programme, discarded ones included, was ever prepared for a cut-off."""
    found = select(SettlementBatch.id).where(SettlementBatch.cutoff == cutoff, SettlementBatch.programme == programme)
    return session().scalar(found.limit(1)) is not None


def is_batched_early(cutoff: date, *, programme: str) -> bool:
    """Whether the live batch of a cut-off was prepared before that day was over."""
    found = select(SettlementBatch.id).where(
        SettlementBatch.cutoff == cutoff,
        SettlementBatch.programme == programme,
        SettlementBatch.state != BatchState.DISCARDED,
        SettlementBatch.prepared_at < end_of_day(cutoff),
    )
    return session().scalar(found.limit(1)) is not None


def find_batch(batch_id: int, *, lock: bool = False) -> SettlementBatch:
    """A batch by id; raises :class:`BatchMissing`."""
    found = select(SettlementBatch).where(SettlementBatch.id == batch_id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    batch = session().scalar(found)
    if batch is None:
        raise BatchMissing
    return batch


def batches_by_id(batch_ids: Collection[int]) -> dict[int, SettlementBatch]:
    """Batches by id, in one query."""
    found = session().scalars(select(SettlementBatch).where(SettlementBatch.id.in_(batch_ids)))
    return {batch.id: batch for batch in found}


def said_last() -> ScalarSelect[PayoutOutcome]:
    """What was said last of a payout; NULL where nothing was. To filter payouts by."""
    return (
        select(SAID.c.outcome)
        .where(SAID.c.batch_id == BatchPayout.batch_id, SAID.c.payout_no == BatchPayout.payout_no)
        .order_by(SAID.c.late.desc())
        .limit(1)
        .scalar_subquery()
    )


def payouts_of(batch: SettlementBatch) -> Select[tuple[BatchPayout]]:
    """The payouts of a batch."""
    return select(BatchPayout).where(BatchPayout.batch_id == batch.id)


def find_payout(batch: SettlementBatch, payout_no: int) -> BatchPayout:
    """A payout of a batch by its number; raises :class:`PayoutMissing`."""
    payout = session().scalar(payouts_of(batch).where(BatchPayout.payout_no == payout_no))
    if payout is None:
        raise PayoutMissing
    return payout


def lines_of(batch: SettlementBatch, *, payout_no: int | None = None) -> Select[tuple[BatchLine]]:
    """The lines of a batch, perhaps of one payout only."""
    found = select(BatchLine).where(BatchLine.batch_id == batch.id)
    if payout_no is None:
        return found
    last_line_no = BatchPayout.first_line_no + BatchPayout.line_count - 1
    return found.join(BatchPayout, BatchPayout.batch_id == BatchLine.batch_id).where(
        BatchPayout.payout_no == payout_no, BatchLine.line_no.between(BatchPayout.first_line_no, last_line_no)
    )


def nettings_of(payouts: Sequence[BatchPayout]) -> dict[int, list[BatchNetting]]:
    """What payouts of one batch keep back, by payout and in the order of the clawbacks."""
    netted = [payout for payout in payouts if payout.netted_fen]
    found: dict[int, list[BatchNetting]] = {payout.payout_no: [] for payout in payouts}
    if netted:
        rows = select(BatchNetting).where(
            BatchNetting.batch_id == netted[0].batch_id,
            BatchNetting.payout_no.in_([payout.payout_no for payout in netted]),
        )
        for each in session().scalars(rows.order_by(BatchNetting.payout_no, BatchNetting.clawback_id)):
            found[each.payout_no].append(each)
    return found


def with_outcomes(payouts: Sequence[BatchPayout]) -> list[PayoutAnswered]:
    """Payouts with what was said last of each, in the order given."""
    said = _said_of([(payout.batch_id, payout.payout_no) for payout in payouts])
    return [PayoutAnswered(payout, said.get((payout.batch_id, payout.payout_no), SILENCE)) for payout in payouts]


def lines_with_outcomes(lines: Sequence[BatchLine]) -> list[LineAnswered]:
    """Lines with their payouts and what was said last of these, in the order given."""
    keys = {(line.batch_id, line.payout_no) for line in lines}
    if not keys:
        return []
    above = select(BatchPayout).where(tuple_(BatchPayout.batch_id, BatchPayout.payout_no).in_(keys))
    payouts = {(each.batch_id, each.payout_no): each for each in session().scalars(above)}
    said = _said_of(keys)
    return [
        LineAnswered(line, payouts[line.batch_id, line.payout_no], said.get((line.batch_id, line.payout_no), SILENCE))
        for line in lines
    ]


def open_payout_count(batch: SettlementBatch) -> int:
    """How many payouts nothing was said about."""
    said = exists().where(SAID.c.batch_id == BatchPayout.batch_id, SAID.c.payout_no == BatchPayout.payout_no)
    found = select(func.count()).select_from(BatchPayout).where(BatchPayout.batch_id == batch.id, ~said)
    return session().scalars(found).one()


def sent_count(batch: SettlementBatch) -> int:
    """How many payouts a bank hears of: all, unless clawbacks keep some back."""
    if not batch.netted_fen:
        return batch.payout_count
    found = select(func.count()).select_from(BatchPayout).where(BatchPayout.batch_id == batch.id)
    return session().scalars(found.where(BatchPayout.amount_fen > 0)).one()


def sealed_content(batch: SettlementBatch) -> SealedContent:
    """What the seal of a batch covers, read a few thousand records at a time."""
    return SealedContent(
        head=SealedHead(**{name: getattr(batch, name) for name in _names(SealedHead)}),
        payouts=_records(SealedPayout, BatchPayout, batch, BatchPayout.payout_no),
        lines=_records(SealedLine, BatchLine, batch, BatchLine.line_no),
        nettings=_records(SealedNetting, BatchNetting, batch, BatchNetting.payout_no, BatchNetting.clawback_id),
    )


def files_of(batch: SettlementBatch) -> Sequence[BatchFile]:
    """The files made of a batch."""
    found = select(BatchFile).where(BatchFile.batch_id == batch.id).order_by(BatchFile.format)
    return session().scalars(found).all()


def exported(batch_id: int, export_format: ExportFormat) -> StoredFile:
    """A file of a batch as it was stored. Raises :class:`BatchMissing` and :class:`BatchNotExported`."""
    batch = find_batch(batch_id)
    file_id = session().scalar(
        select(BatchFile.file_id).where(BatchFile.batch_id == batch.id, BatchFile.format == export_format)
    )
    if file_id is None:
        raise BatchNotExported(number=batch.number)
    return stored_file(file_id)


def returns_of(batch: SettlementBatch) -> Select[tuple[BankReturn]]:
    """The bank returns of a batch."""
    return select(BankReturn).where(BankReturn.batch_id == batch.id)


def all_returns(batch: SettlementBatch) -> Sequence[BankReturn]:
    """The bank returns of a batch, the earliest first."""
    return session().scalars(returns_of(batch).order_by(BankReturn.part)).all()


def first_payouts(batch: SettlementBatch, count: int) -> Sequence[BatchPayout]:
    """The first payouts of a batch, in their order."""
    return session().scalars(payouts_of(batch).order_by(BatchPayout.payout_no).limit(count)).all()


def _said_of(keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], Said]:
    """What was said last of payouts, each named by its batch and number."""
    if not keys:
        return {}
    found = select(SAID).where(tuple_(SAID.c.batch_id, SAID.c.payout_no).in_(keys)).order_by(SAID.c.late)
    return {
        (row.batch_id, row.payout_no): Said(row.outcome, row.reason, row.value_date) for row in session().execute(found)
    }


def _records(record: type[R], model: type[Model], batch: SettlementBatch, *order: Any) -> Iterator[R]:
    columns = [getattr(model, name) for name in _names(record)]
    rows = session().execute(
        select(*columns)
        .where(model.__table__.c.batch_id == batch.id)
        .order_by(*order)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for row in rows:
        yield record(*row)


def _names(record: type[Any]) -> list[str]:
    return [field.name for field in fields(record)]
