"""A case as it is frozen with an order, and back again, so that the decision can be replayed (V12 facts).

The shape is that of a quote case, with what only the platform knows beside it: all relations and observations of the
provider, and whether the service rests on a published instrument.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from core.kinds import ServiceKind
from vouchers.rules.facts import (
    AdverseKind,
    AdverseRecord,
    Case,
    Enterprise,
    Exclusion,
    IncubatorLevel,
    Obstacle,
    OverdueClawback,
    PaymentMode,
    Provider,
    Relation,
    Service,
    Team,
)

OF_THE_USER = frozenset({"cap_used_fen", "aid_used_fen", "obstacles", "overdue_clawbacks"})
"""Facts about the use of the user's caps and its debts, which who serves the user is not told."""


def freeze(case: Case) -> dict[str, Any]:
    """The case as JSON."""
    return {
        "date": case.on.isoformat(),
        "payment_mode": case.payment_mode.value,
        "base_fen": case.base_fen,
        "cap_used_fen": case.cap_used_fen,
        "unmet_need": case.unmet_need,
        "beneficiary": _beneficiary(case.beneficiary),
        "provider": {
            "in_province": case.provider.in_province,
            "relations": [relation.value for relation in case.provider.relations],
            "observations": list(case.provider.observations),
            **({} if case.provider.county is None else {"county": case.provider.county}),
        },
        "service": {
            "kind": case.service.kind.value,
            "excluded": None if case.service.excluded is None else case.service.excluded.value,
            "publicly_funded": case.service.publicly_funded,
            "restricted_industry": case.service.restricted_industry,
            "has_published_instrument": case.service.has_published_instrument,
        },
        **({"aid_used_fen": dict(case.aid_used_fen)} if case.aid_used_fen else {}),
        **({"obstacles": [obstacle.value for obstacle in case.obstacles]} if case.obstacles else {}),
        **({"overdue_clawbacks": list(map(_owed, case.overdue_clawbacks))} if case.overdue_clawbacks else {}),
    }


def without_user(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Frozen facts as who serves the user may read them: of the user only what it is and where it sits."""
    of_user = {name: facts["beneficiary"][name] for name in ("kind", "county")}
    return {name: value for name, value in facts.items() if name not in OF_THE_USER} | {"beneficiary": of_user}


def thaw(facts: Mapping[str, Any]) -> Case:
    """The case of frozen facts."""
    provider, service = facts["provider"], facts["service"]
    excluded = service["excluded"]
    return Case(
        on=date.fromisoformat(facts["date"]),
        payment_mode=PaymentMode(facts["payment_mode"]),
        base_fen=facts["base_fen"],
        cap_used_fen=facts["cap_used_fen"],
        aid_used_fen=facts.get("aid_used_fen", {}),
        unmet_need=facts["unmet_need"],
        obstacles=tuple(map(Obstacle, facts.get("obstacles", ()))),
        overdue_clawbacks=tuple(map(_thawed_owed, facts.get("overdue_clawbacks", ()))),
        beneficiary=_thawed_beneficiary(facts["beneficiary"]),
        provider=Provider(
            in_province=provider["in_province"],
            relations=tuple(map(Relation, provider["relations"])),
            observations=tuple(provider["observations"]),
            county=provider.get("county"),
        ),
        service=Service(
            kind=ServiceKind(service["kind"]),
            excluded=None if excluded is None else Exclusion(excluded),
            publicly_funded=service["publicly_funded"],
            restricted_industry=service["restricted_industry"],
            has_published_instrument=service["has_published_instrument"],
        ),
    )


def _beneficiary(beneficiary: Enterprise | Team) -> dict[str, Any]:
    if isinstance(beneficiary, Team):
        return {
            "kind": "team",
            "county": beneficiary.county,
            "incubator_level": beneficiary.incubator_level.value,
            "uscc": beneficiary.uscc,
        }
    return {
        "kind": "enterprise",
        "county": beneficiary.county,
        "staff": beneficiary.staff,
        "revenue_fen": beneficiary.revenue_fen,
        "orderly_finances": beneficiary.orderly_finances,
        "adverse_records": [record.as_json() for record in beneficiary.adverse_records],
    }


def _thawed_beneficiary(facts: Mapping[str, Any]) -> Enterprise | Team:
    if facts["kind"] == "team":
        return Team(facts["county"], IncubatorLevel(facts["incubator_level"]), facts["uscc"])
    return Enterprise(
        county=facts["county"],
        staff=facts["staff"],
        revenue_fen=facts["revenue_fen"],
        orderly_finances=facts["orderly_finances"],
        adverse_records=tuple(map(_record, facts["adverse_records"])),
    )


def _owed(clawback: OverdueClawback) -> dict[str, Any]:
    return {"number": clawback.number, "open_fen": clawback.open_fen, "due_on": clawback.due_on.isoformat()}


def _thawed_owed(facts: Mapping[str, Any]) -> OverdueClawback:
    return OverdueClawback(facts["number"], facts["open_fen"], date.fromisoformat(facts["due_on"]))


def _record(facts: Mapping[str, Any]) -> AdverseRecord:
    until = facts["to"]
    return AdverseRecord(
        kind=AdverseKind(facts["kind"]),
        since=date.fromisoformat(facts["from"]),
        until=None if until is None else date.fromisoformat(until),
    )
