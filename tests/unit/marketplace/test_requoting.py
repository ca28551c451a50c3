"""Why an order would be given less than its quote said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from core.errors import reason
from marketplace.rules.requoting import why_less


@dataclass(frozen=True)
class Sums:
    """What a quote or an assessment gives of a fee of CNY 800.00."""

    rate: Decimal | None = Decimal("0.60")
    entitlement_fen: int = 48_000
    cap_room_fen: int = 50_000_000
    other_aid_fen: int = 1_000
    policy_version: str | None = "2025-01"

    @property
    def subsidy_fen(self) -> int:
        return min(self.entitlement_fen, self.cap_room_fen)


QUOTED = Sums()
HALVED = replace(QUOTED, rate=Decimal("0.30"), entitlement_fen=24_000, policy_version="2026-04")


@pytest.mark.parametrize(
    ("now", "named"),
    [
        (QUOTED, []),
        (replace(QUOTED, cap_room_fen=48_000), []),
        (replace(QUOTED, cap_room_fen=47_999), [("quote_room_fell", "V12 cap")]),
        (HALVED, [("quote_entitlement_fell", "V12 rate")]),
        (
            replace(HALVED, cap_room_fen=23_999),
            [("quote_entitlement_fell", "V12 rate"), ("quote_room_fell", "V12 cap")],
        ),
        (replace(QUOTED, other_aid_fen=999), [("quote_aid_fell", "V6")]),
    ],
)
def test_each_article_by_which_less_is_given(now: Sums, named: list[tuple[str, str]]) -> None:
    assert [(each.code, each.article) for each in why_less(QUOTED, now, refusals=[])] == named


def test_the_sums_and_versions_stand_in_the_sentence() -> None:
    (told,) = why_less(QUOTED, HALVED, refusals=[])
    assert told.text.en == (
        "The quote had the rate 0.60, CNY 480.00 (policy 2025-01); now it is 0.30, CNY 240.00 (policy 2026-04)."
    )


def test_where_nothing_is_given_any_more_the_refusals_say_why() -> None:
    refused = [reason("answer_term_over", article="V12 hold", last_day="2026-03-09")]
    assert why_less(QUOTED, replace(QUOTED, rate=None, entitlement_fen=0), refusals=refused) == refused
