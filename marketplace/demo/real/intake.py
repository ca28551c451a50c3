"""Importing the files through the command line's function, with every row accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from core import clock
from instruments.service.imports import Report, import_file


@dataclass(frozen=True)
class FileCount:
    """What became of a file's rows; ``reasons`` counts every reason of every refused row by its code."""

    name: str
    read: int
    taken: int
    repeated: int
    refused: int
    reasons: dict[str, int]

    @property
    def adds_up(self) -> bool:
        """Every row is taken, repeated or refused, and no refusal is without a reason."""
        return self.read == self.taken + self.repeated + self.refused and (self.refused == 0) == (not self.reasons)


def take_in(path: Path, *, provider: str | None = None) -> FileCount:
    """Import a file to ``provider``, or to the owners it names."""
    with path.open("rb") as stream:
        report = import_file(stream=stream, provider=provider, dry_run=False, now=clock.now(), progress=_no_progress)
    return _count(path.name, report)


def _no_progress(so_far: Report) -> None:
    """The story shows counts, not bars, of its files."""


def _count(name: str, report: Report) -> FileCount:
    outcome = report.outcome
    return FileCount(
        name=name,
        read=outcome.read,
        taken=outcome.new + outcome.changed + outcome.unchanged,
        repeated=outcome.repeated,
        refused=len(outcome.refused),
        reasons=dict(Counter(reason.code for row in outcome.refused for reason in row.reasons)),
    )
