"""What every failure of a backup has in common: a sentence in both languages for the person at the terminal."""

from __future__ import annotations

from core.texts import text


class BackupError(Exception):
    """A backup cannot be taken, read or restored; the sentence ``backup.<code>`` says why."""

    code: str

    def __init__(self, **params: object) -> None:
        super().__init__(text(f"backup.{self.code}", **params).both())
