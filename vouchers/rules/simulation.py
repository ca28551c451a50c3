"""What a change of policy would do: the same cases judged twice, with the use of each cap added up as they come.

Cases of one firm or controller share a cap; a case that names neither has one of its own. Nothing is kept of a case but
sums by firm, controller and city, so a file may be as long as it likes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from core.policy import PolicyPack
from vouchers.rules.amounts import CAP_LIMITED
from vouchers.rules.decision import Decision, decide_by
from vouchers.rules.facts import Case
from vouchers.rules.policy import judging

OUTSIDE = "outside"
"""The city of those who sit in none of the province's."""


@dataclass(frozen=True)
class Side:
    """One of the two policies: a pack, perhaps as of one day; else each case is judged by its own day."""

    pack: PolicyPack
    on: date | None = None

    def day_of(self, case: Case) -> date:
        """By which day's policy a case is judged."""
        return self.on or case.on


@dataclass
class Sums:
    """What one policy gave, in fen."""

    subsidy_fen: int = 0
    eligible: int = 0
    capped: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Refusals by article."""

    def add(self, decision: Decision) -> None:
        """Count one answer."""
        self.subsidy_fen += decision.subsidy_fen
        self.eligible += decision.eligible
        self.capped += CAP_LIMITED in decision.flags
        self.refused.update(reason.article or "" for reason in decision.reasons)


@dataclass
class Comparison:
    """Both policies' sums of a group of cases."""

    cases: int = 0
    before: Sums = field(default_factory=Sums)
    after: Sums = field(default_factory=Sums)

    @property
    def difference_fen(self) -> int:
        """What the change adds."""
        return self.after.subsidy_fen - self.before.subsidy_fen


@dataclass(frozen=True)
class Labels:
    """Who a case is of, as its line says; the line's number where it says nothing."""

    firm: str
    controller: str | None = None

    @property
    def cap(self) -> str:
        """Who shares the cap."""
        return self.firm if self.controller is None else f"controller:{self.controller}"


class Simulation:
    """Judges cases by two policies one after the other."""

    def __init__(self, *, before: Side, after: Side) -> None:
        self.before, self.after = before, after
        self.total = Comparison()
        self.cities: defaultdict[str, Comparison] = defaultdict(Comparison)
        self.firms: defaultdict[str, int] = defaultdict(int)
        """What the change adds to each firm, in fen."""
        self.faults = 0
        self._used: dict[str, defaultdict[tuple[str, int], int]] = {
            "before": defaultdict(int),
            "after": defaultdict(int),
        }
        self.caps_reached: dict[str, set[tuple[str, int]]] = {"before": set(), "after": set()}

    def add(self, case_before: Case, case_after: Case, *, labels: Labels) -> tuple[Decision, Decision]:
        """Judge one case by both, each as its own pack read it."""
        before = self._judge("before", self.before, case_before, labels)
        after = self._judge("after", self.after, case_after, labels)
        city = _city(case_before, self.before)
        for group in (self.total, self.cities[city]):
            group.cases += 1
            group.before.add(before)
            group.after.add(after)
        self.firms[labels.firm] += after.subsidy_fen - before.subsidy_fen
        return before, after

    @property
    def gaining(self) -> int:
        """Firms that get more."""
        return sum(fen > 0 for fen in self.firms.values())

    @property
    def losing(self) -> int:
        """Firms that get less."""
        return sum(fen < 0 for fen in self.firms.values())

    def most_changed(self, count: int) -> Iterator[tuple[str, int]]:
        """The firms with the largest changes."""
        ranked = sorted(self.firms.items(), key=lambda each: (-abs(each[1]), each[0]))
        return ((firm, fen) for firm, fen in ranked[:count] if fen != 0)

    def as_json(self) -> dict[str, Any]:
        """Everything as the command prints it."""
        return {
            "cases": self.total.cases,
            "faulty": self.faults,
            "firms": {
                "gaining": self.gaining,
                "losing": self.losing,
                "unchanged": len(self.firms) - self.gaining - self.losing,
            },
            **self._group(self.total),
            "caps_reached": {side: len(owners) for side, owners in self.caps_reached.items()},
            "cities": {city: self._group(group) for city, group in sorted(self.cities.items())},
        }

    @staticmethod
    def _group(group: Comparison) -> dict[str, Any]:
        return {
            "subsidy_fen": {"before": group.before.subsidy_fen, "after": group.after.subsidy_fen},
            "difference_fen": group.difference_fen,
            "eligible": {"before": group.before.eligible, "after": group.after.eligible},
            "cap_limited": {"before": group.before.capped, "after": group.after.capped},
            "refused": {"before": dict(group.before.refused), "after": dict(group.after.refused)},
        }

    def _judge(self, name: str, side: Side, case: Case, labels: Labels) -> Decision:
        owner = (labels.cap, case.on.year)
        used = self._used[name]
        judged = replace(case, cap_used_fen=case.cap_used_fen + used[owner])
        decision = decide_by(judged, judgement=judging(side.pack, side.day_of(case)))
        used[owner] += decision.subsidy_fen
        if CAP_LIMITED in decision.flags:
            self.caps_reached[name].add(owner)
        return decision


def _city(case: Case, side: Side) -> str:
    places = judging(side.pack, side.day_of(case)).policy.places
    county = case.beneficiary.county
    return places.city_of(county) if places.in_province(county) else OUTSIDE
