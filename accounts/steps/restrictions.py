"""Writing what a provider is restricted in (V20)."""

from __future__ import annotations

from datetime import date, datetime

from accounts.kinds import RestrictionKind
from accounts.models import ProviderRestriction
from core import audit
from core.db import require_transaction
from core.errors import Conflict
from core.permissions import Actor


class RestrictionLifted(Conflict):
    """The restriction was lifted already."""

    code = "restriction_lifted"
    article = "V20"


def restrict(
    *,
    organisation_id: int,
    kind: RestrictionKind,
    since: date,
    until: date,
    source: str,
    actor: Actor,
    now: datetime,
) -> ProviderRestriction:
    """Restrict a provider from one day to another, both included. Needs a transaction."""
    restriction = ProviderRestriction(
        organisation_id=organisation_id,
        kind=kind,
        since=since,
        until=until,
        source=source,
        imposed_by=actor.user_id,
        imposed_at=now,
    )
    current = require_transaction()
    current.add(restriction)
    current.flush()
    data = {
        "organisation_id": organisation_id,
        "kind": kind.value,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "source": source,
    }
    audit.record(actor=actor, now=now, action="impose", subject=restriction, data=data)
    return restriction


def lift_restriction(restriction: ProviderRestriction, *, why: str, actor: Actor, now: datetime) -> None:
    """End a restriction at once. Needs a transaction; raises :class:`RestrictionLifted`."""
    require_transaction()
    if restriction.lifted_at is not None:
        raise RestrictionLifted
    restriction.lifted_at, restriction.lifted_by, restriction.lifted_why = now, actor.user_id, why
    data = {"organisation_id": restriction.organisation_id, "kind": restriction.kind.value, "note": why}
    audit.record(actor=actor, now=now, action="lift", subject=restriction, data=data)
