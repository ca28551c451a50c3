"""Asking what a service would cost and what the voucher would pay. Nothing is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from accounts.queries import is_approved_member
from accounts.queries.beneficiaries import beneficiary_of
from core import clock
from core.db import transaction
from core.errors import Refused, reason
from core.permissions import Actor, authorise
from core.workdays import load_calendar
from instruments.rules.extras import WantedExtra
from marketplace.models import Quote
from marketplace.permissions import may_ask_quotes
from marketplace.queries import find_quote
from marketplace.queries.unmet_needs import usable_need
from marketplace.rules.unmet_needs import named_need
from marketplace.steps.agreeing import standing_agreement
from marketplace.steps.membership import FiguresOverdue, NotAMember, require_membership
from marketplace.steps.quoting import Wish, assessed, offered, wish_today, write_quote
from vouchers.rules.facts import Exclusion, PaymentMode

__all__ = ["FiguresOverdue", "NotAMember", "UnmetNeedUnusable", "ask", "ask_again", "unmet_need_of", "wish_said"]


class UnmetNeedUnusable(Refused):
    """The user has stated no such need, or the statement was withdrawn or is met."""

    code = "unmet_need_unusable"
    article = "V16 out"


def ask(
    *,
    service_id: int,
    instrument_id: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    quantity: Decimal | None,
    extras: Sequence[WantedExtra] = (),
    payment_mode: PaymentMode,
    unmet_need: str | None,
    unmet_need_id: int | None,
    excluded: Exclusion | None,
    public_project_number: str | None,
    restricted_industry: bool,
    beneficiary_id: int | None,
    actor: Actor,
    now: datetime,
) -> Quote:
    """A quote for the actor's own organisation or, by an incubator, for one of its teams.

    Ineligible wishes get a quote too, with subsidy 0 and their reasons. Raises what :func:`wish_said` does, and
    whatever the provider's terms refuse: slot taken, closed hours, missing quantity.
    """
    with transaction():
        wish = wish_said(
            service_id=service_id,
            instrument_id=instrument_id,
            starts_at=starts_at,
            ends_at=ends_at,
            quantity=quantity,
            extras=extras,
            payment_mode=payment_mode,
            unmet_need=unmet_need,
            unmet_need_id=unmet_need_id,
            excluded=excluded,
            public_project_number=public_project_number,
            restricted_industry=restricted_industry,
            beneficiary_id=beneficiary_id,
            actor=actor,
            now=now,
        )
        terms = offered(wish, calendar=load_calendar(since=clock.today(now)), now=now)
        return write_quote(wish, terms=terms, assessment=assessed(wish, terms=terms, now=now), actor=actor, now=now)


def ask_again(*, quote_id: int, actor: Actor, now: datetime) -> Quote:
    """The same wish at today's room and price, for an order that could not be placed as quoted. Raises OfferOver where
    the price was agreed on and the offer does not stand any more."""
    with transaction():
        quote = find_quote(quote_id, actor=actor)
        wish, _ = wish_today(quote)
        if wish.agreement is not None:
            wish = replace(
                wish, agreement=standing_agreement(wish.agreement.negotiation_id, offer_id=quote.offer_id, now=now)
            )
        terms = offered(wish, calendar=load_calendar(since=clock.today(now)), now=now)
        return write_quote(wish, terms=terms, assessment=assessed(wish, terms=terms, now=now), actor=actor, now=now)


def wish_said(
    *,
    service_id: int,
    instrument_id: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    quantity: Decimal | None,
    extras: Sequence[WantedExtra],
    payment_mode: PaymentMode,
    unmet_need: str | None,
    unmet_need_id: int | None,
    excluded: Exclusion | None,
    public_project_number: str | None,
    restricted_industry: bool,
    beneficiary_id: int | None,
    actor: Actor,
    now: datetime,
) -> Wish:
    """What a member wants, for itself or, by an incubator, for one of its teams. Needs a transaction.

    ``unmet_need_id`` is a statement of the user's that it rests on, beside ``unmet_need`` or in its place. Raises
    NotAMember (V2, V15), FiguresOverdue, BeneficiaryUnclear and :class:`UnmetNeedUnusable` (V16 out).
    """
    authorise(actor, may_ask_quotes)
    user = beneficiary_of(actor, beneficiary_id)
    said = unmet_need_of(unmet_need, unmet_need_id, user=user)
    on = clock.today(now)
    require_membership(user, is_member=is_approved_member(user, on=on), on=on)
    return Wish(
        beneficiary_id=user,
        service_id=service_id,
        instrument_id=instrument_id,
        starts_at=starts_at,
        ends_at=ends_at,
        quantity=quantity,
        extras=tuple(extras),
        payment_mode=payment_mode,
        unmet_need=said,
        unmet_need_id=unmet_need_id,
        excluded=excluded,
        public_project_number=public_project_number,
        restricted_industry=restricted_industry,
    )


def unmet_need_of(said: str | None, need_id: int | None, *, user: int) -> str | None:
    """Why the province cannot meet the need: in words alone, or by a statement whose number then comes first."""
    if need_id is None:
        return said
    need = usable_need(need_id, organisation_id=user)
    if need is None:
        raise UnmetNeedUnusable(reasons=[reason("unmet_need_unusable", article="V16 out", field="unmet_need_id")])
    return named_need(need.number, said or need.why)
