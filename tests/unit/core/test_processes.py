"""Children are known again although the system shows their command line only a moment after their start."""

import os
import sys
from pathlib import Path

import pytest

from core import processes
from core.processes import Child, Mark


def test_a_child_is_marked_once_its_command_line_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown = processes.command_line
    asked: list[int] = []

    def late(pid: int) -> str:
        asked.append(pid)
        return shown(pid) if len(asked) > 2 else ""

    child = Child([sys.executable, "-c", "import time; time.sleep(60)"], cwd=tmp_path, env=os.environ)
    try:
        monkeypatch.setattr(processes, "command_line", late)
        mark = child.mark()
        assert len(asked) > 2
        assert mark is not None
        assert mark.lives
        assert "sleep(60)" in mark.command
    finally:
        child.stop(0)
    assert not mark.lives


def test_an_ended_child_has_no_mark(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", ""], cwd=tmp_path, env=os.environ, capture=True)
    child.output_until(lambda: None, every_seconds=1)
    assert child.mark() is None
    assert Mark.of(child.pid) is None
