"""V8(4): how a user and a provider are related."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from accounts.kinds import Relation

NO_HOLDING = Decimal(0)


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
    """Whether two stated texts are the same, blanks aside; what is not stated is never the same."""
    plain_left, plain_right = "".join(left.split()).casefold(), "".join(right.split()).casefold()
    return bool(plain_left) and plain_left == plain_right


def same_phone(left: str, right: str) -> bool:
    """Whether two stated phone numbers have the same digits."""
    digits_left = "".join(character for character in left if character.isdigit())
    digits_right = "".join(character for character in right if character.isdigit())
    return bool(digits_left) and digits_left == digits_right
