"""Each step of a sum is computed from its inputs alone, and says in both languages what it did."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.texts import catalogue
from vouchers.rules.claims import ReviewDecision, review_faults
from vouchers.rules.steps import (
    ARTICLES,
    REDUCING,
    SAID_OF_AID,
    Step,
    StepKind,
    aid_steps,
    entitlement_steps,
    rate_text,
    result,
    without_user,
)

COST = {"contract_fen": 10_000_000, "actual_fen": 9_000_000, "rate": "0.60"}


@pytest.mark.parametrize(
    ("kind", "before_fen", "inputs", "after_fen"),
    [
        (StepKind.ENTITLEMENT, 3_333_334, {"base_fen": 3_333_334, "rate": "0.40", "eligible": True}, 1_333_333),
        (StepKind.ENTITLEMENT, 3_333_334, {"base_fen": 3_333_334, "rate": "0.40", "eligible": False}, 0),
        (StepKind.HOLD, 6_000_000, {"cap_room_fen": 2_000_000}, 2_000_000),
        (StepKind.HOLD, 6_000_000, {"cap_room_fen": 7_000_000}, 6_000_000),
        (StepKind.COMPLETION, 6_000_000, COST, 5_400_000),
        (StepKind.COMPLETION, 6_000_000, {**COST, "actual_fen": 20_000_000}, 6_000_000),
        (StepKind.COMPLETION, 0, {**COST, "rate": None}, 0),
        (StepKind.YEAR, 5_400_000, {"cap_room_fen": 1}, 1),
        (StepKind.INVOICE, 5_400_000, {**COST, "invoice_fen": 5_000_000}, 3_000_000),
        (StepKind.INVOICE, 5_400_000, {**COST, "invoice_fen": None}, 5_400_000),
        (StepKind.APPROVAL, 5_400_000, {"approved_fen": 5_000_000}, 5_000_000),
        (StepKind.RETURN, 5_400_000, {"claimed_fen": 5_400_000}, 5_400_000),
        (StepKind.SEND_BACK, 5_000_000, {"claimed_fen": 5_400_000}, 5_400_000),
        (StepKind.CONFIRMATION, 5_000_000, {}, 5_000_000),
        (StepKind.HOLD, 3_000_000, {"cap_room_fen": 9, "order_max_fen": None, "left_fen": 8}, 8),
        (StepKind.HOLD, 3_000_000, {"cap_room_fen": 9, "order_max_fen": 7, "left_fen": 8}, 7),
        (StepKind.COMPLETION, 3_000_000, {**COST, "left_fen": 2}, 2),
        (StepKind.COMPLETION, 3_000_000, {"rate": None, "left_fen": 0}, 0),
        (StepKind.INVOICE, 3_000_000, {**COST, "invoice_fen": 1_000, "left_fen": 9_999}, 600),
        (StepKind.APPROVAL, 2_000_000, {"approved_fen": 3_000_001, "of_fen": 6_000_000}, 1_000_000),
        (StepKind.APPROVAL, 0, {"approved_fen": 0, "of_fen": 0}, 0),
        (StepKind.REJECTION, 5_400_000, {}, 0),
        (StepKind.REVOCATION, 5_400_000, {}, 0),
    ],
)
def test_a_step_is_computed_from_its_inputs(
    kind: StepKind, before_fen: int, inputs: dict[str, Any], after_fen: int
) -> None:
    """V12 and V17: the lesser of entitlement and room, of fee and invoice, and what reviewers said."""
    assert result(kind, before_fen=before_fen, inputs=inputs) == after_fen
    assert Step(kind, ARTICLES[kind], before_fen, after_fen, inputs).follows
    assert not Step(kind, ARTICLES[kind], before_fen, after_fen + 1, inputs).follows


def test_every_kind_has_an_article_and_a_sentence() -> None:
    assert set(ARTICLES) == set(StepKind)
    needed = {f"reckoning.{kind}" for kind in StepKind} | {f"reckoning.{kind}.less" for kind in REDUCING}
    needed |= {f"reckoning.aid.{kind}" for kind in SAID_OF_AID} | {f"reckoning.aid.{kind}.less" for kind in REDUCING}
    assert needed <= set(catalogue())


def test_a_quote_is_two_steps() -> None:
    """V12: 33,333.34 at 40% is 13,333.33; 10,000.00 of it are left of the cap."""
    entitled, held = entitlement_steps(
        base_fen=3_333_334, rate=Decimal("0.4000"), eligible=True, cap_room_fen=1_000_000, cap_fen=9, year=2026
    )
    assert (entitled.before_fen, entitled.after_fen, entitled.inputs["rate"]) == (3_333_334, 1_333_333, "0.40")
    assert (held.before_fen, held.after_fen, held.article) == (1_333_333, 1_000_000, "V12 cap")
    assert held.says.en == "Of CNY 13,333.33 only CNY 10,000.00 is left of the yearly cap, and counts."
    assert "cap_room_fen" not in without_user(held.inputs)


def test_a_refused_quote_says_neither_rate_nor_room() -> None:
    """V8, V11 x: nothing is subsidised, and no cap is spoken of."""
    refused, held = entitlement_steps(
        base_fen=80_000, rate=Decimal("0.60"), eligible=False, cap_room_fen=1_000_000, cap_fen=9, year=2026
    )
    assert (refused.says.en, held.says.en) == (
        "It is not eligible: of the fee of CNY 800.00 nothing is subsidised.",
        "There is nothing to subsidise, and nothing of the yearly cap is taken.",
    )
    assert (
        review_faults(decision=ReviewDecision.APPROVE, amount_fen=None, opinion="同意", defects=[], claimed_fen=0)[
            0
        ].code
        == "approval_of_nothing"
    )


def test_v6_what_a_programme_adds_is_two_steps_of_its_own() -> None:
    """30% of 100,000.00, at most 20,000.00 an order; the fee leaves 40,000.00 after the voucher."""
    aid = {
        "programme": "city_plus",
        "rate": "0.30",
        "cap_fen": 5_000_000,
        "cap_room_fen": 5_000_000,
        "order_max_fen": 2_000_000,
        "left_fen": 4_000_000,
        "amount_fen": 2_000_000,
    }
    entitled, held = aid_steps(aid, base_fen=10_000_000, year=2026)
    assert (entitled.after_fen, held.after_fen) == (3_000_000, 2_000_000)
    assert {entitled.article, held.article} == {"V6"}
    assert held.says.en.startswith("Of CNY 30,000.00 CNY 20,000.00 count: the least of")
    del aid["order_max_fen"], aid["left_fen"]
    assert aid_steps(aid, base_fen=10_000_000, year=2026)[1].after_fen == 2_000_000, "one from before limits were kept"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"invoice_fen": 5_000_000}, "The invoice is for less"),
        ({"invoice_fen": 9_000_000}, "Contract or actual fee is less"),
        ({"invoice_fen": None}, "Contract or actual fee is less"),
        ({"invoice_fen": 5_000_000, "excluded_lines": ["2 餐饮: 不计入"]}, "Lines of the invoice do not count"),
        ({"invoice_fen": 5_000_000, "credited_fen": 1}, "A credit invoice took from the invoice:"),
        (
            {"invoice_fen": 5_000_000, "credited_fen": 1, "excluded_lines": ["2 餐饮: 不计入"]},
            "A credit invoice took from the invoice and lines of it do not count",
        ),
    ],
)
def test_v12_base_a_lower_sum_names_what_lowered_it(more: dict[str, Any], why: str) -> None:
    """The invoice only where it is the least; lines and credit invoices, also both together."""
    inputs = {**COST, **more}
    after_fen = result(StepKind.INVOICE, before_fen=6_000_000, inputs=inputs)
    assert Step(StepKind.INVOICE, "V12 base", 6_000_000, after_fen, inputs).says.en.startswith(why)


def test_rates_are_written_as_the_policy_writes_them() -> None:
    assert [rate_text(None), rate_text(Decimal("0.6")), rate_text(Decimal("0.125"))] == [None, "0.60", "0.125"]
