"""Whose yearly cap organisations use, for many at once (V12 cap)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import and_, or_, select

from accounts.kinds import OrganisationKind
from accounts.models import ControllerTenure, Organisation
from core.db import session


def cap_owners(organisation_ids: Collection[int], on: date) -> dict[int, str]:
    """For each organisation what :func:`accounts.queries.cap_owner` says of it, in one query."""
    if not organisation_ids:
        return {}
    tenure = ControllerTenure
    covers = and_(tenure.since <= on, or_(tenure.until.is_(None), tenure.until > on))
    rows = session().execute(
        select(Organisation.id, Organisation.kind, tenure.controller_id)
        .outerjoin(tenure, and_(tenure.organisation_id == Organisation.id, covers))
        .where(Organisation.id.in_(organisation_ids))
    )
    return {number: _owner(number, kind, controller_id) for number, kind, controller_id in rows}


def _owner(number: int, kind: OrganisationKind, controller_id: int | None) -> str:
    if kind is OrganisationKind.TEAM:
        return f"team:{number}"
    return f"organisation:{number}" if controller_id is None else f"controller:{controller_id}"
