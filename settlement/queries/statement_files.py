"""Statements and the trial balance as files: a workbook that streams, and a document for what fits on paper.

Both are in Chinese, as official papers are. The closing sums are the opening ones and the lines the file holds, so that
a file adds up whatever is posted while it is written.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO, cast

from sqlalchemy import Select
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from accounts.policy import city_names
from accounts.queries.names import organisation_names
from core import clock
from core.db import session
from core.errors import Malformed
from core.money import fen_to_yuan
from core.pdf import render_pdf
from core.permissions import Actor
from core.sources import source_text
from core.spreadsheets import WORKBOOK_OPTIONS
from core.texts import Text, catalogue, text
from settlement.models import LedgerPosting
from settlement.queries.ledger import PostingLine, described
from settlement.queries.owners import owner_texts
from settlement.queries.statements import lines, sections
from settlement.rules.chart import BOOK_OF, AccountKind, Book, Layer
from settlement.rules.statements import Party, PartyKind, Period, Section

PDF_LINES = 2_000
"""More lines are a workbook, not a document that anybody reads."""
CHUNK = 1_000
MAX_SHEET_ROWS = 1_048_575

STATEMENT_TEMPLATE = "settlement/statement"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Address = Callable[[Sequence[PostingLine]], dict[int, str]]
"""The address of the page each line is about, by the line's number, for whoever asked."""

Key = tuple[Book, AccountKind, Layer]

SECTION_HEADS = ("book", "account_kind", "layer", "opening", "debit", "credit", "closing")
LINE_HEADS = (
    "posting",
    "at",
    "account_kind",
    "owner",
    "layer",
    "transaction_kind",
    "what_for",
    "order",
    "article",
    "debit",
    "credit",
    "balance",
    "link",
)


class StatementTooLong(Malformed):
    """A statement has more lines than its file holds."""

    code = "statement_too_long"


@dataclass(frozen=True)
class Statement:
    """A statement to be written: whose, when, what stood there before, and the query of its lines."""

    party: Party
    period: Period
    sections: Sequence[Section]
    lines: Select[tuple[LedgerPosting]]
    address: Address

    @property
    def count(self) -> int:
        """How many lines it has."""
        return sum(section.count for section in self.sections)

    @property
    def filename(self) -> str:
        """What its files are called, without the ending."""
        return f"statement-{self.party.code.replace(':', '-')}-{self.period.since}-{self.period.until}"


def statement_of(
    party: Party,
    period: Period,
    *,
    actor: Actor,
    book: Book | None,
    kind: AccountKind | None,
    address: Address,
) -> Statement:
    """The statement of a party that the actor may read."""
    return Statement(
        party,
        period,
        sections(party, period, actor=actor, book=book, kind=kind),
        lines(party, period, actor=actor, book=book, kind=kind),
        address,
    )


def party_name(party: Party) -> Text:
    """Whose statement it is, in words."""
    if party.kind is PartyKind.PROVINCE:
        return text("statement.province")
    if party.city is not None:
        name = city_names(clock.today(clock.now())).get(party.city, party.city)
        return Text(name, name)
    number = cast(int, party.organisation_id)
    name = organisation_names([number])[number]
    return Text(name, name)


def statement_xlsx(statement: Statement) -> BinaryIO:
    """The whole statement: a sheet of sums and one of lines, written row by row. Raises :class:`StatementTooLong`."""
    if statement.count > MAX_SHEET_ROWS:
        raise StatementTooLong(most=MAX_SHEET_ROWS)
    target = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  (who sends it closes it)
    with Workbook(target, WORKBOOK_OPTIONS) as book:
        money = book.add_format({"num_format": "#,##0.00"})
        sums, sheet = (book.add_worksheet(text(f"statement.{name}").zh) for name in ("sums", "lines"))
        _heads(sheet, 0, LINE_HEADS)
        moving = _Moving(statement.sections)
        for row, (line, owner, href) in enumerate(_told(statement), start=1):
            balance_fen = moving.take(line)
            words = _line_words(line, owner)
            for column, said in enumerate(words):
                sheet.write_string(row, column, said)
            sheet.write_number(row, len(words) + (0 if line.amount_fen > 0 else 1), _yuan(abs(line.amount_fen)), money)
            sheet.write_number(row, len(words) + 2, _yuan(balance_fen), money)
            sheet.write_string(row, len(words) + 3, href)
        _facts(sums, statement)
        _heads(sums, 3, SECTION_HEADS)
        for row, section in enumerate(moving.sections(), start=4):
            _words(sums, row, (section.book, section.kind, section.layer))
            for column, fen in enumerate(_section_sums(section), start=3):
                sums.write_number(row, column, _yuan(fen), money)
    target.seek(0)
    return target


def statement_json(statement: Statement) -> Iterator[str]:
    """The whole statement as one JSON object, line by line as it is read; its sums follow its lines."""
    facts = {"party": statement.party.code, "since": statement.period.since, "until": statement.period.until}
    yield json.dumps(facts, default=str)[:-1] + ', "items": ['
    moving = _Moving(statement.sections)
    between = ""
    for line, _owner, href in _told(statement):
        balance_fen = moving.take(line)
        item = {**vars(line), "at": line.at.isoformat(), "balance_fen": balance_fen, "link": href}
        yield between + json.dumps(item, ensure_ascii=False)
        between = ","
    sums = [{**vars(section), "closing_fen": section.closing_fen} for section in moving.sections()]
    yield f'], "sections": {json.dumps(sums)}}}'


