"""What a bank's file would do, as people see it before it is taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from core import clock
from core.errors import Reason
from core.http import current_actor
from core.pages import term
from core.pages.language import say, t, yuan
from settlement.rules.bank_files import Owned
from settlement.rules.bank_files.matching import Told
from settlement.rules.bank_files.suspense import Unmatched
from settlement.rules.payout_ids import end_to_end_id
from settlement.service.bank_files import BankReturnRefused
from settlement.service.bank_returns import Preview, preview_return
from settlement.service.bank_statements import NotAStatement, StatementPreview, preview_statement
from settlement.states import PayoutOutcome

BANK_FILE_ENDINGS = ".csv,.txt,.xlsx,.xls,.xml"
SHOWN = 100
"""So many faults, outcomes and entries are listed; their number is always told."""

_LINE = re.compile("line ([0-9]+)")


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault of a file and its line; none where it is one of the file as a whole."""

    line: int | None
    said: str


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """An outcome of a payout, named as the bank names it."""

    line: int
    name: str
    amount_fen: int
    outcome: PayoutOutcome
    late: bool
    value_date: date
    reason: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen in a file: what it would do, or why it is refused."""

    facts: Sequence[tuple[str, Any]] = ()
    outcomes: Sequence[OutcomeRow] = ()
    outcome_count: int = 0
    entries: Sequence[Unmatched] = ()
    entry_count: int = 0
    accounts: Sequence[Owned] = ()
    faults: Sequence[FaultRow] = ()
    fault_count: int = 0


def look(batch_id: int, content: BinaryIO) -> Looked:
    """What a file would do to a batch."""
    return _looked(
        lambda: _of_return(preview_return(batch_id=batch_id, content=content, actor=current_actor(), now=clock.now()))
    )


def look_at_statement(content: BinaryIO) -> Looked:
    """What a statement would do to all batches it speaks of, and what matches nothing."""
    return _looked(lambda: _of_statement(preview_statement(content=content, actor=current_actor(), now=clock.now())))


def _looked(seen: Callable[[], Looked]) -> Looked:
    try:
        return seen()
    except (BankReturnRefused, NotAStatement) as refused:
        return Looked(faults=[_fault(each) for each in refused.reasons[:SHOWN]], fault_count=len(refused.reasons))


def _of_return(found: Preview) -> Looked:
    facts = [
        ("column.bank_file_kind", term(found.kind)),
        *_sums(found.told),
        ("fact.known_before", found.known_count),
        ("fact.undecided", found.undecided_count),
    ]
    return Looked(facts, _outcomes(found.batch.number, found.told[:SHOWN]), len(found.told))


def _of_statement(found: StatementPreview) -> Looked:
    told = [each for _batch, outcomes in found.told for each in outcomes]
    facts = [
        ("column.bank_file_kind", term(found.kind)),
        *_sums(told),
        ("column.suspense_count", len(found.unmatched)),
        ("fact.known_before", found.known_count),
        ("fact.undecided", found.undecided_count),
    ]
    rows = [row for batch, outcomes in found.told for row in _outcomes(batch.number, outcomes[:SHOWN])]
    return Looked(facts, rows[:SHOWN], len(told), found.unmatched[:SHOWN], len(found.unmatched), found.accounts[:SHOWN])


def _sums(told: Sequence[Told]) -> list[tuple[str, Any]]:
    by_outcome = {outcome: [each.amount_fen for each in told if each.outcome is outcome] for outcome in PayoutOutcome}
    return [
        *(
            (f"fact.would_be_{outcome.value}", t("page.batch.payouts_sum", count=len(sums), sum=yuan(sum(sums))))
            for outcome, sums in by_outcome.items()
        ),
        ("fact.late_returns", sum(1 for each in told if each.late)),
    ]


def _outcomes(number: str, told: Sequence[Told]) -> list[OutcomeRow]:
    return [
        OutcomeRow(
            line=each.line,
            name=end_to_end_id(number, each.payout_no),
            amount_fen=each.amount_fen,
            outcome=each.outcome,
            late=each.late,
            value_date=each.value_date,
            reason=each.reason,
        )
        for each in told
    ]


def _fault(reason: Reason) -> FaultRow:
    found = _LINE.fullmatch(reason.field or "")
    line = int(found[1]) if found else 0
    return FaultRow(line or None, say(reason.text))
