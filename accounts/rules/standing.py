"""What is wrong with a fact of standing as it is entered: tenures of controllers, holdings, joint establishments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.errors import Reason, reason

WHOLE = Decimal(100)
CAP = "V12 cap"
RELATED = "V8(4)"
_TOKEN = re.compile(r"[0-9A-Z]{4,}")
_LEAST_DIGITS = 3
"""The last four places of an identity card are three digits and a digit or X."""


@dataclass(frozen=True, slots=True)
class Running:
    """A period already on record: ``until`` is the first day it no longer covers, None while it runs."""

    since: date
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerName:
    """A controller by id, or a new one by name; ``note`` tells two of one name apart."""

    controller_id: int | None = None
    name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two organisations, by number or by its unified social credit code."""

    number: int | None = None
    code: str = ""


def identity_in(note: str) -> str:
    """What of a note tells a person or group from others of the name: a credit code, or the end of an identity number.

    Empty where it holds neither.
    """
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", note).upper())
    told = [each for each in tokens if sum(character.isdigit() for character in each) >= _LEAST_DIGITS]
    return told[-1] if told else ""


def same_by(note: str, namesakes: Mapping[int, str]) -> int | None:
    """The number of the controller of that name, by number with their notes, that has the identity of ``note``."""
    told = identity_in(note)
    if not told:
        return None
    for number, theirs in namesakes.items():
        known = identity_in(theirs)
        if known and (known.endswith(told) or told.endswith(known)):
            return number
    return None


def name_faults(*, note: str, namesakes: Mapping[int, str], field: str = "note") -> list[Reason]:
    """A name that is on record already needs what tells the two apart, or says that they are one."""
    if namesakes and not identity_in(note):
        return [reason("controller_namesake", article=CAP, field=field)]
    return []


def tenure_faults(*, since: date, known: Sequence[Running]) -> list[Reason]:
    """A new controller takes over on ``since``.

    It must come after every tenure begun and after every one ended.
    """
    blocked = any(each.since >= since or (each.until is not None and each.until > since) for each in known)
    return [reason("tenure_overlaps", article="V12 cap", field="since")] if blocked else []


def holding_faults(
    *, holder_id: int, held_id: int, percent: Decimal, since: date, until: date | None, today: date
) -> list[Reason]:
    """A holding needs two parties, a share of the whole and a period that ends after it begins and has come."""
    found = [*ahead_faults(since=since, until=until, today=today), *_same_faults(holder_id, held_id, field="held_id")]
    if not 0 < percent <= WHOLE:
        found.append(reason("percent_out_of_range", article=RELATED, field="percent"))
    return [*found, *_reversed_faults(since, until)]


def ahead_faults(*, since: date | None = None, until: date | None, today: date) -> list[Reason]:
    """A relation is put on record once its first day has come, and its end once it is none any more."""
    return [
        reason("relation_in_future", article=RELATED, field=field)
        for field, day in (("since", since), ("until", until))
        if day is not None and day > today
    ]


def joint_faults(*, one_id: int, other_id: int, since: date | None, until: date | None, today: date) -> list[Reason]:
    """A joint establishment needs two parties and days that have come; where both are known, an end after the first."""
    ahead = ahead_faults(since=since, until=until, today=today)
    return [*ahead, *_same_faults(one_id, other_id, field="b_id"), *_reversed_faults(since, until)]


def _same_faults(one_id: int, other_id: int, *, field: str) -> list[Reason]:
    return [reason("same_organisation", article=RELATED, field=field)] if one_id == other_id else []


def _reversed_faults(since: date | None, until: date | None) -> list[Reason]:
    if since is None or until is None or until > since:
        return []
    return [reason("period_reversed", article=RELATED, field="until")]
