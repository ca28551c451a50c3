"""docs/rules.md cannot rot: each rule stands there once, each test it names exists, and what has no test is open."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from core.config import PROJECT

TABLE = PROJECT / "docs" / "rules.md"
TESTS = PROJECT / "tests"

VOUCHERS = (
    *("V2, V15", "V3", "V4", "V5", "V6", "V7", "V8(1)", "V8(2)", "V8(3)", "V8(4)", "V9", "V10", "V11", "V11 x"),
    *("V12", "V12 base", "V12 cap", "V12 hold", "V12 facts", "V13", "V14", "V16", "V16(1)", "V16(2)", "V16 out"),
    *("V16 files", "V16 team", "V17", "V17 return", "V17 order", "V17 pay", "V18", "V18 report", "V19, V21", "V20"),
    "V23",
)
SHARING = ("S2, S4", "S4", "S5", "S11", "S13, S14", "S17", "S18", "S19, S21", "S23", "S24–S26", "S27", "S29", "S31")
SEARCH = ("Words", "Order", "Facets", "Suggestions", "Free times", "Nothing found", "Kept searches", "Index")
ALWAYS_TRUE = tuple(str(number) for number in range(1, 18))

REFERENCE = re.compile(r"`([\w/]+\.(?:py|yaml))::([^`]+)`")


@dataclass(frozen=True)
class Row:
    """A line of one of the tables."""

    id: str
    references: tuple[tuple[str, str], ...]
    state: str


def rows() -> list[Row]:
    """Every line of every table, without headings."""
    found = []
    for line in TABLE.read_text("utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| id "):
            name, _, shown_by, state = (cell.strip() for cell in line.strip("|").split("|"))
            found.append(Row(name, tuple(REFERENCE.findall(shown_by)), state))
    return found


@cache
def shown_in(path: Path) -> frozenset[str]:
    """The test functions of a module, or the rows of a file of situations."""
    if path.suffix == ".yaml":
        return frozenset(situation["row"] for situation in yaml.safe_load(path.read_text("utf-8")))
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_every_rule_stands_there_once_and_in_order() -> None:
    """Articles of both measures, what a search promises, then what is always true."""
    assert [row.id for row in rows()] == [*VOUCHERS, *SHARING, *SEARCH, *ALWAYS_TRUE]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_the_tests_of_a_row_exist(row: Row) -> None:
    """By parsing the test files, not by trusting the page."""
    for file, name in row.references:
        assert (TESTS / file).is_file(), file
        assert name in shown_in(TESTS / file), f"{file}::{name}"


def test_tests_named_in_the_text_exist_too() -> None:
    """What stands outside the tables."""
    for file, name in REFERENCE.findall(TABLE.read_text("utf-8")):
        assert name in shown_in(TESTS / file), f"{file}::{name}"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_a_row_is_shown_or_says_what_is_missing(row: Row) -> None:
    """Without a test a row is open; open and in part come with what is missing."""
    kind, _, missing = row.state.partition(":")
    assert kind in ("shown", "in part", "open")
    assert (kind == "open") is (not row.references)
    assert (kind == "shown") is (not missing.strip())


def test_the_list_of_what_is_open_agrees_with_the_tables() -> None:
    """The last section repeats the ids, for a reader in a hurry."""
    last = TABLE.read_text("utf-8").partition("## Still open")[2]
    for kind, heading in (("open", "Open: "), ("in part", "In part: ")):
        (line,) = [line for line in last.splitlines() if line.startswith(heading)]
        named = line.removeprefix(heading).rstrip(".")
        assert (named.split(", ") if named != "none" else []) == [
            row.id.replace(", ", " ") for row in rows() if row.state.startswith(kind)
        ]


def test_every_situation_belongs_to_a_row() -> None:
    """The files of situations name rows of the table, or from which to which they reach."""
    for path in sorted((TESTS / "policy").glob("*.yaml")):
        for name in shown_in(path):
            assert name in VOUCHERS or " to " in name, f"{path.name}: {name}"
