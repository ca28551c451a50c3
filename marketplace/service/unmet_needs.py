"""Stating what the province may not meet, and what offices answer (V16 out)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from accounts.queries import seat
from accounts.queries.beneficiaries import beneficiary_of
from accounts.steps.memberships import user_id_of
from core import audit, clock
from core.db import transaction
from core.errors import Reason, Refused, reason, refuse_all
from core.permissions import VISITOR, Actor, authorise
from core.states import apply
from core.turns import next_serial
from instruments.models import Instrument
from instruments.queries.catalogue import Search, search
from instruments.queries.saved_searches import filters_of
from marketplace.models import NeedProposal, UnmetNeed
from marketplace.permissions import is_users_side_of_need, may_answer_need, may_read_needs, may_state_needs
from marketplace.queries.unmet_needs import find_need, published_of
from marketplace.rules.unmet_needs import ARTICLE, FIRST_FOUND, NeedOutcome, need_faults, need_number
from marketplace.states import UNMET_NEED


class UnmetNeedRefused(Refused):
    """The statement or its answer has faults; all of them are named."""

    code = "unmet_need_refused"


def state_need(
    *,
    subject: str,
    methods: str,
    needed_from: date | None,
    needed_until: date | None,
    why: str,
    wanted: Search,
    beneficiary_id: int | None,
    actor: Actor,
    now: datetime,
) -> UnmetNeed:
    """State what is needed, for the actor's own organisation or, by an incubator, for one of its teams.

    The search is made again here as everybody would, and what it finds is frozen with the statement. Raises
    :class:`UnmetNeedRefused`, and ``SearchRefused`` where the search contradicts itself.
    """
    with transaction() as current:
        authorise(actor, may_state_needs)
        user = beneficiary_of(actor, beneficiary_id)
        today = clock.today(now)
        faults = need_faults(needed_from=needed_from, needed_until=needed_until, today=today)
        refuse_all(faults, error=UnmetNeedRefused)
        asked = replace(wanted, facets=(), state=None)
        found = search(asked, cursor=None, limit=FIRST_FOUND, actor=VISITOR, now=now)
        serial = _next_serial(today.year)
        need = UnmetNeed(
            year=today.year,
            serial=serial,
            number=need_number(today.year, serial),
            organisation_id=user,
            city=seat(user, today).city,
            state=UNMET_NEED.initial,
            subject=subject,
            methods=methods,
            needed_from=needed_from,
            needed_until=needed_until,
            why=why,
            filters=filters_of(asked),
            found_total=found["total"],
            found_first=[_as_found(each) for each in found["items"]],
            stated_by=user_id_of(actor),
            stated_at=now,
            opinion="",
            closing_note="",
            proposals=[],
        )
        current.add(need)
        data = {"number": need.number, "found_total": need.found_total}
        audit.record(actor=actor, now=now, action="state", subject=need, to_state=need.state, data=data)
        return need


def answer_need(
    *,
    need_id: int,
    instrument_ids: Sequence[int],
    service_ids: Sequence[int],
    opinion: str,
    actor: Actor,
    now: datetime,
) -> UnmetNeed:
    """Propose published instruments and services that may serve; by the bureau of the user's city or the province.

    It may be answered again with more. Raises :class:`UnmetNeedRefused` naming each that is not published.
    """
    with transaction() as current:
        need = _of_the_office(need_id, actor)
        refuse_all(_proposal_faults(need, instrument_ids, service_ids), error=UnmetNeedRefused)
        data = {"instrument_ids": list(instrument_ids), "service_ids": list(service_ids)}
        apply(need, "respond", transitions=UNMET_NEED, actor=actor, now=now, note=opinion or None, data=data)
        need.opinion, need.answered_by, need.answered_at = opinion, actor.user_id, now
        signed = {"unmet_need_id": need.id, "proposed_by": user_id_of(actor), "proposed_at": now}
        need.proposals += [NeedProposal(instrument_id=each, **signed) for each in dict.fromkeys(instrument_ids)]
        need.proposals += [NeedProposal(service_id=each, **signed) for each in dict.fromkeys(service_ids)]
        current.flush()
        return need


def close_need(*, need_id: int, outcome: NeedOutcome, note: str, actor: Actor, now: datetime) -> UnmetNeed:
    """Close a statement: the province does not meet the need, or it does and no quote may rest on it any more.

    Raises :class:`UnmetNeedRefused` where it is closed as met without a proposal or a word.
    """
    with transaction():
        need = _of_the_office(need_id, actor)
        if outcome is NeedOutcome.MET and not need.proposals and not note:
            raise UnmetNeedRefused(reasons=[reason("need_met_by_what", article=ARTICLE, field="note")])
        apply(need, "conclude", transitions=UNMET_NEED, actor=actor, now=now, note=note or None)
        need.outcome, need.closing_note, need.closed_by, need.closed_at = outcome, note, actor.user_id, now
        return need


def withdraw_need(*, need_id: int, actor: Actor, now: datetime) -> UnmetNeed:
    """Take a statement back, by the user; quotes given on it stand as long as they are valid."""
    with transaction():
        authorise(actor, may_state_needs)
        need = find_need(need_id, actor=actor, lock=True)
        authorise(actor, is_users_side_of_need, need)
        apply(need, "withdraw", transitions=UNMET_NEED, actor=actor, now=now)
        need.withdrawn_at = now
        return need


def _of_the_office(need_id: int, actor: Actor) -> UnmetNeed:
    authorise(actor, may_read_needs)
    need = find_need(need_id, actor=actor, lock=True)
    authorise(actor, may_answer_need, need)
    return need


def _proposal_faults(need: UnmetNeed, instrument_ids: Sequence[int], service_ids: Sequence[int]) -> list[Reason]:
    if not instrument_ids and not service_ids:
        return [reason("need_nothing_proposed", article=ARTICLE, field="instrument_ids")]
    instruments, services = published_of(instrument_ids=instrument_ids, service_ids=service_ids)
    before = {(each.instrument_id, each.service_id) for each in need.proposals}
    return [
        *(_unpublished("instrument_ids", each) for each in instrument_ids if each not in instruments),
        *(_unpublished("service_ids", each) for each in service_ids if each not in services),
        *(_again("instrument_ids", each) for each in instrument_ids if (each, None) in before),
        *(_again("service_ids", each) for each in service_ids if (None, each) in before),
    ]


def _unpublished(field: str, number: int) -> Reason:
    return reason("need_proposal_unpublished", article=ARTICLE, field=field, number=number)


def _again(field: str, number: int) -> Reason:
    return reason("need_proposed_before", article=ARTICLE, field=field, number=number)


def _as_found(found: Instrument) -> dict[str, Any]:
    """What is kept of an instrument that the search found: what it was called, whose it was and where."""
    owner = found.provider.name
    return {"id": found.id, "name": found.name, "model": found.model, "provider": owner, "city": found.city}


def _next_serial(year: int) -> int:
    """The next number of the year in the province; two made at once wait for each other."""
    return next_serial(UnmetNeed.serial, UnmetNeed.year == year, queue=f"number of an unmet need in {year}")
