"""Bank files of every kind are read to the same answers, or every fault is named with its line."""

from __future__ import annotations

import io
import os
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DomainError
from core.texts import text
from core.uploads.xml import XmlRefused
from settlement.rules.bank_files import BankFileKind, Fault, FaultCode, Reading, read_bank_file
from settlement.rules.bank_files.documents import ended
from settlement.states import PayoutOutcome
from tests.support.bank import CLOSED_ACCOUNT, OURS, Bank, Entry, Sent, camt_of, csv_of, xlsx_of
from tests.support.hostile import archive, memory_below

TODAY = date(2026, 1, 20)
SENT = [Sent(n, f"20260112-1-01-{n:06d}", f"622200000000{n:04d}", 100 * n) for n in (1, 2, 3)]
HEADER = "payout_no,account_number,amount,status,reason,value_date\n"
ISO = "urn:iso:std:iso:20022:tech:xsd:"


def read(content: bytes, *, currency: str = "CNY") -> Reading:
    return read_bank_file(io.BytesIO(content), today=TODAY, currency=currency)


def faults(content: bytes) -> list[tuple[str, int]]:
    return [(fault.code.removeprefix("return_"), fault.row) for fault in read(content).faults]


def outcomes(reading: Reading) -> dict[int | str | None, str]:
    assert not reading.faults, reading.faults
    return {answer.payout_no or answer.end_to_end_id: answer.outcome.value for answer in reading.answers}


def report(body: str, *, group: str = "<OrgnlMsgId>m</OrgnlMsgId>", version: str = "10") -> bytes:
    return (
        f'<Document xmlns="{ISO}pain.002.001.{version}"><CstmrPmtStsRpt>\n'
        f"<GrpHdr><CreDtTm>2026-01-13T10:00:00</CreDtTm></GrpHdr>\n"
        f"<OrgnlGrpInfAndSts>{group}</OrgnlGrpInfAndSts>\n{body}\n</CstmrPmtStsRpt></Document>"
    ).encode()


def transaction(status: str, name: str = "e", reason: str = "") -> str:
    own = f"<TxSts>{status}</TxSts>" if status else ""
    return f"<TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId>{own}{reason}</TxInfAndSts>"


def instruction(*transactions: str, status: str = "", more: str = "") -> str:
    own = f"<PmtInfSts>{status}</PmtInfSts>" if status else ""
    body = "".join(transactions)
    return f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>p</OrgnlPmtInfId>{own}{more}{body}</OrgnlPmtInfAndSts>"


# Tables


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_of_banks(encoding: str) -> None:
    reading = read(Bank(SENT, outcomes={2: "failed", 3: "returned"}).csv(encoding))

    assert outcomes(reading) == {1: "paid", 2: "failed", 3: "returned"}
    assert reading.answers[1].reason == CLOSED_ACCOUNT
    assert (reading.answers[0].amount_fen, reading.answers[0].accounts) == (100, (SENT[0].account_number,))


def test_a_workbook_says_what_the_csv_says() -> None:
    bank = Bank(SENT, outcomes={2: "failed"})

    assert read(bank.xlsx()).answers == read(bank.csv()).answers


def test_figures_and_dates_of_a_workbook_are_read_and_a_cut_account_number_is_not_the_account() -> None:
    headings = ["序号", "收款账号", "金额（元）", "状态", "原因", "入账日期"]
    row = [1, 6222021234567890123, 1.5, "成功", "", TODAY]
    (answer,) = read(xlsx_of([headings, row])).answers

    assert (answer.payout_no, answer.amount_fen, answer.value_date) == (1, 150, TODAY)
    assert answer.accounts != ("6222021234567890123",)


def test_a_list_of_a_banks_website_is_read_by_its_own_headings_and_words() -> None:
    rows = [
        ["某银行 批量转账结果"],
        ["流水号", "业务编号", "收款人账号", "收款人", "交易金额", "处理结果", "失败原因", "交易日期"],
        ["9", SENT[0].end_to_end_id, "6222", "甲", "1,234.50", "交易成功", "", "20260113"],
        ["8", SENT[1].end_to_end_id, "6223", "乙", "2.00", "已退票", "户名不符", "2026/01/13"],
        ["7", SENT[2].end_to_end_id, "6224", "丙", "3.00", "银行处理中", "", ""],
        ["合计", "", "", "3笔", "1,239.50"],
    ]
    reading = read(csv_of(rows, "gb18030"))

    assert outcomes(reading) == {SENT[0].end_to_end_id: "paid", SENT[1].end_to_end_id: "returned"}
    assert (reading.answers[0].amount_fen, reading.undecided) == (123_450, 1)
    assert [answer.line for answer in reading.answers] == [3, 4]


