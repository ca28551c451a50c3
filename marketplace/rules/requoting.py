"""Why an order would be given less than its quote said (V12)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from core.errors import Reason, reason
from core.money import yuan_text
from vouchers.rules.steps import rate_text


class Given(Protocol):
    """What the voucher and the programmes of cities give: a quote then, an assessment now."""

    @property
    def rate(self) -> Decimal | None: ...
    @property
    def entitlement_fen(self) -> int: ...
    @property
    def cap_room_fen(self) -> int: ...
    @property
    def subsidy_fen(self) -> int: ...
    @property
    def other_aid_fen(self) -> int: ...
    @property
    def policy_version(self) -> str | None: ...


def why_less(quoted: Given, given: Given, *, refusals: Sequence[Reason]) -> list[Reason]:
    """Each article by which less is given now, with what it was and is; nothing where nothing fell.

    ``refusals`` are the reasons for which the order gets no voucher at all now.
    """
    if refusals and given.subsidy_fen < quoted.subsidy_fen:
        return list(refusals)
    found = []
    if given.entitlement_fen < quoted.subsidy_fen:
        found.append(
            reason(
                "quote_entitlement_fell",
                article="V12 rate",
                was_rate=rate_text(quoted.rate) or "—",
                was=yuan_text(quoted.entitlement_fen),
                was_version=quoted.policy_version or "—",
                rate=rate_text(given.rate) or "—",
                now=yuan_text(given.entitlement_fen),
                version=given.policy_version or "—",
            )
        )
    if given.cap_room_fen < min(given.entitlement_fen, quoted.subsidy_fen):
        found.append(
            reason(
                "quote_room_fell",
                article="V12 cap",
                was=yuan_text(quoted.cap_room_fen),
                now=yuan_text(given.cap_room_fen),
            )
        )
    if given.other_aid_fen < quoted.other_aid_fen:
        found.append(
            reason(
                "quote_aid_fell",
                article="V6",
                was=yuan_text(quoted.other_aid_fen),
                now=yuan_text(given.other_aid_fen),
            )
        )
    return found
