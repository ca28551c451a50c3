"""Writing imported rows, a batch at a time, as sets: one look-up, one COPY, one INSERT … ON CONFLICT."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

import psycopg
from sqlalchemy import BigInteger, Text, and_, cast, func, text
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import ARRAY

from core.clock import today
from core.db import require_transaction, session
from core.errors import Reason, reason
from core.permissions import Actor
from instruments.models import PRICE_TERMS, Instrument, Service
from instruments.rules.imports.reading import Result
from instruments.rules.imports.rows import InstrumentRow, RefusedRow, RepeatedRow, ServiceRow, digest
from instruments.rules.listing import ListingFacts, obstacles
from instruments.rules.merging import INSTRUMENT_FIELDS, SERVICE_FIELDS, merged_instrument, merged_service
from instruments.rules.services import imported_price_faults
from instruments.states import ListingState, ServiceState
from instruments.steps.owners import Owner, Owners
from instruments.steps.pricing import begin_prices, keep_prices

UNTOUCHABLE = frozenset({ListingState.SUBMITTED, ListingState.RETIRED})
"""Listings that a file must not change: one is under review, the other is over."""

INSTRUMENT_COLUMNS = (
    "provider_id",
    "external_id",
    *INSTRUMENT_FIELDS,
    "city",
    "changed_on",
    "secrecy_reference",
    "state",
    "review_opinion",
    "review_defects",
    "created_at",
    "updated_at",
    "import_digest",
    "tokens",
)
SERVICE_COLUMNS = (
    "provider_id",
    "external_id",
    *SERVICE_FIELDS,
    "cost_basis",
    "state",
    "created_at",
    "updated_at",
    "import_digest",
    "tokens",
)
JUDGED = tuple(each.name for each in fields(ListingFacts) if each.name != "secrecy_exempted_on")
"""What of a row decides whether it may stay public; an exempted one is none."""
BETWEEN_TOKENS = " "
"""Tokens hold no blanks; as one text they are copied much faster than as an array."""
KEPT = frozenset(
    {
        "provider_id",
        "external_id",
        "secrecy_reference",
        "cost_basis",
        "state",
        "review_opinion",
        "review_defects",
        "created_at",
    }
)
"""Columns of a known record that an import leaves alone."""


@dataclass
class Outcome:
    """What became of some rows; ``refused`` holds every refused one."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    refused: list[RefusedRow] = field(default_factory=list)

    @property
    def read(self) -> int:
        """All rows."""
        return self.new + self.changed + self.unchanged + self.repeated + len(self.refused)

    def add(self, other: Outcome) -> None:
        """Count another batch in."""
        self.new += other.new
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.repeated += other.repeated
        self.refused += other.refused


def import_batch(results: Sequence[Result], *, owners: Owners, dry_run: bool, actor: Actor, now: datetime) -> Outcome:
    """Take in a batch of rows of one file. A dry run makes the same decisions and writes nothing, so it may be
    called without a transaction."""
    outcome = Outcome()
    instruments: list[InstrumentRow] = []
    services: list[ServiceRow] = []
    for result in results:
        if isinstance(result, RepeatedRow):
            outcome.repeated += 1
        elif isinstance(result, RefusedRow):
            outcome.refused.append(result)
        elif isinstance(result, InstrumentRow):
            instruments.append(result)
        else:
            services.append(result)
    writer = _Writer(owners=owners, dry_run=dry_run, actor=actor, now=now, outcome=outcome)
    writer.take_instruments(instruments)
    writer.take_services(services)
    outcome.refused.sort(key=lambda row: row.line)
    return outcome