def test_sums_in_fen_and_outcomes_as_digits_are_read() -> None:
    rows = [
        ["明细序号", "收款账号", "金额（分）", "处理状态", "附言", "清算日期"],
        ["1", "6222", "150", "0", "", "20260113"],
        ["2", "6223", "250.5", "1", "账号不存在", "20260113"],
    ]
    reading = read(csv_of(rows))

    assert reading.answers[0].amount_fen == 150
    assert [(fault.code, fault.row) for fault in reading.faults] == [(FaultCode.AMOUNT_MALFORMED, 3)]


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (["合计", "", "6.00", "3 笔", "", ""], []),
        (["合计", "", "6.01", "", "", ""], [Fault(FaultCode.SUM_DIFFERS, 5, "6.01", "6.00")]),
        (["总计：", "2笔", "6.00", "", "", ""], [Fault(FaultCode.COUNT_DIFFERS, 5, "2", "3")]),
    ],
)
def test_a_row_of_control_sums_is_compared_with_the_rows(total: list[str], expected: list[Fault]) -> None:
    assert list(read(csv_of([*Bank(SENT).rows(), total])).faults) == expected


def test_every_fault_of_a_table_is_named_at_once() -> None:
    content = HEADER + (
        "1,6222,1.005,paid,,2026-01-13\n"
        "x,6222,-1,failed,,2026-01-21\n"
        "\n"
        "3,6222,=1+1,vanished,,2026-13-01\n"
        "4,only\n"
        f"5,6222,1.00,failed,{'x' * 201},2026-01-13\n"
    )

    assert faults(content.encode()) == [
        ("amount_malformed", 2),
        ("line_no_malformed", 3),
        ("amount_malformed", 3),
        ("reason_missing", 3),
        ("day_ahead", 3),
        ("amount_malformed", 5),
        ("status_unknown", 5),
        ("day_malformed", 5),
        ("cells", 6),
        ("reason_too_long", 7),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (HEADER, "empty"),
        ("payout_no,amount\n1,2\n", "column_missing"),
        (HEADER.replace("payout_no", "account_number"), "column_twice"),
        (HEADER.replace("reason", "remark"), "column_unknown"),
    ],
)
def test_a_table_without_its_columns_is_refused(content: str, code: str) -> None:
    assert code in [each for each, _ in faults(content.encode())]


@pytest.mark.parametrize("amount", ["1e3", "", "1,2,3.4.5", "∞", "壹元", "9" * 30])
def test_amounts_that_are_none_are_named(amount: str) -> None:
    assert faults(f'{HEADER}1,6222,"{amount}",paid,,2026-01-13\n'.encode()) == [("amount_malformed", 2)]


def test_a_guessed_encoding_is_none() -> None:
    assert faults(Bank(SENT).csv("utf-16")) == [("encoding", 0)]


# pain.002


@pytest.mark.parametrize("version", ["03", "10", "12"])
def test_a_status_report_names_each_payout(version: str) -> None:
    reading = read(Bank(SENT, outcomes={2: "failed", 3: "pending"}).pain_002(version=version))

    assert reading.kind is BankFileKind.PAIN_002
    assert outcomes(reading) == {SENT[0].end_to_end_id: "paid", SENT[1].end_to_end_id: "failed"}
    assert (reading.answers[1].reason, reading.undecided) == (CLOSED_ACCOUNT, 1)
    assert reading.answers[0].accounts == (SENT[0].account_number,)
    (control,) = reading.controls
    assert (control.reference, control.count, control.sum_fen) == ("20260112-1-01", 3, 600)


@pytest.mark.parametrize("status", ["ACTC", "ACCP", "ACSP", "ACWC", "PDNG", "RCVD", "PART"])
def test_what_is_on_its_way_is_no_outcome(status: str) -> None:
    reading = read(report("", group=f"<OrgnlMsgId>m</OrgnlMsgId><GrpSts>{status}</GrpSts>"))

    assert (reading.answers, reading.wholes, reading.undecided, reading.faults) == ((), (), 1, ())


