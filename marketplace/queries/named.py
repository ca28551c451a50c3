"""Who is named at present: the only part of a naming that everybody reads, signed in or not (V20)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, Text, cast, func, literal, select

from accounts.models import Organisation, ProviderRestriction
from accounts.queries.restrictions import in_force
from marketplace.models import Naming
from marketplace.states import NamingState


def named_on(day: date) -> Select[Any]:
    """Namings that restrict their provider on a day, as ``id``, ``organisation``, ``cause``, ``since``, ``until``.

    A naming whose restrictions are all over or lifted is none of them, nor is one that was never decided.
    """
    each = ProviderRestriction
    kept = (
        select(each.source, func.min(each.since).label("since"), func.max(each.until).label("until"))
        .where(in_force(day))
        .group_by(each.source)
        .subquery()
    )
    source = literal(Naming.source_of("")) + cast(Naming.id, Text)
    return (
        select(Naming.id, Organisation.name.label("organisation"), Naming.cause, kept.c.since, kept.c.until)
        .join(Organisation, Organisation.id == Naming.organisation_id)
        .join(kept, kept.c.source == source)
        .where(Naming.state == NamingState.NAMED)
    )
