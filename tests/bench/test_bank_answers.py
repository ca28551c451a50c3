"""A bank's answers to a large batch, read as an upload is, beside lxml passing over the same file.

``make bench`` runs and prints it; each reader is a process of its own, memory is its peak.
"""

from __future__ import annotations

from pathlib import Path

from tests.bench.sizes import ROUNDS, SMALL
from tests.bench.test_exports import took
from tests.support.bank import Bank, Sent

TIMES_LXML = 8.0
MAX_RESIDENT_MB = 300


def test_answers_of_a_bank_beside_lxml(tmp_path: Path) -> None:
    """By the time of the processor, the two taking turns. A file is never held, only what it says."""
    file = tmp_path / "answers.xml"
    sent = [Sent(no, f"20260112-1-01-{no:06d}", f"6222021602{no:09d}", 100_000 + no) for no in range(1, SMALL + 1)]
    file.write_bytes(Bank(sent, outcomes=dict.fromkeys(range(7, SMALL, 97), "failed")).pain_002())

    turns = [(took("bank_answers", "lxml", file), took("bank_answers", "ours", file)) for _ in range(ROUNDS)]
    library, own = (min(side, key=lambda each: each.cpu_seconds) for side in zip(*turns, strict=True))

    print(f"\npain.002 {SMALL}, {own.size_mb:.0f} MB: {own.cpu_seconds:.2f} s, {own.resident_mb:.0f} MB resident;")
    ratio = own.cpu_seconds / library.cpu_seconds
    print(f"  lxml alone {library.cpu_seconds:.2f} s, {library.resident_mb:.0f} MB: {ratio:.1f} times")
    assert ratio <= TIMES_LXML
    assert own.resident_mb < MAX_RESIDENT_MB
