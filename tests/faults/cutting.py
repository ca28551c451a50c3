"""A socket between the service and its database that cuts the connection at COMMIT, as a failing network does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import psycopg

WRITING, COMMIT = b"INSERT INTO", b"COMMIT\x00"
"""The commit stands in what asks for it as in what says that it is done: the end of a string of the protocol. One
before which nothing was written only ends what was read."""


class CutAt(StrEnum):
    """When the connection is cut."""

    BEFORE = "before"
    """The server never hears of the commit."""
    DURING = "during"
    """The server hears of it, and nobody waits for what it says."""
    AFTER = "after"
    """The server has committed; that it did is lost on the way."""
    READING = "reading"
    """At the COMMIT that only ends what was read."""


@contextmanager
def cutting(url: str, folder: Path, cut_at: CutAt) -> Iterator[list[CutAt]]:
    """A socket in ``folder`` through which a database is reached, and which cuts every connection: the cuts made."""
    with psycopg.connect(url) as connection:
        host, port = connection.info.host, connection.info.port
    name = f".s.PGSQL.{port}"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / name))
    listening.listen()
    cuts: list[CutAt] = []
    accepting = threading.Thread(target=_accept, args=(listening, host, port, cut_at, cuts), daemon=True)
    accepting.start()
    try:
        yield cuts
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join()
        listening.close()
        (folder / name).unlink()


def _accept(listening: socket.socket, host: str, port: int, cut_at: CutAt, cuts: list[CutAt]) -> None:
    served: list[threading.Thread] = []
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            break  # the test is over
        served.append(threading.Thread(target=_serve, args=(client, host, port, cut_at, cuts), daemon=True))
        served[-1].start()
    for each in served:
        each.join()


def _serve(client: socket.socket, host: str, port: int, cut_at: CutAt, cuts: list[CutAt]) -> None:
    with client, socket.socket(socket.AF_UNIX if host.startswith("/") else socket.AF_INET) as server:
        server.connect(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port))
        line, heard = _Line(cut_at, cuts), cut_at is CutAt.DURING
        asking = threading.Thread(target=_pass_on, args=(client, server, line.asked, heard), daemon=True)
        asking.start()
        _pass_on(server, client, line.told, heard)
        asking.join()


class _Line:
    """Where a connection is cut, by what has gone over it."""

    def __init__(self, cut_at: CutAt, cuts: list[CutAt]) -> None:
        self.cut_at = cut_at
        self.cuts = cuts
        self.wrote = False

    def asked(self, part: bytes) -> bool:
        """Whether what the service sends ends the connection."""
        self.wrote = self.wrote or WRITING in part
        reading = self.cut_at is CutAt.READING
        return self._cut(COMMIT in part and self.cut_at is not CutAt.AFTER and self.wrote is not reading)

    def told(self, part: bytes) -> bool:
        """Whether what the server sends does."""
        return self._cut(COMMIT in part and self.cut_at is CutAt.AFTER and self.wrote)

    def _cut(self, over: bool) -> bool:
        if over:
            self.cuts.append(self.cut_at)
        return over


def _pass_on(source: socket.socket, target: socket.socket, ends: Callable[[bytes], bool], heard: bool) -> None:
    """Bytes from one end to the other, up to those that end the connection, which may be ``heard``."""
    try:
        while part := source.recv(65_536):
            over = ends(part)
            if over:
                _end(source)  # before the other end hears it: its answer must not come through
            if not over or heard:
                target.sendall(part)
            if over:
                break
    except OSError:
        pass  # the other direction was cut
    _end(source)
    _end(target)


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended already
