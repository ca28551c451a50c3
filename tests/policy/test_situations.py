"""Every row of RULES.md about entitlement, as a situation that reads like the rule."""

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from core import policy
from tests.factories.vouchers import BASE_CASE, official_calendar
from vouchers.rules.policy import judging
from vouchers.rules.validity import correction_window, submission_window
from vouchers.schemas.case import answer_line

HERE = Path(__file__).parent
ENTITLEMENT: list[dict[str, Any]] = yaml.safe_load((HERE / "entitlement.yaml").read_text("utf-8"))
VALIDITY: list[dict[str, Any]] = yaml.safe_load((HERE / "validity.yaml").read_text("utf-8"))


def named(situation: dict[str, Any]) -> str:
    return f"{situation['row']}: {situation['says']}"


def case_of(given: dict[str, Any]) -> dict[str, Any]:
    """The base case with the changes of a situation; ``beneficiary.staff`` names one field, ``beneficiary`` all."""
    case = copy.deepcopy(BASE_CASE)
    for path, value in given.items():
        *parents, last = path.split(".")
        place = case
        for parent in parents:
            place = place[parent]
        place[last] = value
    return case


@pytest.mark.parametrize("situation", ENTITLEMENT, ids=named)
def test_entitlement(situation: dict[str, Any]) -> None:
    case = case_of(situation["given"])
    answer = answer_line(json.dumps(case, default=str).encode(), pack=policy.current())
    assert "error" not in answer
    articles = situation.get("articles", [])
    assert [reason["article"] for reason in answer["reasons"]] == articles
    assert answer["eligible"] is (not articles)
    assert answer["subsidy_fen"] == (0 if articles else situation["subsidy_fen"])
    assert answer["subsidy_fen"] + answer["self_pay_fen"] == case["base_fen"]
    if articles:
        assert answer["entitlement_fen"] == 0
    assert answer["flags"] == situation.get("flags", [])
    if "rate" in situation:
        assert answer["rate"] == situation["rate"]
    if "code" in situation:
        assert answer["reasons"][0]["code"] == situation["code"]
    if "versioned" in situation:
        assert (answer["policy_version"] is not None) is situation["versioned"]


@pytest.mark.parametrize("situation", VALIDITY, ids=named)
def test_validity(situation: dict[str, Any]) -> None:
    judged_by = judging(policy.current(), date(2026, 3, 1)).policy
    days = official_calendar()
    if "completed_on" in situation:
        window = submission_window(situation["completed_on"], policy=judged_by, working_days=days)
        assert window.last_day == situation["last_day"]
    else:
        window = correction_window(situation["returned_on"], policy=judged_by, working_days=days)
        assert window.last_day == situation["correct_by"]
    assert window.is_open(window.last_day)
    assert not window.is_open(date.fromordinal(window.last_day.toordinal() + 1))
