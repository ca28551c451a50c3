"""Whose yearly cap organisations use (V12 cap)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import and_, select

from accounts.kinds import OrganisationKind
from accounts.models import ControllerTenure, Organisation
from accounts.queries.controllers import controller_id, covers
from accounts.queries.organisations import organisation
from core.db import session


def cap_owner(organisation_id: int, on: date) -> str:
    """Whose yearly cap an organisation uses on a day.

    ``team:5`` for a team; for an enterprise ``controller:7``, or ``organisation:12`` where no controller is
    known.
    """
    kind = organisation(organisation_id).kind
    controlling = None if kind is OrganisationKind.TEAM else controller_id(organisation_id, on)
    return _owner(organisation_id, kind, controlling)


def cap_owners(organisation_ids: Collection[int], on: date) -> dict[int, str]:
    """For each organisation what :func:`cap_owner` says of it, in one query."""
    if not organisation_ids:
        return {}
    tenure = ControllerTenure
    rows = session().execute(
        select(Organisation.id, Organisation.kind, tenure.controller_id)
        .outerjoin(tenure, and_(tenure.organisation_id == Organisation.id, covers(tenure, on)))
        .where(Organisation.id.in_(organisation_ids))
    )
    return {number: _owner(number, kind, controlling) for number, kind, controlling in rows}


def _owner(number: int, kind: OrganisationKind, controlling: int | None) -> str:
    if kind is OrganisationKind.TEAM:
        return f"team:{number}"
    return f"organisation:{number}" if controlling is None else f"controller:{controlling}"
