"""Conditions of a change: the version it rests on must still be the present one (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.errors import PreconditionFailed

VERSION_BYTES = 16


class VersionDiffers(PreconditionFailed):
    """The record is no longer, or not yet, what the change rests on: it was changed meanwhile, or is missing."""

    code = "version_differs"


class AlreadyThere(PreconditionFailed):
    """The record exists, and was only to be made where there is none."""

    code = "already_there"


@dataclass(frozen=True)
class Condition:
    """What must hold for a change to be made; nothing by default.

    ``versions`` are those it may rest on, None where any will do; ``must_exist`` asks for a record, ``must_be_new`` for
    none.
    """

    versions: frozenset[str] | None = None
    must_exist: bool = False
    must_be_new: bool = False

    def require(self, version: str | None) -> None:
        """Raise :class:`AlreadyThere` or :class:`VersionDiffers` where the record, None if there is none, is another.

        To be asked once the record is locked; the present version is told, so that the caller need not ask for it.
        """
        if self.must_be_new and version is not None:
            raise AlreadyThere(extra={"version": version})
        if self.must_exist and version is None:
            raise VersionDiffers(extra={"version": None})
        if self.versions is not None and version not in self.versions:
            raise VersionDiffers(extra={"version": version})


UNCONDITIONAL = Condition()


def fingerprint(values: Iterable[object]) -> str:
    """A short text that is the same for the same values, in the same order, and differs for others."""
    digest = hashlib.blake2b(digest_size=VERSION_BYTES)
    for value in values:
        said = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else repr(value)
        digest.update(f"{len(said)}:{said}".encode())
    return digest.hexdigest()
