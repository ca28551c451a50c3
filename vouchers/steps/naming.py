"""A firm comes under a controller: what counted for it before counts there, too (V12 cap)."""

from __future__ import annotations

from datetime import date, datetime

from accounts.models import Controller, ControllerTenure, Organisation
from accounts.steps.standing import establish_controller
from core import clock
from core.permissions import Actor
from settlement.steps import carry_caps, merge_caps
from vouchers.queries.group_caps import cap_left, caps_in_force, controller_cap


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
    controller's cap as in a merge. From one controller to another the use of the group it leaves stays there and
    counts on the other cap too, as in a split. ``change_id`` is the approved naming it comes of. Raises what
    ``establish_controller`` raises.
    """
    left, heir = cap_left(organisation.id), controller_cap(controller.id)
    tenure = establish_controller(
        organisation=organisation,
        controller=controller,
        since=since,
        source=source,
        change_id=None if left.is_group else change_id,
        actor=actor,
        now=now,
    )
    source_of_use = f"controller_tenure:{tenure.id}" if change_id is None else f"controller_change:{change_id}"
    caps = caps_in_force(clock.today(now))
    if left.is_group:
        carry_caps(
            source=source_of_use,
            left=left.owner,
            heir=heir,
            from_year=since.year,
            caps=caps,
            actor=actor,
            now=now,
        )
    else:
        merge_caps(
            source=source_of_use,
            absorbed=left.owner,
            into=heir,
            from_year=since.year,
            caps=caps,
            actor=actor,
            now=now,
        )
    return tenure
