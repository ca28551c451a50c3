"""Reads one pain.002 and says what it took: ``python -m tests.bench.bank_answers NAME FILE``.

Each run is a process of its own, so that its peak of resident memory is that of one reader. ``ours`` is all that an
upload goes through before anything is matched: judged, summed, and read as answers; ``lxml`` only passes over it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from core.files import judge_upload
from settlement.rules.bank_files import DOCUMENT_LIMITS, read_bank_file
from settlement.service.bank_files import BANK_FILES
from tests.bench.export_writers import resident_mb


def ours(stream: BinaryIO) -> int:
    """The answers that were read."""
    size = 1 << 30
    upload = judge_upload(
        stream, filename="answers.xml", known=BANK_FILES, limit_bytes=size, xml_limits=DOCUMENT_LIMITS
    )
    reading = read_bank_file(upload.stream, today=date(2026, 1, 20), currency="CNY")
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
