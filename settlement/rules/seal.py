"""The seal of a batch: one SHA-256 over its lines in a canonical form that anybody can recompute.

A line is the JSON array of its fields (see :class:`PayoutLine`), in UTF-8, with ``", "`` between them. The seal
is the SHA-256, in hex, of the concatenated SHA-256 digests of the lines in the order of their numbers. The
database computes the same when it prepares a batch (``SEAL_SQL``), and ``verify`` computes it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class PayoutLine:
    """One payout as the bank gets it; the account number is text and kept whole."""

    line_no: int
    payable_id: int
    source: str
    order_id: int
    payee_id: int
    holder_name: str
    bank_name: str
    cnaps_code: str
    account_number: str
    amount_fen: int


SEAL_SQL = """encode(sha256(string_agg(sha256(convert_to(json_build_array(
    l.line_no, l.payable_id, l.source, l.order_id, l.payee_id, l.holder_name, l.bank_name, l.cnaps_code,
    l.account_number, l.amount_fen)::text, 'UTF8')), ''::bytea ORDER BY l.line_no)), 'hex')"""
"""The seal as an aggregate over rows ``l`` of ``batch_line``."""


def canonical(line: PayoutLine) -> str:
    """The one spelling of a line."""
    fields = [
        line.line_no,
        line.payable_id,
        line.source,
        line.order_id,
        line.payee_id,
        line.holder_name,
        line.bank_name,
        line.cnaps_code,
        line.account_number,
        line.amount_fen,
    ]
    return json.dumps(fields, ensure_ascii=False)


def seal(lines: Iterable[PayoutLine]) -> str:
    """The seal of lines given in the order of their numbers."""
    whole = hashlib.sha256()
    for line in lines:
        whole.update(hashlib.sha256(canonical(line).encode()).digest())
    return whole.hexdigest()
