"""What placing is measured on: many firms with a controller of their own, and as many under one; each with an
instrument of its own and more quotes than a run can use up.

Numbers of each kind of record begin at a million of their own, so that the bare side can tell in a recorded statement
which number stands for what.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
from flask import Flask

from core import clock
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient
from marketplace.demo.province import demo_uscc, seed_province
from tests.bench.rows import columns_of, copy_row

MILLION = 1_000_000
ORGANISATION, USER, QUOTE, INSTRUMENT, SERVICE, CONTROLLER, ACCOUNT, ORDER = range(1, 9)
FIRST_OF = {
    "organisation": ORGANISATION,
    "user_account": USER,
    "quote": QUOTE,
    "instrument": INSTRUMENT,
    "service": SERVICE,
    "controller": CONTROLLER,
    "ledger_account": ACCOUNT,
    "order": ORDER,
    "ledger_transaction": 9,
    "entitlement_decision": 10,
    "occupancy": 11,
    "cap_hold": 12,
}
MODEL_SERVICE = "demo-ms-hour"
MODEL_USER = "sme-jinan"
CLIENTS = 32
SERVICES_A_MEMBER = 4
QUOTES_OF_FIRST, QUOTES_OF_OTHERS = 2000, 500
"""On each service: the first client is the only one at work in a third of the run."""
SERIALS = itertools.count(500_000)
PRICE_FEN = 3000
"""Small enough for every order of a run to fit under one yearly cap."""


@dataclass(frozen=True)
class QuoteCopy:
    """A quote for one hour of one instrument."""

    id: int
    service: int
    instrument: int
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Member:
    """One client: its numbers by kind, its token, and its quotes."""

    numbers: dict[int, int]
    token: str
    quotes: list[QuoteCopy]


class Offer(NamedTuple):
    """The numbers of a service, of the instrument it rests on, and of the version of its price."""

    service: int
    instrument: int
    price: int


def a_model(app: Flask, connection: psycopg.Connection) -> Mapping[str, int]:
    """Seed the demo province, within the context of the application. The member, the service and the quote that all
    others are copies of."""
    seed_province(now=clock.now())
    _spread_numbers(connection)
    client = DemoClient(app, passwords={}, default_password=demo_password())
    service, instrument = _open_all_hours(connection, MODEL_SERVICE)
    begins = (clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    wish = {
        "service_id": service,
        "payment_mode": "direct_deduction",
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=1)).isoformat(),
    }
    quote = client.post(MODEL_USER, "/quotes", wish)
    assert quote["subsidy_fen"] > 0
    row = connection.execute(
        "SELECT u.id, u.organisation_id, t.controller_id FROM user_account u"
        " JOIN controller_tenure t ON t.organisation_id = u.organisation_id AND t.until IS NULL WHERE u.username = %s",
        (MODEL_USER,),
    ).fetchone()
    assert row is not None
    return {
        "quote": quote["id"],
        "service": service,
        "instrument": instrument,
        **dict(zip(("user", "organisation", "controller"), row, strict=True)),
    }


def _spread_numbers(connection: psycopg.Connection) -> None:
    """Let each kind of record count from a million of its own."""
    for table, million in FIRST_OF.items():
        connection.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (f'"{table}"', million * MILLION))


def _open_all_hours(connection: psycopg.Connection, service: str) -> tuple[int, int]:
    """Make the model service cheap and its instrument bookable around the clock; their numbers."""
    row = connection.execute(
        "UPDATE service SET price_fen = %s WHERE external_id = %s RETURNING id", (PRICE_FEN, service)
    ).fetchone()
    assert row is not None
    connection.execute("UPDATE service_price SET price_fen = %s WHERE service_id = %s", (PRICE_FEN, row[0]))
    (instrument_id,) = (
        connection.execute(
            "SELECT instrument_id FROM service_instrument WHERE service_id = %s ORDER BY 1 LIMIT 1", row
        ).fetchone()
        or ()
    )
    connection.execute("DELETE FROM opening_hours WHERE instrument_id = %s", (instrument_id,))
    connection.execute(
        "INSERT INTO opening_hours (instrument_id, weekday, opens_minute, closes_minute)"
        " SELECT %s, weekday, 0, 1440 FROM generate_series(1, 7) AS weekday",
        (instrument_id,),
    )
    return row[0], instrument_id


def make_members(
    connection: psycopg.Connection, *, model: Mapping[str, int], count: int, one_controller: bool, label: str
) -> list[Member]:
    """Copy the model member, its service and instrument ``count`` times, and its quote for every slot."""
    controllers = _make_controllers(connection, model, count=1 if one_controller else count, label=label)
    made = []
    for n in range(count):
        member = _make_member(connection, model, label=f"{label}-{n}", controller=controllers[n % len(controllers)])
        for number in range(SERVICES_A_MEMBER):
            offer = _make_offer(connection, model, label=f"{label}-{n}-{number}")
            quotes = QUOTES_OF_OTHERS if n else QUOTES_OF_FIRST
            member.quotes.extend(_make_quotes(connection, model, offer, member, count=quotes))
        made.append(member)
    return made


def make_rivals(
    connection: psycopg.Connection, *, model: Mapping[str, int], count: int, slots: int, label: str
) -> list[Member]:
    """Copy the model member ``count`` times, each under a controller of its own, and give all of them a quote for the
    same slots of the same instrument."""
    offer = _make_offer(connection, model, label=label)
    rivals = [
        _make_member(connection, model, label=f"{label}-{n}", controller=controller)
        for n, controller in enumerate(_make_controllers(connection, model, count=count, label=label))
    ]
    for rival in rivals:
        rival.quotes.extend(_make_quotes(connection, model, offer, rival, count=slots))
    return rivals


def _make_controllers(connection: psycopg.Connection, model: Mapping[str, int], *, count: int, label: str) -> list[int]:
    return [copy_row(connection, "controller", model["controller"], name=f"{label} {n}") for n in range(count)]


def _make_member(connection: psycopg.Connection, model: Mapping[str, int], *, label: str, controller: int) -> Member:
    firm = copy_row(
        connection,
        "organisation",
        model["organisation"],
        name=label,
        uscc=demo_uscc(next(SERIALS)),
        phone=label,
        address=label,
    )
    for table in ("membership", "beneficiary_figures", "organisation_seat"):
        copy_row(connection, table, model["organisation"], by="organisation_id", organisation_id=firm)
    copy_row(
        connection,
        "controller_tenure",
        model["organisation"],
        by="organisation_id",
        organisation_id=firm,
        controller_id=controller,
    )
    user = copy_row(connection, "user_account", model["user"], username=label, organisation_id=firm)
    prefix, secret = secrets.token_hex(6), secrets.token_hex(24)
    connection.execute(
        "INSERT INTO api_token (user_id, prefix, digest, created_at, expires_at)"
        " VALUES (%s, %s, %s, now(), now() + interval '1 day')",
        (user, prefix, hashlib.sha256(secret.encode()).digest()),
    )
    return Member({ORGANISATION: firm, USER: user, CONTROLLER: controller}, f"{prefix}.{secret}", [])


def _make_offer(connection: psycopg.Connection, model: Mapping[str, int], *, label: str) -> Offer:
    """A service on an instrument of its own."""
    instrument = copy_row(connection, "instrument", model["instrument"], external_id=label)
    copy_row(connection, "opening_hours", model["instrument"], by="instrument_id", instrument_id=instrument)
    service = copy_row(connection, "service", model["service"], external_id=label)
    connection.execute("INSERT INTO service_instrument VALUES (%s, %s)", (service, instrument))
    price = copy_row(connection, "service_price", model["service"], by="service_id", service_id=service)
    return Offer(service, instrument, price)


def _make_quotes(
    connection: psycopg.Connection, model: Mapping[str, int], offer: Offer, member: Member, *, count: int
) -> list[QuoteCopy]:
    """A quote for each hour from the model's slot on."""
    changes = {
        "beneficiary_id": member.numbers[ORGANISATION],
        "service_id": offer.service,
        "instrument_id": offer.instrument,
        "price_id": offer.price,
        "created_by": member.numbers[USER],
    }
    columns = columns_of(connection, "quote")
    shown = ", ".join(
        f"%({name})s" if name in changes else "moved.slot" if name == "during" else f"q.{name}" for name in columns
    )
    rows = connection.execute(
        f"INSERT INTO quote ({', '.join(columns)}) SELECT {shown} FROM quote AS q, LATERAL ("
        "  SELECT tstzrange(lower(q.during) + make_interval(hours => n), upper(q.during) + make_interval(hours => n))"
        "         AS slot FROM generate_series(1, %(count)s) AS n) AS moved"
        " WHERE q.id = %(model)s RETURNING id, lower(during), upper(during)",
        {**changes, "model": model["quote"], "count": count},
    )
    return [QuoteCopy(number, offer.service, offer.instrument, begins, ends) for number, begins, ends in rows]
