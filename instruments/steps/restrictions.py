"""Whether a provider may publish anything new (V20)."""

from __future__ import annotations

from datetime import datetime

from accounts.kinds import RestrictionKind
from accounts.queries import restrictions_on
from core.clock import today
from core.errors import Conflict, reason

ARTICLE = "V20"


class ProviderRestricted(Conflict):
    """The provider was named for refusing service and publishes nothing new for a time."""

    code = "provider_restricted"


def require_unrestricted(provider_id: int, *, now: datetime) -> None:
    """Raise :class:`ProviderRestricted`, naming the last day, where a provider may publish nothing new."""
    last_day = restrictions_on(provider_id, today(now)).get(RestrictionKind.NEW_LISTINGS)
    if last_day is not None:
        raise ProviderRestricted(reasons=[reason("provider_restricted", article=ARTICLE, until=last_day)])
