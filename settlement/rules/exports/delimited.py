"""CSV for banks: UTF-8 with a byte-order mark, one row a payout, sums in yuan with two decimals."""

from __future__ import annotations

import csv
import io

from core.money import fen_to_yuan
from core.spreadsheets import BYTE_ORDER_MARK, inert
from settlement.rules.exports.content import HEADINGS, BatchContent, purpose


def csv_bytes(content: BatchContent) -> bytes:
    """The batch as CSV with Windows line ends."""
    target = io.StringIO(newline="")
    target.write(BYTE_ORDER_MARK)
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for line in content.lines:
        writer.writerow(
            (
                line.line_no,
                inert(line.holder_name),
                inert(line.bank_name),
                inert(line.cnaps_code),
                inert(line.account_number),
                fen_to_yuan(line.amount_fen),
                purpose(line),
                line.order_id,
            )
        )
    return target.getvalue().encode()
