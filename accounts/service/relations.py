"""Relations of two organisations that authorities put on record: holdings, joint establishments (V8(4)).

A bureau enters, ends and annuls those of which one side is its own city's. The other side it names by number where it
may see it, and by its unified social credit code wherever it sits.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from accounts.kinds import OrganisationKind
from accounts.models import Holding, JointEstablishment, Organisation
from accounts.permissions import may_enter_standing
from accounts.queries.memberships import is_approved_member
from accounts.queries.organisations import OrganisationMissing, find_organisation, member_by_code, organisation
from accounts.queries.relations import find_holding, find_joint_establishment
from accounts.rules import uscc
from accounts.rules.standing import RELATED, Side, ahead_faults, holding_faults, joint_faults
from accounts.service.standing import RecordEnded, StandingRefused
from accounts.steps.standing import add_holding, add_joint_establishment, annul, end_record, require_another
from core import clock
from core.db import transaction
from core.errors import NotFound, reason, refuse_all
from core.permissions import Actor, authorise


def enter_holding(
    *,
    holder: Side,
    held: Side,
    percent: Decimal,
    since: date,
    until: date | None,
    source: str,
    actor: Actor,
    now: datetime,
) -> Holding:
    """Put on record that one organisation owns a share of another (V8(4)).

    ``until`` is the first day it no longer does.
    """
    with transaction():
        today = clock.today(now)
        holder_id, held_id = _pair(holder, held, actor, on=today, fields=("holder_uscc", "held_uscc"))
        refuse_all(
            holding_faults(
                holder_id=holder_id, held_id=held_id, percent=percent, since=since, until=until, today=today
            ),
            error=StandingRefused,
        )
        return add_holding(
            holder_id=holder_id,
            held_id=held_id,
            percent=percent,
            since=since,
            until=until,
            source=source,
            actor=actor,
            now=now,
        )


def enter_joint_establishment(
    *, a: Side, b: Side, since: date | None, until: date | None, source: str, actor: Actor, now: datetime
) -> JointEstablishment:
    """Put on record that two organisations were built jointly (V8(4)); their order does not matter.

    ``since`` is None where nobody knows from when, ``until`` the first day they no longer are.
    """
    with transaction():
        today = clock.today(now)
        one, other = _pair(a, b, actor, on=today, fields=("a_uscc", "b_uscc"))
        refuse_all(
            joint_faults(one_id=one, other_id=other, since=since, until=until, today=today), error=StandingRefused
        )
        return add_joint_establishment(
            one_id=one, other_id=other, since=since, until=until, source=source, actor=actor, now=now
        )


def end_holding(*, holding_id: int, until: date, source: str, actor: Actor, now: datetime) -> Holding:
    """Say from which day on a share is held no longer; a later holding of the pair may follow.

    Raises :class:`RecordEnded`.
    """
    with transaction():
        holding = find_holding(holding_id, actor=actor, lock=True)
        _require_side(holding, actor)
        _end(holding, until=until, source=source, actor=actor, now=now)
        return holding


def end_joint_establishment(
    *, pair_id: int, until: date, source: str, actor: Actor, now: datetime
) -> JointEstablishment:
    """Say from which day on two are no longer run jointly. Raises :class:`RecordEnded`."""
    with transaction():
        pair = find_joint_establishment(pair_id, actor=actor, lock=True)
        _require_side(pair, actor)
        _end(pair, until=until, source=source, actor=actor, now=now)
        return pair


def annul_holding(*, holding_id: int, why: str, actor: Actor, now: datetime) -> Holding:
    """Have a holding entered by mistake count for nothing, as another person than who entered it.

    Raises ``AnnulledByAnother`` and ``RecordAnnulled``.
    """
    with transaction():
        holding = find_holding(holding_id, actor=actor, lock=True)
        _annul(holding, why=why, actor=actor, now=now)
        return holding


def annul_joint_establishment(*, pair_id: int, why: str, actor: Actor, now: datetime) -> JointEstablishment:
    """Have a joint establishment entered by mistake count for nothing, as another person than who entered it.

    Raises ``AnnulledByAnother`` and ``RecordAnnulled``.
    """
    with transaction():
        pair = find_joint_establishment(pair_id, actor=actor, lock=True)
        _annul(pair, why=why, actor=actor, now=now)
        return pair


def enters_side_of(relation: Holding | JointEstablishment, *, actor: Actor) -> bool:
    """Whether the actor may enter facts about one side of a relation."""
    return any(may_enter_standing(actor, organisation(each)) for each in relation.sides)


def _end(relation: Holding | JointEstablishment, *, until: date, source: str, actor: Actor, now: datetime) -> None:
    if relation.until is not None or relation.annulled_at is not None:
        raise RecordEnded(article=RELATED)
    if relation.since is not None and until <= relation.since:
        raise StandingRefused(reasons=[reason("period_reversed", article=RELATED, field="until")])
    refuse_all(ahead_faults(until=until, today=clock.today(now)), error=StandingRefused)
    end_record(record=relation, until=until, source=source, actor=actor, now=now)


def _annul(relation: Holding | JointEstablishment, *, why: str, actor: Actor, now: datetime) -> None:
    _require_side(relation, actor)
    require_another(relation, actor)
    annul(relation, why=why, data={"sides": list(relation.sides)}, actor=actor, now=now)


def _require_side(relation: Holding | JointEstablishment, actor: Actor) -> None:
    if not enters_side_of(relation, actor=actor):
        authorise(actor, may_enter_standing, organisation(relation.sides[0]))


def _pair(one: Side, other: Side, actor: Actor, *, on: date, fields: tuple[str, str]) -> tuple[int, int]:
    """The numbers of two sides, one of which must be the actor's to enter facts about.

    The other one is in its sight, named by its code, or a provider that is a member, which the catalogue names anyway.
    """
    sides = (one, other)
    refuse_all(
        [
            reason("side_by_number_or_code", field=field)
            for side, field in zip(sides, fields, strict=True)
            if (side.number is None) == (not side.code)
        ],
        error=StandingRefused,
    )
    numbers = [_number(side) for side in sides]
    seen = [None if number is None else _visible(number, actor) for number in numbers]
    own = [each for each in seen if each is not None]
    if not own:
        raise OrganisationMissing
    if not any(may_enter_standing(actor, each) for each in own):
        authorise(actor, may_enter_standing, own[0])
    found = []
    for side, number, in_sight, field in zip(sides, numbers, seen, fields, strict=True):
        if number is None:
            raise StandingRefused(reasons=[reason("other_side_unknown", field=field)])
        if side.number is not None and in_sight is None and not _is_known_provider(number, on=on):
            raise OrganisationMissing
        found.append(number)
    return found[0], found[1]


def _number(side: Side) -> int | None:
    if side.number is not None:
        return side.number
    code = uscc.normalised(side.code)
    return None if code is None else member_by_code(code)


def _visible(organisation_id: int, actor: Actor) -> Organisation | None:
    try:
        return find_organisation(organisation_id, actor=actor)
    except OrganisationMissing:
        return None


def _is_known_provider(organisation_id: int, *, on: date) -> bool:
    try:
        found = organisation(organisation_id)
    except NotFound:
        return False
    return found.kind is OrganisationKind.PROVIDER and is_approved_member(found.id, on=on)
