"""The fake gateway on a socket: what is asked of it over HTTP, and what goes wrong on the way."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.support.fake_stripe import TIMEOUT_SECONDS, FakeStripe, Fault, Json


@contextmanager
def serving() -> Iterator[tuple[FakeStripe, str]]:
    """A fake gateway of its own and its address."""
    fake = FakeStripe()
    server = _Server(fake)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        fake.release()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def log_message(self, *_: object) -> None:
        """Tests have their own words."""

    def _handle(self, method: str) -> None:
        fake = self.server.fake
        split = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        params = nested(parse_qsl(split.query if method == "GET" else sent, keep_blank_values=True))
        with fake.lock:
            fault = fake.faults.popleft() if fake.faults else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.close_connection = True
        if fault is Fault.CUT:
            return
        if fault is Fault.ERROR_BEFORE:
            self._send(503, b"{}")
            return
        status, told = fake.answer(method, split.path, params, headers)
        if fault is Fault.SILENT:
            fake.released.wait(TIMEOUT_SECONDS * 4)
        elif fault is Fault.ERROR_AFTER:
            self._send(500, b'{"error": {"type": "api_error"}}')
        elif fault is Fault.GARBLED:
            self._send(200, b"<html>")
        elif fault is None:
            self._send(status, json.dumps(told).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeStripe) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake


def nested(pairs: list[tuple[str, str]]) -> Json:
    """Fields like ``metadata[attempt]`` as mappings in mappings."""
    made: Json = {}
    for name, value in pairs:
        *outer, last = re.findall(r"[^\[\]]+", name)
        inner = made
        for step in outer:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return made
