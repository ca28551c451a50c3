"""V8(4): what a user and its provider have in common, at the order or today."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vouchers.rules.facts import Relation
from vouchers.rules.flags.kinds import FlagKind, Found

_HOLDINGS = frozenset({Relation.ONE_WAY_HOLDING, Relation.MUTUAL_HOLDING, Relation.SUBSIDIARY})


@dataclass(frozen=True, kw_only=True)
class RelationsSeen:
    """What was seen between the two when the order was placed, and what is on record today.

    ``details`` is today's record (:class:`accounts.rules.relation.RelationFacts` as JSON), ``shared`` the phone,
    address or masked account number that both state today, by observation.
    """

    at_order: Collection[str]
    today: Collection[str]
    details: Mapping[str, Any]
    shared: Mapping[str, str]


def relation_flags(seen: RelationsSeen) -> list[Found]:
    """One flag for each relation or shared detail.

    At the order only those are named that the measure flags; whatever appeared since is a flag too, as the frozen
    facts keep it from being judged (V12 facts).
    """
    return [
        Found(
            FlagKind(name), ":".join([*_when(name, seen), *map(str, _details(name, seen).values())]), _said(name, seen)
        )
        for name in sorted({*seen.at_order, *seen.today})
    ]


def _when(name: str, seen: RelationsSeen) -> Iterator[str]:
    if name in seen.at_order:
        yield "at_order"
    if name in seen.today:
        yield "today"


def _said(name: str, seen: RelationsSeen) -> dict[str, Any]:
    return {"at_order": name in seen.at_order, "today": name in seen.today, **_details(name, seen)}


def _details(name: str, seen: RelationsSeen) -> dict[str, Any]:
    """Today's record of it; nothing where it is gone."""
    if name not in seen.today:
        return {}
    if name in _HOLDINGS:
        return {key: seen.details[key] for key in ("user_holds_percent", "provider_holds_percent")}
    if name == Relation.COMMON_CONTROL:
        return {key: seen.details[key] for key in ("same_controller", "same_legal_representative")}
    return {"shared": seen.shared[name]} if name in seen.shared else {}
