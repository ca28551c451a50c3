"""docs/api.md is true: its lines are run by a shell against a live server, and its answers are what comes back."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask import Flask
from werkzeug.serving import make_server

from core import clock
from core.config import PROJECT
from marketplace.demo.province import seed_province
from marketplace.reports.verification import verify_everything
from tests.support.deal import MONDAY

GUIDE = PROJECT / "docs" / "api.md"
BLOCK = re.compile(r"```(sh|json|text)\n(.*?)```", re.DOTALL)
MARK = "-- end of block --"
ANYTHING = "…"


@dataclass
class Example:
    """Lines for a shell and what they should print: JSON of which a part is shown, or a text."""

    script: str
    json: Any = None
    text: str | None = None


def examples() -> list[Example]:
    """Every block of the guide, with the answer that follows it, if any."""
    found: list[Example] = []
    for language, content in BLOCK.findall(GUIDE.read_text("utf-8")):
        if language == "sh":
            found.append(Example(content))
        elif language == "json":
            found[-1].json = json.loads(content)
        else:
            found[-1].text = content
    return found


@pytest.fixture
def address(committed_app: Flask) -> Iterator[str]:
    """A live server with the demo province, whose clock stands on Monday 2026-03-02, 9:00 in Shanghai."""
    with clock.at(MONDAY):
        seed_province(now=clock.now())

    def on_monday(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        with clock.at(MONDAY):
            return committed_app(environ, start)

    server = make_server("127.0.0.1", 0, on_monday, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_example_of_the_guide(address: str, tmp_path: Path) -> None:
    """From the first line to the last in one shell; the books are sound afterwards."""
    guide = examples()
    printed = run(guide, address, tmp_path)
    assert len(printed) == len(guide)
    faults = [fault for example, output in zip(guide, printed, strict=True) for fault in faults_of(example, output)]
    assert not faults, "\n\n".join(faults)
    assert verify_everything()[1] == []


def run(guide: list[Example], address: str, folder: Path) -> list[str]:
    """What each block printed."""
    today = re.compile(r"\$\(TZ=Asia/Shanghai date \+(%F|%Y)\)")
    script = "".join(f"{{ {example.script}\n}} 2>&1\necho; echo '{MARK}'\n" for example in guide)
    script = script.replace("127.0.0.1:8000", address)
    script = today.sub(lambda found: MONDAY.strftime(found[1].replace("%F", "%Y-%m-%d")), script)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout.split(MARK)[:-1]


def faults_of(example: Example, output: str) -> Iterator[str]:
    """Where a block printed something else than the guide shows."""
    if example.text is not None and output.split() != example.text.split():
        yield f"{example.script}printed {output}"
    if example.json is not None:
        for difference in differences(example.json, last_json(output), ""):
            yield f"{example.script}{difference}\n{output.strip()}"


def last_json(output: str) -> Any:
    """The last JSON object that a block printed."""
    start = output.rindex("\n{") + 1 if "\n{" in output else output.index("{")
    return json.JSONDecoder().raw_decode(output[start:])[0]


def differences(shown: Any, answered: Any, path: str) -> Iterator[str]:
    """Where the answer is not what is shown. Members may be left out, `…` stands for any text."""
    if isinstance(shown, dict) and isinstance(answered, dict):
        for name, value in shown.items():
            yield from differences(value, answered.get(name, "nothing"), f"{path}.{name}")
    elif isinstance(shown, list) and isinstance(answered, list) and len(shown) == len(answered):
        for number, (one, other) in enumerate(zip(shown, answered, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif isinstance(shown, str) and ANYTHING in shown and isinstance(answered, str):
        pattern = ".*".join(re.escape(part) for part in shown.split(ANYTHING))
        if re.fullmatch(pattern, answered, re.DOTALL) is None:
            yield f"{path}: {answered!r} is not like {shown!r}"
    elif shown != answered or type(shown) is not type(answered):
        yield f"{path}: {answered!r} is not {shown!r}"
