"""Entries of a statement that matched nothing, told again wherever they stand."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from settlement.rules.bank_files.answers import Answer, Movement, Whole


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Money that came or left and belongs to no payout. ``fingerprint`` is of what the bank says of it, and of how many
    like it stand before it in the file: the same file, or another one with the same entries, gives the same."""

    line: int
    fingerprint: str
    credit: bool
    amount_fen: int
    value_date: date
    end_to_end_id: str
    reference: str
    party_name: str
    party_account: str
    text: str

    @property
    def signed_fen(self) -> int:
        """The sum as the account moved: what left is negative."""
        return self.amount_fen if self.credit else -self.amount_fen


def name_of(each: Answer | Whole) -> str:
    """What the bank names an entry by; may be empty."""
    return (each.end_to_end_id if isinstance(each, Answer) else each.reference) or ""


def spelled_out(each: Answer | Whole, movement: Movement) -> str:
    """All that the bank says of an entry, as one text."""
    facts = (
        movement.account,
        movement.credit,
        each.amount_fen,
        each.value_date.isoformat(),
        name_of(each),
        movement.reference,
        movement.party_name,
        movement.party_account,
        movement.text,
    )
    return json.dumps(facts, ensure_ascii=False)


def unmatched(rest: Iterable[Answer | Whole]) -> list[Unmatched]:
    """The rest of a statement, entry by entry; each is money, so each has a movement and a sum."""
    seen: Counter[str] = Counter()
    found = []
    for each in rest:
        movement, amount_fen = each.movement, each.amount_fen
        if movement is None or not amount_fen:
            continue
        name = name_of(each)
        spelled = spelled_out(each, movement)
        seen[spelled] += 1
        found.append(
            Unmatched(
                line=each.line,
                fingerprint=hashlib.sha256(f"{seen[spelled]} {spelled}".encode()).hexdigest(),
                credit=movement.credit,
                amount_fen=amount_fen,
                value_date=each.value_date,
                end_to_end_id=name,
                reference=movement.reference,
                party_name=movement.party_name,
                party_account=movement.party_account,
                text=movement.text,
            )
        )
    return found