@dataclass
class _Writer:
    owners: Owners
    dry_run: bool
    actor: Actor
    now: datetime
    outcome: Outcome

    def take_instruments(self, rows: Sequence[InstrumentRow]) -> None:
        owned: list[tuple[InstrumentRow, Owner | None]] = []
        for row in rows:
            fault = self._foreign(row)
            if fault is not None:
                self._refuse(row, [fault])
            else:
                owned.append((row, self._owner(row.provider_uscc, row.provider_name, row.county)))
        known = self._known(Instrument, owned, (*INSTRUMENT_FIELDS, "changed_on"))
        records = []
        for row, owner in owned:
            before, mark = _before(known, owner, row), digest(row)
            merged = merged_instrument(row, before)
            faults = _instrument_obstacles(merged, before, mark)
            if faults:
                self._refuse(row, faults)
            elif self._counts_as_news(merged, before, mark) and owner is not None:
                record = {**merged, **self._frame(row, mark, owner, ListingState.DRAFT)}
                city = self.owners.places.codes.get(record["county"], owner.city or "")
                record |= {"city": city, "changed_on": self._changed_on(before)}
                records.append({**record, "secrecy_reference": "", "review_opinion": ""})
        for record in records:
            record["review_defects"] = json.dumps([])
        self._write("instrument", INSTRUMENT_COLUMNS, records)

    def take_services(self, rows: Sequence[ServiceRow]) -> None:
        owned = [(row, self._owner("", "", "")) for row in rows]
        if not self.dry_run:
            self._begin_prices()
        known = self._known(Service, owned, tuple(dict.fromkeys((*SERVICE_FIELDS, *PRICE_TERMS))))
        records: list[dict[str, Any]] = []
        published: list[int] = []
        for row, owner in owned:
            before, mark = _before(known, owner, row), digest(row)
            merged = merged_service(row, before)
            faults = _price_faults(merged, before, owner)
            if faults:
                self._refuse(row, faults)
            elif self._counts_as_news(merged, before, mark) and owner is not None:
                record = {**merged, **self._frame(row, mark, owner, ServiceState.DRAFT)}
                records.append({**record, "cost_basis": ""})
                if before is not None and before["state"] is ServiceState.PUBLISHED:
                    published.append(before["id"])
        self._write("service", SERVICE_COLUMNS, records)
        if published and not self.dry_run:
            keep_prices(published, actor=self.actor, now=self.now)

    def _begin_prices(self) -> None:
        """A row leaves what it does not say as it is today, not as it was before an announced price began."""
        if self.owners.fixed is not None:
            begin_prices(on=today(self.now), provider_id=self.owners.fixed.id)

    def _foreign(self, row: InstrumentRow) -> Reason | None:
        """A provider imports its own instruments only."""
        fixed = self.owners.fixed
        if fixed is None or not row.provider_uscc or row.provider_uscc == fixed.uscc:
            return None
        return reason("import_foreign_owner", field="provider_uscc", uscc=row.provider_uscc)

    def _owner(self, uscc: str, name: str, county: str) -> Owner | None:
        if self.dry_run:
            return self.owners.find(uscc, name)
        return self.owners.find_or_make(uscc, name, county=county, actor=self.actor, now=self.now)

    def _refuse(self, row: InstrumentRow | ServiceRow, faults: Sequence[Reason]) -> None:
        self.outcome.refused.append(RefusedRow(row.line, row.external_id, tuple(faults)))

    def _changed_on(self, before: Mapping[str, Any] | None) -> date | None:
        """A change of what is public starts the term of S14."""
        if before is None:
            return None
        is_public = before["state"] in (ListingState.PUBLISHED, ListingState.SUSPENDED)
        return today(self.now) if is_public else before["changed_on"]

    def _counts_as_news(self, merged: Mapping[str, Any], before: Mapping[str, Any] | None, mark: str) -> bool:
        if before is None:
            self.outcome.new += 1
        elif _says_nothing_new(merged, before, mark):
            self.outcome.unchanged += 1
            return False
        else:
            self.outcome.changed += 1
        return True

    def _frame(self, row: InstrumentRow | ServiceRow, mark: str, owner: Owner, state: str) -> dict[str, Any]:
        return {
            "provider_id": owner.id,
            "external_id": row.external_id,
            "state": state,
            "created_at": self.now,
            "updated_at": self.now,
            "import_digest": mark,
        }

    def _known(
        self,
        model: type[Instrument | Service],
        owned: Iterable[tuple[InstrumentRow | ServiceRow, Owner | None]],
        names: tuple[str, ...],
    ) -> dict[tuple[int, str], Mapping[str, Any]]:
        """What is known of the batch by (provider, external id), locked in order unless this is a dry run."""
        keys = [(owner.id, row.external_id) for row, owner in owned if owner is not None]
        if not keys:
            return {}
        columns = [getattr(model, name) for name in ("id", "provider_id", "external_id", "state", "import_digest")]
        wanted = (
            func.unnest(
                cast([provider_id for provider_id, _ in keys], ARRAY(BigInteger)),
                cast([external_id for _, external_id in keys], ARRAY(Text)),
            )
            .table_valued("provider_id", "external_id")
            .render_derived("wanted")
        )
        found = sql_select(*columns, *(getattr(model, name) for name in names)).join(
            wanted,
            and_(model.provider_id == wanted.c.provider_id, model.external_id == wanted.c.external_id),
        )
        if not self.dry_run:
            found = found.order_by(model.id).with_for_update(key_share=True, of=model)
        rows = session().execute(found).mappings()
        return {(row["provider_id"], row["external_id"]): dict(row) for row in rows}

    def _write(self, table: str, columns: tuple[str, ...], records: list[dict[str, Any]]) -> None:
        if self.dry_run or not records:
            return
        current = require_transaction()
        current.flush()
        listed = ", ".join(columns)
        current.execute(text(f"DROP TABLE IF EXISTS pg_temp.incoming_{table}"))
        selected = listed.replace("tokens", f"string_to_array(tokens, '{BETWEEN_TOKENS}')")
        shaped = listed.replace("tokens", "NULL::text AS tokens")
        current.execute(
            text(f"CREATE TEMPORARY TABLE incoming_{table} ON COMMIT DROP AS SELECT {shaped} FROM {table} WITH NO DATA")
        )
        connection = current.connection().connection.driver_connection
        if not isinstance(connection, psycopg.Connection):
            raise TypeError("imports need psycopg's COPY")
        with connection.cursor() as cursor, cursor.copy(f"COPY incoming_{table} ({listed}) FROM STDIN") as copy:
            for record in records:
                record["tokens"] = BETWEEN_TOKENS.join(record["tokens"])
                copy.write_row([record[name] for name in columns])
        overwritten = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in KEPT)
        current.execute(
            text(
                f"INSERT INTO {table} ({listed}) SELECT {selected} FROM incoming_{table}"
                f" ORDER BY provider_id, external_id"
                f" ON CONFLICT (provider_id, external_id) DO UPDATE SET {overwritten}"
            )
        )


