"""Reads of proposed changes: of controllers, and of teams into enterprises."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, any_, exists, or_, select, true
from sqlalchemy.orm import joinedload

from accounts.kinds import OrganisationKind
from accounts.models import Controller, ControllerChange, ControllerTenure, Organisation, TeamSuccession
from accounts.queries.controllers import controllers, covers, namesakes_of
from accounts.queries.organisations import visible_organisations
from accounts.rules.groups import ChangeFacts
from accounts.rules.standing import Running
from accounts.rules.uscc import normalised
from accounts.states import ChangeKind, ProposalState
from core.db import session
from core.errors import NotFound
from core.permissions import Actor

_CONTROLLER = "controller:"


class GroupChangeMissing(NotFound):
    """There is no such change of controllers for this actor."""

    code = "group_change_missing"


class SuccessionMissing(NotFound):
    """There is no such succession for this actor."""

    code = "team_succession_missing"


def controller_cap(controller_id: int) -> str:
    """The owner of the yearly cap that all firms of a controller share."""
    return f"{_CONTROLLER}{controller_id}"


def visible_group_changes(actor: Actor, *, state: ProposalState | None = None) -> Select[tuple[ControllerChange]]:
    """The changes an actor may see: a city those of controllers of firms it sees, the province all."""
    found = (
        select(ControllerChange)
        .options(joinedload(ControllerChange.controller), joinedload(ControllerChange.into))
        .where(
            or_(
                _concerns(actor, ControllerChange.controller_id),
                _concerns(actor, ControllerChange.into_id),
                _names_in_sight(actor),
            )
        )
    )
    return found if state is None else found.where(ControllerChange.state == state)


def find_group_change(change_id: int, *, actor: Actor, lock: bool = False) -> ControllerChange:
    """The change if the actor may see it; raises :class:`GroupChangeMissing`."""
    found = visible_group_changes(actor).where(ControllerChange.id == change_id)
    if lock:
        found = found.with_for_update(of=ControllerChange).execution_options(populate_existing=True)
    change = session().scalar(found)
    if change is None:
        raise GroupChangeMissing
    return change


def open_group_change(controller_ids: Collection[int]) -> ControllerChange | None:
    """The change that waits for its decision and names one of these controllers."""
    return session().scalar(
        select(ControllerChange).where(
            or_(ControllerChange.controller_id.in_(controller_ids), ControllerChange.into_id.in_(controller_ids)),
            ControllerChange.state == ProposalState.PROPOSED,
        )
    )


def open_naming(organisation_id: int) -> ControllerChange | None:
    """The naming of this firm's controller that waits for its decision."""
    return session().scalar(
        select(ControllerChange).where(
            ControllerChange.kind == ChangeKind.NAMING,
            ControllerChange.organisation_ids == [organisation_id],
            ControllerChange.state == ProposalState.PROPOSED,
        )
    )


def controller_left(change: ControllerChange, *, actor: Actor) -> Controller | None:
    """Whom the firms of a change leave: the group's controller, of a naming whoever controlled the firm until its day.

    None where nobody was known to, and for who may not know it.
    """
    if change.controller_id is not None:
        return change.controller
    running = select(ControllerTenure.controller_id).where(
        ControllerTenure.organisation_id.in_(change.organisation_ids),
        covers(ControllerTenure, change.effective_on - timedelta(days=1)),
    )
    return session().scalar(controllers(actor).where(Controller.id.in_(running)))


def controls_in_sight(actor: Actor, controller_ids: Collection[int]) -> bool:
    """Whether the actor sees a firm that stood or stands under one of these controllers."""
    if visible_to_all(actor):
        return True
    found = (
        select(ControllerTenure.id)
        .join(Organisation, Organisation.id == ControllerTenure.organisation_id)
        .where(ControllerTenure.controller_id.in_(controller_ids), visible_organisations(actor))
    )
    return session().scalar(found.limit(1)) is not None


def standing_controllers(*, seen_by: Actor | None = None) -> Select[tuple[Controller]]:
    """The controllers that were merged into no other, by name; perhaps only those an actor may name in a proposal."""
    found = select(Controller).where(Controller.merged_into_id.is_(None)).order_by(Controller.name, Controller.id)
    return found if seen_by is None else found.where(_concerns(seen_by, Controller.id))


def visible_to_all(actor: Actor) -> bool:
    """Whether the actor sees every organisation."""
    return visible_organisations(actor) is true()


def namesakes_seen(change: ControllerChange, *, actor: Actor) -> Sequence[Controller]:
    """Other controllers of the name a change brings in, for who sees every city and so may compare them."""
    if not visible_to_all(actor):
        return []
    others = set(namesakes_of(change.new_name)) - {change.into_id}
    return session().scalars(select(Controller).where(Controller.id.in_(others)).order_by(Controller.id)).all()


