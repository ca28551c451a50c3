"""Finding, building and serving stripe-mock, which checks requests against Stripe's own specification.

It is one program with the specification inside, so it serves without a network. It is looked for on the path and in
``var/tools``, and built there with Go where that is installed (Go fetches its sources then, once).
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.config import PROJECT

PROGRAM = "stripe-mock"
SOURCE = "github.com/stripe/stripe-mock@v0.203.0"
TOOLS = PROJECT / "var" / "tools"
GO_HOME = Path("/usr/local/go/bin")
"""Where Go's own installer puts it, without putting it on the path."""
BUILD_SECONDS = 900
START_SECONDS = 60
_LISTENING = re.compile(r"Listening for HTTP at address: \S*?:(\d+)")


class MockSilent(Exception):
    """stripe-mock did not start."""


def go() -> str | None:
    """The Go command, if there is one."""
    return shutil.which("go") or shutil.which("go", path=str(GO_HOME))


def stripe_mock() -> Path | None:
    """The program, built if need be; None where neither it nor Go is there."""
    found = shutil.which(PROGRAM)
    if found is not None:
        return Path(found)
    built = TOOLS / PROGRAM
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes that start together build it once
        compiler = go()
        if not built.is_file() and compiler is not None:
            subprocess.run(
                [compiler, "install", SOURCE],
                env={**os.environ, "GOBIN": str(TOOLS), "GOFLAGS": "-mod=mod"},
                check=True,
                timeout=BUILD_SECONDS,
            )
    return built if built.is_file() else None


@contextmanager
def serving(program: Path) -> Iterator[str]:
    """stripe-mock on a port of its own; its address."""
    process = subprocess.Popen(
        [program, "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(START_SECONDS, process.kill)
    watchdog.start()
    try:
        yield f"http://127.0.0.1:{_port(process)}"
    finally:
        watchdog.cancel()
        process.terminate()
        process.communicate(timeout=START_SECONDS)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        found = _LISTENING.search(line)
        if found:
            return int(found[1])
    raise MockSilent("".join(said))


if __name__ == "__main__":
    sys.exit(0 if stripe_mock() else f"neither {PROGRAM} nor Go is installed")
