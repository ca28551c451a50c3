"""Importing a CSV of instruments beside a bare COPY of the very same rows into the same tables, with all their indexes.

The import reads and judges each row, makes what it can be found by, and notes what it did; COPY is given what came of
that. They take turns on one database, the best of each counts, by the clock: while the server writes, rows are read.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from core import clock
from core.db import db
from instruments.service.imports import import_file
from marketplace.app import create_app
from marketplace.demo.province import seed_province
from tests.bench.catalogue_data import Catalogue, instruments
from tests.bench.processor import family_worked_seconds
from tests.bench.rows import columns_of
from tests.bench.serving import Ground, fresh_ground
from tests.bench.sizes import ROUNDS

ROWS = int(os.environ.get("BENCH_IMPORTED", "100000"))
RATE = 0.5
"""The least rate, as a share of COPY's."""
HEADERS = (
    "external_id",
    "name",
    "model",
    "maker",
    "category_code",
    "category",
    "value_yuan",
    "funding",
    "functions",
    "description",
    "county",
    "iot_sensor",
    "accepted_on",
)
OWN = "external_id LIKE 'bench-%'"


class Spent(NamedTuple):
    """Seconds by the clock, and of the processors."""

    taken: float
    worked: float


@pytest.fixture
def ground() -> Iterator[Ground]:
    with fresh_ground("import") as found:
        yield found


def write_csv(path: Path, *, county: str) -> None:
    catalogue = Catalogue([(0, county, county)])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADERS, extrasaction="ignore")
        writer.writeheader()
        for row in instruments(ROWS, catalogue):
            yuan = f"{row['value_fen'] // 100}.{row['value_fen'] % 100:02}"
            writer.writerow({**row, "value_yuan": yuan, "iot_sensor": "是" if row["iot_sensor"] else "否"})


def measured(work: Callable[[], object], ground: Ground) -> Spent:
    def worked() -> float:
        return family_worked_seconds(ground.database_process) + time.process_time()

    before, begun = worked(), time.perf_counter()
    work()
    return Spent(time.perf_counter() - begun, worked() - before)


def test_importing_against_copy(ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app(ground.config)
    with app.app_context(), psycopg.connect(ground.owner_url, autocommit=True) as connection:
        seed_province(now=clock.now())
        uscc, county = connection.execute(
            "SELECT o.uscc, o.county FROM instrument AS i JOIN organisation AS o ON o.id = i.provider_id"
            " WHERE o.county <> '' ORDER BY i.id LIMIT 1"
        ).fetchone() or ("", "")
        path, copied = tmp_path / "instruments.csv", tmp_path / "instruments.copy"
        write_csv(path, county=county)
        listed = ", ".join(columns_of(connection, "instrument"))

        def take_in() -> None:
            with path.open("rb") as stream:
                report = import_file(
                    stream=stream, provider=uscc, dry_run=False, now=clock.now(), progress=lambda _: None
                )
            assert (report.outcome.new, report.outcome.refused) == (ROWS, [])

        def copy_in() -> None:
            with connection.cursor().copy(f"COPY instrument ({listed}) FROM STDIN") as copy, copied.open("rb") as file:
                while block := file.read(1 << 20):
                    copy.write(block)

        turns: list[tuple[Spent, Spent]] = []
        for _ in range(ROUNDS):
            ours = measured(take_in, ground)
            with (
                copied.open("wb") as file,
                connection.cursor().copy(f"COPY (SELECT {listed} FROM instrument WHERE {OWN}) TO STDOUT") as copy,
            ):
                for block in copy:
                    file.write(block)
            empty(connection)
            turns.append((ours, measured(copy_in, ground)))
            empty(connection)
        db.session.remove()
        db.engine.dispose()
    ours, theirs = (min(side) for side in zip(*turns, strict=True))
    with capsys.disabled():
        print(
            f"\n{ROWS} rows: import {ROWS / ours.taken:,.0f} a second ({ours.worked:.2f} s of the processors),"
            f" COPY {ROWS / theirs.taken:,.0f} ({theirs.worked:.2f} s), rate {theirs.taken / ours.taken:.2f}"
        )
    assert theirs.taken / ours.taken >= RATE


def empty(connection: psycopg.Connection) -> None:
    """Take out what was put in, and leave no trace in the indexes."""
    connection.execute(f"DELETE FROM instrument WHERE {OWN}")
    connection.execute("VACUUM ANALYZE instrument")
