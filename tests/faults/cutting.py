"""A socket between the service and its database that cuts the connection at COMMIT, as a failing network does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

COMMIT = b"COMMIT\x00"
"""In what asks for it as in what says that it is done: the end of a string of the protocol."""


class CutAt(StrEnum):
    """When the connection is cut."""

    BEFORE = "before"
    """The server never hears of the commit."""
    DURING = "during"
    """The server hears of it, and nobody waits for what it says."""
    AFTER = "after"
    """The server has committed; that it did is lost on the way."""


@contextmanager
def cutting(url: str, folder: Path, cut_at: CutAt) -> Iterator[str]:
    """The address of a database as reached through the socket; every COMMIT is cut."""
    with psycopg.connect(url) as connection:
        host, port = connection.info.host, connection.info.port
    name = f".s.PGSQL.{port}"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / name))
    listening.listen()
    accepting = threading.Thread(target=_accept, args=(listening, host, port, cut_at), daemon=True)
    accepting.start()
    try:
        yield make_url(url).update_query_dict({"host": str(folder)}).set(host=None).render_as_string(False)
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join()
        listening.close()
        (folder / name).unlink()


def _accept(listening: socket.socket, host: str, port: int, cut_at: CutAt) -> None:
    served: list[threading.Thread] = []
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            break  # the test is over
        served.append(threading.Thread(target=_serve, args=(client, host, port, cut_at), daemon=True))
        served[-1].start()
    for each in served:
        each.join()


def _serve(client: socket.socket, host: str, port: int, cut_at: CutAt) -> None:
    with client, socket.socket(socket.AF_UNIX if host.startswith("/") else socket.AF_INET) as server:
        server.connect(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port))
        cut_asked, forward = cut_at is not CutAt.AFTER, cut_at is CutAt.DURING
        asking = threading.Thread(target=_pass_on, args=(client, server, cut_asked, forward), daemon=True)
        asking.start()
        _pass_on(server, client, not cut_asked, forward)
        asking.join()


def _pass_on(source: socket.socket, target: socket.socket, cut: bool, forward: bool) -> None:
    """Bytes from one end to the other, until COMMIT is among them where that cuts; its bytes are passed on or not."""
    try:
        while part := source.recv(65_536):
            ends = cut and COMMIT in part
            if not ends or forward:
                target.sendall(part)
            if ends:
                break
    except OSError:
        pass  # the other direction was cut
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue
