"""What a change of policy would do, before it is made: firms gaining and losing, money, caps reached, by city."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core import policy
from tests.factories.vouchers import BASE_CASE
from tests.support.packs import copied_pack
from vouchers.cli import vouchers


def line(**said: Any) -> str:
    case = copy.deepcopy(BASE_CASE)
    county = said.pop("county", None)
    if county is not None:
        case["beneficiary"]["county"] = county
    return json.dumps({**case, **said}, ensure_ascii=False)


def change(content: dict[str, Any]) -> None:
    """The raised rate falls to 50%, the other rises to 45%, and the cap to 80,000.00."""
    for row in content["subsidy_rates"][0]["value"]:
        row["rate"] = "0.50" if row["rate"] == "0.60" else "0.45"
    content["annual_cap_fen"][0]["value"] = 8_000_000


def simulated(tmp_path: Path, lines: list[str], *, before: str, after: str) -> dict[str, Any]:
    cases = tmp_path / "cases.jsonl"
    cases.write_text("\n".join(lines) + "\n", "utf-8")
    args = ["policy", "simulate", "--from", before, "--to", after, "--cases", str(cases), "--json"]
    answer = CliRunner().invoke(vouchers, args)
    assert answer.exit_code == 0, answer.output
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_a_change_is_shown_by_firm_city_and_cap(tmp_path: Path) -> None:
    """Two orders of one group in 菏泽, one of a 济南 firm, one that names nobody, and a line that is no case."""
    lines = [
        line(firm="甲", controller="集团"),
        line(firm="乙", controller="集团"),
        line(firm="丙", county="370102"),
        line(),
        "{}",
    ]
    found = simulated(tmp_path, lines, before=str(policy.DEFAULT_PACK), after=str(copied_pack(tmp_path, change)))
    assert (found["cases"], found["faulty"]) == (4, 1)
    # 60,000 + 60,000 + 40,000 + 60,000 before; 50,000 + 30,000 (the group's cap) + 45,000 + 50,000 after.
    assert found["subsidy_fen"] == {"before": 22_000_000, "after": 17_500_000}
    assert found["firms"] == {"gaining": 1, "losing": 3, "unchanged": 0}
    assert found["caps_reached"] == {"before": 0, "after": 1}
    assert found["cap_limited"] == {"before": 0, "after": 1}
    assert found["cities"]["370100"]["difference_fen"] == 500_000
    assert found["cities"]["371700"]["subsidy_fen"] == {"before": 18_000_000, "after": 13_000_000}


def test_a_day_names_the_policy_of_that_day(tmp_path: Path) -> None:
    """V23: by the policy of a day after the measure's end everybody is refused; by that of today nobody is."""
    found = simulated(tmp_path, [line()], before="2026-03-01", after=f"{policy.DEFAULT_PACK}@2031-01-01")
    assert found["eligible"] == {"before": 1, "after": 0}
    assert found["refused"]["after"] == {"V23": 1}


@pytest.mark.parametrize("side", ["nowhere", "2026-02-30@x", "@31"])
def test_what_names_no_policy_is_refused(tmp_path: Path, side: str) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(line(), "utf-8")
    args = ["policy", "simulate", "--from", side, "--to", "2026-03-01", "--cases", str(cases)]
    assert CliRunner().invoke(vouchers, args).exit_code == 1


def test_tables_say_it_in_both_languages(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(line(firm="甲"), "utf-8")
    args = ["policy", "simulate", "--from", "2026-03-01", "--to", "2026-04-01", "--cases", str(cases)]
    answer = CliRunner().invoke(vouchers, args)
    assert answer.exit_code == 0
    for shown in ("补助合计（元） / Subsidy (CNY)", "60,000.00", "菏泽市"):
        assert shown in answer.output


def test_a_file_without_a_single_case_fails(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"on": "2026-03-01"}\n', "utf-8")
    args = ["policy", "simulate", "--from", "2026-03-01", "--to", "2026-04-01", "--cases", str(cases)]
    assert CliRunner().invoke(vouchers, args).exit_code == 1
