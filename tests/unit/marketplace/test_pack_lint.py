"""A pack is checked before it is put in force: both packs are clean, and every fault of a bad one is named at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from core import policy
from core.config import PROJECT
from core.policy import load_pack
from marketplace.reports.pack_lint import lint
from tests.support.packs import copied_pack, in_force

YUNZE = PROJECT / "tests" / "policies" / "yunze"


@pytest.mark.parametrize("folder", [policy.DEFAULT_PACK, YUNZE], ids=["shandong", "invented"])
def test_the_packs_there_are_have_no_fault(folder: Path) -> None:
    """Whoever has the code read another value adds it to the schema and to both packs."""
    assert [f"{each.key}: {each.says.en}" for each in lint(load_pack(folder))] == []


def broken(content: dict[str, Any]) -> None:
    content["annual_cap_fen"][0]["value"] = "half a million"
    content["subsidy_rates"][0]["value"][0] = {"rate": "1.60", "beneficiary_in": "raised_rate_cities", "colour": "red"}
    content["staff_min"][0]["from"] = date(2025, 6, 1)
    content["staff_max"][0]["reference"] = "Z99"
    content["favourite_colour"] = content["staff_max"]
    del content["validity_months"]


def test_every_fault_of_shape_is_named_at_once(tmp_path: Path) -> None:
    found = {(each.key, each.says.en) for each in lint(load_pack(copied_pack(tmp_path, broken)))}
    assert found == {
        ("vouchers.annual_cap_fen[2025-01-24]", "must be a whole number"),
        ("vouchers.subsidy_rates[2025-01-24].0.rate", "must be from 0 to 1"),
        ("vouchers.subsidy_rates[2025-01-24].0.colour", "unknown field"),
        ("vouchers.staff_min", "nothing in force from 2025-01-24 to 2025-05-31"),
        ("vouchers.staff_max[2025-01-24]", "the reference Z99 names no article the pack explains"),
        ("vouchers.favourite_colour[2025-01-24]", "the reference Z99 names no article the pack explains"),
        ("vouchers.favourite_colour", "no value the service reads"),
        ("vouchers.validity_months", "missing"),
    }


def contradicting(content: dict[str, Any]) -> None:
    content["subsidy_rates"][0]["value"][0]["beneficiary_in"] = "atlantis"
    content["materials"][0]["value"] = {"research": ["poem"], "music": ["invoice"]}
    content["claimants"][0]["value"] = {"direct_deduction": "provider"}


def test_what_values_say_about_each_other_is_checked(tmp_path: Path) -> None:
    found = {(each.key, each.says.en) for each in lint(load_pack(copied_pack(tmp_path, contradicting)))}
    assert found == {
        ("vouchers.subsidy_rates", "there is no area named atlantis"),
        ("vouchers.materials", "no materials are set for the group testing"),
        ("vouchers.materials", "no service is of the group music"),
        ("vouchers.materials", "research needs poem, which materials.kinds does not name"),
        ("vouchers.materials", "research needs no invoice, without which nothing is paid"),
        ("vouchers.out_of_province_modes", "nobody claims in the payment mode full_payment"),
    }


def test_the_command_prints_a_table_with_references_and_ends_with_1_on_faults(app: Flask, tmp_path: Path) -> None:
    with in_force(policy.DEFAULT_PACK):
        good = app.test_cli_runner().invoke(args=["vouchers", "policy", "lint", str(YUNZE)])
        assert good.exit_code == 0
        for shown in ("vouchers.subsidy_rates", "第十条", "70%", "云州市"):
            assert shown in good.output
        bad = app.test_cli_runner().invoke(args=["vouchers", "policy", "lint", str(copied_pack(tmp_path, broken))])
        assert (bad.exit_code, bad.output.count("\n")) == (1, 9)
        (tmp_path / "empty").mkdir()
        assert app.test_cli_runner().invoke(args=["vouchers", "policy", "lint", str(tmp_path / "empty")]).exit_code == 1


def unreadable(content: dict[str, Any]) -> None:
    content["staff_max"][0].pop("unit")
    content["annual_cap_fen"][0]["value"] = "half a million"
    content["subsidy_rates"][0]["value"][0]["rate"] = "1.60"


def test_a_broken_pack_is_told_whole_with_file_and_line(app: Flask, tmp_path: Path) -> None:
    """What cannot be read at all hides nothing of the rest; each fault says where it stands."""
    folder = copied_pack(tmp_path, unreadable)
    (folder / "instruments.yaml").write_text("term: [\n", "utf-8")
    answer = app.test_cli_runner().invoke(args=["vouchers", "policy", "lint", str(folder)])
    assert answer.exit_code == 1
    lines = (folder / "vouchers.yaml").read_text("utf-8").splitlines()

    def line_of(words: str) -> int:
        return 1 + next(number for number, each in enumerate(lines) if words in each)

    def told(key: str) -> str:
        return next(each for each in answer.output.splitlines() if key in each)

    assert told("vouchers.staff_max[1]: unit missing").startswith(f"vouchers.yaml:{line_of('staff_max:') + 1}: ")
    assert told("vouchers.annual_cap_fen[2025-01-24]").startswith(f"vouchers.yaml:{line_of('annual_cap_fen:') + 1}: ")
    rate = told("vouchers.subsidy_rates[2025-01-24].0.rate")
    assert rate.startswith(f"vouchers.yaml:{line_of('1.60')}: ")
    assert "line 2" in told("instruments.yaml")


def broken_and_contradicting(content: dict[str, Any]) -> None:
    broken(content)
    content["subsidy_rates"][0]["value"][1]["beneficiary_in"] = "atlantis"
    content["materials"][0]["value"]["research"] = ["poem"]
    content["claimants"][0]["value"] = {"direct_deduction": "provider"}


def test_a_fault_of_shape_hides_no_contradiction(tmp_path: Path) -> None:
    """Nine planted faults and those that follow from them take one round."""
    found = {(each.key, each.says.en) for each in lint(load_pack(copied_pack(tmp_path, broken_and_contradicting)))}
    assert len(found) == 12
    assert found >= {
        ("vouchers.subsidy_rates[2025-01-24].0.rate", "must be from 0 to 1"),
        ("vouchers.subsidy_rates", "there is no area named atlantis"),
        ("vouchers.materials", "research needs poem, which materials.kinds does not name"),
        ("vouchers.materials", "research needs no invoice, without which nothing is paid"),
        ("vouchers.out_of_province_modes", "nobody claims in the payment mode full_payment"),
    }