def facts_of(change: ControllerChange) -> ChangeFacts:
    """A change with what is on record now about the two groups."""
    return facts_about(
        kind=change.kind,
        controller_id=change.controller_id,
        into_id=change.into_id,
        new_name=change.new_name,
        new_note=change.new_note,
        organisation_ids=change.organisation_ids,
        effective_on=change.effective_on,
    )


def facts_about(
    *,
    kind: ChangeKind,
    controller_id: int | None,
    into_id: int | None,
    new_name: str,
    new_note: str,
    organisation_ids: Collection[int],
    effective_on: date,
) -> ChangeFacts:
    """The same of one that is not written down yet."""
    named = [each for each in (controller_id, into_id) if each is not None]
    dissolved = select(Controller.id).where(Controller.id.in_(named), Controller.merged_into_id.is_not(None))
    moving = list(organisation_ids) if controller_id is None else firms_of(controller_id)
    return ChangeFacts(
        kind=kind,
        controller_id=controller_id,
        into_id=into_id,
        new_name=new_name,
        new_note=new_note,
        leaving=list(organisation_ids),
        effective_on=effective_on,
        firms=_tenures_of(moving),
        dissolved=list(session().scalars(dissolved)),
        has_team=kind is ChangeKind.NAMING and _has_team(organisation_ids),
        namesakes=namesakes_of(new_name),
    )


def firms_of(controller_id: int) -> list[int]:
    """Ids of the organisations whose running tenure is under a controller."""
    found = select(ControllerTenure.organisation_id).where(
        ControllerTenure.controller_id == controller_id, ControllerTenure.until.is_(None)
    )
    return list(session().scalars(found.order_by(ControllerTenure.organisation_id)))


def lock_controllers(controller_ids: Collection[int], *, share: bool = False) -> None:
    """Hold controllers until the transaction ends: alone to merge or split them, shared to put a firm under one."""
    found = select(Controller.id).where(Controller.id.in_(controller_ids)).order_by(Controller.id)
    session().execute(found.with_for_update(read=share))


def visible_successions(actor: Actor, *, state: ProposalState | None = None) -> Select[tuple[TeamSuccession]]:
    """The successions of teams or enterprises an actor may see; a refused one is nothing of the enterprise's."""
    seen = select(Organisation.id).where(visible_organisations(actor))
    found = (
        select(TeamSuccession)
        .options(joinedload(TeamSuccession.team), joinedload(TeamSuccession.enterprise))
        .where(
            or_(
                TeamSuccession.team_id.in_(seen),
                and_(TeamSuccession.enterprise_id.in_(seen), TeamSuccession.state != ProposalState.REFUSED),
            )
        )
    )
    return found if state is None else found.where(TeamSuccession.state == state)


def find_succession(succession_id: int, *, actor: Actor, lock: bool = False) -> TeamSuccession:
    """The succession if the actor may see it; raises :class:`SuccessionMissing`."""
    found = visible_successions(actor).where(TeamSuccession.id == succession_id)
    if lock:
        found = found.with_for_update(of=TeamSuccession).execution_options(populate_existing=True)
    succession = session().scalar(found)
    if succession is None:
        raise SuccessionMissing
    return succession


def enterprise_by_code(code: str) -> Organisation | None:
    """The enterprise registered under a unified social credit code, if there is one."""
    return session().scalar(
        select(Organisation).where(
            Organisation.uscc == (normalised(code) or code), Organisation.kind == OrganisationKind.ENTERPRISE
        )
    )


def live_succession(team_id: int) -> TeamSuccession | None:
    """The succession of a team that is proposed or approved, if there is one."""
    return session().scalar(
        select(TeamSuccession).where(TeamSuccession.team_id == team_id, TeamSuccession.state != ProposalState.REFUSED)
    )


def _has_team(organisation_ids: Collection[int]) -> bool:
    found = select(Organisation.id).where(
        Organisation.id.in_(organisation_ids), Organisation.kind == OrganisationKind.TEAM
    )
    return session().scalar(found.limit(1)) is not None


def _names_in_sight(actor: Actor) -> ColumnElement[bool]:
    if visible_to_all(actor):
        return true()
    named = select(Organisation.id).where(
        Organisation.id == any_(ControllerChange.organisation_ids), visible_organisations(actor)
    )
    return exists(named)


def _concerns(actor: Actor, column: object) -> ColumnElement[bool]:
    if visible_to_all(actor):
        return true()
    return exists(
        select(ControllerTenure.id)
        .join(Organisation, Organisation.id == ControllerTenure.organisation_id)
        .where(ControllerTenure.controller_id == column, visible_organisations(actor))
    )


def _tenures_of(organisation_ids: Sequence[int]) -> dict[int, Sequence[Running]]:
    found: dict[int, list[Running]] = {each: [] for each in organisation_ids}
    rows = session().scalars(
        select(ControllerTenure)
        .where(ControllerTenure.organisation_id.in_(organisation_ids))
        .order_by(ControllerTenure.since)
    )
    for each in rows:
        found[each.organisation_id].append(Running(each.since, each.until))
    return dict(found)
