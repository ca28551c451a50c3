"""What the naming of a provider rests on (V20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.grounds import Ground, ground
from marketplace.rules.naming import NAMING, NamingCause, NamingDecision


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a provider was told, by when it could answer, what it said, and why it was decided as it was."""

    facts: str
    answer_by: date
    answer: str | None
    opinion: str | None


def naming_grounds(
    decision: NamingDecision,
    *,
    cause: NamingCause,
    decided_on: datetime,
    hearing: Hearing | None,
    restrictions: Sequence[Ground],
) -> list[Ground]:
    """Why a provider was named or not; ``hearing`` is None for those who may not know it."""
    if decision is NamingDecision.NAME:
        first = ground("provider_named", article=NAMING, cause=cause, decided_on=decided_on)
    else:
        first = ground("naming_dismissed", article=NAMING, cause=cause, decided_on=decided_on)
    if hearing is None:
        return [first, *restrictions]
    return [
        first,
        ground("naming_facts", article=NAMING, facts=hearing.facts, answer_by=hearing.answer_by),
        ground("naming_answer", article=NAMING, answer=hearing.answer),
        ground("naming_opinion", article=NAMING, opinion=hearing.opinion),
        *restrictions,
    ]
