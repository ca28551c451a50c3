"""Reviews of purchases against the catalogue: what may be asked, what is comparable, what decisions rest on (S27)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from core.errors import Reason, reason
from core.grounds import Ground, ground
from core.money import yuan_text
from instruments.rules.listing import duplicate_review_needed
from instruments.rules.search import normalise

ARTICLE = "S27"
MOST_WORDS = 6
"""Words of a specification that are looked for; more of them only cost searches."""
MOST_KEPT = 20
"""So many comparable instruments are kept with a search, the closest first."""
SHORTEST_WORD = 2
_APART = re.compile(r"[\s,，、;；。]+")


class PurchaseDecision(StrEnum):
    """What the province says to a purchase: it is justified, what there is serves, or the statement must be mended."""

    JUSTIFIED = "justified"
    SHARE = "share"
    RETURN = "return"


class FoundBy(StrEnum):
    """How a comparable instrument was found: by name, by a word of the specification within its class, by its class,
    or, where nothing has the name, by words like it."""

    NAME = "name"
    SPECIFICATION = "specification"
    CLASS = "class"
    NEAR = "near"


def purchase_number(year: int, serial: int) -> str:
    """The number of a review: unique in the province."""
    return f"CZ{year}-{serial:05d}"


def purchase_faults(*, value_fen: int, provincial_fen: int, review_min_fen: int) -> list[Reason]:
    """What is wrong with the sums: the provincial money is part of the price, and enough of it for a review."""
    found = []
    if provincial_fen > value_fen:
        found.append(reason("purchase_money_exceeds", article=ARTICLE, field="provincial_fen"))
    if not duplicate_review_needed(provincial_fen, review_min_fen=review_min_fen):
        least = yuan_text(review_min_fen)
        found.append(reason("purchase_needs_no_review", article=ARTICLE, field="provincial_fen", least=least))
    return found


def specification_words(specifications: str) -> list[str]:
    """The words of a specification, each once, as searches read them; single characters are left out."""
    words = _APART.split(normalise(specifications))
    return [each for each in dict.fromkeys(words) if len(each) >= SHORTEST_WORD]


def words_met(words: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Which of some words an instrument's own texts hold."""
    said = normalise(" ".join(texts))
    return [each for each in words if each in said]


def closeness(found_by: Sequence[FoundBy], met: Sequence[str]) -> tuple[int, int]:
    """The order of comparable instruments, the closest first: more words met, then found by name rather than class."""
    order = list(FoundBy)
    return -len(met), min(order.index(each) for each in found_by)


def purchase_grounds(
    *,
    number: str,
    asked_on: datetime,
    provincial_fen: int,
    searched_on: datetime | None,
    named: int,
    kept: int,
    decided_on: datetime | None,
    decision: PurchaseDecision | None,
    opinion: str,
    shared: Sequence[str],
) -> list[Ground]:
    """Why the province decided as it did, with what the search had found; nothing before."""
    if decision is None:
        return []
    match decision:
        case PurchaseDecision.JUSTIFIED:
            decided = ground("purchase_justified", article=ARTICLE, decided_on=decided_on, opinion=opinion)
        case PurchaseDecision.SHARE:
            decided = ground(
                "purchase_share", article=ARTICLE, decided_on=decided_on, opinion=opinion, shared=list(shared)
            )
        case PurchaseDecision.RETURN:
            decided = ground("purchase_returned", article=ARTICLE, decided_on=decided_on, opinion=opinion)
    return [
        decided,
        ground("purchase_searched", article=ARTICLE, searched_on=searched_on, named=named, kept=kept),
        ground("purchase_stated", article=ARTICLE, number=number, asked_on=asked_on, provincial_fen=provincial_fen),
    ]
