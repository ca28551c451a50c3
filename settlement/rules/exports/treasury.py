"""A neutral XML for centralised treasury payment (国库集中支付), described by docs/schemas/treasury-payment-1.xsd."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from core.money import fen_to_yuan, in_capitals
from settlement.rules.exports.characters import escaped, needs_no_escape, write_texts
from settlement.rules.exports.content import BatchContent

NAMESPACE = "urn:innovation-voucher:treasury-payment:1"

_PAYMENT = (
    '<Payment no="%d" id="%s"><AmountFen>%d</AmountFen><Payee><Name>%s</Name><Account>%s</Account>'
    '<Bank cnaps="%s">%s</Bank></Payee><Purpose>%s</Purpose><Claims>%d</Claims></Payment>\n'
)
_FOOT = "</Payments></TreasuryPaymentOrder>\n"


def write_treasury(content: BatchContent, target: BinaryIO) -> None:
    """The batch as one payment order with its payments; sums are in fen, the total also in yuan and 大写."""
    target.write(_head(content).encode())
    write_texts(_payments(content), target)
    target.write(_FOOT.encode())


def _payments(content: BatchContent) -> Iterator[str]:
    for no, payment, holder, bank, cnaps, account, fen, what_for, claims in content.counted():
        texts = (payment, holder, account, cnaps, bank, what_for)
        ready = texts if needs_no_escape("".join(texts)) else tuple(map(escaped, texts))
        yield _PAYMENT % (no, ready[0], fen, *ready[1:], claims)


def _head(content: BatchContent) -> str:
    payer = content.payer
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<TreasuryPaymentOrder xmlns="{NAMESPACE}" version="1"><Order number="{escaped(content.number)}">'
        f"<Programme>{escaped(content.programme)}</Programme><CutOff>{content.cutoff.isoformat()}</CutOff>"
        f"<PayOn>{content.pay_on.isoformat()}</PayOn><Currency>CNY</Currency><Count>{content.payout_count}</Count>"
        f"<TotalFen>{content.total_fen}</TotalFen><TotalYuan>{fen_to_yuan(content.total_fen)}</TotalYuan>"
        f"<TotalInWords>{in_capitals(content.total_fen)}</TotalInWords>"
        f"<Seal>{escaped(content.content_sha256)}</Seal>"
        f"<Payer><Name>{escaped(payer.holder_name)}</Name><Account>{escaped(payer.account_number)}</Account>"
        f'<Bank cnaps="{escaped(payer.cnaps_code)}">{escaped(payer.bank_name)}</Bank></Payer></Order><Payments>\n'
    )
