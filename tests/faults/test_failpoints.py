"""Failpoints: each stands in the code and in the table, none does anything unless it is armed."""

from __future__ import annotations

import ast
import os
import signal
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import OperationalError

from core import failpoints
from core.config import PROJECT
from core.failpoints import FAILPOINTS, FailpointUnknown, arm, failpoint, watch

PACKAGES = ("core", "accounts", "settlement", "instruments", "vouchers", "marketplace")


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    watch(None)


def named_in_code() -> Iterator[str]:
    """What every call of ``failpoint`` is given."""
    for package in PACKAGES:
        for path in (PROJECT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())) if "failpoint(" in path.read_text() else ():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "failpoint":
                    (name,) = node.args
                    assert isinstance(name, ast.Constant), f"{path}: a failpoint has a plain name"
                    yield str(name.value)


def test_table_and_code_name_the_same() -> None:
    assert sorted(named_in_code()) == sorted(FAILPOINTS)


def test_nothing_happens_unless_somebody_watches() -> None:
    failpoint("core.transaction.committed")
    seen: list[str] = []
    watch(seen.append)
    failpoint("core.transaction.committed")
    watch(None)
    failpoint("core.transaction.committed")
    assert seen == ["core.transaction.committed"]


def test_armed_it_stops_at_the_passing_that_was_named() -> None:
    """A cut is an error of the database, so it is answered like one."""
    arm("core.files.named=cut@2")
    failpoint("core.files.named")
    failpoint("core.files.written")
    with pytest.raises(OperationalError) as cut:
        failpoint("core.files.named")
    assert cut.value.connection_invalidated
    failpoint("core.files.named")


@pytest.mark.parametrize(("stop", "expected"), [("kill", signal.SIGKILL), ("pause", signal.SIGSTOP)])
def test_kill_and_pause_are_signals_to_itself(stop: str, expected: signal.Signals) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            arm(f"core.files.named={stop}")
            failpoint("core.files.named")
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, os.WUNTRACED)
    if stop == "pause":
        assert os.WIFSTOPPED(status)
        assert os.WSTOPSIG(status) == expected
        os.kill(pid, signal.SIGCONT)
        _, status = os.waitpid(pid, 0)
        assert os.WEXITSTATUS(status) == 0
    else:
        assert os.WTERMSIG(status) == expected


@pytest.mark.parametrize("setting", ["", "core.files.named", "nowhere=kill", "core.files.named=sleep", "a=kill@0"])
def test_what_is_not_understood_is_refused(setting: str) -> None:
    with pytest.raises(FailpointUnknown):
        arm(setting)
    assert failpoints.VARIABLE == "FAILPOINT"
