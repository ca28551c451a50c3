"""Reads of the secret addresses of calendars: each user sees his own alone."""

from __future__ import annotations

import hmac

from sqlalchemy import Select, select

from accounts.models import User
from accounts.rules import tokens
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from instruments.models import CalendarAddress


class CalendarAddressMissing(NotFound):
    """This user has no such address."""

    code = "calendar_address_missing"


class CalendarMissing(NotFound):
    """There is no calendar at this address, or none any more."""

    code = "calendar_missing"


def own_addresses(actor: Actor) -> Select[tuple[CalendarAddress]]:
    """The addresses that were issued to the actor, ended ones too."""
    return select(CalendarAddress).where(CalendarAddress.user_id == (actor.user_id or 0))


def find_address(address_id: int, *, actor: Actor, lock: bool = False) -> CalendarAddress:
    """One of these; raises :class:`CalendarAddressMissing`."""
    found = own_addresses(actor).where(CalendarAddress.id == address_id)
    if lock:
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    address = session().scalar(found)
    if address is None:
        raise CalendarAddressMissing
    return address


def live_address(instrument_id: int | None, *, actor: Actor) -> CalendarAddress | None:
    """The actor's address in force for its bookings or an instrument's calendar."""
    found = own_addresses(actor).where(
        CalendarAddress.instrument_id.is_not_distinct_from(instrument_id), CalendarAddress.ended_at.is_(None)
    )
    return session().scalar(found)


def known_address(token: str) -> tuple[CalendarAddress, User]:
    """The address in force that a token belongs to, with its active user. Its secret is compared in constant time.

    Raises :class:`CalendarMissing`, alike for what never was, has ended, and whose user may not sign in.
    """
    parts = tokens.split(token)
    if parts is None:
        raise CalendarMissing
    prefix, secret = parts
    found = session().execute(
        select(CalendarAddress, User)
        .join(User, User.id == CalendarAddress.user_id)
        .where(CalendarAddress.prefix == prefix, CalendarAddress.ended_at.is_(None), User.active)
    )
    row = found.one_or_none()
    if row is None or not hmac.compare_digest(row.CalendarAddress.digest, tokens.digest(secret)):
        raise CalendarMissing
    return row.CalendarAddress, row.User
