"""CSV for banks: UTF-8 with a byte-order mark, one row a payout, sums in yuan with two decimals."""

from __future__ import annotations

import csv
import io

from core.money import fen_to_yuan
from core.spreadsheets import BYTE_ORDER_MARK, inert
from settlement.rules.exports.content import HEADINGS, BatchContent


def csv_bytes(content: BatchContent) -> bytes:
    """The batch as CSV with Windows line ends."""
    target = io.StringIO(newline="")
    target.write(BYTE_ORDER_MARK)
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for payout in content.payouts:
        writer.writerow(
            (
                payout.payout_no,
                inert(payout.holder_name),
                inert(payout.bank_name),
                inert(payout.cnaps_code),
                inert(payout.account_number),
                fen_to_yuan(payout.amount_fen),
                payout.purpose,
                payout.claim_count,
            )
        )
    return target.getvalue().encode()
