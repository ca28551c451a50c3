"""The folder of files the story is told from, and what it reads of them by itself: firms and institutions."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

FIRMS = "companies_shandong_seed_licences.csv"
INSTITUTIONS = "institutions_open_sharing_evaluation_2018_2024.csv"
JAPANESE_CRAWL = "equipment_jp_university_crawl.csv"
CHINESE_INVENTORY = "equipment_cn_lab_inventory_187.csv"
CHINESE_SHARING_SITE = "equipment_cn_bua_2019.csv"
US_FACILITY = "equipment_us_nanofab.csv"
PRICE_LIST = "services_cn_materials_price_list.csv"

NEEDED = (
    FIRMS,
    INSTITUTIONS,
    JAPANESE_CRAWL,
    CHINESE_INVENTORY,
    CHINESE_SHARING_SITE,
    US_FACILITY,
    PRICE_LIST,
)
HOME_PROVINCE = "山东"


class FilesMissing(RuntimeError):
    """The folder lacks files that the story needs."""


@dataclass(frozen=True)
class Firm:
    """A firm of the licence list: its name, and the area code of its rows that says most."""

    name: str
    area: str
    rows: int


@dataclass(frozen=True)
class Institution:
    """An institution of the national evaluation, with its best grade of the latest year."""

    name: str
    province: str
    year: int
    grade: str


GRADES = ("优秀", "良好", "合格", "较差")
"""From best to worst."""


@dataclass(frozen=True)
class Folder:
    """Where the files are."""

    path: Path

    def check(self) -> None:
        """Raise :class:`FilesMissing` naming every file that is not there."""
        missing = [name for name in NEEDED if not (self.path / name).is_file()]
        if missing:
            raise FilesMissing(f"{self.path} lacks {', '.join(missing)}")

    def file(self, name: str) -> Path:
        """A file of the folder."""
        return self.path / name

    def firms(self, counties: Collection[str]) -> list[Firm]:
        """Every firm once, in the order of the list.

        A firm has a row for each licence, and its rows name the province, a city or a county as they like: the first
        that names one of ``counties`` counts, else the first that says most.
        """
        areas: dict[str, list[str]] = {}
        for row in self._rows(FIRMS):
            areas.setdefault(row["ApplyCompanyName"].strip(), []).append(row["area_id"].strip())
        return [Firm(name, _area(found, counties), len(found)) for name, found in areas.items()]

    def institutions(self) -> list[Institution]:
        """Every institution once, by its latest evaluation, the best first."""
        latest: dict[str, Institution] = {}
        for row in self._rows(INSTITUTIONS):
            found = Institution(row["institution"].strip(), row["province"].strip(), _year(row["year"]), row["result"])
            known = latest.get(found.name)
            if known is None or found.year > known.year:
                latest[found.name] = found
        return sorted(latest.values(), key=lambda each: (-each.year, _rank(each.grade)))

    def _rows(self, name: str) -> Iterator[dict[str, str]]:
        with self.file(name).open(encoding="utf-8-sig", newline="") as stream:
            yield from csv.DictReader(stream)


def _area(found: list[str], counties: Collection[str]) -> str:
    """The code that says most: a known county, else what looks like a county, a city, or at last the province."""
    return min(found, key=lambda area: (area not in counties, area.endswith("00"), area.endswith("0000")))


def _year(text: str) -> int:
    return int(float(text))


def _rank(grade: str) -> int:
    return GRADES.index(grade) if grade in GRADES else len(GRADES)