def test_a_message_or_an_instruction_is_answered_as_a_whole() -> None:
    group = "<OrgnlMsgId>m</OrgnlMsgId><GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"
    (whole,) = read(report(instruction(), group=group)).wholes
    assert (whole.reference, whole.outcome, whole.reason) == ("m", PayoutOutcome.FAILED, "AM04")

    (whole,) = read(report(instruction(status="ACSC"))).wholes
    assert (whole.reference, whole.outcome, whole.reason) == ("p", PayoutOutcome.PAID, "")


def test_a_payout_without_a_status_has_that_of_the_level_above() -> None:
    own = "<StsRsnInf><Rsn><Prtry>9</Prtry></Rsn></StsRsnInf>"
    body = instruction(transaction("", "a"), transaction("", "b"), status="RJCT", more=own)
    group = "<OrgnlMsgId>m</OrgnlMsgId><GrpSts>RJCT</GrpSts>"
    reading = read(report(body, group=group))

    assert outcomes(reading) == {"a": "failed", "b": "failed"}
    assert {answer.reason for answer in reading.answers} == {"9"}
    assert outcomes(read(report(instruction(transaction("", "a")), group=group))) == {"a": "failed"}
    assert read(report(instruction(transaction("", "a")), group=group)).answers[0].reason == "RJCT"


@pytest.mark.parametrize(
    ("body", "group", "expected"),
    [
        (instruction(transaction("ACSC"), status="RJCT"), "", [("status_contradicts", 4)]),
        (instruction(transaction("ACSC")), "<GrpSts>RJCT</GrpSts>", [("status_contradicts", 3)]),
        (instruction(status="ACSC"), "<GrpSts>RJCT</GrpSts>", [("status_contradicts", 3)]),
        (instruction(transaction("")), "", [("status_unknown", 4)]),
        (instruction(transaction("GONE")), "", [("status_unknown", 4), ("status_unknown", 4)]),
        (instruction(transaction("ACSC", "")), "", [("element_missing", 4)]),
        (
            instruction(
                transaction("ACSC"),
                more="<NbOfTxsPerSts><DtldNbOfTxs>2</DtldNbOfTxs><DtldSts>ACSC</DtldSts></NbOfTxsPerSts>",
            ),
            "",
            [("count_differs", 4)],
        ),
        ("", "<OrgnlNbOfTxs>many</OrgnlNbOfTxs>", [("amount_malformed", 3)]),
    ],
)
def test_faults_of_a_status_report_are_named(body: str, group: str, expected: list[tuple[str, int]]) -> None:
    found = faults(report(body, group=f"<OrgnlMsgId>m</OrgnlMsgId>{group}"))

    assert sorted(set(found)) == sorted(set(expected))


def test_a_bank_that_names_rejected_payouts_only_may_count_the_others() -> None:
    counts = "".join(
        f"<NbOfTxsPerSts><DtldNbOfTxs>{count}</DtldNbOfTxs><DtldSts>{status}</DtldSts></NbOfTxsPerSts>"
        for count, status in ((997, "ACSC"), (1, "RJCT"))
    )

    assert outcomes(read(report(instruction(transaction("RJCT", "a"), status="PART", more=counts)))) == {"a": "failed"}


def test_documents_in_chinese_encodings_are_read() -> None:
    content = Bank(SENT, outcomes={2: "failed"}).pain_002()
    chinese = content.decode().replace("UTF-8", "GB18030").encode("gb18030")

    assert read(chinese) == read(content) == read(b"\xef\xbb\xbf" + content)


def test_a_status_report_of_the_future_or_of_nothing_is_refused() -> None:
    assert faults(report("").replace(b"2026-01-13", b"2026-01-21")) == [("day_ahead", 2)]
    assert faults(report("").replace(b"OrgnlGrpInfAndSts", b"Other")) == [("element_missing", 0)]


# camt.053 and camt.054


@pytest.mark.parametrize("version", ["02", "04", "08"])
@pytest.mark.parametrize("kind", ["053", "054"])
def test_booked_entries_are_answers(kind: str, version: str) -> None:
    bank = Bank(SENT, outcomes={2: "late", 3: "returned"})
    other = Entry(7_700, name="乙公司", account_number="6225", text="追回款")
    waiting = Entry(1, status="PDNG")
    reading = read(bank.camt(kind, version=version, others=[other, waiting]))

    assert reading.kind.value == f"camt.{kind}"
    assert [(answer.end_to_end_id, answer.outcome.value) for answer in reading.answers] == [
        (SENT[0].end_to_end_id, "paid"),
        (SENT[1].end_to_end_id, "returned"),
        (SENT[2].end_to_end_id, "paid"),
        (SENT[2].end_to_end_id, "returned"),
        (None, "returned"),
    ]
    assert reading.answers[1].reason == CLOSED_ACCOUNT
    assert reading.undecided == 1
    movement = reading.answers[-1].movement
    assert movement is not None
    assert (movement.credit, movement.party_name, movement.party_account) == (True, "乙公司", "6225")
    assert (movement.text, movement.reference) == ("追回款", "BK0001")


