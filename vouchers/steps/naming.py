"""A firm comes under a controller: what it used of its own cap goes along (V12 cap)."""

from __future__ import annotations

from datetime import date, datetime

from accounts.models import Controller, ControllerTenure, Organisation
from accounts.queries.controllers import tenures
from accounts.steps.standing import establish_controller
from core import clock
from core.permissions import Actor
from settlement.steps import merge_caps
from vouchers.queries.group_caps import caps_in_force, controller_cap, own_cap


def name_controller(
    *,
    organisation: Organisation,
    controller: Controller,
    since: date,
    source: str,
    change_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> ControllerTenure:
    """Put a locked organisation under a controller from a day on.

    Where nobody was known to control it, its own use of that year and later ones, and its live holds, go onto the
    controller's cap as in a merge. From one controller to another use stays behind. ``change_id`` is the approved
    naming it comes of. Raises what ``establish_controller`` raises.
    """
    is_first = not tenures(organisation.id)
    tenure = establish_controller(
        organisation=organisation,
        controller=controller,
        since=since,
        source=source,
        change_id=change_id if is_first else None,
        actor=actor,
        now=now,
    )
    if is_first:
        merge_caps(
            source=f"controller_tenure:{tenure.id}" if change_id is None else f"controller_change:{change_id}",
            absorbed=own_cap(organisation.id),
            into=controller_cap(controller.id),
            from_year=since.year,
            caps=caps_in_force(clock.today(now)),
            actor=actor,
            now=now,
        )
    return tenure
