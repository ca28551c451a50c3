"""The figures of supervision that are in force on a day, read from the policy pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.policy import PolicyPack
from core.texts import Text
from vouchers.rules.draws import Bound

TERM = "supervision.inspectors_min"


@dataclass(frozen=True)
class SupervisionPolicy:
    """Strata of draws, who and what an inspection needs, and the terms of answers, sanctions and appeals."""

    strata: tuple[Bound, ...]
    inspectors_min: int
    checklist: Mapping[str, Text]
    finding_answer_working_days: int
    sanction_years_max: int
    appeal_working_days: int

    def last_sanction_day(self, today: date) -> date:
        """The last day that a sanction decided today may reach."""
        year = today.year + self.sanction_years_max
        is_leap_day = (today.month, today.day) == (2, 29)
        return date(year, 2, 28) if is_leap_day else today.replace(year=year)


def supervision_policy(pack: PolicyPack, day: date) -> SupervisionPolicy:
    """The policy of a day, or of the nearest one that the pack covers."""
    edition = pack.nearest(day, term=TERM)
    return SupervisionPolicy(
        strata=tuple(Bound(row["from_fen"], row["weight"]) for row in edition["supervision.spot_check_strata"]),
        inspectors_min=edition["supervision.inspectors_min"],
        checklist={row["code"]: Text(row["zh"], row["en"]) for row in edition["supervision.inspection_checklist"]},
        finding_answer_working_days=edition["supervision.finding_answer_working_days"],
        sanction_years_max=edition["supervision.sanction_years_max"],
        appeal_working_days=edition["supervision.appeal_working_days"],
    )
