"""Writing imported rows, a batch at a time, as sets: one look-up, one COPY of what is new, one COPY and one
INSERT … ON CONFLICT of what is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from operator import itemgetter
from typing import Any

import psycopg
from sqlalchemy import BigInteger, Text, and_, cast, func
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import ARRAY

from core.clock import today
from core.db import require_transaction, session
from core.errors import Reason, reason
from core.permissions import Actor
from instruments.models import PRICE_TERMS, Instrument, Service
from instruments.rules.imports.reading import Result
from instruments.rules.imports.rows import InstrumentRow, RefusedRow, RepeatedRow, ServiceRow
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
NO_DEFECTS = json.dumps([])
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


Known = Mapping[str, Any]
"""What is known of a record."""


@dataclass(frozen=True, slots=True)
class PreparedInstrument:
    """A row with the fields of a new record; made ahead, as most of the work on a row is this."""

    row: InstrumentRow
    fresh: Mapping[str, Any]

    def merged(self, before: Known | None) -> Mapping[str, Any]:
        """The fields of the record after the row; ``before`` is what is known of it."""
        return self.fresh if before is None else merged_instrument(self.row, before)


@dataclass(frozen=True, slots=True)
class PreparedService:
    """The same of a service."""

    row: ServiceRow
    fresh: Mapping[str, Any]

    def merged(self, before: Known | None) -> Mapping[str, Any]:
        """The fields of the record after the row; ``before`` is what is known of it."""
        return self.fresh if before is None else merged_service(self.row, before)


Prepared = PreparedInstrument | PreparedService
Read = Prepared | RefusedRow | RepeatedRow


def prepare(result: Result) -> Read:
    """What can be made of a row before anything is asked of the database."""
    if isinstance(result, InstrumentRow):
        return PreparedInstrument(result, merged_instrument(result, None))
    if isinstance(result, ServiceRow):
        return PreparedService(result, merged_service(result, None))
    return result


def import_batch(results: Sequence[Read], *, owners: Owners, dry_run: bool, actor: Actor, now: datetime) -> Outcome:
    """Take in a batch of prepared rows of one file. A dry run makes the same decisions and writes nothing, so it may
    be called without a transaction."""
    outcome = Outcome()
    instruments: list[PreparedInstrument] = []
    services: list[PreparedService] = []
    for result in results:
        if isinstance(result, RepeatedRow):
            outcome.repeated += 1
        elif isinstance(result, RefusedRow):
            outcome.refused.append(result)
        elif isinstance(result, PreparedInstrument):
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

    def take_instruments(self, rows: Sequence[PreparedInstrument]) -> None:
        owned: list[tuple[PreparedInstrument, Owner | None]] = []
        for each in rows:
            row = each.row
            fault = self._foreign(row)
            if fault is not None:
                self._refuse(row, [fault])
            else:
                owned.append((each, self._owner(row.provider_uscc, row.provider_name, row.county)))
        known = self._known(Instrument, owned, (*INSTRUMENT_FIELDS, "changed_on"))
        writing = _Writing("instrument", INSTRUMENT_COLUMNS)
        for each, owner in owned:
            before = _before(known, owner, each.row)
            merged = each.merged(before)
            faults = _instrument_obstacles(merged, before, each.row.mark)
            if self._is_news(each, merged, before, faults) and owner is not None:
                record = {**merged, **self._frame(each, owner, ListingState.DRAFT)}
                city = self.owners.places.codes.get(record["county"], owner.city or "")
                record |= {"city": city, "changed_on": self._changed_on(before)}
                record |= {"secrecy_reference": "", "review_opinion": "", "review_defects": NO_DEFECTS}
                writing.add(record, before)
        self._write(writing)

    def take_services(self, rows: Sequence[PreparedService]) -> None:
        owned = [(each, self._owner("", "", "")) for each in rows]
        if not self.dry_run:
            self._begin_prices()
        known = self._known(Service, owned, tuple(dict.fromkeys((*SERVICE_FIELDS, *PRICE_TERMS))))
        writing = _Writing("service", SERVICE_COLUMNS)
        published: list[int] = []
        for each, owner in owned:
            before = _before(known, owner, each.row)
            merged = each.merged(before)
            if self._is_news(each, merged, before, _price_faults(merged, before, owner)) and owner is not None:
                record = {**merged, **self._frame(each, owner, ServiceState.DRAFT)}
                writing.add({**record, "cost_basis": ""}, before)
                if before is not None and before["state"] is ServiceState.PUBLISHED:
                    published.append(before["id"])
        self._write(writing)
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

    def _changed_on(self, before: Known | None) -> date | None:
        """A change of what is public starts the term of S14."""
        if before is None:
            return None
        is_public = before["state"] in (ListingState.PUBLISHED, ListingState.SUSPENDED)
        return today(self.now) if is_public else before["changed_on"]

    def _is_news(
        self, each: Prepared, merged: Mapping[str, Any], before: Known | None, faults: Sequence[Reason]
    ) -> bool:
        """Whether something is to be written; counts what became of the row."""
        if faults:
            self._refuse(each.row, faults)
            return False
        if before is None:
            self.outcome.new += 1
        elif _says_nothing_new(merged, before, each.row.mark):
            self.outcome.unchanged += 1
            return False
        else:
            self.outcome.changed += 1
        return True

    def _frame(self, each: Prepared, owner: Owner, state: str) -> dict[str, Any]:
        return {
            "provider_id": owner.id,
            "external_id": each.row.external_id,
            "state": state,
            "created_at": self.now,
            "updated_at": self.now,
            "import_digest": each.row.mark,
        }

    def _known(
        self,
        model: type[Instrument | Service],
        owned: Iterable[tuple[Prepared, Owner | None]],
        names: tuple[str, ...],
    ) -> dict[tuple[int, str], Known]:
        """What is known of the batch by (provider, external id), locked in order unless this is a dry run."""
        keys = [(owner.id, each.row.external_id) for each, owner in owned if owner is not None]
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

    def _write(self, writing: _Writing) -> None:
        """What is new goes straight into the table, unless somebody else has just brought the same."""
        if self.dry_run:
            return
        current = require_transaction()
        current.flush()
        connection = current.connection().connection.driver_connection
        if not isinstance(connection, psycopg.Connection):
            raise TypeError("imports need psycopg's COPY")
        try:
            with connection.transaction():
                writing.copy(writing.fresh, writing.table, connection)
        except psycopg.errors.UniqueViolation:
            writing.put_over(writing.fresh, connection)
        writing.put_over(writing.known, connection)


@dataclass
class _Writing:
    """Records on their way into a table."""

    table: str
    columns: tuple[str, ...]
    fresh: list[dict[str, Any]] = field(default_factory=list)
    known: list[dict[str, Any]] = field(default_factory=list)

    def add(self, record: dict[str, Any], before: Known | None) -> None:
        record["tokens"] = _as_array(record["tokens"])
        (self.fresh if before is None else self.known).append(record)

    def copy(self, records: list[dict[str, Any]], table: str, connection: psycopg.Connection) -> None:
        """In one order, so that two imports that bring the same wait for each other and do not lock each other up."""
        if not records:
            return
        records.sort(key=itemgetter("provider_id", "external_id"))
        values = itemgetter(*self.columns)
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(self.columns)}) FROM STDIN") as copy:
            for record in records:
                copy.write_row(values(record))

    def put_over(self, records: list[dict[str, Any]], connection: psycopg.Connection) -> None:
        """Write over what is there, but for what an import leaves alone."""
        if not records:
            return
        listed = ", ".join(self.columns)
        overwritten = ", ".join(f"{name} = excluded.{name}" for name in self.columns if name not in KEPT)
        incoming = f"incoming_{self.table}"
        connection.execute(f"DROP TABLE IF EXISTS pg_temp.{incoming}")
        connection.execute(
            f"CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS SELECT {listed} FROM {self.table} WITH NO DATA"
        )
        self.copy(records, incoming, connection)
        connection.execute(
            f"INSERT INTO {self.table} ({listed}) SELECT {listed} FROM {incoming} ORDER BY provider_id, external_id"
            f" ON CONFLICT (provider_id, external_id) DO UPDATE SET {overwritten}"
        )


def _as_array(tokens: Sequence[str]) -> str:
    """Tokens are letters, figures and a mark alone, which an array's text form takes as they are between quotes."""
    return '{"' + '","'.join(tokens) + '"}' if tokens else "{}"


