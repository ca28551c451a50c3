"""Programmes of cities beside the province's voucher (V6, 协同支持): what they add to it, and what is left of that.

Aid stands beside a subsidy: an order that gets none gets no aid. All aid together never exceeds the fee.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.money import share
from core.texts import Text

ARTICLE = "V6"


@dataclass(frozen=True)
class CityProgramme:
    """One programme as the policy pack describes it.

    ``beneficiary_in`` is a city's or county's code or a named area; ``fund`` the name its money is kept under; without
    ``order_max_fen`` no order is limited but by the year's cap of its owner.
    """

    code: str
    fund: str
    name: Text
    reference: str
    beneficiary_in: str
    rate: Decimal
    annual_cap_fen: int
    order_max_fen: int | None


@dataclass(frozen=True)
class Aid:
    """What one programme pays of one order, and why that much.

    ``left_fen`` is what subsidy and the programmes before it leave of the fee.
    """

    programme: str
    fund: str
    name: Text
    reference: str
    rate: Decimal
    entitlement_fen: int
    cap_fen: int
    cap_room_fen: int
    order_max_fen: int | None
    left_fen: int
    amount_fen: int

    def as_json(self) -> dict[str, Any]:
        """As quotes and decisions keep it."""
        return {
            "programme": self.programme,
            "fund": self.fund,
            "zh": self.name.zh,
            "en": self.name.en,
            "reference": self.reference,
            "rate": str(self.rate),
            "entitlement_fen": self.entitlement_fen,
            "cap_fen": self.cap_fen,
            "cap_room_fen": self.cap_room_fen,
            "order_max_fen": self.order_max_fen,
            "left_fen": self.left_fen,
            "amount_fen": self.amount_fen,
        }


def programmes_of(rows: Iterable[Mapping[str, Any]]) -> tuple[CityProgramme, ...]:
    """The programmes of a pack, in the order in which they are granted."""
    return tuple(
        CityProgramme(
            code=row["code"],
            fund=row["fund"],
            name=Text(row["zh"], row["en"]),
            reference=row["reference"],
            beneficiary_in=row["beneficiary_in"],
            rate=Decimal(row["rate"]),
            annual_cap_fen=row["annual_cap_fen"],
            order_max_fen=row.get("order_max_fen"),
        )
        for row in rows
    )


def granted(
    programmes: Iterable[CityProgramme], *, base_fen: int, subsidy_fen: int, used_fen: Mapping[str, int]
) -> tuple[Aid, ...]:
    """What each programme adds to a subsidy: its rate's share of the fee, at most its room, its limit and what is left.

    ``used_fen`` is what the cap's owner has held and used of each programme in the year.
    """
    if subsidy_fen == 0:
        return ()
    aids = []
    left_fen = base_fen - subsidy_fen
    for programme in programmes:
        entitlement_fen = share(base_fen, programme.rate)
        room_fen = max(0, programme.annual_cap_fen - used_fen.get(programme.code, 0))
        limit_fen = entitlement_fen if programme.order_max_fen is None else programme.order_max_fen
        amount_fen = min(entitlement_fen, room_fen, limit_fen, left_fen)
        aids.append(
            Aid(
                programme=programme.code,
                fund=programme.fund,
                name=programme.name,
                reference=programme.reference,
                rate=programme.rate,
                entitlement_fen=entitlement_fen,
                cap_fen=programme.annual_cap_fen,
                cap_room_fen=room_fen,
                order_max_fen=programme.order_max_fen,
                left_fen=left_fen,
                amount_fen=amount_fen,
            )
        )
        left_fen -= amount_fen
    return tuple(aids)


def reduced_aid(held_fen: int, *, base_fen: int, rate: Decimal, left_fen: int) -> int:
    """What is left of a held aid for the actual cost: it never rises, and never exceeds what the fee leaves."""
    return max(0, min(held_fen, share(base_fen, rate), left_fen))


def in_proportion(claimed_fen: int, *, approved_fen: int, of_fen: int) -> int:
    """An aid lowered as the subsidy beside it was, rounded down; nothing beside nothing."""
    return 0 if of_fen == 0 else claimed_fen * approved_fen // of_fen