def test_a_reversed_debit_is_money_that_came_back() -> None:
    (answer,) = read(camt_of([Entry(100, True, SENT[0].end_to_end_id, "6222", reversal=True)])).answers

    assert (answer.outcome, answer.accounts, answer.reason) == (PayoutOutcome.RETURNED, ("6222",), "来款")


BATCH = (
    "<Ntry><Amt Ccy='CNY'>{sum}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls><Btch>"
    "<PmtInfId>20260112-1-01</PmtInfId><NbOfTxs>{count}</NbOfTxs><TtlAmt Ccy='CNY'>6.00</TtlAmt></Btch>{details}"
    "</NtryDtls></Ntry>"
)
DETAIL = "<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy='CNY'>{sum}</Amt></TxDtls>"
DETAILS = "".join(DETAIL.format(name=each.end_to_end_id, sum=f"{each.payout_no}.00") for each in SENT)


def booked(total: str = "6.00", count: int = 3, details: str = "") -> bytes:
    entry = BATCH.format(sum=total, count=count, details=details)
    return camt_of([]).replace(b"\n</Stmt>", f"\n{entry}\n</Stmt>".encode())


def test_a_batch_booked_as_one_sum_is_told_by_its_details_or_as_a_whole() -> None:
    reading = read(booked(details=DETAILS))
    assert outcomes(reading) == {each.end_to_end_id: "paid" for each in SENT}
    assert [answer.value_date for answer in reading.answers] == [date(2026, 1, 13)] * 3

    (whole,) = read(booked()).wholes
    assert (whole.reference, whole.outcome, whole.amount_fen) == ("20260112-1-01", PayoutOutcome.PAID, 600)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (booked("6.01", details=DETAILS), [("sum_differs", 5), ("sum_differs", 5)]),
        (booked(count=2, details=DETAILS), [("count_differs", 5)]),
        (camt_of([Entry(100)]).replace(b"CNY", b"EUR", 1), [("currency_differs", 5)]),
        (camt_of([Entry(100)]).replace(b"CRDT", b"BOTH"), [("direction_unknown", 5)]),
        (camt_of([Entry(100)]).replace(b"BOOK", b"LOST"), [("status_unknown", 5)]),
        (camt_of([Entry(100)]).replace(b"1.00", b"1.001", 1), [("amount_malformed", 5)]),
        (camt_of([Entry(100)]).replace(b"1.00", b"9" * 40, 1), [("amount_malformed", 5)]),
        (camt_of([Entry(100)], day=date(2026, 1, 21)), [("day_ahead", 5)]),
        (
            camt_of(
                [Entry(100)],
                summary="<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries><Sum>1.01</Sum></TtlNtries></TxsSummry>",
            ),
            [("count_differs", 4), ("sum_differs", 4)],
        ),
    ],
)
def test_faults_of_a_statement_are_named(content: bytes, expected: list[tuple[str, int]]) -> None:
    assert faults(content) == expected


def balance(kind: str, sum_yuan: str, direction: str = "CRDT") -> str:
    amount = f'<Amt Ccy="CNY">{sum_yuan}</Amt><CdtDbtInd>{direction}</CdtDbtInd>'
    return f"\n<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{amount}</Bal>"


@pytest.mark.parametrize(
    ("balances", "expected"),
    [
        (balance("OPBD", "10.00") + balance("CLBD", "9.00"), []),
        (balance("PRCD", "0.50") + balance("CLBD", "0.50", "DBIT"), []),
        (balance("OPBD", "10.00"), []),
        (balance("OPBD", "10.00") + balance("CLBD", "9.01"), [("balance_differs", 6)]),
        (balance("OPBD", "1.00", "DBIT") + balance("CLBD", "0.00"), [("balance_differs", 6)]),
        (balance("OPBD", "10.00") + balance("CLBD", "9.00", "SOME"), [("element_missing", 6)]),
    ],
)
def test_balances_and_entries_of_a_statement_agree(balances: str, expected: list[tuple[str, int]]) -> None:
    """Of three entries one came, one left, and one is not booked yet."""
    entries = [Entry(100), Entry(200, False), Entry(5_000, status="PDNG")]
    content = camt_of(entries, summary=balances)
    assert faults(content) == expected
    assert [(each.line, each.account) for each in read(content).accounts] == [(4, OURS)]
    unfinished = "<StmtPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></StmtPgntn>"
    wrong = balance("OPBD", "10.00") + balance("CLBD", "9.01")
    assert faults(camt_of(entries, summary=unfinished + wrong)) == []


