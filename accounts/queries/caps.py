"""Whose yearly cap organisations use (V12 cap)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import ARRAY, BigInteger, Date, and_, any_, bindparam, select

from accounts.kinds import OrganisationKind
from accounts.models import ControllerTenure, Organisation
from accounts.queries.controllers import covers
from accounts.queries.organisations import OrganisationMissing
from core.gathering import Gathering

_OWNERS = Gathering(
    owners=select(Organisation.id, Organisation.kind, ControllerTenure.controller_id)
    .outerjoin(
        ControllerTenure,
        and_(
            ControllerTenure.organisation_id == Organisation.id, covers(ControllerTenure, bindparam("on", type_=Date))
        ),
    )
    .where(Organisation.id == any_(bindparam("organisations", type_=ARRAY(BigInteger))))
)


def cap_owner(organisation_id: int, on: date) -> str:
    """Whose yearly cap an organisation uses on a day; raises OrganisationMissing.

    ``team:5`` for a team; for an enterprise ``controller:7``, or ``organisation:12`` where no controller is
    known.
    """
    found = cap_owners([organisation_id], on)
    if not found:
        raise OrganisationMissing
    return found[organisation_id]


def cap_owners(organisation_ids: Collection[int], on: date) -> dict[int, str]:
    """For each organisation what :func:`cap_owner` says of it, in one query."""
    if not organisation_ids:
        return {}
    rows = _OWNERS.read(organisations=list(organisation_ids), on=on)["owners"]
    return {number: owner_named(number, kind, controlling) for number, kind, controlling in rows}


def owner_named(number: int, kind: OrganisationKind, controlling: int | None) -> str:
    """What the owner of a cap is called, by the organisation that uses it and who controls that."""
    if kind is OrganisationKind.TEAM:
        return f"team:{number}"
    return f"organisation:{number}" if controlling is None else f"controller:{controlling}"
