"""The form that asks for a quote: only what the service needs to know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from flask import request

from accounts.queries import acts_for
from accounts.queries.beneficiaries import own_teams
from core import clock
from core.http.schemas import MAX_ID
from core.pages import Form, term
from core.pages.language import has_text, t, yuan
from core.permissions import Actor
from instruments.models import Instrument, Service
from instruments.pages.qualifications import qualification_facts
from instruments.queries.booking_rules import booking_rules
from instruments.queries.extras import offered_extras
from instruments.queries.quotas import left_of, user_of
from instruments.rules.booking import BookingRules, hours_and_minutes
from instruments.rules.opening import Interval
from instruments.rules.terms import TIMED_UNITS
from instruments.states import ListingState
from marketplace.models import Quote
from marketplace.pages.extra_fields import OF_API, ExtraField, with_extras
from marketplace.queries.unmet_needs import usable_needs
from marketplace.schemas import QuoteRequestSchema
from vouchers.queries import offered_modes
from vouchers.rules.facts import PaymentMode

NAME = "quote_request"
SLOT = ("starts_at", "ends_at")
LEAST_EXTRA = Decimal("0.01")
KEPT = (
    "quantity",
    "payment_mode",
    "unmet_need",
    "unmet_need_id",
    "excluded",
    "public_project_number",
    "restricted_industry",
    "beneficiary_id",
)
"""What a quote asked again takes over from the one before."""


def booking_facts(instrument: Instrument, *, actor: Actor, now: datetime) -> list[tuple[str, str]]:
    """Whether the actor's own organisation is qualified where that is asked, and what it may still book."""
    rules = booking_rules(instrument)
    return [*qualification_facts(instrument, rules, actor=actor), *_quota_facts(instrument, rules, actor, now)]


def _quota_facts(instrument: Instrument, rules: BookingRules, actor: Actor, now: datetime) -> list[tuple[str, str]]:
    """What the actor's own organisation may still book of an instrument now, this week and this month."""
    user = user_of(actor, None)
    left = None if user is None else left_of(instrument, user, Interval(now, now), now=now, rules=rules)
    if left is None:
        return []
    counted = {"fact.quota_week": left.weeks, "fact.quota_month": left.months}
    periods = [
        (label, hours_and_minutes(int(each.left / timedelta(minutes=1))))
        for label, of in counted.items()
        for each in of or ()
    ]
    ahead = [] if left.open_bookings is None else [("fact.quota_open", str(left.open_bookings))]
    return [*ahead, *periods]


def record_number(name: str) -> int | None:
    """The number of a record in the query, or None where it names none."""
    typed = request.args.get(name, "")
    return int(typed) if typed.isdecimal() and 0 < len(typed) <= len(str(MAX_ID)) and int(typed) <= MAX_ID else None


def on_offer(service: Service) -> list[Instrument]:
    """The published instruments a service rests on."""
    return [each for each in service.instruments if each.state is ListingState.PUBLISHED]


def chosen_instrument(service: Service, wanted: int | None) -> Instrument | None:
    """The instrument asked for, or the only one there is."""
    offered = on_offer(service)
    if wanted is None and len(offered) == 1:
        return offered[0]
    return next((each for each in offered if each.id == wanted), None)


def needs_slot(service: Service) -> bool:
    """Whether time on an instrument is what is sold."""
    return service.price_unit in TIMED_UNITS and bool(service.instruments)


def quote_form(
    service: Service,
    instrument: Instrument | None,
    *,
    before: Quote | None,
    actor: Actor,
    schema: type[QuoteRequestSchema] = QuoteRequestSchema,
    name: str = NAME,
    also: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType({}),
) -> Form:
    """Slot or quantity, payment mode, what may stand against a voucher, and for an incubator the team. ``schema`` asks
    for more under another ``name``, with the choices ``also`` of what it asks."""
    timed = needs_slot(service)
    teams = own_teams(actor)
    extras = _extras(service, before)
    left_out = {OF_API, "quantity"} if timed else {OF_API, *SLOT}
    needs = () if service.provider.in_province else _needs(actor)
    if service.provider.in_province:
        left_out.add("unmet_need")
    if not needs:
        left_out.add("unmet_need_id")
    if teams is None:
        left_out.add("beneficiary_id")
    required = [*(SLOT if timed else ("quantity",)), *(() if teams is None else ("beneficiary_id",))]
    return Form(
        with_extras(schema, extras, least=LEAST_EXTRA),
        name=name,
        fixed={"service_id": service.id, "instrument_id": None if instrument is None else instrument.id},
        leave_out=left_out,
        required=required,
        labels={**_labels(name), **{each.name: each.label for each in extras}},
        widgets={"payment_mode": "radio"},
        options={
            "payment_mode": [(mode.value, term(mode)) for mode in offered_modes(_today())],
            **({} if teams is None else {"beneficiary_id": teams}),
            **({"unmet_need_id": needs} if needs else {}),
            **also,
        },
        initial={**dict(_initial(service, before)), **{each.name: each.quantity for each in extras}},
    )


def _labels(name: str) -> dict[str, str]:
    """What a form of another name asks for in the words of this one."""
    shared = () if name == NAME else QuoteRequestSchema().load_fields
    return {field: t(f"form.{NAME}.{field}") for field in shared if has_text(f"form.{NAME}.{field}")}


def _extras(service: Service, before: Quote | None) -> list[ExtraField]:
    """What may be ordered with it, with what was asked for before."""
    asked = {} if before is None else {each["extra_id"]: Decimal(each["quantity"]) for each in before.extras}
    return [
        ExtraField(
            extra.id,
            t("page.quote_request.extra", title=extra.title, price=yuan(held.price_fen), unit=extra.unit),
            asked.get(extra.id),
        )
        for extra, held in offered_extras(service.id, on=_today())
    ]


def _needs(actor: Actor) -> list[tuple[str, str]]:
    """The stated needs that a service from outside may rest on (V16 out)."""
    return [(str(each.id), f"{each.number} · {each.subject}") for each in usable_needs(acts_for(actor))]


def _initial(service: Service, before: Quote | None) -> Iterator[tuple[str, Any]]:
    """What was asked before, then what the address says."""
    modes = offered_modes(_today())
    deducts = service.provider.in_province and PaymentMode.DIRECT_DEDUCTION in modes
    usual = PaymentMode.DIRECT_DEDUCTION if deducts else PaymentMode.FULL_PAYMENT
    yield "payment_mode", usual
    if before is not None:
        for name in KEPT:
            yield name, getattr(before, name)
        if before.during is not None:
            yield from zip(SLOT, (before.during.start, before.during.end), strict=True)
    yield from _said(request.args)


def _said(args: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in (*SLOT, "payment_mode"):
        if args.get(name):
            yield name, args[name]


def _today() -> date:
    return clock.today(clock.now())
