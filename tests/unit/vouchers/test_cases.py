"""Quote cases are read strictly: every fault named in both languages, and the next case goes on."""

import copy
import json
from typing import Any

import pytest

from core import policy
from tests.factories.vouchers import BASE_CASE
from vouchers.schemas.case import answer_line


def answer(case: Any) -> dict[str, Any]:
    line = case if isinstance(case, bytes) else json.dumps(case).encode()
    return answer_line(line, pack=policy.current())


def changed(path: str, value: Any) -> dict[str, Any]:
    case = copy.deepcopy(BASE_CASE)
    *parents, last = path.split(".")
    place = case
    for parent in parents:
        place = place[parent]
    place[last] = value
    return case


def without(path: str) -> dict[str, Any]:
    case = copy.deepcopy(BASE_CASE)
    *parents, last = path.split(".")
    place = case
    for parent in parents:
        place = place[parent]
    del place[last]
    return case


def test_the_example_of_the_design() -> None:
    case = changed(
        "beneficiary.adverse_records", [{"kind": "abnormal_operations", "from": "2025-11-03", "to": "2025-12-01"}]
    )
    found = answer(case)
    assert [reason["article"] for reason in found.pop("reasons")] == ["V8(2)"]
    assert found.pop("policy_version").startswith("shandong-2025-01-24+")
    assert found == {
        "eligible": False,
        "rate": "0.60",
        "entitlement_fen": 0,
        "cap_room_fen": 50_000_000,
        "subsidy_fen": 0,
        "self_pay_fen": 10_000_000,
        "flags": [],
    }


@pytest.mark.parametrize(
    "path",
    [
        "date",
        "payment_mode",
        "base_fen",
        "cap_used_fen",
        "beneficiary",
        "provider",
        "service",
        "beneficiary.kind",
        "beneficiary.county",
        "beneficiary.staff",
        "beneficiary.revenue_fen",
        "beneficiary.orderly_finances",
        "provider.in_province",
        "service.kind",
    ],
)
def test_a_required_field_that_is_missing_is_named(path: str) -> None:
    assert f"{path}: 必填 / required" in answer(without(path))["error"]


@pytest.mark.parametrize(
    "path",
    [
        "unmet_need",
        "beneficiary.adverse_records",
        "provider.relation",
        "service.excluded",
        "service.publicly_funded",
        "service.restricted_industry",
    ],
)
def test_an_optional_field_may_be_missing(path: str) -> None:
    assert answer(without(path))["eligible"] is True


@pytest.mark.parametrize("path", ["extra", "beneficiary.extra", "provider.extra", "service.extra"])
def test_an_unknown_field_is_named(path: str) -> None:
    assert f"{path}: 未知字段 / unknown field" in answer(changed(path, 1))["error"]


def test_an_enterprise_has_no_incubator_and_a_team_no_staff() -> None:
    assert "beneficiary.incubator_level: 未知字段" in answer(changed("beneficiary.incubator_level", "city"))["error"]
    team = {"kind": "team", "county": "370102", "incubator_level": "national", "staff": 3}
    assert "beneficiary.staff: 未知字段" in answer(changed("beneficiary", team))["error"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("date", "2026-3-1"),
        ("date", "2026-02-30"),
        ("date", "20260301"),
        ("date", "2026-W09-7"),
        ("date", "２０２６-03-01"),
        ("date", 20260301),
        ("date", None),
        ("payment_mode", "later"),
        ("payment_mode", None),
        ("base_fen", -1),
        ("base_fen", 1.0),
        ("base_fen", "1"),
        ("base_fen", True),
        ("base_fen", None),
        ("cap_used_fen", -1),
        ("cap_used_fen", False),
        ("unmet_need", 5),
        ("unmet_need", "省内\u202e无此设备"),
        ("beneficiary", []),
        ("beneficiary", None),
        ("beneficiary.kind", "person"),
        ("beneficiary.kind", ["team"]),
        ("beneficiary.county", 371702),
        ("beneficiary.county", "37170"),
        ("beneficiary.county", "3717021"),
        ("beneficiary.county", "３７１７０２"),
        ("beneficiary.county", "371702\n"),
        ("beneficiary.staff", -1),
        ("beneficiary.staff", 3.5),
        ("beneficiary.revenue_fen", "many"),
        ("beneficiary.orderly_finances", 1),
        ("beneficiary.orderly_finances", "true"),
        ("beneficiary.adverse_records", {}),
        ("beneficiary.adverse_records", None),
        ("provider.in_province", 0),
        ("provider.relation", "cousin"),
        ("provider.relation", None),
        ("service.kind", "haircut"),
        ("service.excluded", "haircut"),
        ("service.publicly_funded", None),
        ("service.restricted_industry", "no"),
    ],
)
def test_a_malformed_field_is_named(path: str, value: Any) -> None:
    error = answer(changed(path, value))["error"]
    assert error.startswith(f"{path}: ")
    assert " / " in error


