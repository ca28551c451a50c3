"""The head of the audit trail as a file: kept outside, it tells later what the chain alone cannot tell.

It names the newest link and what all links together cover, under a signature with the key of the chain, so that nobody
adapts the file to a trail that was cut off or written anew.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_

from core.audit import AuditEntry
from core.audit_chain import AuditSeal, ChainHead, KeyNotIntroduced, newest_seal, verify_chain
from core.audit_keys import KeyRing, key_ring
from core.db import session
from core.errors import NotFound, Refused
from core.invariants import Offence, verify_by

FORMAT = 1
MEDIA_TYPE = "application/json"


class NothingSealed(NotFound):
    """No entry of the trail is sealed yet, so it has no head."""

    code = "audit_nothing_sealed"


class HeadUnreadable(Refused):
    """The file holds no head that this service exported."""

    code = "audit_head_unreadable"


class HeadOfOtherKey(Refused):
    """The head was signed with a key that is not configured."""

    code = "audit_head_other_key"


class HeadAltered(Refused):
    """The exported head does not match its own signature."""

    code = "audit_head_altered"


@dataclass(frozen=True)
class Mark:
    """An entry of the trail; ``at`` is None where it is gone."""

    id: int
    at: datetime | None


@dataclass(frozen=True)
class TrailHead:
    """The newest link, how many entries all links cover, the first and last of them, and how many wait for a link."""

    number: int
    digest: str
    key_mark: str
    sealed_at: datetime
    entries: int
    first: Mark
    last: Mark
    waiting: int
    exported_at: datetime

    def as_json(self, keys: KeyRing) -> dict[str, Any]:
        """What is exported, with its signature."""
        content = {"format": FORMAT, **json.loads(json.dumps(asdict(self), default=datetime.isoformat))}
        return {**content, "signature": _signature(content, key=keys.by_mark[self.key_mark])}


def trail_head(*, now: datetime) -> TrailHead:
    """The head of the trail as it is now. Raises :class:`NothingSealed` and, where the key was changed and nobody said
    so, :class:`core.audit_chain.KeyNotIntroduced`."""
    newest = newest_seal()
    if newest is None:
        raise NothingSealed
    if newest.key_mark != key_ring().mark:
        raise KeyNotIntroduced
    entry, end = tuple_(AuditEntry.xid, AuditEntry.id), (newest.last_xid, newest.last_id)
    first = session().execute(select(AuditEntry.id, AuditEntry.at).order_by(AuditEntry.xid, AuditEntry.id).limit(1))
    found = first.one_or_none()
    return TrailHead(
        number=newest.number,
        digest=newest.digest.hex(),
        key_mark=newest.key_mark,
        sealed_at=newest.sealed_at,
        entries=_covered(newest.number),
        first=Mark(0, None) if found is None else Mark(found.id, found.at),
        last=Mark(newest.last_id, session().scalar(select(AuditEntry.at).where(entry == end))),
        waiting=session().scalar(select(func.count()).select_from(AuditEntry).where(entry > end)) or 0,
        exported_at=now,
    )


def export_head(*, now: datetime) -> dict[str, Any]:
    """The signed head, as a file holds it; raises as :func:`trail_head` does."""
    return trail_head(now=now).as_json(key_ring())


def head_file(*, now: datetime) -> bytes:
    """The same as bytes."""
    return json.dumps(export_head(now=now), indent=1).encode() + b"\n"


def read_head(content: bytes) -> TrailHead:
    """A head that was exported earlier, with a signature that holds.

    Raises :class:`HeadUnreadable`, :class:`HeadOfOtherKey` and :class:`HeadAltered`.
    """
    try:
        found = json.loads(content)
        signature = str(found.pop("signature"))
        if found["format"] != FORMAT:
            raise ValueError("another format")
        head = TrailHead(
            number=int(found["number"]),
            digest=str(found["digest"]),
            key_mark=str(found["key_mark"]),
            sealed_at=datetime.fromisoformat(found["sealed_at"]),
            entries=int(found["entries"]),
            first=_mark(found["first"]),
            last=_mark(found["last"]),
            waiting=int(found["waiting"]),
            exported_at=datetime.fromisoformat(found["exported_at"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as unreadable:
        raise HeadUnreadable from unreadable
    key = key_ring().by_mark.get(head.key_mark)
    if key is None:
        raise HeadOfOtherKey
    if not hmac.compare_digest(signature, _signature(found, key=key)):
        raise HeadAltered
    return head


def verify_against(head: TrailHead) -> list[dict[str, Any]]:
    """Recompute the chain and compare it with an exported head; a fault also tells how many entries are still there."""
    link = ChainHead(head.number, head.digest, head.last.id, head.sealed_at)
    counts = {"exported_entries": head.entries, "covered_entries": _covered(head.number)}
    return [{**fault, **counts} for fault in verify_chain(head=link)]


def trail_offences(head: TrailHead | None = None) -> list[Offence]:
    """Invariant 12 as far as the chain and, where one is given, an exported head show it, for ``flask verify``."""
    check = verify_chain if head is None else lambda: verify_against(head)
    return verify_by(12, "the sealed audit trail is unchanged", check)


def _covered(number: int) -> int:
    """How many entries the links up to one cover."""
    covered = select(func.sum(AuditSeal.entries)).where(AuditSeal.number <= number)
    return int(session().scalar(covered) or 0)


def _mark(found: dict[str, Any]) -> Mark:
    return Mark(int(found["id"]), None if found["at"] is None else datetime.fromisoformat(found["at"]))


def _signature(content: dict[str, Any], *, key: bytes) -> str:
    canonical = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, b"audit head\n" + canonical.encode(), hashlib.sha256).hexdigest()
