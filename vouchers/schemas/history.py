"""Decided orders written as quote cases, so that a change of policy can be tried on what really happened."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from vouchers.rules.facts import Relation

GRAVEST = (
    Relation.SUBSIDIARY,
    Relation.MUTUAL_HOLDING,
    Relation.CO_BUILT,
    Relation.COMMON_CONTROL,
    Relation.ONE_WAY_HOLDING,
    Relation.NONE,
)
"""A quote case names one relation; of several the first of these."""


def case_line(facts: Mapping[str, Any], *, firm: str, controller: str | None, says_providers_place: bool) -> str:
    """Frozen facts as one line of a case file, without names: who it is of is said by ``firm`` and ``controller``.

    The use of the cap is left to the simulation, which adds it up from the lines before. ``says_providers_place``:
    whether rates of the pack ask where the provider sits, as only then a case may say it.
    """
    provider, service = facts["provider"], facts["service"]
    place = {"county": provider["county"]} if says_providers_place and "county" in provider else {}
    case = {
        "firm": firm,
        **({} if controller is None else {"controller": controller}),
        "date": facts["date"],
        "payment_mode": facts["payment_mode"],
        "base_fen": facts["base_fen"],
        "cap_used_fen": 0,
        "unmet_need": facts["unmet_need"],
        "beneficiary": facts["beneficiary"],
        "provider": {"in_province": provider["in_province"], "relation": _gravest(provider["relations"]), **place},
        "service": {name: service[name] for name in ("kind", "excluded", "publicly_funded", "restricted_industry")},
    }
    return json.dumps(case, ensure_ascii=False)


def _gravest(relations: Sequence[str]) -> str:
    return next((each.value for each in GRAVEST if each.value in relations), Relation.NONE.value)
