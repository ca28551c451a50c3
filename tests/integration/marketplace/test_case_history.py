"""A province tries a change of policy on its own history: orders written as cases, judged by two packs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.policy import DEFAULT_PACK
from marketplace.demo.client import DemoClient
from tests.support.deal import order, service_id
from tests.support.packs import copied_pack


def lowered(content: dict[str, Any]) -> None:
    """The raised rate falls to 50%, and the cap to what three orders of a group reach."""
    for row in content["subsidy_rates"][0]["value"]:
        row["rate"] = "0.50" if row["rate"] == "0.60" else "0.45"
    content["annual_cap_fen"][0]["value"] = 8_000_000


def run(client: DemoClient, *args: str) -> str:
    answer = client.app.test_cli_runner().invoke(args=["vouchers", "policy", *args])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_what_was_ordered_is_simulated_by_another_policy(province: DemoClient, tmp_path: Path) -> None:
    """One firm of 菏泽 loses, a group of 济南 gains till it reaches the lower cap; what was declined is left out, what
    got no voucher is in, and nobody is named."""
    service = service_id("demo-pilot-time")
    placed = [order(province, user, service) for user in ("sme-heze", "sme-jinan", "sme-jinan-sibling")]
    without = order(province, "sme-heze", service, payment_mode="full_payment", excluded="batch_test")
    gone = order(province, "sme-heze", service)
    province.post("provider-jinan", f"/orders/{gone['id']}/decline", {"reason": "设备检修"})
    file = tmp_path / "cases.jsonl"
    assert "4" in run(province, "cases", "--output", str(file))
    cases = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [each["base_fen"] for each in cases] == [each["price_fen"] for each in (*placed, without)]
    assert cases[1]["controller"] == cases[2]["controller"] != cases[0].get("controller")
    assert "演示" not in file.read_text("utf-8")

    other = str(copied_pack(tmp_path, lowered))
    told = run(province, "simulate", "--from", str(DEFAULT_PACK), "--to", other, "--cases", str(file), "--json")
    found = json.loads(told)
    assert (found["cases"], found["faulty"]) == (4, 0)
    assert found["subsidy_fen"]["before"] == sum(each["subsidy_fen"] for each in (*placed, without))
    # 60,000 + 40,000 + 40,000 before; 50,000 + 45,000 + 35,000 (what the group's cap leaves) after.
    assert found["subsidy_fen"] == {"before": 14_000_000, "after": 13_000_000}
    assert found["firms"] == {"gaining": 1, "losing": 2, "unchanged": 0}
    assert found["caps_reached"] == {"before": 0, "after": 1}
    assert found["refused"]["before"] == found["refused"]["after"] == {"V11 x": 1}
    assert run(province, "cases", "--output", str(file), "--until", "2026-03-01").startswith("已将 0 个")
