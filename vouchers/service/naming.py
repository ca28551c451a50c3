"""Who controls a firm: said by one officer where it changes no cap, decided by two where it does (V12 cap)."""

from __future__ import annotations

from datetime import date, datetime

from accounts.kinds import OrganisationKind
from accounts.models import ControllerTenure
from accounts.permissions import may_enter_standing
from accounts.queries.controllers import find_controller_in_sight, namesakes_of
from accounts.queries.groups import open_naming
from accounts.queries.organisations import find_organisation, lock_organisation
from accounts.rules.standing import ControllerName, name_faults, same_by
from accounts.service.standing import StandingRefused
from accounts.steps.standing import named_controller
from core import clock
from core.db import transaction
from core.errors import Conflict, reason, refuse_all
from core.permissions import Actor, authorise
from vouchers.queries.group_caps import has_used
from vouchers.steps.naming import name_controller

ARTICLE = "V12 cap"


class NamingReviewed(Conflict):
    """Naming this firm's controller changes whose cap it uses, or who is meant: it is proposed, and another decides."""

    code = "naming_reviewed"


def set_controller(
    *,
    organisation_id: int,
    controller: ControllerName,
    since: date,
    source: str,
    actor: Actor,
    now: datetime,
) -> ControllerTenure:
    """Say who controls a firm from a day on that has used and holds nothing yet; that day is not ahead.

    Everything else is a proposal of kind ``naming``. Raises ``StandingRefused``, :class:`NamingReviewed` and
    ``TenureOverlaps`` unless the day lies after every change known.
    """
    with transaction():
        owner = find_organisation(organisation_id, actor=actor)
        authorise(actor, may_enter_standing, owner)
        lock_organisation(owner.id)
        if (controller.controller_id is None) == (not controller.name):
            raise StandingRefused(reasons=[reason("controller_by_id_or_name", field="controller_id")])
        if owner.kind is OrganisationKind.TEAM:
            raise StandingRefused(reasons=[reason("team_has_no_controller", article=ARTICLE, field="since")])
        if controller.controller_id is not None:
            find_controller_in_sight(controller.controller_id, actor=actor)
        refuse_all(
            name_faults(note=controller.note, namesakes=namesakes_of(controller.name)),
            error=StandingRefused,
        )
        if is_reviewed(organisation_id=owner.id, controller=controller, since=since, now=now):
            raise NamingReviewed(reasons=[reason("naming_reviewed", article=ARTICLE)])
        return name_controller(
            organisation=owner,
            controller=named_controller(controller, actor=actor, now=now),
            since=since,
            source=source,
            actor=actor,
            now=now,
        )


def is_reviewed(*, organisation_id: int, controller: ControllerName, since: date, now: datetime) -> bool:
    """Whether naming this controller needs a second person: the firm has used or holds something, the day is ahead,
    others of the name are on record, or another naming of the firm waits already."""
    today = clock.today(now)
    if since > today or has_used(organisation_id, since=min(since, date(today.year, 1, 1))):
        return True
    if open_naming(organisation_id) is not None:
        return True
    namesakes = namesakes_of(controller.name)
    return bool(namesakes) and same_by(controller.note, namesakes) is None
