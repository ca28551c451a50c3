"""V8(4): how a user and a provider are related."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from accounts.kinds import Relation
from core.wording import folded

NO_HOLDING = Decimal(0)

_DASHES = frozenset({"Pd"})
_BETWEEN_PHONES = re.compile(r"[,，、;；/|\n]|或|和")
_EXTENSION = re.compile(r"转|分机|ext|x|#", re.IGNORECASE)
_SHORT_EXTENSION = re.compile(r"[-–—−][0-9]{1,5}$")
_COUNTRY = re.compile(r"^(?:00)?86(?=[0-9]{10,})")
_WHOLE_NUMBER = 10
"""Digits of the shortest number with its area code."""


@dataclass(frozen=True, slots=True)
class RelationFacts:
    """What is on record between a user and a provider on one day. Percentages are 0 to 100."""

    user_holds_percent: Decimal = NO_HOLDING
    provider_holds_percent: Decimal = NO_HOLDING
    jointly_established: bool = False
    same_controller: bool = False
    same_legal_representative: bool = False
    shared_phone: bool = False
    shared_bank_account: bool = False
    shared_address: bool = False

    @property
    def observations(self) -> tuple[str, ...]:
        """The shared details by name."""
        seen = {
            "shared_phone": self.shared_phone,
            "shared_bank_account": self.shared_bank_account,
            "shared_address": self.shared_address,
        }
        return tuple(name for name, shared in seen.items() if shared)

    def as_json(self) -> dict[str, object]:
        """The facts as they are frozen with a decision."""
        return {
            "user_holds_percent": str(self.user_holds_percent),
            "provider_holds_percent": str(self.provider_holds_percent),
            "jointly_established": self.jointly_established,
            "same_controller": self.same_controller,
            "same_legal_representative": self.same_legal_representative,
            "shared_phone": self.shared_phone,
            "shared_bank_account": self.shared_bank_account,
            "shared_address": self.shared_address,
        }


def relations(facts: RelationFacts, *, subsidiary_above_percent: Decimal) -> tuple[Relation, ...]:
    """Every relation the facts amount to, the gravest first; empty where there is none.

    ``subsidiary_above_percent`` is the policy's bound: a holding over it makes a subsidiary. A mutual
    holding is named beside a subsidiary; a lesser holding in one direction only is the flag
    ``one_way_holding``.
    """
    greater = max(facts.user_holds_percent, facts.provider_holds_percent)
    lesser = min(facts.user_holds_percent, facts.provider_holds_percent)
    found = []
    if greater > subsidiary_above_percent:
        found.append(Relation.SUBSIDIARY)
    if lesser > NO_HOLDING:
        found.append(Relation.MUTUAL_HOLDING)
    if facts.jointly_established:
        found.append(Relation.CO_BUILT)
    if facts.same_controller or facts.same_legal_representative:
        found.append(Relation.COMMON_CONTROL)
    if NO_HOLDING < greater <= subsidiary_above_percent and lesser == NO_HOLDING:
        found.append(Relation.ONE_WAY_HOLDING)
    return tuple(found)


def same_text(left: str, right: str) -> bool:
    """Whether two stated texts are the same; what is not stated is never the same.

    Width, case, blanks, dashes and what nobody sees make no difference.
    """
    plain = _plain(left)
    return bool(plain) and plain == _plain(right)


def same_address(left: str, right: str, *, regions: Collection[str]) -> bool:
    """Whether two stated addresses are the same, with or without the names of their province, city and county.

    ``regions`` are such names, as they may lead an address.
    """
    plain = _without(_plain(left), regions)
    return bool(plain) and plain == _without(_plain(right), regions)


def same_phone(left: str, right: str) -> bool:
    """Whether two stated phone numbers have a number in common, with or without 86 before it or an extension."""
    return bool(_phones(left) & _phones(right))


def _plain(stated: str) -> str:
    return folded(stated, ignoring=_DASHES)


def _without(address: str, regions: Collection[str]) -> str:
    """The address after the names of regions that lead it, as long as anything is left."""
    names = _longest_first(frozenset(regions))
    while address.startswith(names):
        leading = next((name for name in names if address.startswith(name) and address != name), None)
        if leading is None:
            return address
        address = address.removeprefix(leading)
    return address


@lru_cache(maxsize=64)
def _longest_first(regions: frozenset[str]) -> tuple[str, ...]:
    """The names as they are compared; a province has some hundreds, and the same for years."""
    return tuple(sorted({_plain(region) for region in regions} - {""}, key=len, reverse=True))


def _phones(stated: str) -> set[str]:
    """Every number that a text states: its digits without country code, leading zeros and extension."""
    found = set()
    for part in _BETWEEN_PHONES.split(unicodedata.normalize("NFKC", stated)):
        number = _EXTENSION.split(part, maxsplit=1)[0].strip()
        shorter = _SHORT_EXTENSION.sub("", number)
        digits = _digits(shorter if len(_digits(shorter)) >= _WHOLE_NUMBER else number)
        if digits:
            found.add(digits)
    return found


def _digits(number: str) -> str:
    plain = "".join(str(unicodedata.digit(each)) for each in number if each.isdigit())
    return _COUNTRY.sub("", plain).lstrip("0")