@pytest.mark.parametrize("code", ["370000", "370100", "371202", "370199"])
def test_a_code_of_shandong_that_is_no_county_is_an_error(code: str) -> None:
    error = answer(changed("beneficiary.county", code))["error"]
    assert error.startswith("beneficiary.county: ")
    assert "province" in error


def test_an_unknown_county_is_named_beside_all_other_faults() -> None:
    case = changed("beneficiary.county", "370000")
    del case["date"]
    case["service"]["kind"] = "haircut"
    error = answer(case)["error"]
    assert all(f"{path}: " in error for path in ("beneficiary.county", "date", "service.kind"))


def test_a_zone_of_the_division_list_is_a_county_level_area() -> None:
    assert answer(changed("beneficiary.county", "370176"))["rate"] == "0.40"


@pytest.mark.parametrize(
    ("record", "path"),
    [
        ({"from": "2025-01-01"}, "0.kind"),
        ({"kind": "fraud"}, "0.from"),
        ({"kind": "gossip", "from": "2025-01-01"}, "0.kind"),
        ({"kind": "fraud", "from": "soon"}, "0.from"),
        ({"kind": "abnormal_operations", "from": "2025-02-01", "to": "2025-01-01"}, "0.to"),
        ({"kind": "fraud", "from": "2025-01-01", "extra": 1}, "0.extra"),
        ("fraud", "0"),
    ],
)
def test_a_malformed_adverse_record_is_named(record: Any, path: str) -> None:
    error = answer(changed("beneficiary.adverse_records", [record]))["error"]
    assert error.startswith(f"beneficiary.adverse_records.{path}: ")


@pytest.mark.parametrize("code", ["9137", "91370102ma3dd9a42c", 5])
def test_a_team_with_something_that_is_no_uscc_is_malformed(code: Any) -> None:
    team = {"kind": "team", "county": "370102", "incubator_level": "national", "uscc": code}
    assert answer(changed("beneficiary", team))["error"].startswith("beneficiary.uscc: ")


@pytest.mark.parametrize(
    "line",
    [b"not json", b"[1]", b"null", b'"text"', b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": Infinity}', b"[" * 100_000],
)
def test_a_line_that_is_no_object_is_an_error(line: bytes) -> None:
    assert " / " in answer(line)["error"]


def test_a_field_given_twice_is_an_error() -> None:
    line = json.dumps(BASE_CASE).encode().replace(b'"base_fen": 10000000', b'"base_fen": 1, "base_fen": 10000000')
    assert "base_fen" in answer(line)["error"]
    assert "given twice" in answer(line)["error"]


def test_all_faults_are_named_at_once() -> None:
    case = changed("base_fen", -1)
    case["extra"] = 1
    del case["date"]
    case["provider"]["relation"] = "cousin"
    error = answer(case)["error"]
    assert all(f"{path}: " in error for path in ("base_fen", "extra", "date", "provider.relation"))


def test_huge_sums_are_exact() -> None:
    base_fen = 10**60 + 1
    found = answer(changed("base_fen", base_fen))
    assert found["entitlement_fen"] == base_fen * 6 // 10
    assert found["subsidy_fen"] + found["self_pay_fen"] == base_fen


def test_a_number_beyond_all_reading_is_an_error() -> None:
    line = json.dumps(BASE_CASE).encode().replace(b"10000000,", b"1" * 5000 + b",")
    assert " / " in answer(line)["error"]
