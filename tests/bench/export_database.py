"""Writes one file of a batch out of a database, as the service does it or as a bare COPY, and says what it took.

``python -m tests.bench.export_database NAME URL BATCH_ID VAR_DIR FILE``: a process of its own for each.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.config import Config
from core.db import db
from marketplace.app import create_app
from settlement.queries.batches import find_batch
from settlement.queries.exports import content_of
from settlement.rules.exports import FILE_KINDS, ExportFormat
from tests.bench.export_writers import resident_mb
from tests.bench.processor import Spent, Watch

RAW = "raw_copy"
_COPY = """
    COPY (SELECT payout_no, holder_name, bank_name, cnaps_code, account_number, amount_fen, line_count
            FROM batch_payout WHERE batch_id = %s ORDER BY payout_no) TO STDOUT (FORMAT csv)"""


def copy(url: str, batch_id: int, path: Path) -> Spent:
    """The same rows by COPY alone."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        watch = Watch(connection.info.backend_pid)
        with path.open("wb") as target, connection.cursor().copy(_COPY % int(batch_id)) as rows:
            for row in rows:
                target.write(row)
        return watch.spent()


def export(kind: ExportFormat, url: str, batch_id: int, var_dir: Path, path: Path) -> Spent:
    """The file as the service writes it."""
    given = {"DATABASE_URL": url, "VAR_DIR": str(var_dir), "SECRET_KEY": "only for measuring"}
    app = create_app(Config.from_env(given))
    with app.app_context():
        batch = find_batch(batch_id)
        watch = Watch(db.session.execute(text("SELECT pg_backend_pid()")).scalar_one())
        with path.open("wb") as target:
            FILE_KINDS[kind].write(content_of(batch), target)
        return watch.spent()


def main(name: str, url: str, batch_id: int, var_dir: Path, path: Path) -> dict[str, float]:
    """Seconds by the clock and of the processors, the server's included; peak of resident memory and size in MB."""
    is_raw = name == RAW
    spent = copy(url, batch_id, path) if is_raw else export(ExportFormat(name), url, batch_id, var_dir, path)
    return {
        "seconds": spent.waited,
        "cpu_seconds": spent.worked,
        "resident_mb": resident_mb(),
        "size_mb": path.stat().st_size / 1e6,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]))))
