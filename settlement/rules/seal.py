"""The seal of a batch: one SHA-256 over its canonical content, which anybody can recompute.

The content is a list of records, each the JSON array of its fields in UTF-8 with ``", "`` between them: the batch
(:class:`SealedHead`), then its payouts, its lines and its nettings, each kind in the order of its numbers. The seal is
the SHA-256, in hex, of the concatenated SHA-256 digests of the records. The database computes the same when it
prepares a batch (``SEAL_SQL``), and ``verify`` computes it again. Batches from before there were payouts are sealed
over their lines alone (``LINES_SEAL_SQL``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import date
from itertools import chain

SEAL_VERSION = 2
"""The form batches are sealed in today."""


@dataclass(frozen=True)
class SealedHead:
    """What the batch says of itself; sums in fen."""

    number: str
    programme: str
    cutoff: date
    payout_count: int
    line_count: int
    gross_fen: int
    netted_fen: int
    total_fen: int


@dataclass(frozen=True)
class SealedPayout:
    """One payment; the account number is text and kept whole."""

    payout_no: int
    payee_id: int
    holder_name: str
    bank_name: str
    cnaps_code: str
    account_number: str
    line_count: int
    gross_fen: int
    netted_fen: int
    amount_fen: int


@dataclass(frozen=True)
class SealedLine:
    """One claim beneath a payout."""

    line_no: int
    payout_no: int
    payable_id: int
    source: str
    order_id: int
    amount_fen: int


@dataclass(frozen=True)
class SealedNetting:
    """What a payout keeps back for one clawback."""

    payout_no: int
    clawback_id: int
    amount_fen: int


@dataclass(frozen=True)
class SealedContent:
    """Everything a seal covers, each kind in the order of its numbers; may be read once."""

    head: SealedHead
    payouts: Iterable[SealedPayout]
    lines: Iterable[SealedLine]
    nettings: Iterable[SealedNetting]


Record = SealedHead | SealedPayout | SealedLine | SealedNetting


def canonical(record: Record) -> str:
    """The one spelling of a record."""
    return json.dumps([_plain(value) for value in astuple(record)], ensure_ascii=False)


def seal(content: SealedContent) -> str:
    """The seal of a batch."""
    whole = hashlib.sha256()
    records: Iterator[Record] = chain([content.head], content.payouts, content.lines, content.nettings)
    for record in records:
        whole.update(hashlib.sha256(canonical(record).encode()).digest())
    return whole.hexdigest()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _digest_sql(alias: str, record: type[Record]) -> str:
    # As json_build_array spells them, which would look up the type of each field for every row.
    columns = ", ".join(_json_sql(f"{alias}.{field.name}", field.type) for field in fields(record))
    return f"sha256(convert_to('[' || concat_ws(', ', {columns}) || ']', 'UTF8'))"


def _json_sql(column: str, kind: object) -> str:
    return column if kind == "int" else f"to_json({column})"


def _digests_sql(table: str, alias: str, record: type[Record], *order: str) -> str:
    """The digests of the rows of a table that belong to the batch ``b``, one after the other."""
    numbers = ", ".join(f"{alias}.{column}" for column in order)
    return f"""coalesce((SELECT string_agg({_digest_sql(alias, record)}, ''::bytea ORDER BY {numbers})
                           FROM {table} {alias} WHERE {alias}.batch_id = b.id), ''::bytea)"""


SEAL_SQL = f"""encode(sha256({_digest_sql("b", SealedHead)}
    || {_digests_sql("batch_payout", "p", SealedPayout, "payout_no")}
    || {_digests_sql("batch_line", "l", SealedLine, "line_no")}
    || {_digests_sql("batch_netting", "n", SealedNetting, "payout_no", "clawback_id")}), 'hex')"""
"""The seal of a row ``b`` of ``settlement_batch``."""

LINES_SEAL_VERSION = 1
LINES_SEAL_SQL = """(SELECT encode(sha256(string_agg(sha256(convert_to(json_build_array(
    l.line_no, l.payable_id, l.source, l.order_id, p.payee_id, p.holder_name, p.bank_name, p.cnaps_code,
    p.account_number, l.amount_fen)::text, 'UTF8')), ''::bytea ORDER BY l.line_no)), 'hex')
      FROM batch_line l JOIN batch_payout p ON p.batch_id = l.batch_id AND p.payout_no = l.payout_no
     WHERE l.batch_id = b.id)"""
"""The seal of a row ``b`` whose lines were payments of their own."""

SEAL_OF_ITS_VERSION_SQL = f"""CASE b.seal_version WHEN {LINES_SEAL_VERSION} THEN {LINES_SEAL_SQL}
                     WHEN {SEAL_VERSION} THEN {SEAL_SQL} END"""
"""The seal of a row ``b`` in the form it was sealed in."""
