"""What the sources promise: one clock, no hidden imports, no policy figures in code, nothing about other places."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import PROJECT

PACKAGES = ("core", "accounts", "settlement", "instruments", "vouchers", "marketplace")
NOW_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
POLICY_FIGURES = {50_000_000, 20_000_000_000, 30_000_000, 200_000_000}
"""The yearly cap, the revenue limit, the listing threshold and the award limit, in fen: they live in policies/."""
ELSEWHERE = re.compile(r"/w[o]rk/|/r[o]ot/|pyp[i]\.org|npmj[s]\.org|prox[y]\.golang|crate[s]\.io")


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Every module of the service, parsed."""
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            yield path.relative_to(PROJECT), ast.parse(path.read_text("utf-8"))


def tracked() -> list[Path]:
    """Every file under version control, or every file of the folder where there is none."""
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a checkout")
    return [PROJECT / name for name in listed.stdout.splitlines() if (PROJECT / name).is_file()]


def test_only_the_clock_asks_the_time() -> None:
    """Services are given ``now``."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in sources()
        if path != Path("core/clock.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in NOW_CALLS
    ]
    assert found == []


def test_imports_stand_at_the_top() -> None:
    """No import hides in a function."""
    found = [
        f"{path}:{inner.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert found == []


def test_no_policy_figure_stands_in_code() -> None:
    """Every figure of the measures is dated data with a reference."""
    found = [
        f"{path}:{node.lineno} {node.value}"
        for path, tree in sources()
        if path.parts[:2] != ("marketplace", "demo")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in POLICY_FIGURES
    ]
    assert found == []


def test_the_project_speaks_of_itself_alone() -> None:
    """No machine paths, no addresses of package registries."""
    found = [
        f"{path.relative_to(PROJECT)}:{number}"
        for path in tracked()
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1)
        if ELSEWHERE.search(line)
    ]
    assert found == []
