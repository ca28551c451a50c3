"""Residence of a firm in an incubator, which then advises and assists it and decides nothing (V7)."""

from __future__ import annotations

from datetime import date, datetime
from typing import BinaryIO

from accounts.kinds import ResidenceDecision
from accounts.models import Residence, ResidenceAdvice
from accounts.permissions import acts_for_it, enterprise, incubator, is_incubator_of, is_side_of
from accounts.queries.organisations import find_organisation, lock_organisation
from accounts.queries.residences import find_incubator, find_residence, open_residence
from accounts.states import RESIDENCE_TRANSITIONS, ResidenceAction, ResidenceState
from accounts.steps.memberships import NobodyActs, user_id_of
from core import audit, clock
from core.db import transaction
from core.errors import Conflict, Refused, reason
from core.files import store_file
from core.permissions import Actor, authorise
from core.states import StateForbids, apply, state_refusal

ACTION_OF_DECISION = {
    ResidenceDecision.ACCEPT: ResidenceAction.ACCEPT,
    ResidenceDecision.DECLINE: ResidenceAction.DECLINE,
}


class ResidenceRefused(Refused):
    """The residence has faults; all of them are named."""

    code = "residence_refused"


class ResidenceKnown(Conflict):
    """The firm has asked for a residence already or has one; that one is ended first."""

    code = "residence_known"
    article = "V7"


class AdviceClosed(StateForbids):
    """An incubator advises the firms that reside in it, and no others."""

    code = "advice_closed"


def ask_residence(*, incubator_id: int, since: date, actor: Actor, now: datetime) -> Residence:
    """A firm says that it resides in an incubator; once accepted the incubator sees how its orders and claims stand."""
    with transaction() as current:
        authorise(actor, enterprise)
        if actor.organisation_id is None:
            raise NobodyActs
        firm = find_organisation(actor.organisation_id, actor=actor)
        authorise(actor, acts_for_it, firm)
        lock_organisation(firm.id)
        host = find_incubator(incubator_id)
        if since > clock.today(now):
            raise ResidenceRefused(reasons=[reason("residence_in_future", article="V7", field="since")])
        if open_residence(firm.id) is not None:
            raise ResidenceKnown
        residence = Residence(
            enterprise_id=firm.id,
            incubator_id=host.id,
            state=RESIDENCE_TRANSITIONS.initial,
            since=since,
            asked_by=user_id_of(actor),
            asked_at=now,
        )
        residence.enterprise, residence.incubator = firm, host
        current.add(residence)
        audit.record(
            actor=actor,
            now=now,
            action="ask",
            subject=residence,
            to_state=residence.state,
            data={"enterprise_id": firm.id, "incubator_id": host.id, "since": since.isoformat()},
        )
        return residence


def answer_residence(*, residence_id: int, decision: ResidenceDecision, actor: Actor, now: datetime) -> Residence:
    """The incubator accepts the firm as its resident, or declines."""
    with transaction():
        residence = find_residence(residence_id, actor=actor, lock=True)
        authorise(actor, incubator & is_incubator_of, residence)
        apply(
            residence,
            ACTION_OF_DECISION[decision],
            transitions=RESIDENCE_TRANSITIONS,
            actor=actor,
            now=now,
            data=_sides(residence),
        )
        residence.answered_by, residence.answered_at = user_id_of(actor), now
        return residence


def end_residence(*, residence_id: int, actor: Actor, now: datetime) -> Residence:
    """Either side ends it; from that moment the incubator sees nothing of the firm any more."""
    with transaction():
        residence = find_residence(residence_id, actor=actor, lock=True)
        authorise(actor, is_side_of, residence)
        apply(
            residence,
            ResidenceAction.END,
            transitions=RESIDENCE_TRANSITIONS,
            actor=actor,
            now=now,
            data=_sides(residence),
        )
        residence.ended_by, residence.until = user_id_of(actor), clock.today(now)
        return residence


def give_advice(
    *, residence_id: int, advice: str, stream: BinaryIO | None, filename: str, actor: Actor, now: datetime
) -> ResidenceAdvice:
    """The incubator advises a resident firm, perhaps with a document it prepared; the firm uses it or does not."""
    with transaction() as current:
        residence = find_residence(residence_id, actor=actor, lock=True)
        authorise(actor, incubator & is_incubator_of, residence)
        if residence.state is not ResidenceState.ACCEPTED:
            raise state_refusal(residence.state, "advise", transitions=RESIDENCE_TRANSITIONS, error=AdviceClosed)
        stored = (
            None if stream is None else store_file(stream, filename=filename, owner_id=residence.incubator_id, now=now)
        )
        given = ResidenceAdvice(
            residence_id=residence.id,
            advice=advice,
            file_id=None if stored is None else stored.id,
            given_by=user_id_of(actor),
            given_at=now,
        )
        given.residence = residence
        current.add(given)
        audit.record(actor=actor, now=now, action="give", subject=given, data=_sides(residence))
        return given


def _sides(residence: Residence) -> dict[str, int]:
    return {
        "residence_id": residence.id,
        "enterprise_id": residence.enterprise_id,
        "incubator_id": residence.incubator_id,
    }
