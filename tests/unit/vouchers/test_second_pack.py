"""The invented province judges by its own measure: both places, its own articles, and a city's programme beside."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from core.config import PROJECT
from core.policy import load_pack
from tests.factories.vouchers import BASE_CASE
from vouchers.rules.decision import decide
from vouchers.schemas.case import answer_line, read_case

YUNZE = load_pack(PROJECT / "tests" / "policies" / "yunze")


def line(*, user: str, provider: str | None, mode: str = "full_payment", **said: Any) -> bytes:
    case = {**copy.deepcopy(BASE_CASE), "payment_mode": mode, **said}
    case["beneficiary"]["county"] = user
    if provider is not None:
        case["provider"]["county"] = provider
    return json.dumps(case).encode()


@pytest.mark.parametrize(
    ("user", "provider", "rate"),
    [
        ("970221", "970102", "0.70"),
        ("970221", "970202", "0.50"),
        ("970102", "970102", "0.50"),
        ("970221", "110101", "0.25"),
    ],
)
def test_the_rate_looks_at_both_places(user: str, provider: str, rate: str) -> None:
    assert answer_line(line(user=user, provider=provider), pack=YUNZE)["rate"] == rate


def test_a_case_says_where_the_provider_sits() -> None:
    assert "provider.county" in answer_line(line(user="970221", provider=None), pack=YUNZE)["error"]
    assert "provider.county" in answer_line(line(user="970221", provider="979999"), pack=YUNZE)["error"]


def test_refusals_name_the_measures_own_articles_in_its_order() -> None:
    asked = line(user="970221", provider="970102", mode="direct_deduction", date="2025-12-31")
    answer = answer_line(asked, pack=YUNZE)
    assert [reason["article"] for reason in answer["reasons"]] == ["第十四条", "第二十五条"]


def test_v6_voucher_and_a_citys_programme_together_never_exceed_the_fee() -> None:
    """50% of the province's and 60% of the city's programme of 80,000.00: the city adds what is left."""
    asked = line(user="970102", provider="970102", base_fen=8_000_000)
    decision = decide(read_case(asked, pack=YUNZE), pack=YUNZE)
    assert (decision.subsidy_fen, decision.other_aid_fen, decision.self_pay_fen) == (4_000_000, 4_000_000, 0)
