"""The log of use, and who notes that somebody comes (S19)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core import audit
from core.clock import today
from core.db import transaction
from core.errors import Conflict, reason, refuse_all
from core.permissions import Actor, authorise
from instruments.models import AttendanceRule, InstrumentUse
from instruments.permissions import may_manage
from instruments.policy import usage_terms
from instruments.queries.usage import corrections_of, find_logged_instrument, find_use
from instruments.rules.terms import UsePurpose
from instruments.rules.usage import use_faults
from instruments.steps.usage import Used, UseRefused, add_entry, log_use, user_of


class UseCorrected(Conflict):
    """Another entry stands for this one already; that one is to be corrected."""

    code = "use_corrected"
    article = "S19"


class UseWithdrawn(Conflict):
    """This entry was withdrawn; what was used is logged anew."""

    code = "use_withdrawn"
    article = "S19"


def log_own_use(*, instrument_id: int, purpose: UsePurpose, used: Used, actor: Actor, now: datetime) -> InstrumentUse:
    """Log what the provider did with its instrument by itself; what an order used is logged with the order."""
    with transaction():
        instrument = find_logged_instrument(instrument_id, actor=actor)
        authorise(actor, may_manage, instrument)
        if purpose is UsePurpose.ORDER:
            refuse_all([reason("use_of_order", article="S19", field="purpose")], error=UseRefused)
        return log_use(used, instrument_id=instrument.id, purpose=purpose, actor=actor, now=now)


def correct_use(*, instrument_id: int, use_id: int, used: Used, why: str, actor: Actor, now: datetime) -> InstrumentUse:
    """Put an entry in the place of one that is wrong. Its purpose and order stay: what was logged as something else is
    withdrawn and logged anew."""
    with transaction():
        wrong = _standing(instrument_id, use_id, actor)
        terms = usage_terms(today(now))
        faults = use_faults(used.starts_at, used.ends_at, now=now, terms=terms)
        # However long ago a use was, what is said of it may be mended.
        refuse_all([each for each in faults if each.code != "use_too_old"], error=UseRefused)
        return log_use(
            used,
            instrument_id=wrong.instrument_id,
            purpose=wrong.purpose,
            order_id=wrong.order_id,
            occupancy_id=wrong.occupancy_id,
            corrects=wrong,
            why=why,
            actor=actor,
            now=now,
        )


def withdraw_use(*, instrument_id: int, use_id: int, why: str, actor: Actor, now: datetime) -> InstrumentUse:
    """Say that an entry was none: it stays to be read, and counts no more."""
    with transaction():
        wrong = _standing(instrument_id, use_id, actor)
        entry = InstrumentUse(
            instrument_id=wrong.instrument_id,
            purpose=wrong.purpose,
            order_id=wrong.order_id,
            occupancy_id=wrong.occupancy_id,
            starts_at=wrong.starts_at,
            ends_at=wrong.ends_at,
            operator=wrong.operator,
            samples=wrong.samples,
            remarks=wrong.remarks,
            is_late=wrong.is_late,
            corrects_id=wrong.id,
            why=why,
            withdrawn=True,
            logged_by=user_of(actor),
            logged_at=now,
        )
        return add_entry(entry, action="withdraw_use", actor=actor, now=now)


def let_users_check_in(*, instrument_id: int, users_check_in: bool, actor: Actor, now: datetime) -> AttendanceRule:
    """Say whether users check in and out of an instrument by themselves."""
    with transaction() as current:
        instrument = find_logged_instrument(instrument_id, actor=actor, lock=True)
        authorise(actor, may_manage, instrument)
        rule = current.scalar(select(AttendanceRule).where(AttendanceRule.instrument_id == instrument.id))
        if rule is None:
            rule = AttendanceRule(instrument_id=instrument.id)
            current.add(rule)
        rule.users_check_in, rule.set_by, rule.set_at = users_check_in, user_of(actor), now
        audit.record(
            actor=actor,
            now=now,
            action="set_attendance",
            subject=rule,
            data={"instrument_id": instrument.id, "users_check_in": users_check_in},
        )
        return rule


def _standing(instrument_id: int, use_id: int, actor: Actor) -> InstrumentUse:
    """An entry that may be corrected, its instrument locked so that two corrections come one after the other."""
    instrument = find_logged_instrument(instrument_id, actor=actor, lock=True)
    authorise(actor, may_manage, instrument)
    found = find_use(instrument.id, use_id)
    if corrections_of([found]):
        raise UseCorrected
    if found.withdrawn:
        raise UseWithdrawn
    return found
