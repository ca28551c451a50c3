"""Bodies without a stated length through the real web server: cut where the edge cuts them, in little memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import PROJECT
from tests.support.body_app import LIMIT
from tests.support.hostile import MB

HUNDRED = 100
PIECE = b"x" * MB
MOST_GROWTH_KB = 64 * 1024
HEAD = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.pdf\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, int]]:
    """The port of a running server and the process that takes requests."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--no-ws"]
    command = [sys.executable, "-m", "granian", *options, "--log-level", "error", "tests.support.body_app:app"]
    running = subprocess.Popen(command, cwd=PROJECT, start_new_session=True)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, _worker(running.pid)
    finally:
        # Its worker would wait for the bodies that were refused half-way.
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _worker(parent: int) -> int:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(children[-1]) if children else parent


def _peak_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _send(port: int, content_type: str, start: bytes, pieces: int) -> tuple[int, bytes]:
    """Send a chunked body until the server has enough; returns how much it let us send, and its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(
            b"POST /api/v1/bodies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n"
        )
        sent = 0
        try:
            for piece in [start, *[PIECE] * pieces]:
                connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                sent += len(piece)
            connection.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # the server has answered and closed: it wants no more
        answer = b""
        try:
            while given := connection.recv(65_536):
                answer += given
        except OSError:
            pass  # what it said before it closed is all there is
        return sent, answer


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/json"])
def test_a_hundred_megabytes_in_chunks_are_cut_short(server: tuple[int, int], content_type: str) -> None:
    """The server hands the body on as it comes; what is refused is neither kept nor waited for."""
    port, worker = server
    small = HEAD + b"%PDF-1.7\r\n--x--\r\n" if "multipart" in content_type else b"{}"
    _, taken = _send(port, content_type, small, 0)
    assert b" 200 " in taken.split(b"\r\n", 1)[0], taken
    before = _peak_kb(worker)
    _, refused = _send(port, content_type, HEAD if "multipart" in content_type else b"{", HUNDRED)
    assert refused == b"" or b" 413 " in refused.split(b"\r\n", 1)[0], refused[:200]
    assert _peak_kb(worker) - before < MOST_GROWTH_KB
    _, again = _send(port, content_type, small, 0)
    assert b" 200 " in again.split(b"\r\n", 1)[0]
    assert LIMIT < HUNDRED * MB
