"""Seals over the audit trail: whoever edits or removes an entry past all roles and triggers is found out.

Every few minutes the worker puts a keyed hash over the entries that have come since the last seal, and over that seal.
Chaining inside the transactions themselves would have them wait for one another. Entries are taken in the order of
``(xid, id)`` up to the oldest transaction still running, so that none can slip in before a seal later on. What no
seal can show is the loss of the newest seals together with their entries: for that the head is logged with every
seal, and an exported one (core/audit_head.py) is checked against the chain.

Each seal names its key by a mark. A key is replaced by a seal of its own, which covers no entry: it is made with the
new key and rests on the last one of the old key, so that who has learnt the old key can rewrite nothing before it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC as UTC_ZONE
from datetime import datetime
from typing import Any, Self

import structlog
from sqlalchemy import BigInteger, LargeBinary, Row, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from core.audit import record
from core.audit_keys import KeyRing, key_ring
from core.db import Model, require_transaction, session, transaction
from core.errors import Conflict
from core.failpoints import failpoint
from core.numbers import HORIZON, require_continued_numbers
from core.permissions import SYSTEM
from core.types import UTC

log = structlog.get_logger()

CHAIN_LOCK = 0x6368696E  # "chin": one seal is made at a time
ENTRIES_A_SEAL = 10_000

_ENTRIES = """
    SELECT id, xid, at, actor_user_id, actor_organisation_id, actor_role, action, subject_kind, subject_id,
           from_state, to_state, data::text AS data
      FROM audit_entry
     WHERE (xid, id) > (:after_xid, :after_id)
