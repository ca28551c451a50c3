"""The steps of a sum: from the fee to what is paid, each with its article and computed from its inputs alone.

Inputs are JSON: sums in fen, rates as text, opinions as they were written. What programmes of cities add (V6) goes
through the same kinds of step beside the voucher's, with what the fee leaves of it, or the subsidy, as a further input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from core.money import share, yuan_text
from core.texts import Text, text
from vouchers.rules.aids import ARTICLE as AID_ARTICLE
from vouchers.rules.aids import in_proportion
from vouchers.rules.amounts import reduced_subsidy


class StepKind(StrEnum):
    """What a step did to the sum."""

    ENTITLEMENT = "entitlement"
    HOLD = "hold"
    RELEASE = "release"
    COMPLETION = "completion"
    YEAR = "year"
    INVOICE = "invoice"
    RESTORATION = "restoration"
    APPROVAL = "approval"
    RETURN = "return"
    SEND_BACK = "send_back"
    CONFIRMATION = "confirmation"
    REJECTION = "rejection"
    WITHDRAWAL = "withdrawal"
    EXPIRY = "expiry"
    REVOCATION = "revocation"


ARTICLES = {
    StepKind.ENTITLEMENT: "V12",
    StepKind.HOLD: "V12 cap",
    StepKind.RELEASE: "V12 hold",
    StepKind.COMPLETION: "V12 base",
    StepKind.YEAR: "V12 cap",
    StepKind.INVOICE: "V12 base",
    StepKind.RESTORATION: "V12 base",
    StepKind.APPROVAL: "V17 order",
    StepKind.RETURN: "V17 return",
    StepKind.SEND_BACK: "V17 order",
    StepKind.CONFIRMATION: "V17 order",
    StepKind.REJECTION: "V17 order",
    StepKind.WITHDRAWAL: "V12 hold",
    StepKind.EXPIRY: "V17",
    StepKind.REVOCATION: "V19",
}

REVIEW_ARTICLES = {
    "approve": ARTICLES[StepKind.APPROVAL],
    "return": ARTICLES[StepKind.RETURN],
    "reject": ARTICLES[StepKind.REJECTION],
    "confirm": ARTICLES[StepKind.CONFIRMATION],
    "send_back": ARTICLES[StepKind.SEND_BACK],
}
"""The same of what reviewers decide, by the decision's name."""

REDUCING = frozenset(
    {
        StepKind.ENTITLEMENT,
        StepKind.HOLD,
        StepKind.COMPLETION,
        StepKind.YEAR,
        StepKind.INVOICE,
        StepKind.APPROVAL,
    }
)
"""Steps that leave a sum as it is or reduce it; the others end it or set it anew."""

LIMITS_OF_AID = ("order_max_fen", "left_fen")
"""What limits the aid of a programme besides its cap: the most for one order, and what the fee leaves."""

SAID_OF_AID = REDUCING | {StepKind.RESTORATION}
"""Steps that are told in words of their own where they are of a programme."""

_LESS_OF_INVOICE = {(True, False): ".credited", (False, True): ".lines", (True, True): ".credited_lines"}
"""What took from an invoice: credit invoices, lines that do not count, or both."""

UNMENDED = "correct_by"
"""The last day that a returned claim let pass, where its rejection is nothing else."""

OF_THE_USER = frozenset({"cap_room_fen"})
"""Inputs that who serves a user is not told."""


@dataclass(frozen=True)
class Step:
    """One step, as it is stored or as a quote would make it."""

    kind: StepKind
    article: str
    before_fen: int
    after_fen: int
    inputs: Mapping[str, Any]
    programme: str | None = None
    """The city's programme it is a step of; None for the province's voucher."""

    @property
    def again_fen(self) -> int:
        """What its inputs give when it is computed again."""
        return result(self.kind, before_fen=self.before_fen, inputs=self.inputs)

    @property
    def follows(self) -> bool:
        """Whether the step is what its inputs make it."""
        return self.again_fen == self.after_fen

    @property
    def says(self) -> Text:
        """The step in a sentence."""
        reduced = self.kind in REDUCING and self.after_fen < self.before_fen
        sums = {"before": yuan_text(self.before_fen), "after": yuan_text(self.after_fen)}
        beside = "aid." if self.programme is not None and self.kind in SAID_OF_AID else ""
        if UNMENDED in self.inputs:
            return text("reckoning.rejection.unmended", last_day=self.inputs[UNMENDED], **sums)
        variant = ".less" if reduced else ""
        if not beside:
            variant = self._ground(reduced=reduced) or variant
        return text(f"reckoning.{beside}{self.kind}{variant}", **sums)

    def _ground(self, *, reduced: bool) -> str | None:
        """What a step of the voucher rests on, where its usual words would say something untrue."""
        inputs = self.inputs
        if self.kind is StepKind.ENTITLEMENT and not inputs["eligible"]:
            return ".ineligible"
        if self.kind is StepKind.HOLD and self.before_fen == 0:
            return ".nothing"
        if self.kind is not StepKind.INVOICE or not reduced:
            return None
        if inputs["invoice_fen"] is None or inputs["invoice_fen"] >= min(inputs["contract_fen"], inputs["actual_fen"]):
            return ".cost"
        credited, lines = bool(inputs.get("credited_fen")), bool(inputs.get("excluded_lines"))
        return _LESS_OF_INVOICE.get((credited, lines))


