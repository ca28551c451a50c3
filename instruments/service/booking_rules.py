"""What providers ask of bookings: for all their instruments, and for one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from accounts.queries.organisations import lock_organisation
from core import audit
from core.clock import today
from core.db import require_transaction, transaction
from core.errors import Forbidden, Refused, refuse_all
from core.permissions import Actor, authorise
from instruments.models import BookingRule
from instruments.permissions import may_manage, may_offer
from instruments.policy import booking_policy
from instruments.queries.booking_rules import rule_row
from instruments.queries.instruments import lock_instrument
from instruments.rules.booking import BookingRules, rules_faults


class RulesRefused(Refused):
    """The rules contradict themselves or the limits of every booking; all faults are named."""

    code = "rules_refused"


def set_provider_rules(*, rules: BookingRules, actor: Actor, now: datetime) -> BookingRules:
    """What the actor's organisation asks of bookings of all its instruments without rules of their own. Bookings made
    before stand."""
    with transaction():
        authorise(actor, may_offer)
        if actor.organisation_id is None:
            raise Forbidden
        _refuse_faults(rules, now)
        lock_organisation(actor.organisation_id)
        _put(rules, provider_id=actor.organisation_id, instrument_id=None, actor=actor, now=now)
        return rules


def set_instrument_rules(*, instrument_id: int, rules: BookingRules, actor: Actor, now: datetime) -> BookingRules:
    """What is asked of bookings of one instrument, in place of the provider's rules. Bookings made before stand."""
    with transaction():
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        _refuse_faults(rules, now)
        _put(rules, provider_id=instrument.provider_id, instrument_id=instrument.id, actor=actor, now=now)
        return rules


def drop_instrument_rules(*, instrument_id: int, actor: Actor, now: datetime) -> None:
    """Have an instrument follow its provider's rules again; nothing happens where it does."""
    with transaction() as session:
        instrument = lock_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        row = rule_row(provider_id=instrument.provider_id, instrument_id=instrument.id)
        if row is not None:
            audit.record(actor=actor, now=now, action="drop_booking_rules", subject=row, data=_told(row.instrument_id))
            session.delete(row)


def _refuse_faults(rules: BookingRules, now: datetime) -> None:
    limits = booking_policy(today(now))
    refuse_all(rules_faults(rules, longest=limits.longest, horizon=limits.horizon), error=RulesRefused)


def _put(rules: BookingRules, *, provider_id: int, instrument_id: int | None, actor: Actor, now: datetime) -> None:
    row = rule_row(provider_id=provider_id, instrument_id=instrument_id)
    asked = asdict(rules)
    current = require_transaction()
    if row is None:
        row = BookingRule(provider_id=provider_id, instrument_id=instrument_id, **asked)
        current.add(row)
    else:
        for name, value in asked.items():
            setattr(row, name, value)
    current.flush()
    data = {**_told(instrument_id), **{name: value for name, value in asked.items() if value}}
    audit.record(actor=actor, now=now, action="set_booking_rules", subject=row, data=data)


def _told(instrument_id: int | None) -> dict[str, int]:
    return {} if instrument_id is None else {"instrument_id": instrument_id}
