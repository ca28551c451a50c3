"""Writes one file of invented payouts and says what it took: ``python -m tests.bench.export_writers NAME COUNT FILE``.

Each run is a process of its own, so that its peak of resident memory is that of one writer. ``raw_*`` are the usual
libraries writing the same columns.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree
from xlsxwriter import Workbook

from core.money import fen_to_yuan
from core.spreadsheets import WORKBOOK_OPTIONS
from settlement.rules.exports.content import BankTable, BatchContent, Payer, PayoutView, TableBlock
from settlement.rules.exports.layout import PURPOSE, AmountUnit, BankEncoding, BankLayout, Delimiter, Lacking
from settlement.rules.exports.pain001 import NAMESPACE, write_pain001
from settlement.rules.exports.treasury import write_treasury
from settlement.rules.exports.workbook import HEADINGS, write_xlsx

BATCH = "20260112-1-01"
NO_COLUMNS = BankLayout((), Delimiter.COMMA, AmountUnit.YUAN, BankEncoding.UTF_8_BOM, Lacking.REFUSE)


def payouts(count: int) -> Iterator[PayoutView]:
    """Payouts as a province has them: some thousand firms and branches of banks, every account another."""
    firms = [f"菏泽市第{number}材料科技有限公司" for number in range(5003)]
    branches = [(f"中国工商银行菏泽第{number}支行", f"{102475000000 + number}") for number in range(307)]
    for no in range(1, count + 1):
        payment = f"{BATCH}-{no:06d}"
        bank, cnaps = branches[no % 307]
        account = f"6222021602{no:09d}"
        fen, claims = _fen(no), 1 + no % 3
        what_for = PURPOSE.format(batch=BATCH, claims=claims)
        yield PayoutView(no, payment, firms[no % 5003], bank, cnaps, account, fen, what_for, claims)


def content(count: int) -> BatchContent:
    """The batch of these payouts."""
    total = sum(map(_fen, range(1, count + 1)))
    payer = Payer("创新券兑付专户", "示例银行", "000000000000", "0000000000000000000")
    cutoff = date(2026, 1, 12)
    return BatchContent(
        BATCH,
        "programme",
        "创新券",
        cutoff,
        cutoff,
        count,
        total,
        "0" * 64,
        payer,
        payouts(count),
        BankTable(NO_COLUMNS, _no_blocks()),
    )


def _no_blocks() -> Generator[TableBlock]:
    yield from ()


def raw_xlsx(given: BatchContent, target: BinaryIO) -> None:
    """The same sheet by xlsxwriter in constant memory."""
    with Workbook(target, WORKBOOK_OPTIONS) as book:
        sheet = book.add_worksheet()
        money = book.add_format({"num_format": "#,##0.00"})
        for column, heading in enumerate(HEADINGS):
            sheet.write_string(0, column, heading)
        for row, (no, payment, holder, bank, cnaps, account, fen, what_for, claims) in enumerate(given.payouts, 1):
            sheet.write_number(row, 0, no)
            sheet.write_string(row, 1, holder)
            sheet.write_string(row, 2, bank)
            sheet.write_string(row, 3, cnaps)
            sheet.write_string(row, 4, account)
            sheet.write_number(row, 5, fen / 100, money)
            sheet.write_string(row, 6, what_for)
            sheet.write_number(row, 7, claims)
            sheet.write_string(row, 8, payment)


def raw_pain001(given: BatchContent, target: BinaryIO) -> None:
    """The same message by lxml's xmlfile."""
    with (
        etree.xmlfile(target, encoding="UTF-8") as file,
        file.element("Document", nsmap={None: NAMESPACE}),
        file.element("CstmrCdtTrfInitn"),
        file.element("PmtInf"),
    ):
        for payout in given.payouts:
            file.write(_transaction(payout))


def _transaction(payout: PayoutView) -> etree._Element:
    transaction = etree.Element("CdtTrfTxInf")
    _under(transaction, ("PmtId", "InstrId"), payout.end_to_end_id)
    _text(transaction[0], "EndToEndId", payout.end_to_end_id)
    amount = etree.SubElement(etree.SubElement(transaction, "Amt"), "InstdAmt", Ccy="CNY")
    amount.text = fen_to_yuan(payout.amount_fen)
    institution = etree.SubElement(etree.SubElement(transaction, "CdtrAgt"), "FinInstnId")
    clearing = etree.SubElement(institution, "ClrSysMmbId")
    _under(clearing, ("ClrSysId", "Cd"), "CNAPS")
    _text(clearing, "MmbId", payout.cnaps_code)
    _text(institution, "Nm", payout.bank_name)
    _under(transaction, ("Cdtr", "Nm"), payout.holder_name)
    _under(transaction, ("CdtrAcct", "Id", "Othr", "Id"), payout.account_number)
    _under(transaction, ("RmtInf", "Ustrd"), payout.purpose)
    return transaction


def _under(parent: etree._Element, path: tuple[str, ...], text: str) -> None:
    for name in path[:-1]:
        parent = etree.SubElement(parent, name)
    _text(parent, path[-1], text)


def _text(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text


def _fen(no: int) -> int:
    return 100_000 + no * 7919 % 49_000_000


WRITERS: Mapping[str, Callable[[BatchContent, BinaryIO], Any]] = {
    "xlsx": write_xlsx,
    "raw_xlsx": raw_xlsx,
    "pain.001": write_pain001,
    "raw_pain.001": raw_pain001,
    "treasury": write_treasury,
}


def resident_mb() -> float:
    """The peak of this process's resident memory; ``ru_maxrss`` would tell that of whoever started it, if higher."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def main(name: str, count: int, path: Path) -> dict[str, float]:
    """Write the file; seconds by the clock and of the processor, peak of resident memory in MB, and size in MB."""
    given = content(count)
    begun, worked = time.perf_counter(), time.process_time()
    with path.open("wb") as target:
        WRITERS[name](given, target)
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - worked
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "resident_mb": resident_mb(),
        "size_mb": path.stat().st_size / 1e6,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))))
