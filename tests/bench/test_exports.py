"""Files of large batches beside the usual libraries and a bare COPY, each writer in a process of its own.

``make bench`` runs and prints it; ratios are taken within one run, memory is the peak of the writing process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from psycopg.types.json import Jsonb

from core.config import PROJECT
from settlement.rules.exports import ExportFormat
from tests.bench.export_database import RAW
from tests.bench.sizes import LARGE, ROUNDS, SMALL
from tests.databases import Database, Server

MAX_RESIDENT_MB = 200
MAX_PRINTED_MB = 240
"""Two fonts of 10 MB each are the typesetter's, whatever the batch."""
MAX_GROWTH_MB = 2
FEW = 10_000
TIMES_XLSXWRITER = 3.0
TIMES_XMLFILE = 4.0
COPY_RATIO = 1.3

counts = pytest.mark.parametrize("count", [SMALL, LARGE])

_FILL = """
    INSERT INTO batch_payout (batch_id, payout_no, payee_id, account_id, holder_name, bank_name, cnaps_code,
                              account_number, first_line_no, line_count, gross_fen, netted_fen, amount_fen)
    SELECT %(batch)s, no, 1, 1, '菏泽市第' || no %% 5003 || '材料科技有限公司',
           '中国工商银行菏泽第' || no %% 307 || '支行',
           (102475000000 + no %% 307)::text, '6222021602' || lpad(no::text, 9, '0'), no, 1, fen, 0, fen
      FROM (SELECT no, 100000 + no::bigint * 7919 %% 49000000 AS fen FROM generate_series(1, %(count)s) no) payouts"""

_PAYING_ACCOUNT = """
    INSERT INTO paying_account (programme, holder_name, bank_name, cnaps_code, account_number, columns, delimiter,
                                amount, encoding, lacking, purpose, valid_from, cause, state, opinion, proposed_at,
                                reviewed_at)
    VALUES ('*', '付款专户', '示例银行', '000000000000', '0', %(columns)s, ',', 'yuan', 'UTF-8-BOM', 'refuse', '',
            '2026-01-01', 'measured', 'approved', 'measured', now(), now())
    RETURNING id"""

COLUMNS = ["payout_no", "holder_name", "bank_name", "cnaps_code", "account_number", "amount", "claim_count"]
"""As they stand in the database, so that the bank's table and a bare COPY say the same."""

_BATCH = """
    INSERT INTO settlement_batch (id, number, programme, cutoff, sequence, fund_id, state, line_count, payout_count,
                                  gross_fen, netted_fen, total_fen, waiting_count, waiting_fen, seal_version,
                                  prepared_at, paying_account_id)
    SELECT %(batch)s, '20260112-1-01', 'p', '2026-01-12', 1, 1, 'prepared', count(*), count(*),
           sum(amount_fen), 0, sum(amount_fen), 0, 0, 2, now(), %(account)s
      FROM batch_payout WHERE batch_id = %(batch)s"""

BATCH_ID = 1


class Took(NamedTuple):
    """What a process took; ``cpu_seconds`` are its own, without what it waited for."""

    seconds: float
    cpu_seconds: float
    resident_mb: float
    size_mb: float


def took(module: str, *arguments: object) -> Took:
    """Run a writer in a process of its own."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    return Took(**json.loads(done.stdout.splitlines()[-1]))


@counts
@pytest.mark.parametrize(("name", "times"), [("xlsx", TIMES_XLSXWRITER), ("pain.001", TIMES_XMLFILE)])
def test_writers_beside_libraries(tmp_path: Path, name: str, times: float, count: int) -> None:
    """Compared by the time of the processor, which is what both need: what else the machine does counts for less."""
    library = took("export_writers", f"raw_{name}", count, tmp_path / "raw")
    own = took("export_writers", name, count, tmp_path / "own")

    print(f"\n{name} {count}: {own.seconds:.2f} s, {own.resident_mb:.0f} MB resident, {own.size_mb:.1f} MB file;")
    ratio = library.cpu_seconds / own.cpu_seconds
    print(f"  library {library.seconds:.2f} s, {library.resident_mb:.0f} MB: {ratio:.1f} times")
    assert ratio >= times
    assert own.resident_mb < MAX_RESIDENT_MB


@counts
def test_the_bank_s_table_beside_copy(sealed: Database, tmp_path: Path, count: int) -> None:
    """The whole way from the database, the two taking turns; by the time of the processors, both processes of each
    side."""
    given = (sealed.url, BATCH_ID, tmp_path, tmp_path / "file")
    turns = [(took("export_database", RAW, *given), took("export_database", "csv", *given)) for _ in range(ROUNDS)]
    copy, own = (min(side, key=lambda each: each.cpu_seconds) for side in zip(*turns, strict=True))

    print(f"\ncsv {count}: {own.cpu_seconds:.3f} s, {own.resident_mb:.0f} MB resident; COPY {copy.cpu_seconds:.3f} s:")
    ratio, by_clock = own.cpu_seconds / copy.cpu_seconds, f"by the clock {own.seconds:.2f} and {copy.seconds:.2f} s"
    print(f"  {ratio:.2f} times COPY; {by_clock}")
    assert ratio <= COPY_RATIO
    assert own.resident_mb < MAX_RESIDENT_MB


@pytest.mark.parametrize("count", [LARGE])
@pytest.mark.parametrize("kind", ExportFormat)
def test_memory_of_the_whole_service(sealed: Database, tmp_path: Path, kind: ExportFormat, count: int) -> None:
    """With the application around the writer and the rows coming out of the database."""
    found = took("export_database", kind.value, sealed.url, BATCH_ID, tmp_path, tmp_path / "file")

    print(f"\n{kind} {count} from the database: {found.seconds:.2f} s, {found.resident_mb:.0f} MB resident")
    assert found.resident_mb < (MAX_PRINTED_MB if kind is ExportFormat.PDF else MAX_RESIDENT_MB)


@pytest.mark.parametrize("name", ["xlsx", "pain.001", "treasury"])
def test_memory_does_not_grow_with_the_payouts(tmp_path: Path, name: str) -> None:
    """Of the writer alone."""
    few, many = (took("export_writers", name, count, tmp_path / "file").resident_mb for count in (FEW, LARGE))

    print(f"\n{name}: {few:.1f} MB resident for {FEW} payouts, {many:.1f} MB for {LARGE}")
    assert many <= few + MAX_GROWTH_MB


@pytest.fixture
def sealed(server: Server, count: int) -> Iterator[Database]:
    """A database with one batch of so many payouts."""
    made = server.clone(f"bench_{count}")
    with made.connect() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(_FILL, {"batch": BATCH_ID, "count": count})
        columns = Jsonb([{"field": field, "heading": field} for field in COLUMNS])
        account = owner.execute(_PAYING_ACCOUNT, {"columns": columns}).fetchone()
        assert account is not None
        owner.execute(_BATCH, {"batch": BATCH_ID, "account": account[0]})
    with made.connect(autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE batch_payout")
    yield made
    server.drop(made)
