"""The bare side: the statements of one placed order, as the service sent them, behind a plain WSGI function.

It signs nobody in, judges nothing and answers a constant; it only puts the numbers of the caller into the recorded
parameters and takes those of new rows from what the statements return.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.range import Range, TimestamptzRange

from tests.bench.placing_data import (
    ACCOUNT,
    INSTRUMENT,
    MILLION,
    ORDER,
    QUOTE,
    SERVICE,
    Member,
    QuoteCopy,
)

RECORDING = "PLACING_RECORDING"
DATABASE = "PLACING_DATABASE"
NUMBERED = re.compile(r"\b\d{7,8}\b")


@dataclass(frozen=True)
class Recording:
    """The statements with their parameters, whose number they hold, and everybody who will call.

    ``own`` says which texts and instants of the recorded caller stand for what.
    """

    statements: list[tuple[str, Mapping[str, Any]]]
    own: dict[Any, str]
    accounts: list[int]
    members: list[Member]
    accounts_of: dict[int, list[int]]


@dataclass(frozen=True)
class Call:
    """One request: the numbers and texts that take the place of the recorded ones."""

    numbers: dict[int, int]
    accounts: dict[int, int]
    own: dict[str, Any]
    slot: TimestamptzRange


Fill = Callable[[Call], Any]


def filling(value: Any, recording: Recording) -> Fill | None:
    """How a recorded parameter is filled in for a call; None where it stays as it was."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int) and value // MILLION in range(1, 13):
        if value // MILLION == ACCOUNT:
            return lambda call: call.accounts[value]
        return lambda call: call.numbers[value // MILLION]
    if isinstance(value, (str, datetime)) and value in recording.own:
        name = recording.own[value]
        return lambda call: call.own[name]
    if isinstance(value, str) and NUMBERED.search(value):
        return lambda call: NUMBERED.sub(lambda found: str(call.numbers.get(int(found[0]) // MILLION, found[0])), value)
    if isinstance(value, list):
        each = [filling(item, recording) for item in value]
        if any(each):
            return lambda call: [item if fill is None else fill(call) for item, fill in zip(value, each, strict=True)]
    if isinstance(value, Range):
        return lambda call: call.slot
    return None


class Bare:
    """The WSGI application."""

    def __init__(self, recording: Recording, database: str) -> None:
        self.database = database
        self.own = threading.local()
        self.members = {member.token: member for member in recording.members}
        self.quotes = {quote.id: quote for member in recording.members for quote in member.quotes}
        self.recording = recording
        self.steps = [
            (
                sql,
                parameters,
                {name: fill for name, value in parameters.items() if (fill := filling(value, recording))},
            )
            for sql, parameters in recording.statements
        ]

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        member = self.members[environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ")]
        order = self.place(member, self.quotes[body["quote_id"]], environ["HTTP_IDEMPOTENCY_KEY"])
        answer = json.dumps({"id": order}).encode()
        start_response("201 CREATED", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
        return [answer]

    def connection(self) -> psycopg.Connection:
        """The one of this thread, kept open."""
        if not hasattr(self.own, "connection"):
            self.own.connection = psycopg.connect(self.database, autocommit=True)
        found: psycopg.Connection = self.own.connection
        return found

    def place(self, member: Member, quote: QuoteCopy, key: str) -> int:
        """Send the statements in one transaction; the number of the new order."""
        numbers = {
            **member.numbers,
            QUOTE: quote.id,
            SERVICE: quote.service,
            INSTRUMENT: quote.instrument,
        }
        own = self.recording.accounts_of[member.numbers[6]]
        call = Call(
            numbers,
            dict(zip(self.recording.accounts, own, strict=True)),
            {"prefix": member.token.partition(".")[0], "key": key, "begins": quote.begins, "ends": quote.ends},
            TimestamptzRange(quote.begins, quote.ends),
        )
        connection = self.connection()
        with connection.transaction(), connection.cursor() as cursor:
            for sql, parameters, fills in self.steps:
                filled = {**parameters, **{name: fill(call) for name, fill in fills.items()}} if fills else parameters
                cursor.execute(sql, filled)
                if cursor.description is None:
                    continue
                rows = cursor.fetchall()
                if rows and isinstance(new := rows[0][0], int) and ORDER <= new // MILLION <= 12:
                    numbers[new // MILLION] = new
        return numbers[ORDER]


def load() -> Bare:
    """What granian serves: the recording and the database are named in the environment."""
    recording: Recording = pickle.loads(Path(os.environ[RECORDING]).read_bytes())
    return Bare(recording, os.environ[DATABASE])


if RECORDING in os.environ:
    app = load()