def result(kind: StepKind, *, before_fen: int, inputs: Mapping[str, Any]) -> int:
    """What a step makes of the sum before it, from its inputs alone."""
    match kind:
        case StepKind.ENTITLEMENT:
            return share(inputs["base_fen"], Decimal(inputs["rate"])) if inputs["eligible"] else 0
        case StepKind.HOLD | StepKind.YEAR:
            return _least(before_fen, inputs, "cap_room_fen", *LIMITS_OF_AID)
        case StepKind.COMPLETION:
            return _least(_share_of_cost(inputs, before_fen, "contract_fen", "actual_fen"), inputs, *LIMITS_OF_AID)
        case StepKind.INVOICE:
            cost_fen = _share_of_cost(inputs, before_fen, "contract_fen", "actual_fen", "invoice_fen")
            return _least(cost_fen, inputs, *LIMITS_OF_AID)
        case StepKind.RESTORATION:
            cost_fen = _share_of_cost(inputs, int(inputs["held_fen"]), "contract_fen", "actual_fen", "invoice_fen")
            return _least(cost_fen, inputs, *LIMITS_OF_AID)
        case StepKind.APPROVAL:
            return _approved(inputs, before_fen)
        case StepKind.RETURN | StepKind.SEND_BACK:
            return int(inputs["claimed_fen"])
        case StepKind.CONFIRMATION:
            return before_fen
        case _:
            return 0


def settling_kind(*, before_fen: int, after_fen: int) -> StepKind:
    """What settling a claim by its costs was: it rises only where lines or credited sums count again."""
    return StepKind.INVOICE if after_fen <= before_fen else StepKind.RESTORATION


def entitlement_steps(
    *, base_fen: int, rate: Decimal | None, eligible: bool, cap_room_fen: int, cap_fen: int, year: int
) -> tuple[Step, Step]:
    """How a fee becomes what is held: the rate's share of it, then the lesser of that and the cap's room (V12)."""
    entitled = {"base_fen": base_fen, "rate": rate_text(rate), "eligible": eligible}
    first = _step(StepKind.ENTITLEMENT, base_fen, entitled)
    room = {"cap_room_fen": cap_room_fen, "cap_fen": cap_fen, "year": year}
    return first, _step(StepKind.HOLD, first.after_fen, room)


def aid_steps(aid: Mapping[str, Any], *, base_fen: int, year: int) -> tuple[Step, Step]:
    """How a fee becomes what a programme of a city adds, from what a quote or a decision keeps of it (V6).

    One from before limits were kept says what it added, and its second step nothing else.
    """
    programme = aid["programme"]
    entitled = {"base_fen": base_fen, "rate": rate_text(Decimal(aid["rate"])), "eligible": True}
    first = _step(StepKind.ENTITLEMENT, base_fen, entitled, programme=programme)
    room = {
        "cap_room_fen": aid["cap_room_fen"],
        "cap_fen": aid["cap_fen"],
        "year": year,
        "order_max_fen": aid.get("order_max_fen"),
        "left_fen": aid.get("left_fen", aid["amount_fen"]),
    }
    return first, _step(StepKind.HOLD, first.after_fen, room, programme=programme)


def rate_text(rate: Decimal | None) -> str | None:
    """A rate as the policy writes it, with two decimals or as many as it needs."""
    if rate is None:
        return None
    return f"{rate:.2f}" if rate == round(rate, 2) else f"{rate.normalize():f}"


def without_user(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a step as who serves the user may read them."""
    return {name: value for name, value in inputs.items() if name not in OF_THE_USER}


def _step(kind: StepKind, before_fen: int, inputs: Mapping[str, Any], *, programme: str | None = None) -> Step:
    article = ARTICLES[kind] if programme is None else AID_ARTICLE
    return Step(kind, article, before_fen, result(kind, before_fen=before_fen, inputs=inputs), inputs, programme)


def _least(sum_fen: int, inputs: Mapping[str, Any], *limits: str) -> int:
    """The lesser of a sum and those of the limits that are known."""
    return min([sum_fen, *(int(inputs[name]) for name in limits if inputs.get(name) is not None)])


def _approved(inputs: Mapping[str, Any], before_fen: int) -> int:
    """What the city approved; aid follows the subsidy in proportion (V6)."""
    approved_fen = int(inputs["approved_fen"])
    of_fen = inputs.get("of_fen")
    return approved_fen if of_fen is None else in_proportion(before_fen, approved_fen=approved_fen, of_fen=int(of_fen))


def _share_of_cost(inputs: Mapping[str, Any], before_fen: int, *costs: str) -> int:
    """The lesser of the sum before and the rate's share of the least cost that is known (V12 base); without a rate
    nothing changes, for nothing was held."""
    if inputs["rate"] is None:
        return before_fen
    cost_fen = min(inputs[name] for name in costs if inputs.get(name) is not None)
    return reduced_subsidy(before_fen, actual_base_fen=cost_fen, rate=Decimal(inputs["rate"]))
