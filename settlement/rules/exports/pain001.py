"""ISO 20022 pain.001.001.09 for banks: one payment information with a transaction for each payout.

Rows are put together from a template, several times faster than by a library that builds elements; every text is
escaped and cut to what the message allows, and tests hold the result against the official schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from core.errors import Reason, reason
from core.money import fen_to_yuan
from settlement.rules.exports.characters import escaped, needs_no_escape, write_texts
from settlement.rules.exports.content import BatchContent, ExportFaulty, Payer, PayoutView

MAX_NAME = 140
"""Max140Text: names and what a payment is for are cut to this."""
MAX_ID = 35
"""Max35Text: references and clearing codes; a longer one is a fault, as cut it would name another."""
MAX_ACCOUNT = 34
"""Max34Text: account numbers; a longer one is a fault."""

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

_FOOT = "</PmtInf></CstmrCdtTrfInitn></Document>\n"


def write_pain001(content: BatchContent, target: BinaryIO) -> None:
    """The batch as a customer credit transfer initiation.

    Raises :class:`settlement.rules.exports.content.ExportFaulty` with every account, code and reference that is empty
    or longer than the message allows.
    """
    faults = list(_faults(_as_payout(content.payer, content.number)))
    target.write(_head(content).encode())
    write_texts(_transactions(content, faults), target)
    if faults:
        raise ExportFaulty(number=content.number, reasons=faults)
    target.write(_FOOT.encode())


def _transactions(content: BatchContent, faults: list[Reason]) -> Iterator[str]:
    """A row for each payout; what cannot be one is put to the ``faults``."""
    for payout in content.counted():
        _no, payment, holder, bank, cnaps, account, _fen, what_for, _claims = payout
        if not (0 < len(payment) <= MAX_ID and 0 < len(cnaps) <= MAX_ID and 0 < len(account) <= MAX_ACCOUNT and holder):
            faults.extend(_faults(payout))
        elif (
            len(holder) <= MAX_NAME
            and len(bank) <= MAX_NAME
            and len(what_for) <= MAX_NAME
            and needs_no_escape(f"{payment}{holder}{bank}{cnaps}{account}{what_for}")
        ):
            yield _transaction(payout)
        else:
            yield _transaction(_fitted(payout))


def _transaction(payout: PayoutView) -> str:
    _no, payment, holder, bank, cnaps, account, fen, what_for, _claims = payout
    return (
        f"<CdtTrfTxInf><PmtId><InstrId>{payment}</InstrId><EndToEndId>{payment}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="CNY">{fen // 100}.{fen % 100:02d}</InstdAmt></Amt>'
        "<CdtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>CNAPS</Cd></ClrSysId>"
        f"<MmbId>{cnaps}</MmbId></ClrSysMmbId>{f'<Nm>{bank}</Nm>' if bank else ''}</FinInstnId></CdtrAgt>"
        f"<Cdtr><Nm>{holder}</Nm></Cdtr><CdtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></CdtrAcct>"
        f"{f'<RmtInf><Ustrd>{what_for}</Ustrd></RmtInf>' if what_for else ''}</CdtTrfTxInf>\n"
    )


def _fitted(payout: PayoutView) -> PayoutView:
    """The texts of a payout as they stand in the message: names cut, everything escaped."""
    return payout._replace(
        end_to_end_id=escaped(payout.end_to_end_id),
        holder_name=_name(payout.holder_name),
        bank_name=_name(payout.bank_name),
        cnaps_code=escaped(payout.cnaps_code),
        account_number=escaped(payout.account_number),
        purpose=_name(payout.purpose),
    )


def _head(content: BatchContent) -> str:
    number, payer = escaped(content.number), content.payer
    bic = f"<BICFI>{payer.bic}</BICFI>" if payer.bic else ""
    control = f"<NbOfTxs>{content.payout_count}</NbOfTxs><CtrlSum>{fen_to_yuan(content.total_fen)}</CtrlSum>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="{NAMESPACE}"><CstmrCdtTrfInitn><GrpHdr><MsgId>{number}</MsgId>'
        f"<CreDtTm>{content.cutoff.isoformat()}T00:00:00+08:00</CreDtTm>{control}"
        f"<InitgPty><Nm>{_name(payer.holder_name)}</Nm></InitgPty></GrpHdr>"
        f"<PmtInf><PmtInfId>{number}</PmtInfId><PmtMtd>TRF</PmtMtd>{control}"
        f"<ReqdExctnDt><Dt>{content.pay_on.isoformat()}</Dt></ReqdExctnDt>"
        f"<Dbtr><Nm>{_name(payer.holder_name)}</Nm></Dbtr>"
        f"<DbtrAcct><Id><Othr><Id>{escaped(payer.account_number)}</Id></Othr></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId>{bic}<ClrSysMmbId><ClrSysId><Cd>CNAPS</Cd></ClrSysId>"
        f"<MmbId>{escaped(payer.cnaps_code)}</MmbId></ClrSysMmbId><Nm>{_name(payer.bank_name)}</Nm></FinInstnId>"
        "</DbtrAgt>\n"
    )


def _name(text: str) -> str:
    """A name, cut to what the message allows before it is escaped."""
    return escaped(text[:MAX_NAME])


def _faults(payout: PayoutView) -> Iterator[Reason]:
    checked = (
        ("end_to_end_id", payout.end_to_end_id, MAX_ID),
        ("holder_name", payout.holder_name, None),
        ("cnaps_code", payout.cnaps_code, MAX_ID),
        ("account_number", payout.account_number, MAX_ACCOUNT),
    )
    for field, text, longest in checked:
        if not text:
            yield reason("export_empty", field=field, payout=payout.payout_no)
        elif longest is not None and len(text) > longest:
            yield reason("export_too_long", field=field, payout=payout.payout_no, text=text, longest=longest)


def _as_payout(payer: Payer, number: str) -> PayoutView:
    """The payer, who stands before the first payout, as number 0."""
    return PayoutView(0, number, payer.holder_name, payer.bank_name, payer.cnaps_code, payer.account_number, 0, "", 0)
