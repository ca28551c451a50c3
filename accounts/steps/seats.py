"""Writing where organisations sit, by date."""

from __future__ import annotations

from datetime import date

from accounts.kinds import OrganisationKind
from accounts.models import MemberChange, Organisation, OrganisationSeat
from accounts.queries.organisations import Seat, seats_of
from core.db import require_transaction


def begin_seat(organisation: Organisation, seat: Seat, *, since: date, change_id: int | None = None) -> None:
    """From ``since`` on it sits there; the seat that runs until then ends.

    Teams have no seat of their own, authorities no county and therefore none.
    """
    current = require_transaction()
    if organisation.kind is OrganisationKind.TEAM or seat.county is None:
        return
    for each in seats_of(organisation.id):
        if each.until is None:
            each.until = since
    current.flush()
    current.add(
        OrganisationSeat(
            organisation_id=organisation.id,
            county=seat.county,
            city=seat.city,
            in_province=seat.in_province,
            since=since,
            change_id=change_id,
        )
    )
    current.flush()


def forget_seat(change: MemberChange) -> None:
    """The seat of a change that was taken back before its day never begins; the one before it goes on."""
    current = require_transaction()
    for each in [each for each in seats_of(change.organisation_id) if each.change_id == change.id]:
        current.delete(each)
        current.flush()
        for before in seats_of(change.organisation_id):
            if before.until == each.since:
                before.until = None
    current.flush()


def correct_seat(organisation: Organisation, seat: Seat, *, today: date) -> None:
    """What an applicant corrects before it is a member was never otherwise; only the audit entry keeps it."""
    running = [each for each in seats_of(organisation.id) if each.until is None]
    if not running:
        begin_seat(organisation, seat, since=today)
    for each in running:
        if seat.county is not None:
            each.county, each.city, each.in_province = seat.county, seat.city, seat.in_province
    require_transaction().flush()