@pytest.mark.parametrize(
    "unread",
    [
        balance("OPBD", "10.00", "SOME"),
        balance("OPBD", "10.001"),
        balance("OPBD", "10.00").replace("CNY", "EUR"),
        balance("OPBD", "10.00").replace("<Amt", "<Sum").replace("/Amt", "/Sum"),
    ],
)
def test_a_balance_that_cannot_be_read_is_a_fault_only_where_entries_lead_to_another(unread: str) -> None:
    """Money on a statement counts whatever the balances beside it say; without both there is nothing to compare."""
    closing, second_page = balance("CLBD", "9.00"), "<StmtPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></StmtPgntn>"
    for summary in (unread, second_page + unread + closing, unread.replace("OPBD", "CLBD")):
        content = camt_of([Entry(100)], summary=summary)
        (told,) = read(content).accounts
        assert (faults(content), len(read(content).answers)) == ([], 1), summary
        assert told.opening_fen is None
    for kind in ("053", "054"):
        assert faults(camt_of([Entry(100)], kind, summary=unread + closing)), kind
        assert not faults(camt_of([Entry(100)], kind, summary=unread)), kind


# What no bank writes


def test_other_documents_and_versions_are_refused_by_name() -> None:
    for namespace in (f"{ISO}pain.001.001.09", f"{ISO}camt.053.001.99", "http://www.w3.org/1999/xhtml", ""):
        (fault,) = read(f'<Document xmlns="{namespace}"/>'.encode()).faults
        assert fault.code is FaultCode.MESSAGE_UNKNOWN


BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "content",
    [
        Bank(SENT).pain_002().replace(b"\n", b"\n" + BOMB, 1),
        Bank(SENT).camt().replace(b"\n", b"\n" + OUTSIDE, 1).replace(b"M1", b"&a;"),
        Bank(SENT).camt()[:-40],
        b"<Document>" * 60 + b"</Document>" * 60,
        b"PK\x03\x04" + b"\x00" * 100,
        archive(("readme.txt", b"no workbook")),
        archive(("xl/workbook.xml", b"x" * (30 << 20))),
        Bank(SENT).xlsx()[:-200],
        b"\x00\x01\x02",
        b"%PDF-1.7",
        b"   ",
        HEADER.encode() + b'1,"2\n',
    ],
)
def test_hostile_and_broken_files_are_refused_with_a_reason(content: bytes) -> None:
    with memory_below(64 << 20), pytest.raises(DomainError) as refused:
        read(content)

    assert refused.value.reasons


def test_a_text_longer_than_the_reading_parser_takes_is_refused_with_a_reason() -> None:
    """The parser that checks streams it, the one that reads would have to hold it."""
    long = Bank(SENT).pain_002().replace(b"</GrpHdr>", b"<Nm>" + b"x" * 11_000_000 + b"</Nm></GrpHdr>", 1)
    with pytest.raises(XmlRefused) as refused:
        read(long)

    assert [each.code for each in refused.value.reasons] == ["xml_broken"]


def test_a_workbook_is_refused_before_it_unpacks() -> None:
    content = archive(("xl/workbook.xml", b""), ("xl/worksheets/sheet1.xml", b" " * (200 << 20)))
    with memory_below(16 << 20), pytest.raises(DomainError):
        read(content)


def test_what_was_read_of_a_long_document_is_not_kept() -> None:
    """Memory stays that of what the parser reads at once, however many transactions there are."""
    many = [Sent(n, f"20260112-1-01-{n:06d}", "6222", 1) for n in range(1, 2_001)]
    kept = [
        len(node.getparent())
        for name, node in ended(BytesIO(Bank(many).pain_002()), frozenset({"TxInfAndSts"}))
        if name == "TxInfAndSts"
    ]

    assert len(kept) == 2_000
    assert max(kept) < 200


@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        reading = read(content)
    except DomainError:
        return
    assert reading.answers or reading.faults or reading.undecided


