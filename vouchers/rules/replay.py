"""Judging a decision again from the facts and the policy that were kept with it, and by the pack as it is today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.policy import Edition, PolicyPack
from vouchers.rules.decision import Decision, decide, decide_by
from vouchers.rules.facts import Case
from vouchers.rules.policy import PlaceUnknown, judging_by

UNJUDGED = "county"
"""The difference where the division list of today no longer knows the user's county."""


@dataclass(frozen=True)
class Taken:
    """A decision as it was taken; ``reasons`` and ``aids`` as they are stored."""

    judged_on: date
    policy_version: str | None
    eligible: bool
    rate: Decimal | None
    base_fen: int
    entitlement_fen: int
    cap_room_fen: int
    subsidy_fen: int
    reasons: Sequence[Mapping[str, Any]]
    aids: Sequence[Mapping[str, Any]]
    """What programmes of cities add (V6), as it is stored."""


@dataclass(frozen=True)
class Replay:
    """The same facts judged twice more.

    ``by_kept`` is None where no policy was kept with the decision, ``by_today`` where the pack of today cannot judge
    these facts at all.
    """

    by_kept: Decision | None
    by_today: Decision | None

    def differs_from_kept(self, taken: Taken) -> list[str] | None:
        """What the kept policy gives differently, which should be nothing; None where none was kept."""
        return None if self.by_kept is None else differences(taken, self.by_kept)

    def differs_today(self, taken: Taken) -> list[str]:
        """What the pack as it is written today gives differently."""
        return [UNJUDGED] if self.by_today is None else differences(taken, self.by_today)


def replay(case: Case, *, kept: Edition | None, pack: PolicyPack) -> Replay:
    """Judge frozen facts by the edition that was kept, and by the pack."""
    by_kept = None if kept is None else decide_by(case, judgement=judging_by(kept, case.on))
    try:
        by_today = decide(case, pack=pack)
    except PlaceUnknown:
        by_today = None
    return Replay(by_kept, by_today)


def differences(taken: Taken, again: Decision) -> list[str]:
    """The names of what came out differently."""
    pairs = {
        "policy_version": (taken.policy_version, again.policy_version),
        "eligible": (taken.eligible, again.eligible),
        "rate": (taken.rate, again.rate),
        "entitlement_fen": (taken.entitlement_fen, again.entitlement_fen),
        "subsidy_fen": (taken.subsidy_fen, again.subsidy_fen),
        "aids": (_added(taken.aids), _added([each.as_json() for each in again.aids])),
        "reasons": (_grounds(taken.reasons), _grounds([each.as_json() for each in again.reasons])),
    }
    return [name for name, (before, now) in pairs.items() if before != now]


def _grounds(reasons: Sequence[Mapping[str, Any]]) -> list[tuple[Any, Any]]:
    return [(each["code"], each["article"]) for each in reasons]


def _added(aids: Sequence[Mapping[str, Any]]) -> list[tuple[Any, Any, Any]]:
    return [(each["programme"], Decimal(each["rate"]), each["amount_fen"]) for each in aids]
