"""Files as outsiders keep them, where REAL_DATA names a folder with them; each is imported, and imported again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Organisation
from core import clock
from core.db import session
from core.tables.files import open_table
from instruments.models import Instrument, Service
from instruments.rules.imports.reading import NothingToImport, find_tables
from instruments.service.imports import Report, import_file

FOLDER = Path(os.environ.get("REAL_DATA", ""))

pytestmark = pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA names no folder")


def taken(name: str, *, dry_run: bool = False) -> Report:
    """Import a file of the folder as the command line does."""
    with (FOLDER / name).open("rb") as stream:
        return import_file(stream=stream, provider=None, dry_run=dry_run, now=clock.now(), progress=lambda report: None)


def counts(report: Report) -> tuple[int, int, int, int, int, int]:
    """Read, new, changed, unchanged, repeated, refused."""
    found = report.outcome
    return (found.read, found.new, found.changed, found.unchanged, found.repeated, len(found.refused))


def refusals(report: Report) -> dict[str, int]:
    """How often each reason was given."""
    found: dict[str, int] = {}
    for row in report.outcome.refused:
        for each in row.reasons:
            found[each.code] = found.get(each.code, 0) + 1
    return found


@pytest.mark.parametrize(
    ("name", "layout", "expected", "reasons", "owners"),
    [
        (
            "equipment_jp_university_crawl.csv",
            "university_crawl",
            (7807, 7294, 0, 0, 246, 267),
            {"import_id_conflict": 267},
            103,
        ),
        (
            "equipment_cn_bua_2019.csv",
            "university_sharing_site",
            (31, 28, 0, 0, 0, 3),
            {"import_price_unit_missing": 3, "import_name_implausible": 2},
            1,
        ),
        (
            "equipment_cn_lab_inventory_187.csv",
            "laboratory_inventory",
            (187, 185, 0, 0, 0, 2),
            {"import_marked_invalid": 1, "import_cell_missing": 1},
            1,
        ),
        ("equipment_us_nanofab.csv", "cleanroom_tools", (27, 27, 0, 0, 0, 0), {}, 1),
        (
            "services_cn_materials_price_list.csv",
            "institute_price_list",
            (792, 714, 0, 0, 5, 73),
            {"import_price_zero": 72, "import_name_implausible": 2, "import_id_conflict": 1},
            1,
        ),
    ],
)
def test_a_real_file_is_imported_once(
    app: Flask,
    name: str,
    layout: str,
    expected: tuple[int, int, int, int, int, int],
    reasons: dict[str, int],
    owners: int,
) -> None:
    """What is new the first time is unchanged the second; a dry run counts the same and writes nothing."""
    tried = taken(name, dry_run=True)
    assert session().scalar(select(func.count()).select_from(Organisation)) == 0
    report = taken(name)
    assert report.layouts == [layout]
    assert counts(report) == counts(tried) == expected
    assert refusals(report) == reasons
    assert session().scalar(select(func.count()).select_from(Organisation)) == owners
    read, new, _, _, repeated, refused = expected
    assert counts(taken(name)) == (read, 0, 0, new, repeated, refused)
    kept = sum(session().scalar(select(func.count()).select_from(table)) or 0 for table in (Instrument, Service))
    assert kept == new


def test_lists_of_one_unclaimed_owner_do_not_meet(app: Flask) -> None:
    """Two files that both count from 1 keep their records apart."""
    first, second = taken("equipment_cn_bua_2019.csv"), taken("equipment_cn_lab_inventory_187.csv")
    assert (first.outcome.new, second.outcome.new, second.outcome.changed) == (28, 185, 0)


@pytest.mark.parametrize("name", ["device.xls", "equipment.xls", "unit.xls"])
def test_the_national_templates_are_known(name: str) -> None:
    """Empty as they come; unit.xls is an XLSX inside."""
    with (FOLDER / "reference" / "nrii_templates" / name).open("rb") as stream:
        assert all(table.layout.name.startswith("national_") for table in find_tables(open_table(stream)))


@pytest.mark.parametrize("name", ["center.xls", "intensityFile.xls"])
def test_national_lists_without_instruments_are_named(name: str) -> None:
    """Known, and nothing to import."""
    with (FOLDER / "reference" / "nrii_templates" / name).open("rb") as stream, pytest.raises(NothingToImport):
        find_tables(open_table(stream))