@given(content=st.text(alphabet='0123456789,.\n"paidfailed- ：成功合计', max_size=200))
def test_any_text_below_right_headings_is_read_or_named_faulty(content: str) -> None:
    try:
        reading = read((HEADER + content).encode())
    except DomainError:
        return
    assert reading.answers or reading.faults


@given(
    paid=st.lists(st.sampled_from(["paid", "failed", "returned", None]), min_size=1, max_size=6),
    sums=st.lists(st.integers(1, 10**13), min_size=6, max_size=6),
)
def test_every_kind_says_the_same_of_the_same_payouts(paid: list[str | None], sums: list[int]) -> None:
    sent = [Sent(n, f"20260112-1-01-{n:06d}", f"6222{n}", sums[n - 1]) for n, _ in enumerate(paid, start=1)]
    said = {n: word for n, word in enumerate(paid, start=1) if word is not None}
    bank = Bank(sent, outcomes=said, rest=None)
    if not said:
        return
    expected = {sent[n - 1].end_to_end_id: (word, sums[n - 1]) for n, word in said.items()}

    for content in (bank.csv(), bank.xlsx(), *([] if "failed" in said.values() else [bank.camt("053")])):
        found = {
            answer.end_to_end_id or sent[(answer.payout_no or 0) - 1].end_to_end_id: answer
            for answer in read(content).answers
        }
        assert {name: (each.outcome.value, each.amount_fen) for name, each in found.items()} == expected


@pytest.mark.parametrize("code", FaultCode)
def test_every_fault_has_its_sentence(code: FaultCode) -> None:
    shown = text(f"reason.{code.value}", row=3, value="x", expected="y")

    assert shown.zh
    assert shown.en


# Samples from outside

FOLDER = Path(os.environ.get("REAL_DATA", "")) / "iso20022"


@pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA names no folder")
@pytest.mark.parametrize(
    ("name", "currency", "answers", "found"),
    [
        ("doc-pain.002.001.03-actc", "CNY", 0, []),
        ("genkgo-camt053.v2.all-balance-types", "EUR", 1, [(FaultCode.BALANCE_DIFFERS, "4.04")]),
        ("genkgo-camt053.v2.five.decimals", "EUR", 1, [(FaultCode.BALANCE_DIFFERS, "27.05")]),
        ("genkgo-camt053.v2.minimal", "EUR", 1, [(FaultCode.CURRENCY_DIFFERS, "SEK")]),
        ("genkgo-camt053.v2.minimal.ultimate", "EUR", 1, [(FaultCode.CURRENCY_DIFFERS, "SEK")]),
        ("genkgo-camt053.v2.multi.statement", "EUR", 2, []),
        ("genkgo-camt053.v2.with-account-name", "EUR", 1, []),
        ("genkgo-camt053.v2.with-party-ids", "EUR", 1, [(FaultCode.CURRENCY_DIFFERS, "SEK")]),
        ("genkgo-camt053.v2.wrong", "EUR", 0, [(FaultCode.ELEMENT_MISSING, "Stmt")]),
        ("genkgo-camt053.v3", "EUR", 1, [(FaultCode.CURRENCY_DIFFERS, "SEK")]),
        ("genkgo-camt053.v4", "EUR", 1, []),
        ("genkgo-camt053.v8", "EUR", 1, []),
        ("genkgo-camt053.v8", "CNY", 0, [(FaultCode.CURRENCY_DIFFERS, "EUR")]),
        ("genkgo-camt054.v2", "SEK", 0, [(FaultCode.ELEMENT_MISSING, "TxDtls/Amt")]),
        ("genkgo-camt054.v2.with-account-name", "SEK", 1, []),
        ("genkgo-camt054.v8-with-UETR", "SEK", 1, []),
        ("genkgo-camt054.v8-with-financial-institution", "SEK", 1, []),
        ("genkgo-camt53.only-Dt-with-DtTm", "RON", 0, []),
        ("pain001pkg-09-01-transfer-every-element", "EUR", 0, [(FaultCode.MESSAGE_UNKNOWN, f"{ISO}pain.001.001.09")]),
    ],
)
def test_samples_of_others_are_read(name: str, currency: str, answers: int, found: list[tuple[FaultCode, str]]) -> None:
    reading = read((FOLDER / f"{name}.xml").read_bytes(), currency=currency)

    assert (len(reading.answers), [(fault.code, fault.value) for fault in reading.faults]) == (answers, found)
