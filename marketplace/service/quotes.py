"""Asking what a service would cost and what the voucher would pay. Nothing is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Unpack

from accounts.queries import is_approved_member
from accounts.queries.beneficiaries import beneficiary_of
from core import clock
from core.db import transaction
from core.errors import Refused, reason
from core.permissions import Actor, authorise
from core.workdays import load_calendar
from marketplace.models import Quote
from marketplace.permissions import may_ask_quotes
from marketplace.queries import find_quote
from marketplace.queries.unmet_needs import usable_need
from marketplace.rules.unmet_needs import named_need
from marketplace.steps.agreeing import standing_agreement
from marketplace.steps.membership import FiguresOverdue, NotAMember, require_membership
from marketplace.steps.quoting import Wanted, Wish, assessed, offered, wish_today, write_quote

__all__ = ["FiguresOverdue", "NotAMember", "UnmetNeedUnusable", "ask", "ask_again", "unmet_need_of", "wish_said"]


class UnmetNeedUnusable(Refused):
    """The user has stated no such need, or the statement was withdrawn or is met."""

    code = "unmet_need_unusable"
    article = "V16 out"


def ask(*, actor: Actor, now: datetime, **wanted: Unpack[Wanted]) -> Quote:
    """A quote for the actor's own organisation or, by an incubator, for one of its teams.

    Ineligible wishes get a quote too, with subsidy 0 and their reasons. Raises what :func:`wish_said` does, and
    whatever the provider's terms refuse: slot taken, closed hours, missing quantity.
    """
    with transaction():
        wish = wish_said(actor=actor, now=now, **wanted)
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


def wish_said(*, actor: Actor, now: datetime, **wanted: Unpack[Wanted]) -> Wish:
    """What a member wants, for itself or, by an incubator, for one of its teams. Needs a transaction.

    Raises NotAMember (V2, V15), FiguresOverdue, BeneficiaryUnclear and :class:`UnmetNeedUnusable` (V16 out).
    """
    authorise(actor, may_ask_quotes)
    user = beneficiary_of(actor, wanted["beneficiary_id"])
    said = unmet_need_of(wanted["unmet_need"], wanted["unmet_need_id"], user=user)
    on = clock.today(now)
    require_membership(user, is_member=is_approved_member(user, on=on), on=on)
    fields: dict[str, Any] = {**wanted, "extras": tuple(wanted.get("extras", ()))}
    return Wish(**fields | {"beneficiary_id": user, "unmet_need": said})


def unmet_need_of(said: str | None, need_id: int | None, *, user: int) -> str | None:
    """Why the province cannot meet the need: in words alone, or by a statement whose number then comes first."""
    if need_id is None:
        return said
    need = usable_need(need_id, organisation_id=user)
    if need is None:
        raise UnmetNeedUnusable(reasons=[reason("unmet_need_unusable", article="V16 out", field="unmet_need_id")])
    return named_need(need.number, said or need.why)
