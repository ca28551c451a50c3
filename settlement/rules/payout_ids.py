"""How a payout is called towards banks: the number of its batch, a hyphen, and its own in at least six digits."""

from __future__ import annotations

import re

MAX_LENGTH = 35
"""Of an end-to-end identification (``Max35Text`` of ISO 20022)."""

_DIGITS = 6
_PAYOUT_NO = re.compile(r"[0-9]{6,9}")


class TooLong(ValueError):
    """A batch's number leaves no room for that of a payout."""


def end_to_end_id(batch_number: str, payout_no: int) -> str:
    """The name of a payout, at most 35 characters. Raises :class:`TooLong`."""
    name = f"{batch_number}-{payout_no:0{_DIGITS}d}"
    if len(name) > MAX_LENGTH:
        raise TooLong(f"{name} is longer than {MAX_LENGTH} characters")
    return name


def payout_no_of(batch_number: str, end_to_end_id: str) -> int | None:
    """The number of the payout of this batch that a name stands for; None where it is a foreign or malformed one."""
    number = end_to_end_id.removeprefix(f"{batch_number}-")
    if number == end_to_end_id or not _PAYOUT_NO.fullmatch(number):
        return None
    payout_no = int(number)
    return payout_no if payout_no > 0 and f"{payout_no:0{_DIGITS}d}" == number else None
