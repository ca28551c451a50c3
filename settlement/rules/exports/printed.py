"""The printed list: the payouts as far as paper holds them, sums in figures and 大写, seal and signatures."""

from __future__ import annotations

from typing import BinaryIO

from core.money import in_capitals
from core.pdf import render_pdf
from core.texts import catalogue
from settlement.rules.exports.content import BatchContent

PRINTED_PAYOUTS = 500
"""A longer batch is printed by its sums and its seal; its payouts are in the other files, whose seal is the same.

Setting a page needs about 100 kB and 0.4 ms a row, all of it at once: 100,000 rows would take 10 GB.
"""

_TEMPLATE = "settlement/payment_list"
_HEADS = ("no", "holder", "bank", "cnaps", "account", "amount")


def write_pdf(content: BatchContent, target: BinaryIO) -> None:
    """The batch as the list that is signed and stamped."""
    is_printed = content.payout_count <= PRINTED_PAYOUTS
    words = {
        name: catalogue()[f"pdf.payment_list.{name}"].zh
        for name in ("title", "page_total", "total", "capitals", "unit", "stamp", "sealing", "long")
    }
    payer = content.payer
    data = {
        "number": content.number,
        "words": {
            **words,
            "heads": [catalogue()[f"pdf.payment_list.{head}"].zh for head in _HEADS],
            "places": [catalogue()[f"pdf.payment_list.{place}"].zh for place in ("made_by", "checked_by")],
        },
        "facts": [
            [catalogue()["pdf.payment_list.cutoff"].zh, content.cutoff.isoformat()],
            [catalogue()["pdf.payment_list.count"].zh, f"{content.payout_count:,}"],
            [catalogue()["pdf.payment_list.payer"].zh, payer.holder_name],
            [catalogue()["pdf.payment_list.payer_account"].zh, payer.account_number],
            [catalogue()["pdf.payment_list.payer_bank"].zh, payer.bank_name],
            [catalogue()["pdf.payment_list.programme"].zh, content.programme_name],
        ],
        "is_printed": is_printed,
        "payouts": [payout._asdict() for payout in content.counted()] if is_printed else [],
        "total_fen": content.total_fen,
        "capitals": in_capitals(content.total_fen),
        "content_sha256": content.content_sha256,
    }
    target.write(render_pdf(_TEMPLATE, data))
