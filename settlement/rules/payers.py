"""What a paying account and the table of its bank must be; every fault at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from core.errors import Reason, reason
from core.texts import text
from settlement.rules.exports.delimited import lacking_characters
from settlement.rules.exports.layout import BankColumn, BankEncoding, BankField, BankLayout, Lacking
from settlement.rules.exports.pain001 import MAX_ACCOUNT, MAX_ID

ARTICLE = "V17 pay"
EVERY_OTHER = "*"
"""The account of each fund that has none of its own."""
LONGEST_PURPOSE = 140
"""What a message to the bank holds of it."""

_COLUMN = re.compile(r"(?P<field>[a-z_]+)(?::(?P<longest>[1-9][0-9]{0,3}))?=(?P<heading>.*)")
_PLACE = re.compile(r"\{([^{}]*)\}")
_PLACES = frozenset({"batch", "claims"})
_NEEDED = (BankField.ACCOUNT_NUMBER, BankField.HOLDER_NAME, BankField.AMOUNT)
_NAMES_PAYOUT = frozenset({BankField.PAYOUT_NO, BankField.END_TO_END_ID})
OF_ACCOUNTS = (BankField.HOLDER_NAME, BankField.BANK_NAME, BankField.CNAPS_CODE, BankField.ACCOUNT_NUMBER)
"""What of a table is told by a payee's account."""
_NEVER_EMPTY = frozenset({BankField.HOLDER_NAME, BankField.CNAPS_CODE, BankField.ACCOUNT_NUMBER})
_MESSAGE_LIMITS = {BankField.CNAPS_CODE: MAX_ID, BankField.ACCOUNT_NUMBER: MAX_ACCOUNT}
"""What pain.001 holds; what is cut there does no harm to names."""


class Separator(StrEnum):
    """What stands between columns, by names that can be typed."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"
    BAR = "bar"


def spelled_column(column: Mapping[str, Any]) -> str:
    """A column as people write it: ``holder_name:60=收款人``, the number being how many characters the bank takes."""
    longest = f":{column['longest']}" if column.get("longest") else ""
    return f"{column['field']}{longest}={column['heading']}"


def read_columns(lines: Sequence[str]) -> tuple[list[dict[str, Any]], list[Reason]]:
    """Columns out of lines such as :func:`spelled_column` makes, and every fault with its line."""
    columns: list[dict[str, Any]] = []
    faults: list[Reason] = []
    for number, line in enumerate(lines, start=1):
        found = _COLUMN.fullmatch(line.strip())
        if found is None or not found["heading"].strip():
            faults.append(_fault("layout_column_malformed", "columns", line=number, text=line))
        elif found["field"] not in set(BankField):
            known = ", ".join(BankField)
            faults.append(_fault("layout_field_unknown", "columns", line=number, text=found["field"], known=known))
        else:
            longest = int(found["longest"]) if found["longest"] else None
            columns.append({"field": found["field"], "heading": found["heading"].strip(), "longest": longest})
    return columns, faults


def layout_faults(layout: BankLayout) -> Iterator[Reason]:
    """What hinders a bank's table from being written and answered."""
    fields = [column.field for column in layout.columns]
    for field in _NEEDED:
        if field not in fields:
            yield _fault("layout_field_missing", "columns", text=field)
    if not _NAMES_PAYOUT.intersection(fields):
        yield _fault("layout_field_missing", "columns", text=" / ".join(sorted(_NAMES_PAYOUT)))
    for twice in _twice(fields):
        yield _fault("layout_field_twice", "columns", text=twice)
    for heading in _twice([column.heading for column in layout.columns]):
        yield _fault("layout_heading_twice", "columns", text=heading)
    for place in dict.fromkeys(_PLACE.findall(layout.purpose)):
        if place not in _PLACES:
            known = ", ".join(f"{{{each}}}" for each in sorted(_PLACES))
            yield _fault("layout_place_unknown", "purpose", text=f"{{{place}}}", known=known)
    texts = {"purpose": layout.purpose, "columns": "".join(column.heading for column in layout.columns)}
    for name, told in texts.items():
        missing = lacking_characters(told, layout.encoding)
        if missing and layout.lacking is Lacking.REFUSE:
            yield _fault("layout_unencodable", name, characters=missing, encoding=layout.encoding)


def hindrances(layout: BankLayout, account: Mapping[BankField, str]) -> Iterator[Reason]:
    """Why a payee's account cannot stand in the files for the bank: empty, too long, or not in the encoding."""
    limits = limits_of(layout)
    written = {column.field for column in layout.columns}
    for field, told in account.items():
        if not told and field in _NEVER_EMPTY:
            yield _hindrance("account_empty", field)
        elif len(told) > limits.get(field, len(told)):
            yield _hindrance("account_too_long", field, text=told, longest=limits[field])
        missing = lacking_characters(told, layout.encoding) if field in written else ""
        if missing and layout.lacking is Lacking.REFUSE:
            yield _hindrance("account_unencodable", field, characters=missing, encoding=layout.encoding)


def limits_of(layout: BankLayout) -> dict[BankField, int]:
    """How many characters the parts of a payee's account may have: what messages hold, or less if the bank says so."""
    own = {column.field: column.longest for column in layout.columns if column.longest is not None}
    return {
        field: min(own.get(field, longest), _MESSAGE_LIMITS.get(field, longest))
        for field, longest in {**own, **_MESSAGE_LIMITS}.items()
        if field in OF_ACCOUNTS
    }


def refuses_characters(layout: BankLayout) -> bool:
    """Whether there are characters that the bank's table refuses at all."""
    return layout.lacking is Lacking.REFUSE and layout.encoding is BankEncoding.GBK


def columns_of(layout: BankLayout) -> list[dict[str, Any]]:
    """The columns as a row of the table keeps them."""
    return [_kept(column) for column in layout.columns]


def _kept(column: BankColumn) -> dict[str, Any]:
    return {"field": column.field.value, "heading": column.heading, "longest": column.longest}


def _twice(values: Sequence[str]) -> Iterable[str]:
    return [value for value in dict.fromkeys(values) if values.count(value) > 1]


def _hindrance(code: str, field: BankField, **values: object) -> Reason:
    return reason(code, article=ARTICLE, field=field, what=text(f"field_label.{field}"), **values)


def _fault(code: str, field: str, **values: object) -> Reason:
    return reason(code, article=ARTICLE, field=field, **values)
