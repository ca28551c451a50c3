"""Reads of batches, their lines, files and bank returns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ScalarSelect, Select, exists, func, select
from sqlalchemy.orm import selectinload

from core.db import session
from core.errors import Conflict, NotFound
from core.files import StoredFile, stored_file
from settlement.models import BankReturn, BankReturnLine, BatchFile, BatchLine, SettlementBatch
from settlement.rules.exports import BatchContent, ExportFormat
from settlement.rules.seal import PayoutLine
from settlement.states import BatchState, PayoutOutcome

_ROWS_AT_ONCE = 5000


class BatchMissing(NotFound):
    """There is no such batch for this actor."""

    code = "batch_missing"


class BatchNotExported(Conflict):
    """The batch has no files yet: it is approved first and then exported."""

    code = "batch_not_exported"
    article = "V17 pay"


@dataclass(frozen=True)
class LineView:
    """A line with what the bank said last of it."""

    line: BatchLine
    said: BankReturnLine | None

    @property
    def outcome(self) -> PayoutOutcome | None:
        """Paid, failed or returned; None while the bank said nothing."""
        return None if self.said is None else self.said.outcome

    @property
    def reason(self) -> str | None:
        """The bank's reason."""
        return None if self.said is None else self.said.reason

    @property
    def value_date(self) -> date | None:
        """The bank's date."""
        return None if self.said is None else self.said.value_date


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
    """What the bank said last of a line; NULL where it said nothing. To filter lines by."""
    return (
        select(BankReturnLine.outcome)
        .where(BankReturnLine.batch_id == BatchLine.batch_id, BankReturnLine.line_no == BatchLine.line_no)
        .order_by(BankReturnLine.late.desc())
        .limit(1)
        .scalar_subquery()
    )


def lines_of(batch: SettlementBatch) -> Select[tuple[BatchLine]]:
    """The lines of a batch."""
    return select(BatchLine).where(BatchLine.batch_id == batch.id)


def with_outcomes(lines: Sequence[BatchLine]) -> list[LineView]:
    """Lines of one batch with what the bank said last of each, in the order given."""
    if not lines:
        return []
    found = (
        select(BankReturnLine)
        .where(
            BankReturnLine.batch_id == lines[0].batch_id,
            BankReturnLine.line_no.in_([line.line_no for line in lines]),
        )
        .order_by(BankReturnLine.late)
    )
    said = {each.line_no: each for each in session().scalars(found)}
    return [LineView(line, said.get(line.line_no)) for line in lines]


def open_line_count(batch: SettlementBatch) -> int:
    """How many lines the bank has said nothing about."""
    said = exists().where(BankReturnLine.batch_id == BatchLine.batch_id, BankReturnLine.line_no == BatchLine.line_no)
    found = select(func.count()).select_from(BatchLine).where(BatchLine.batch_id == batch.id, ~said)
    return session().scalars(found).one()


def content_of(batch: SettlementBatch) -> BatchContent:
    """A sealed batch as exports need it; its lines are read a few thousand at a time."""
    return BatchContent(
        number=batch.number,
        programme=batch.programme,
        cutoff=batch.cutoff,
        line_count=batch.line_count,
        total_fen=batch.total_fen,
        content_sha256=batch.content_sha256 or "",
        lines=_payout_lines(batch.id),
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


def first_lines(batch: SettlementBatch, count: int) -> Sequence[BatchLine]:
    """The first lines of a batch, in their order."""
    return session().scalars(lines_of(batch).order_by(BatchLine.line_no).limit(count)).all()


def _payout_lines(batch_id: int) -> Iterator[PayoutLine]:
    rows = session().execute(
        select(
            BatchLine.line_no,
            BatchLine.payable_id,
            BatchLine.source,
            BatchLine.order_id,
            BatchLine.payee_id,
            BatchLine.holder_name,
            BatchLine.bank_name,
            BatchLine.cnaps_code,
            BatchLine.account_number,
            BatchLine.amount_fen,
        )
        .where(BatchLine.batch_id == batch_id)
        .order_by(BatchLine.line_no)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for row in rows:
        yield PayoutLine(*row)