def _before(
    known: Mapping[tuple[int, str], Known], owner: Owner | None, row: InstrumentRow | ServiceRow
) -> Known | None:
    return None if owner is None else known.get((owner.id, row.external_id))


def _says_nothing_new(merged: Mapping[str, Any], before: Known, mark: str) -> bool:
    """Whether the file says what it said before, or what is known anyway."""
    return before["import_digest"] == mark or all(merged[name] == before[name] for name in merged.keys() & before)


def _price_faults(merged: Mapping[str, Any], before: Known | None, owner: Owner | None) -> list[Reason]:
    """Why a published service may not cost what a row makes of it (V13)."""
    if before is None or before["state"] is not ServiceState.PUBLISHED:
        return []
    return imported_price_faults({**before, **merged}, is_fiscal=owner is not None and owner.is_fiscal)


def _instrument_obstacles(merged: Mapping[str, Any], before: Known | None, mark: str) -> Sequence[Reason]:
    """Why a known instrument may not be changed by a file: its state, or a public one would no longer be fit for it."""
    if before is None or _says_nothing_new(merged, before, mark):
        return []
    if before["state"] in UNTOUCHABLE:
        return [reason("import_untouchable", state=before["state"].value)]
    if before["state"] is ListingState.PUBLISHED:
        return obstacles(ListingFacts(**{name: merged[name] for name in JUDGED}))
    return []
