"""core.policy: packs are dated, cited and refused whole with every fault named."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from core.config import PROJECT
from core.policy import PolicyMissing, PolicyPack, PolicyRefused, load_pack

GOOD = """
cap_fen:
  - {from: 2025-01-24, to: 2026-12-31, value: 50000000, unit: fen, reference: V12}
  - {from: 2027-01-01, value: 60000000, unit: fen, reference: V12}
term:
  - {from: 2025-01-24, to: 2030-01-23, value: the measure, unit: document, reference: V23}
"""


def pack_of(folder: Path, text: str, name: str = "vouchers") -> PolicyPack:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, "utf-8")
    return load_pack(folder)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(PolicyRefused) as caught:
        pack_of(folder, text)
    return str(caught.value)


def test_a_value_changes_at_its_date(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, GOOD)
    assert pack.at(date(2026, 12, 31))["vouchers.cap_fen"] == 50_000_000
    assert pack.at(date(2027, 1, 1))["vouchers.cap_fen"] == 60_000_000
    assert pack.at(date(2027, 1, 1)).entry("vouchers.cap_fen").reference == "V12"


def test_before_its_first_day_there_is_no_value(tmp_path: Path) -> None:
    edition = pack_of(tmp_path, GOOD).at(date(2025, 1, 23))
    assert "vouchers.cap_fen" not in edition
    with pytest.raises(PolicyMissing):
        edition.entry("vouchers.cap_fen")


def test_outside_its_term_the_nearest_day_judges(tmp_path: Path) -> None:
    """V23."""
    pack = pack_of(tmp_path, GOOD)
    assert pack.within(date(2024, 5, 5), term="vouchers.term") == date(2025, 1, 24)
    assert pack.within(date(2031, 5, 5), term="vouchers.term") == date(2030, 1, 23)
    assert pack.nearest(date(2031, 5, 5), term="vouchers.term")["vouchers.cap_fen"] == 60_000_000


def test_a_version_is_named_by_its_newest_value_and_its_content(tmp_path: Path) -> None:
    pack = pack_of(tmp_path / "somewhere", GOOD)
    early, late = pack.at(date(2026, 1, 1)).version(), pack.at(date(2027, 1, 1)).version()
    assert early.startswith("somewhere-2025-01-24+")
    assert late.startswith("somewhere-2027-01-01+")


def test_a_later_change_leaves_the_versions_of_earlier_days(tmp_path: Path) -> None:
    """V12 facts: old decisions keep their version, also when an open entry is ended to make room for a new one."""
    one = "cap_fen:\n  - {from: 2025-01-24, value: 1, unit: fen, reference: V12}\n"
    two = (
        "cap_fen:\n  - {from: 2025-01-24, to: 2026-12-31, value: 1, unit: fen, reference: V12}\n"
        "  - {from: 2027-01-01, value: 2, unit: fen, reference: V12}\n"
    )
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    before = pack_of(tmp_path / "a" / "pack", one).at(date(2026, 1, 1)).version()
    after = pack_of(tmp_path / "b" / "pack", two).at(date(2026, 1, 1)).version()
    assert before == after


def test_another_value_is_another_version(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    one = pack_of(tmp_path / "a" / "pack", GOOD).at(date(2026, 1, 1)).version()
    other = pack_of(tmp_path / "b" / "pack", GOOD.replace("50000000", "50000001")).at(date(2026, 1, 1)).version()
    assert one != other


def test_values_cannot_be_changed(tmp_path: Path) -> None:
    text = "list:\n  - {from: 2025-01-24, value: {a: [1, 2]}, unit: x, reference: V12}\n"
    value = pack_of(tmp_path, text).at(date(2026, 1, 1))["vouchers.list"]
    with pytest.raises(TypeError):
        value["a"] = 1
    assert value["a"] == (1, 2)


@pytest.mark.parametrize("missing", ["from", "value", "unit", "reference"])
def test_an_entry_without_unit_date_value_or_reference_is_refused(tmp_path: Path, missing: str) -> None:
    parts = {"from": "2025-01-24", "value": "1", "unit": "fen", "reference": "V12"}
    del parts[missing]
    entry = ", ".join(f"{name}: {value}" for name, value in parts.items())
    assert f"vouchers.cap_fen[1]: {missing} missing" in refused(tmp_path, f"cap_fen:\n  - {{{entry}}}\n")


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    said = refused(
        tmp_path,
        """
        a: [{from: 2025-01-24, value: 1, unit: fen, reference: V12, unti: 2026-01-01}]
        b: [{from: 24.1.2025, value: 1, unit: fen, reference: V12}]
        c: [{from: 2025-01-24, to: 2024-01-01, value: 1, unit: fen, reference: V12}]
        d: [{from: 2025-01-24, value: 0.6, unit: ratio, reference: V12}]
        e:
          - {from: 2025-01-24, value: 1, unit: fen, reference: V12}
          - {from: 2026-01-24, value: 2, unit: fen, reference: V12}
        f: 7
        """,
    )
    assert "a[1]: unknown key 'unti'" in said
    assert "b[1]: from is no date" in said
    assert "c[1]: ends before it begins" in said
    assert "d[1]: a value is a float" in said
    assert "e: the entries of 2025-01-24 and 2026-01-24 overlap" in said
    assert "f: not a list of dated entries" in said


def test_a_name_given_twice_is_refused(tmp_path: Path) -> None:
    assert "cap_fen, term stands twice" in refused(tmp_path, GOOD + GOOD)


def test_what_is_no_yaml_is_refused(tmp_path: Path) -> None:
    assert "vouchers.yaml" in refused(tmp_path, "a: [")


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused):
        load_pack(tmp_path)


def test_every_value_of_shandong_is_in_force_through_its_measure() -> None:
    pack = load_pack(PROJECT / "policies" / "shandong")
    for term in ("vouchers.term", "instruments.term"):
        entry = pack.history[term][0]
        names = {key for key in pack.history if key.split(".")[0] == term.split(".")[0]}
        day = entry.since
        while entry.until is not None and day <= entry.until:
            assert names <= set(pack.at(day).entries)
            day += timedelta(days=91)
