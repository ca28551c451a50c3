"""Reads one pain.002 and says what it took: ``python -m tests.bench.bank_answers NAME FILE``.

Each run is a process of its own, so that its peak of resident memory is that of one reader. ``ours`` is all that an
upload goes through before anything is matched: judged, summed, and read as answers; ``lxml`` only passes over it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from settlement.service.bank_files import judge_bank_upload, read_answers
from tests.bench.export_writers import resident_mb

READ_AT = datetime(2026, 1, 20, 2, tzinfo=UTC)


def ours(stream: BinaryIO) -> int:
    """The answers that were read."""
    upload = judge_bank_upload(stream, filename="answers.xml", limit_bytes=1 << 30)
    reading = read_answers(upload, now=READ_AT)
    assert reading.faults == ()
    return len(reading.answers)


def lxml(stream: BinaryIO) -> int:
    """The elements of answers that were passed."""
    count = 0
    for _event, node in etree.iterparse(stream, tag="{*}TxInfAndSts"):
        count += 1
        node.clear()
        while node.getprevious() is not None:
            del node.getparent()[0]
    return count


READERS: Mapping[str, Callable[[BinaryIO], int]] = {"ours": ours, "lxml": lxml}


def main(name: str, path: Path) -> dict[str, float]:
    """Read the file; seconds by the clock and of the processor, peak of resident memory in MB, and size in MB."""
    begun, worked = time.perf_counter(), time.process_time()
    with path.open("rb") as stream:
        assert READERS[name](stream) > 0
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - worked
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "resident_mb": resident_mb(),
        "size_mb": path.stat().st_size / 1e6,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
