"""Writing organisations and their figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import errors as pg
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from accounts.kinds import IncubatorLevel, OrganisationKind
from accounts.models import BeneficiaryFigures, Organisation
from accounts.queries.organisations import CORRECT_FIGURES, Seat, figures
from accounts.rules import uscc
from accounts.rules.registration import Application
from accounts.steps.seats import begin_seat, correct_seat
from core import audit, clock
from core.db import require_transaction
from core.errors import Reason, Refused, reason
from core.permissions import Actor


class RegistrationRefused(Refused):
    """The registration has faults; all of them are named."""

    code = "registration_refused"


UNIQUE = {
    "uq_organisation_uscc": ("uscc_taken", "uscc"),
    "uq_user_account_username": ("username_taken", "username"),
}
"""What a violated constraint means, for two registrations at the same moment."""


def register_organisation(
    *,
    application: Application,
    seat: Seat,
    actor: Actor,
    now: datetime,
    incubator_id: int | None = None,
    incubator_level: IncubatorLevel | None = None,
) -> Organisation:
    """A new organisation of any kind; raises :class:`RegistrationRefused` for a code already registered."""
    current = require_transaction()
    organisation = Organisation(
        kind=application.kind,
        created_at=now,
        incubator_id=incubator_id,
        incubator_level=incubator_level,
    )
    _set_facts(organisation, application, seat)
    current.add(organisation)
    flush_or_refuse()
    begin_seat(organisation, seat, since=clock.today(now))
    audit.record(
        actor=actor,
        now=now,
        action="register",
        subject=organisation,
        data={"kind": organisation.kind.value, "name": organisation.name},
    )
    return organisation


def write_facts(
    *, organisation: Organisation, application: Application, seat: Seat, actor: Actor, now: datetime
) -> None:
    """Overwrite what an organisation states about itself; the audit entry keeps what stood there before."""
    require_transaction()
    _set_facts(organisation, application, seat)
    before = {
        each.key: each.history.deleted[0]
        for each in inspect(organisation).attrs
        if each.history.has_changes() and each.history.deleted
    }
    flush_or_refuse()
    correct_seat(organisation, seat, today=clock.today(now))
    if before:
        audit.record(
            actor=actor,
            now=now,
            action="correct",
            subject=organisation,
            data={"before": {key: _plain(value) for key, value in before.items()}},
        )


def state_figures(
    *,
    organisation: Organisation,
    year: int,
    staff: int,
    revenue_fen: int,
    orderly_finances: bool,
    actor: Actor,
    user_id: int,
    now: datetime,
    why: str = "",
) -> BeneficiaryFigures:
    """State, or overwrite, an enterprise's figures of one year; the audit entry keeps both.

    ``why`` is the ground on which a bureau corrects what is stated, and makes it a correction.
    """
    current = require_transaction()
    found = figures(organisation.id, year)
    before = None if found is None else _figures_as_json(found)
    if found is None:
        found = BeneficiaryFigures(organisation_id=organisation.id, year=year)
        current.add(found)
    found.staff = staff
    found.revenue_fen = revenue_fen
    found.orderly_finances = orderly_finances
    found.stated_by = user_id
    found.stated_at = now
    current.flush()
    audit.record(
        actor=actor,
        now=now,
        action=CORRECT_FIGURES if why and before is not None else "state_figures",
        subject=found,
        data={"before": before, "after": _figures_as_json(found), **({"note": why} if why else {})},
    )
    return found


def flush_or_refuse() -> None:
    """Write what is pending; a violated uniqueness becomes the fault that it is."""
    try:
        require_transaction().flush()
    except IntegrityError as violated:
        raise RegistrationRefused(reasons=_taken(violated)) from violated


def _taken(violated: IntegrityError) -> Sequence[Reason]:
    original = violated.orig
    name = original.diag.constraint_name if isinstance(original, pg.UniqueViolation) else None
    if name not in UNIQUE:
        raise violated
    code, field = UNIQUE[name]
    return [reason(code, field=field)]


def _set_facts(organisation: Organisation, application: Application, seat: Seat) -> None:
    organisation.name = application.name
    organisation.uscc = uscc.normalised(application.uscc) if application.uscc else None
    organisation.county = seat.county
    organisation.city = seat.city
    organisation.in_province = seat.in_province
    organisation.legal_representative = application.legal_representative
    organisation.phone = application.phone
    organisation.address = application.address
    organisation.fiscal = application.fiscal
    organisation.has_rd_base = application.has_rd_base
    organisation.rd_need = application.rd_need
    organisation.has_sharing_rules = application.has_sharing_rules
    organisation.institution_kind = (
        application.institution_kind if application.kind is OrganisationKind.PROVIDER else None
    )


def _figures_as_json(stated: BeneficiaryFigures) -> dict[str, int | bool]:
    return {
        "staff": stated.staff,
        "revenue_fen": stated.revenue_fen,
        "orderly_finances": stated.orderly_finances,
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | bool) else str(value)