"""
_NEXT = f"{_ENTRIES} AND xid < {HORIZON} ORDER BY xid, id LIMIT :limit"
_SEALED = f"{_ENTRIES} AND (xid, id) <= (:last_xid, :last_id) ORDER BY xid, id"


class KeyNotIntroduced(Conflict):
    """The newest link was made with another key than the present one, and nobody said that it was replaced."""

    code = "audit_key_not_introduced"


class KeyInUse(Conflict):
    """The present key makes the links already; or there is none yet, and it will make the first."""

    code = "audit_key_in_use"


class ChainBroken(Conflict):
    """The chain does not hold, so no new key is put over it."""

    code = "audit_chain_broken"


class AuditSeal(Model):
    """One link: the entries after ``(after_xid, after_id)`` up to ``(last_xid, last_id)``, and the link before."""

    __tablename__ = "audit_seal"
    __table_args__ = (UniqueConstraint("previous"),)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    after_xid: Mapped[int] = mapped_column(BigInteger)
    after_id: Mapped[int] = mapped_column(BigInteger)
    last_xid: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int] = mapped_column(BigInteger)
    key_mark: Mapped[str] = mapped_column(Text)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime] = mapped_column(UTC)


@dataclass(frozen=True)
class ChainHead:
    """The newest link, to be kept outside: number and digest (hexadecimal) stand for everything before."""

    number: int
    digest: str
    last_id: int
    sealed_at: datetime

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """What was exported; raises ValueError, KeyError or TypeError where it is no head."""
        return cls(
            number=int(found["number"]),
            digest=str(found["digest"]),
            last_id=int(found["last_id"]),
            sealed_at=datetime.fromisoformat(found["sealed_at"]),
        )


def seal_audit_trail(*, now: datetime) -> int:
    """Seal every entry of finished transactions that no seal covers yet; returns how many."""
    sealed = 0
    while True:
        with transaction():
            seal = _seal_next(now=now)
            if seal is None:
                return sealed
            sealed += seal.entries
            number, digest = seal.number, seal.digest.hex()
        log.info("audit_trail_sealed", number=number, digest=digest)


def chain_head() -> ChainHead | None:
    """The newest link; None while nothing is sealed."""
    newest = newest_seal()
    if newest is None:
        return None
    return ChainHead(newest.number, newest.digest.hex(), newest.last_id, newest.sealed_at)


def replace_key(*, now: datetime, old_key_lost: bool = False) -> AuditSeal:
    """Have the present key make the links from now on; those there are stay checked with the keys that made them.

    With ``old_key_lost`` what was sealed so far is not looked at: it can be checked by nobody any more, and ``verify``
    will say so. Raises :class:`KeyInUse` and :class:`ChainBroken`.
    """
    with transaction() as current:
        newest, keys = _newest_alone(), key_ring()
        if newest is None or newest.key_mark == keys.mark:
            raise KeyInUse
        broken = [] if old_key_lost else _broken_links(keys, None)
        if broken:
            raise ChainBroken(seal=broken[0]["audit_seal"], fault=broken[0]["fault"])
        seal = _link(_after(newest), [], keys=keys, now=now)
        current.flush()
        data = {"from_key": newest.key_mark, "to_key": seal.key_mark, "old_key_lost": old_key_lost}
        record(actor=SYSTEM, now=now, action="replace_key", subject=seal, data=data)
        return seal


def verify_chain(*, head: ChainHead | None = None) -> list[dict[str, Any]]:
    """Recompute the chain; names its first broken link, or nothing where all is well.

    With an exported ``head`` the chain must also still hold that link, so that cutting off its end shows. The newest
    link is to be of the present key: with those before it nothing is sealed any more.
    """
    keys = key_ring()
    broken = _broken_links(keys, head)
    newest = newest_seal()
    if not broken and newest is not None and newest.key_mark != keys.mark:
        return [_named(newest, "it is the newest and was not made with the present key")]
    return broken


def newest_seal() -> AuditSeal | None:
    """The link at the end of the chain; None while nothing is sealed."""
    return session().scalars(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).one_or_none()


@dataclass(frozen=True)
class _Start:
    """Where a link begins; the first one before every entry."""

    number: int = 0
    last_xid: int = 0
    last_id: int = 0
    digest: bytes = b""
    key_mark: str = ""


def _after(seal: AuditSeal) -> _Start:
    return _Start(seal.number, seal.last_xid, seal.last_id, seal.digest, seal.key_mark)


def _newest_alone() -> AuditSeal | None:
    """The newest link, while nobody else makes one."""
    require_transaction().execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
    return newest_seal()


def _seal_next(*, now: datetime) -> AuditSeal | None:
    current = require_transaction()
    newest, keys = _newest_alone(), key_ring()
    before = _Start() if newest is None else _after(newest)
    require_continued_numbers(before.last_xid)
    position = {"after_xid": before.last_xid, "after_id": before.last_id}
    rows = current.execute(text(_NEXT), {**position, "limit": ENTRIES_A_SEAL}).all()
    if not rows:
        return None
    if newest is not None and newest.key_mark != keys.mark:
        raise KeyNotIntroduced
    seal = _link(before, rows, keys=keys, now=now)
    current.flush()
    failpoint("core.audit.sealed")
    return seal


def _link(before: _Start, rows: Sequence[Row[Any]], *, keys: KeyRing, now: datetime) -> AuditSeal:
    """The link over these entries, made with the present key; without any it only changes the key."""
    seal = AuditSeal(
        number=before.number + 1,
        after_xid=before.last_xid,
        after_id=before.last_id,
        last_xid=rows[-1].xid if rows else before.last_xid,
        last_id=rows[-1].id if rows else before.last_id,
        entries=len(rows),
        key_mark=keys.mark,
        previous=before.digest,
        sealed_at=now,
    )
    seal.digest, _ = _digest(seal, iter(rows), key=keys.present)
    require_transaction().add(seal)
    return seal


def _broken_links(keys: KeyRing, head: ChainHead | None) -> list[dict[str, Any]]:
    before, replaced = _Start(), set[str]()
    for seal in session().scalars(select(AuditSeal).order_by(AuditSeal.number)).all():
        if seal.key_mark != before.key_mark:
            replaced.add(before.key_mark)
        fault = _fault(seal, before, keys=keys, replaced=replaced)
        if fault is None and head is not None and seal.number == head.number and seal.digest.hex() != head.digest:
            fault = "the link is not the one that was exported"
        if fault is not None:
            return [_named(seal, fault)]
        before = _after(seal)
    if head is not None and before.number < head.number:
        return [{"audit_seal": head.number, "fault": "the exported link is gone from the end of the chain"}]
    return []


def _named(seal: AuditSeal, fault: str) -> dict[str, Any]:
    covers = {"after_id": seal.after_id, "last_id": seal.last_id, "entries": seal.entries}
    return {"audit_seal": seal.number, "fault": fault, **covers}


def _fault(seal: AuditSeal, before: _Start, *, keys: KeyRing, replaced: Collection[str]) -> str | None:
    if seal.number != before.number + 1:
        return "a link before it is missing"
    if (seal.after_xid, seal.after_id) != (before.last_xid, before.last_id):
        return "it does not begin where the link before ends"
    if seal.previous != before.digest:
        return "it does not rest on the link before"
    if seal.key_mark not in keys.by_mark:
        return "it was made with a key that is not configured"
    if seal.key_mark in replaced:
        return "it was made with a key that had been replaced"
    if seal.entries == 0 and seal.key_mark == before.key_mark:
        return "it covers no entry and replaces no key"
    bounds = {
        "after_xid": seal.after_xid,
        "after_id": seal.after_id,
        "last_xid": seal.last_xid,
        "last_id": seal.last_id,
    }
    rows = session().execute(text(_SEALED), bounds)
    digest, found = _digest(seal, iter(rows), key=keys.by_mark[seal.key_mark])
    if found != seal.entries:
        return f"it covers {seal.entries} entries, and {found} are there"
    if not hmac.compare_digest(digest, seal.digest):
        return "an entry or the link itself was changed"
    return None


def _digest(seal: AuditSeal, rows: Iterator[Row[Any]], *, key: bytes) -> tuple[bytes, int]:
    """HMAC-SHA256 over the link's own columns and then one line for each entry; and how many entries there were."""
    header = [
        seal.number,
        seal.after_xid,
        seal.after_id,
        seal.last_xid,
        seal.last_id,
        seal.entries,
        seal.key_mark,
        seal.previous.hex(),
        _instant(seal.sealed_at),
    ]
    hashed = hmac.new(key, _line(header), hashlib.sha256)
    count = 0
    for row in rows:
        hashed.update(_line([_instant(value) if isinstance(value, datetime) else value for value in row]))
        count += 1
    return hashed.digest(), count


def _line(values: list[Any]) -> bytes:
    """One canonical line: a JSON list, which no choice of values can shift into its neighbours."""
    return json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _instant(value: datetime) -> str:
    return value.astimezone(UTC_ZONE).isoformat(timespec="microseconds")
