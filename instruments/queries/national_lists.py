"""The catalogue as workbooks of the national network's templates."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager
from xlsxwriter import Workbook

from accounts.models import Organisation
from core.db import session
from core.errors import Refused
from core.permissions import Actor
from core.spreadsheets import WORKBOOK_OPTIONS
from instruments.models import Instrument
from instruments.permissions import may_offer
from instruments.policy import places
from instruments.queries.instruments import in_scope
from instruments.rules.listing import FISCAL
from instruments.rules.national_lists import row_maker
from instruments.rules.national_templates import TEMPLATES, NationalList
from instruments.rules.terms import InstrumentKind
from instruments.states import ListingState

OWNER_HEADER = "所属单位"
"""Stands last where a file may hold several owners and the template has no column for them."""
MOST_ROWS = 1_048_570
AT_A_TIME = 1_000


class NationalListTooLong(Refused):
    """More instruments match than one sheet holds; one provider's or one state's are fewer."""

    code = "national_list_too_long"


def national_instruments(
    wanted: NationalList, *, actor: Actor, state: ListingState, provider: int | None
) -> Select[tuple[Instrument]]:
    """Instruments of the actor's scope that belong into a template, by owner and its own ids.

    Those exempted for secrecy never do (S23), and facilities only if built with public money (S2).
    """
    kind = TEMPLATES[wanted].kind
    found = (
        select(Instrument)
        .join(Organisation, Organisation.id == Instrument.provider_id)
        .options(contains_eager(Instrument.provider))
        .where(
            in_scope(actor),
            Instrument.kind == kind,
            Instrument.state == state,
            Instrument.secrecy_exempted_on.is_(None),
        )
        .order_by(Instrument.provider_id, Instrument.external_id)
    )
    if kind is InstrumentKind.FACILITY:
        found = found.where(Instrument.funding.in_(FISCAL))
    return found if provider is None else found.where(Instrument.provider_id == provider)


def national_counts(*, actor: Actor) -> dict[NationalList, int]:
    """How many published instruments each template would hold."""
    found = {}
    for wanted in NationalList:
        rows = national_instruments(wanted, actor=actor, state=ListingState.PUBLISHED, provider=None)
        counted = rows.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
        found[wanted] = session().scalars(counted).one()
    return found


def national_workbook(
    wanted: NationalList, *, actor: Actor, on: date, state: ListingState, provider: int | None
) -> BinaryIO:
    """The workbook, still open: the groups and headers of the template, then a row for each instrument.

    A file of several owners names them in a last column of its own. Raises :class:`NationalListTooLong`.
    """
    target = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  (whoever sends it closes it)
    template = TEMPLATES[wanted]
    headers = list(template.headers)
    names_owner = not may_offer(actor) and OWNER_HEADER not in headers
    rows = national_instruments(wanted, actor=actor, state=state, provider=provider)
    with Workbook(target, WORKBOOK_OPTIONS) as book:
        sheet = book.add_worksheet(template.sheet)
        line = 0
        if template.groups:
            for position, group in template.groups.items():
                sheet.write_string(line, position, group)
            line += 1
        for position, header in enumerate([*headers, OWNER_HEADER] if names_owner else headers):
            sheet.write_string(line, position, header)
        make = row_maker(template, places(on))
        for instrument in _streamed(rows):
            line += 1
            if line > MOST_ROWS:
                raise NationalListTooLong
            cells = make(instrument, instrument.provider.name)
            for position, cell in enumerate([*cells, instrument.provider.name] if names_owner else cells):
                if cell:
                    sheet.write_string(line, position, cell)
    return target


def _streamed(rows: Select[tuple[Instrument]]) -> Iterator[Instrument]:
    for instrument in session().scalars(rows.execution_options(yield_per=AT_A_TIME)):
        session().expunge(instrument)
        yield instrument