def _before(
    known: Mapping[tuple[int, str], Mapping[str, Any]], owner: Owner | None, row: InstrumentRow | ServiceRow
) -> Mapping[str, Any] | None:
    return None if owner is None else known.get((owner.id, row.external_id))


def _says_nothing_new(merged: Mapping[str, Any], before: Mapping[str, Any], mark: str) -> bool:
    """Whether the file says what it said before, or what is known anyway."""
    return before["import_digest"] == mark or all(merged[name] == before[name] for name in merged.keys() & before)


def _price_faults(merged: Mapping[str, Any], before: Mapping[str, Any] | None, owner: Owner | None) -> list[Reason]:
    """Why a published service may not cost what a row makes of it (V13)."""
    if before is None or before["state"] is not ServiceState.PUBLISHED:
        return []
    return imported_price_faults({**before, **merged}, is_fiscal=owner is not None and owner.is_fiscal)


def _instrument_obstacles(merged: Mapping[str, Any], before: Mapping[str, Any] | None, mark: str) -> Sequence[Reason]:
    """Why a known instrument may not be changed by a file: its state, or a public one would no longer be fit for it."""
    if before is None or _says_nothing_new(merged, before, mark):
        return []
    if before["state"] in UNTOUCHABLE:
        return [reason("import_untouchable", state=before["state"].value)]
    if before["state"] is ListingState.PUBLISHED:
        return obstacles(ListingFacts(**{name: merged[name] for name in JUDGED}))
    return []
