"""What pages about complaints, namings and referrals share: their tables, forms about a record, providers by code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Response

from accounts.queries.names import known_by_code, organisation_names
from accounts.rules import uscc
from core import clock
from core.errors import reason
from core.http import current_actor
from core.pages import Column, Done, Form, Table, form_page, link_to
from core.pages.tables import choice
from marketplace.models import Complaint, Naming, Referral
from marketplace.rules.naming import NAMING
from marketplace.service.namings import NamingRefused


@dataclass(frozen=True, slots=True)
class Row:
    """A record with the provider it is about, by name."""

    record: Any
    organisation: str


def rows(found: Sequence[Naming | Complaint | Referral]) -> list[Row]:
    """Records with the names of their providers, in one query."""
    names = organisation_names(_party(each) for each in found)
    return [Row(each, names[_party(each)]) for each in found]


def _party(record: Naming | Complaint | Referral) -> int:
    """The provider that a record is about."""
    return record.provider_id if isinstance(record, Complaint) else record.organisation_id


def register(
    record: type[Naming | Complaint | Referral], states: type[StrEnum], party: str, about: Column, last: Column
) -> Table:
    """The table of one kind of record: number, provider, what it is about, how far it has come and when."""
    kind = record.__tablename__
    return Table(
        name=f"{kind}s",
        key=record.id,
        default_sort="-number",
        empty=f"page.{kind}s.empty",
        prepare=rows,
        filters=[choice("state", record.state, states)],
        columns=[
            Column("number", lambda row: row.record.id, sort=record.id, link=lambda row: link_to(kind, row.record.id)),
            Column(party, lambda row: row.organisation),
            about,
            Column("state", lambda row: row.record.state, kind="state", sort=record.state),
            last,
        ],
    )


def by_code(code: str) -> int:
    """An organisation by its code; one that nobody knows is not found."""
    known = uscc.normalised(code)
    found = None if known is None else known_by_code(known, actor=current_actor())
    if found is None:
        raise NamingRefused(reasons=[reason("provider_unclear", article=NAMING, field="uscc")])
    return found


def step(
    here: str, form: Form, act: Callable[..., object], *, facts: Sequence[tuple[str, object]] = (), **known: Any
) -> Response:
    """A form about a record, with what is to be known of it, and back to it."""

    def effect(given: dict[str, Any]) -> Done:
        act(**known, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)
