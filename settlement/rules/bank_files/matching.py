"""What a bank's file says against what was sent: which outcomes are new, which were known, and what is neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.money import yuan_text
from settlement.rules.bank_files.answers import Answer, Control, Fault, FaultCode, Reading, Whole
from settlement.rules.payout_ids import payout_no_of
from settlement.states import PayoutOutcome


@dataclass(frozen=True, slots=True)
class SentPayout:
    """A payout as it went to the bank, with what was said of it so far: its ``first`` outcome, and whether what was
    paid came back ``late``."""

    payout_no: int
    account_number: str
    amount_fen: int
    first: PayoutOutcome | None = None
    late: bool = False
    clawed_back: bool = False


@dataclass(frozen=True)
class SentBatch:
    """A batch as it went to the bank; payouts of nothing went to none and are not among them.

    No money of it moved before the day it was approved.
    """

    number: str
    payouts: Mapping[int, SentPayout]
    approved_on: date

    @property
    def total_fen(self) -> int:
        """What the bank was told to pay."""
        return sum(payout.amount_fen for payout in self.payouts.values())


@dataclass(frozen=True, slots=True)
class Told:
    """A new outcome of a payout; ``late`` where it had been reported paid before."""

    line: int
    payout_no: int
    amount_fen: int
    outcome: PayoutOutcome
    reason: str
    value_date: date
    late: bool = False


@dataclass(frozen=True)
class Matched:
    """New outcomes by the batch's number; ``known`` payouts of which nothing new is said; ``rest`` is money of a
    statement that belongs to no payout. Where there is any fault nothing may be used."""

    told: Mapping[str, tuple[Told, ...]]
    known: Mapping[str, frozenset[int]]
    rest: tuple[Answer | Whole, ...]
    faults: tuple[Fault, ...]


def batch_numbers(reading: Reading) -> frozenset[str]:
    """The numbers of batches that a file may speak of, by the names in it."""
    ids = (answer.end_to_end_id for answer in reading.answers if answer.end_to_end_id)
    references = {whole.reference for whole in reading.wholes} | {each.reference for each in reading.controls}
    return frozenset({_stem(each) for each in ids} | references)


def match(reading: Reading, sent: Mapping[str, SentBatch], *, only: str | None) -> Matched:
    """Find the payout of each answer among the batches sent, by their numbers.

    With ``only`` everything must be of that batch. Without, what names no payout of a batch is the rest, if it is money
    of a statement; elsewhere it is a fault.
    """
    matching = _Matching(sent, only)
    for control in reading.controls:
        matching.check(control)
    for answer in reading.answers:
        matching.take(answer)
    for whole in reading.wholes:
        matching.take_whole(whole)
    faults = [*reading.faults, *matching.faults]
    if not faults and not reading.answers and not reading.wholes and not (only is None and reading.has_place):
        faults.append(Fault(FaultCode.UNDECIDED if reading.undecided else FaultCode.EMPTY, 0))
    return matching.result(sorted(faults, key=lambda fault: fault.row))


@dataclass
class _Said:
    """Everything one file says of one payout."""

    payout: SentPayout
    answers: dict[PayoutOutcome, Answer] = field(default_factory=dict)


class _Matching:
    def __init__(self, sent: Mapping[str, SentBatch], only: str | None) -> None:
        self.sent = sent
        self.only = only
        self.faults: list[Fault] = []
        self.rest: list[Answer | Whole] = []
        self.said: dict[tuple[str, int], _Said] = {}

    def check(self, control: Control) -> None:
        """The counts and sums the bank says a batch had."""
        batch = self._referred(control.reference)
        if batch is None:
            self._fault(FaultCode.REFERENCE_FOREIGN, control.line, control.reference)
            return
        count, fen = len(batch.payouts), batch.total_fen
        if control.count is not None and control.count != count:
            self._fault(FaultCode.COUNT_DIFFERS, control.line, str(control.count), str(count))
        if control.sum_fen is not None and control.sum_fen != fen:
            self._fault(FaultCode.SUM_DIFFERS, control.line, yuan_text(control.sum_fen), yuan_text(fen))

    def take(self, answer: Answer) -> None:
        """One answer: its payout, and whether the two agree."""
        number = self._number_of(answer)
        batch = None if number is None else self.sent.get(number)
        if batch is None:
            self._foreign(answer)
            return
        named = payout_no_of(batch.number, answer.end_to_end_id) if answer.end_to_end_id else answer.payout_no
        payout = batch.payouts.get(named or 0)
        if payout is None:
            self._fault(FaultCode.PAYOUT_FOREIGN, answer.line, _name(answer))
        elif answer.payout_no not in (None, named):
            self._fault(FaultCode.NAMES_DIFFER, answer.line, str(answer.payout_no), answer.end_to_end_id or "")
        else:
            self._add(batch, payout, answer)

    def take_whole(self, whole: Whole) -> None:
        """One outcome for every payout of a batch that the file does not name by itself."""
        batch = self._referred(whole.reference)
        if batch is None:
            if whole.movement is not None and self.only is None:
                self.rest.append(whole)
            else:
                self._fault(FaultCode.REFERENCE_FOREIGN, whole.line, whole.reference)
            return
        if whole.amount_fen not in (None, batch.total_fen):
            found = yuan_text(whole.amount_fen or 0)
            self._fault(FaultCode.SUM_DIFFERS, whole.line, found, yuan_text(batch.total_fen))
            return
        for payout in batch.payouts.values():
            answer = Answer(whole.line, whole.outcome, whole.value_date, reason=whole.reason, movement=whole.movement)
            self._add(batch, payout, answer)

    def result(self, faults: list[Fault]) -> Matched:
        """What is left once everything was taken."""
        told: dict[str, list[Told]] = {}
        known: dict[str, set[int]] = {}
        for (number, payout_no), said in self.said.items():
            new = _new(said, faults)
            if new is None:
                known.setdefault(number, set()).add(payout_no)
            else:
                told.setdefault(number, []).append(new)
        return Matched(
            {number: tuple(each) for number, each in told.items()},
            {number: frozenset(each) for number, each in known.items()},
            tuple(self.rest),
            tuple(sorted(faults, key=lambda fault: fault.row)),
        )

    def _number_of(self, answer: Answer) -> str | None:
        if answer.end_to_end_id is None:
            # A number alone is one of the batch that the file was handed in for; money without a name is of none.
            return self.only if answer.payout_no is not None else None
        stem = _stem(answer.end_to_end_id)
        return stem if self.only in (None, stem) else None

    def _referred(self, reference: str) -> SentBatch | None:
        found = self.sent.get(reference)
        return found if found is not None and self.only in (None, found.number) else None

    def _foreign(self, answer: Answer) -> None:
        if answer.movement is not None and self.only is None:
            self.rest.append(answer)
        else:
            self._fault(FaultCode.PAYOUT_FOREIGN, answer.line, _name(answer))

    def _add(self, batch: SentBatch, payout: SentPayout, answer: Answer) -> None:
        if answer.accounts and payout.account_number not in answer.accounts:
            self._fault(FaultCode.ACCOUNT_DIFFERS, answer.line, answer.accounts[0])
        if answer.amount_fen not in (None, payout.amount_fen):
            self._fault(FaultCode.AMOUNT_DIFFERS, answer.line, yuan_text(answer.amount_fen or 0))
        if answer.value_date < batch.approved_on:
            self._fault(FaultCode.DAY_BEFORE, answer.line, answer.value_date.isoformat(), batch.approved_on.isoformat())
        said = self.said.setdefault((batch.number, payout.payout_no), _Said(payout))
        # A statement may tell that money left and that it came back; nothing else says two things of one payout.
        if answer.outcome in said.answers or (said.answers and answer.movement is None):
            self._fault(FaultCode.PAYOUT_TWICE, answer.line, _name(answer) or str(payout.payout_no))
        said.answers[answer.outcome] = answer

    def _fault(self, code: FaultCode, line: int, value: str = "", expected: str = "") -> None:
        self.faults.append(Fault(code, line, value, expected))


def _new(said: _Said, faults: list[Fault]) -> Told | None:
    """What is new of a payout, or nothing; a contradiction of what was said before is a fault."""
    payout, answers = said.payout, said.answers
    paid, back = answers.get(PayoutOutcome.PAID), answers.get(PayoutOutcome.RETURNED)
    last = back or paid or answers[PayoutOutcome.FAILED]
    if payout.first is None:
        return _told(payout, last, late=False)
    if payout.first is last.outcome or (payout.late and last.outcome is PayoutOutcome.RETURNED):
        return None
    if payout.first is PayoutOutcome.PAID and last is back:
        if payout.clawed_back:
            faults.append(Fault(FaultCode.CLAWED_BACK, last.line, str(payout.payout_no)))
        return _told(payout, last, late=True)
    if payout.first is PayoutOutcome.RETURNED and last is paid and paid.movement is not None:
        # Money that came back had left before.
        return None
    faults.append(Fault(FaultCode.ALREADY_REPORTED, last.line, payout.first.value))
    return None


def _told(payout: SentPayout, answer: Answer, *, late: bool) -> Told:
    return Told(
        line=answer.line,
        payout_no=payout.payout_no,
        amount_fen=payout.amount_fen,
        outcome=answer.outcome,
        reason=answer.reason,
        value_date=answer.value_date,
        late=late,
    )


def _name(answer: Answer) -> str:
    return answer.end_to_end_id or ("" if answer.payout_no is None else str(answer.payout_no))


def _stem(name: str) -> str:
    return name.rpartition("-")[0]
