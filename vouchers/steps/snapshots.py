"""Keeping the policy a decision is made by, so that it can be judged again whatever the pack says later."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import cache

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from core import policy
from core.db import require_transaction, send
from core.policy import Edition
from core.statements import Statement
from vouchers.models import PolicySnapshot
from vouchers.rules.policy import FILES, KEPT_FILES, judging

_KNOWN = Statement(select(PolicySnapshot.id).where(PolicySnapshot.digest == bindparam("digest")))


def keep_policy(judged_on: date, *, now: datetime) -> int:
    """The number of the snapshot of the policy that judges a day; kept where it is new."""
    edition = judging(policy.current(), judged_on).edition
    content, digest = _content(edition)
    found = send(_KNOWN, {"digest": digest})
    if not found:
        fresh = {"digest": digest, "version": edition.version(*FILES), "content": content, "kept_at": now}
        # Whoever keeps the same policy at the same moment waits here, and then finds it.
        require_transaction().execute(
            insert(PolicySnapshot).values(fresh).on_conflict_do_nothing(index_elements=["digest"])
        )
        found = send(_KNOWN, {"digest": digest})
    return int(found[0].id)


@cache
def _content(edition: Edition) -> tuple[str, str]:
    content = edition.content(*KEPT_FILES)
    return content, hashlib.sha256(content.encode()).hexdigest()