def statement_pdf(statement: Statement) -> bytes:
    """The statement as a document of at most ``PDF_LINES`` lines. Raises :class:`StatementTooLong`."""
    if statement.count > PDF_LINES:
        raise StatementTooLong(most=PDF_LINES)
    moving = _Moving(statement.sections)
    told = [
        [*_line_words(line, owner), *_sides(line.amount_fen), fen_to_yuan(moving.take(line)), href]
        for line, owner, href in _told(statement)
    ]
    return render_pdf(
        STATEMENT_TEMPLATE,
        {
            "title": text("statement.title").zh,
            "party": party_name(statement.party).zh,
            "facts": _fact_pairs(statement),
            "section_heads": [_head(each) for each in SECTION_HEADS],
            "sections": [
                [*(_word(each) for each in (section.book, section.kind, section.layer))]
                + [fen_to_yuan(fen) for fen in _section_sums(section)]
                for section in moving.sections()
            ],
            "line_heads": [_head(each) for each in LINE_HEADS],
            "lines": told,
            "note": text("statement.note").zh,
        },
    )


def totals(rows: Sequence[Section]) -> list[tuple[tuple[Book, Layer], int, int]]:
    """Debits and credits of each book and layer; they are the same."""
    sums: dict[tuple[Book, Layer], tuple[int, int]] = {}
    for each in rows:
        debit, credit = sums.get((each.book, each.layer), (0, 0))
        sums[each.book, each.layer] = (debit + each.debit_fen, credit + each.credit_fen)
    return [(key, debit, credit) for key, (debit, credit) in sums.items()]


class _Moving:
    """The sections of a statement while its lines go by."""

    def __init__(self, opened: Sequence[Section]) -> None:
        self._sections: dict[Key, Section] = {
            (each.book, each.kind, each.layer): replace(each, debit_fen=0, credit_fen=0, count=0) for each in opened
        }

    def take(self, line: PostingLine) -> int:
        """Count a line; returns the balance after it, in fen."""
        key = (BOOK_OF[line.account_kind], line.account_kind, line.layer)
        now = self._sections.get(key) or Section(*key, opening_fen=0, debit_fen=0, credit_fen=0, count=0)
        now = replace(
            now,
            debit_fen=now.debit_fen + max(line.amount_fen, 0),
            credit_fen=now.credit_fen + max(-line.amount_fen, 0),
            count=now.count + 1,
        )
        self._sections[key] = now
        return now.closing_fen

    def sections(self) -> list[Section]:
        """What they came to."""
        return list(self._sections.values())


def _told(statement: Statement) -> Iterator[tuple[PostingLine, str, str]]:
    """Every line with its account's owner in words and its address, in chunks, so that memory stays flat."""
    ordered = statement.lines.order_by(LedgerPosting.id).execution_options(yield_per=CHUNK)
    for chunk in session().scalars(ordered).partitions(CHUNK):
        told = described(list(chunk))
        hrefs = statement.address(told)
        owners = owner_texts(line.owner for line in told)
        for line in told:
            yield line, owners[line.owner].zh, hrefs[line.id]


def _line_words(line: PostingLine, owner: str) -> list[str]:
    return [
        str(line.id),
        f"{line.at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}",
        _word(line.account_kind),
        f"{owner} {line.year}" if line.year else owner,
        _word(line.layer),
        _word(line.kind),
        source_text(line.source).zh,
        "" if line.order_id is None else str(line.order_id),
        line.article or "",
    ]


def _sides(amount_fen: int) -> tuple[str, str]:
    said = fen_to_yuan(abs(amount_fen))
    return (said, "") if amount_fen > 0 else ("", said)


def _section_sums(section: Section) -> tuple[int, int, int, int]:
    return section.opening_fen, section.debit_fen, section.credit_fen, section.closing_fen


def _fact_pairs(statement: Statement) -> list[list[str]]:
    period = statement.period
    return [
        [_head("party"), party_name(statement.party).zh],
        [_head("period"), text("statement.period", since=period.since, until=period.until).zh],
    ]


def _facts(sheet: Worksheet, statement: Statement) -> None:
    for row, (label, said) in enumerate(_fact_pairs(statement)):
        sheet.write_string(row, 0, label)
        sheet.write_string(row, 1, said)


def _heads(sheet: Worksheet, row: int, heads: Sequence[str]) -> None:
    sheet.set_column(0, len(heads) - 1, 18)
    for column, head in enumerate(heads):
        sheet.write_string(row, column, _head(head))


def _words(sheet: Worksheet, row: int, members: Sequence[StrEnum]) -> None:
    for column, member in enumerate(members):
        sheet.write_string(row, column, _word(member))


def _head(key: str) -> str:
    return catalogue()[f"column.{key}"].zh


def _word(member: Any) -> str:
    return catalogue()[f"term.{type(member).__name__}.{member.value}"].zh


def _yuan(fen: int) -> float:
    return float(Decimal(fen_to_yuan(fen)))
