"""Who takes part in the story."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.demo.real.deals import Member

ADMIN = "real-admin"
PROVINCE = "real-province"
FINANCE_MAKER = "real-finance-maker"
FINANCE_CHECKER = "real-finance-checker"
AUDITOR = "real-auditor"
INCUBATOR = "real-incubator"


def bureau_of(city: str | None) -> str:
    """Who vets and reviews for a city; the province for bodies outside its cities (V6, V10)."""
    return PROVINCE if city is None else f"real-bureau-{city}"


@dataclass
class Cast:
    """Everybody who is a member, by what they are to the story."""

    provider: Member
    outside: Member
    firms: list[Member]
    team: Member
    incubator_uscc: str
    siblings: tuple[Member, Member]

    @property
    def eligible_firms(self) -> list[Member]:
        """Members within the limits of V8(1) that stand alone."""
        return [each for each in self.firms if not each.oversized and each not in self.siblings]

    @property
    def oversized_firms(self) -> list[Member]:
        """Members beyond the limits of V8(1), who are refused when they ask for a quote."""
        return [each for each in self.firms if each.oversized]
