"""Answers of every kind to a batch as it was exported, replays, statements of several batches, and suspense."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.permissions import Role
from core import clock
from core.db import session
from core.files import open_file
from core.invariants import verify
from core.money import yuan_to_fen
from core.states import StateForbids
from core.uploads.xml import XmlRefused
from settlement.models import (
    BankReturn,
    BankStatement,
    BankSuspense,
    LedgerAccount,
    LedgerTransaction,
    Payable,
    SettlementBatch,
)
from settlement.queries.bank_returns import return_that_told
from settlement.queries.batches import exported
from settlement.queries.funds import find_fund, fund_status
from settlement.queries.invariants import INVARIANTS
from settlement.queries.suspense import batches_by_number, statement_that_told
from settlement.rules.chart import AccountKind
from settlement.rules.exports import ExportFormat
from settlement.rules.payout_ids import end_to_end_id
from settlement.service import bank_returns, bank_statements, batches, payables, suspense
from settlement.service.bank_files import BankReturnRefused
from settlement.service.bank_statements import NotAStatement
from settlement.service.suspense import PayoutUnknown, PayoutUnnamed, ProposerSettles
from settlement.states import PayableState, SuspenseResolution, SuspenseState
from tests.factories.accounts import user_with_role
from tests.factories.settlement import AFTER, CUTOFF, checker, make_fund, make_payable, maker, prepare, send
from tests.support.bank import CLOSED_ACCOUNT, Bank, Entry, Sent, camt_of, read_pain_001

NEXT = date(2026, 1, 13)


def sent(*amounts: int, cutoff: date = CUTOFF) -> tuple[list[Payable], SettlementBatch, Bank]:
    """A batch that was sent, and the bank that read its CSV."""
    claims = [make_payable(fen) for fen in amounts]
    batch = send(prepare(cutoff=cutoff))
    return claims, batch, bank_of(batch)


def bank_of(batch: SettlementBatch) -> Bank:
    """The bank, with what it read in the exported file."""
    content = open_file(exported(batch.id, ExportFormat.CSV)).decode("utf-8-sig")
    read = [
        Sent(
            int(row["序号"]),
            end_to_end_id(batch.number, int(row["序号"])),
            row["收款账号"],
            yuan_to_fen(row["金额（元）"]),
        )
        for row in csv.DictReader(io.StringIO(content))
    ]
    return Bank(read, reference=batch.number)


def hand_in(batch: SettlementBatch, content: bytes) -> BankReturn:
    """Take in a file of any kind."""
    ending = "xml" if content.startswith(b"<") else "xlsx" if content.startswith(b"PK") else "csv"
    return bank_returns.record_bank_return(
        batch_id=batch.id, stream=io.BytesIO(content), filename=f"return.{ending}", actor=maker(), now=AFTER
    )


def state(content: bytes) -> BankStatement:
    """Take in a statement."""
    return bank_statements.record_statement(
        stream=io.BytesIO(content), filename="statement.xml", actor=maker(), now=AFTER
    )


def states(claims: list[Payable]) -> list[PayableState]:
    for claim in claims:
        session().refresh(claim)
    return [claim.state for claim in claims]


def moved() -> int:
    return session().scalars(select(func.count(LedgerTransaction.id))).one()


def in_suspense() -> int:
    """What the account of suspense holds."""
    found = select(LedgerAccount.posted_fen).where(LedgerAccount.kind == AccountKind.SUSPENSE)
    return -(session().scalar(found) or 0)


def entries() -> list[BankSuspense]:
    return list(session().scalars(select(BankSuspense).order_by(BankSuspense.id)))


def sound() -> bool:
    assert verify(INVARIANTS) == []
    return True


PAID, FAILED, RETURNED = PayableState.PAID, PayableState.FAILED, PayableState.RETURNED


def test_a_batch_as_exported_is_answered_by_each_kind_and_a_replay_in_another_kind_changes_nothing(app: Flask) -> None:
    make_fund(1_000_000)
    for number, kind in enumerate(("csv", "xlsx", "pain", "054", "053"), start=1):
        fails = kind in ("csv", "xlsx", "pain")
        claims, batch, bank = sent(100, 200, 400, cutoff=date(2026, 1, 8 + number))
        if kind in ("pain", "054"):
            reference, read = read_pain_001(open_file(exported(batch.id, ExportFormat.PAIN_001)))
            assert (reference, read) == (bank.reference, list(bank.sent))
        bank = replace(bank, outcomes={2: "failed" if fails else "returned"})
        files: dict[str, tuple[Callable[[], bytes], Callable[[], bytes]]] = {
            "csv": (bank.csv, bank.xlsx),
            "xlsx": (bank.xlsx, bank.csv),
            "pain": (bank.pain_002, bank.csv),
            "054": (partial(bank.camt, "054"), partial(bank.camt, "053")),
            "053": (partial(bank.camt, "053"), partial(bank.camt, "054")),
        }
        file, again = files[kind]
        first = hand_in(batch, file())
        assert states(claims) == [PAID, FAILED if fails else RETURNED, PAID], kind
        assert (first.paid_fen, first.failed_fen + first.returned_fen) == (500, 200)

        before = moved()
        assert hand_in(batch, again()).id == hand_in(batch, file()).id == first.id
        assert moved() == before
    assert sound()


def test_a_bank_answers_in_parts_and_what_it_works_on_is_no_answer(app: Flask) -> None:
    make_fund(1_000)
    claims, batch, bank = sent(100, 200)
    with pytest.raises(BankReturnRefused) as refused:
        hand_in(batch, replace(bank, outcomes={1: "pending", 2: "pending"}).pain_002())
    assert [reason.code for reason in refused.value.reasons] == ["return_undecided"]

    hand_in(batch, replace(bank, outcomes={2: "pending"}).pain_002())
    assert states(claims) == [PAID, PayableState.IN_BATCH]
    hand_in(batch, bank.camt("054"))
    assert states(claims) == [PAID, PAID]


def test_what_failed_or_came_back_is_paid_by_the_next_batch_after_correction(app: Flask) -> None:
    fund = make_fund(10_000)
    claims, batch, bank = sent(100, 200, 400)
    hand_in(batch, replace(bank, outcomes={2: "failed"}).csv())
    batches.close(batch_id=batch.id, actor=maker(), now=AFTER)
    hand_in(batch, replace(bank, outcomes={3: "late"}, rest=None).camt("053"))
    assert states(claims) == [PAID, FAILED, RETURNED]

    for claim in claims[1:]:
        payables.correct(payable_id=claim.id, note="账户已更正", actor=maker(), now=AFTER)
    again = send(prepare(cutoff=NEXT))
    hand_in(again, bank_of(again).pain_002(group="ACSC", named=False))

    assert states(claims) == [PAID, PAID, PAID]
    assert fund_status(find_fund(fund.id)).paid_fen == 700
    assert sound()


def test_a_file_of_another_batch_is_refused_whole_with_its_lines(app: Flask) -> None:
    make_fund(10_000)
    claims, batch, _bank = sent(100)
    _, other, bank = sent(300, cutoff=NEXT)

    for content in (bank.pain_002(), bank.camt("054"), bank.csv()):
        with pytest.raises(BankReturnRefused) as refused:
            hand_in(batch, content)
        assert all(reason.field and reason.field.startswith("line ") for reason in refused.value.reasons)
    assert states(claims) == [PayableState.IN_BATCH]
    assert other.id != batch.id


def test_a_preview_says_what_a_file_would_do_and_does_nothing(app: Flask) -> None:
    make_fund(1_000)
    claims, batch, bank = sent(100, 200)
    before = moved()
    found = bank_returns.preview_return(
        batch_id=batch.id, content=io.BytesIO(replace(bank, outcomes={2: "failed"}).csv()), actor=maker(), now=AFTER
    )

    assert [(each.payout_no, each.outcome.value, each.reason) for each in found.told] == [
        (1, "paid", ""),
        (2, "failed", CLOSED_ACCOUNT),
    ]
    assert (states(claims), moved()) == ([PayableState.IN_BATCH] * 2, before)


def test_a_statement_speaks_of_several_batches_and_what_matches_nothing_waits(app: Flask) -> None:
    make_fund(10_000)
    first, one, bank = sent(100, 200)
    second, other, another = sent(400, cutoff=NEXT)
    fee, strange = Entry(50, credit=False, text="手续费"), Entry(7_000, name="乙公司", text="来款")
    both = [
        Entry(each.amount_fen, False, each.end_to_end_id, each.account_number) for each in (*bank.sent, *another.sent)
    ]
    content = camt_of([*both, fee, strange, strange])
    made = state(content)

    assert (made.told_count, made.suspense_count) == (3, 3)
    assert states([*first, *second]) == [PAID, PAID, PAID]
    assert [entry.signed_fen for entry in entries()] == [-50, 7_000, 7_000]
    assert (in_suspense(), entries()[1].party_name) == (13_950, "乙公司")
    before = moved()
    assert state(content).id == made.id
    assert state(camt_of([*both, strange, fee, strange])).id == made.id  # the same entries in another file
    assert (moved(), len(entries())) == (before, 3)

    more = state(camt_of([fee, strange, strange, strange]))
    assert (more.id != made.id, more.suspense_count, in_suspense()) == (True, 1, 20_950)
    assert {one.id, other.id} == set(session().scalars(select(BankReturn.batch_id)))
    assert sound()


def test_a_statement_with_a_fault_is_refused_whole(app: Flask) -> None:
    make_fund(1_000)
    claims, _batch, bank = sent(100, 200)
    wrong = replace(bank, sent=[bank.sent[0], replace(bank.sent[1], amount_fen=201)])
    with pytest.raises(BankReturnRefused):
        state(wrong.camt("053", others=[Entry(5)]))
    with pytest.raises(NotAStatement):
        state(bank.pain_002())
    amount = '<Amt Ccy="CNY">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
    opening, closing = (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{amount.format(fen)}"
        for kind, fen in (("OPBD", "1.00"), ("CLBD", "1.04"))
    )
    with pytest.raises(BankReturnRefused) as refused:
        state(camt_of([Entry(5)], summary=f"{opening}\n{closing}", account="3700009"))
    assert [(each.code, each.field) for each in refused.value.reasons] == [
        ("return_account_foreign", "line 4"),
        ("return_balance_differs", "line 5"),
    ]

    assert (states(claims), entries()) == ([PayableState.IN_BATCH] * 2, [])


def propose(entry: BankSuspense, resolution: SuspenseResolution, name: str | None = None) -> BankSuspense:
    return suspense.propose(
        suspense_id=entry.id,
        resolution=resolution,
        note="说明",
        end_to_end_id=name,
        clawback_id=None,
        actor=maker(),
        now=AFTER,
    )


def test_one_person_explains_what_another_confirms_and_the_money_leaves_suspense(app: Flask) -> None:
    state(camt_of([Entry(50, credit=False, text="手续费"), Entry(7_000)]))
    fee, strange = entries()
    propose(fee, SuspenseResolution.BANK_CHARGE)
    with pytest.raises(StateForbids):
        propose(fee, SuspenseResolution.OTHER)
    both = checker()
    fee.proposed_by, proposer = both.user_id, fee.proposed_by
    session().commit()
    with pytest.raises(ProposerSettles):
        suspense.settle(suspense_id=fee.id, actor=both, now=AFTER)
    fee.proposed_by = proposer
    session().commit()
    suspense.settle(suspense_id=fee.id, actor=both, now=AFTER)
    assert (fee.state, in_suspense()) == (SuspenseState.SETTLED, 7_000)

    propose(strange, SuspenseResolution.INTEREST)
    suspense.decline(suspense_id=strange.id, note="不是利息", actor=both, now=AFTER)
    assert (strange.state, strange.resolution, in_suspense()) == (SuspenseState.OPEN, None, 7_000)
    with pytest.raises(StateForbids):
        suspense.settle(suspense_id=strange.id, actor=both, now=AFTER)
    assert sound()


def test_money_in_suspense_that_was_a_payouts_brings_it_back(app: Flask) -> None:
    fund = make_fund(10_000)
    claims, _batch, bank = sent(100, 200)
    state(bank.camt("053", others=[Entry(200, text="退汇，无原始编号"), Entry(99, credit=False)]))
    back, gone = entries()
    name = bank.sent[1].end_to_end_id
    for resolution, payout in ((SuspenseResolution.PAYOUT_RETURN, None), (SuspenseResolution.OTHER, name)):
        with pytest.raises(PayoutUnnamed):
            propose(back, resolution, payout)
    with pytest.raises(PayoutUnnamed):
        propose(gone, SuspenseResolution.PAYOUT_RETURN, name)
    with pytest.raises(PayoutUnknown):
        propose(back, SuspenseResolution.PAYOUT_RETURN, "20200101-1-01-000001")
    with pytest.raises(BankReturnRefused) as refused:
        propose(back, SuspenseResolution.PAYOUT_RETURN, bank.sent[0].end_to_end_id)
    assert [reason.code for reason in refused.value.reasons] == ["return_amount_differs"]

    propose(back, SuspenseResolution.PAYOUT_RETURN, name)
    suspense.settle(suspense_id=back.id, actor=checker(), now=AFTER)

    assert states(claims) == [PAID, RETURNED]
    assert (fund_status(find_fund(fund.id)).paid_fen, in_suspense()) == (100, -99)
    assert sound()
    with pytest.raises(PayoutUnknown):
        propose(gone_back(), SuspenseResolution.PAYOUT_RETURN, name)


def gone_back() -> BankSuspense:
    """The same sum once more, when the payout has come back already."""
    state(camt_of([Entry(200, reference="TWICE")]))
    return entries()[-1]


def test_files_are_taken_on_the_command_line_as_a_user_of_finance(app: Flask, tmp_path: Path) -> None:
    make_fund(1_000)
    claims, batch, bank = sent(100, 200)
    user = user_with_role(Role.FINANCE_MAKER).username
    answer, statement = tmp_path / "answer.xml", tmp_path / "statement.xml"
    answer.write_bytes(replace(bank, outcomes={2: "pending"}).pain_002())
    statement.write_bytes(bank.camt("053", others=[Entry(5)]))

    def run(file: Path, *args: str) -> tuple[int, str]:
        with clock.at(AFTER):
            done = app.test_cli_runner().invoke(args=["settlement", "take-return", str(file), "--user", user, *args])
        return done.exit_code, done.output

    assert run(answer, "--batch", batch.number, "--dry-run") == (0, "pain.002: new 1, known 0, undecided 1\n")
    assert states(claims) == [PayableState.IN_BATCH] * 2
    assert run(answer, "--batch", batch.number) == (
        0,
        f"{batch.number}: bank return 1, paid 1, failed 0, returned 0\n",
    )
    assert run(statement, "--dry-run") == (0, "camt.053: new 1, suspense 1, known 1, undecided 0\n")
    code, said = run(statement)
    assert (code, said.partition(": ")[2]) == (0, "new 1, suspense 1\n")
    assert "bank return 2" in run(statement, "--batch", batch.number)[1]  # known by its bytes
    assert run(answer, "--batch", "none")[0] == 1


def test_more_names_than_a_statement_of_sql_has_parameters_are_looked_up(app: Flask) -> None:
    make_fund(1_000)
    _claims, batch, bank = sent(100)
    hand_in(batch, bank.csv())
    many = range(1, 70_001)

    assert return_that_told(batch, list(many)).batch_id == batch.id
    assert [found.id for found in batches_by_number([batch.number, *map(str, many)])] == [batch.id]
    assert statement_that_told([str(name) for name in many], []) is None


@pytest.mark.parametrize("filename", ["answer.txt", "answer.csv", "answer", "answer.xml"])
def test_v17_pay_xml_by_any_name_is_checked_before_it_is_read(app: Flask, filename: str) -> None:
    """Without a declaration only a name tells it from text before it is read; what it holds is the same."""
    make_fund(1_000_00)
    claims, batch, bank = sent(100_00)
    whole = bank.pain_002().partition(b"?>")[2].lstrip()
    entity = b'<!DOCTYPE Document [<!ENTITY a "b">]>'

    def take(content: bytes) -> BankReturn:
        return bank_returns.record_bank_return(
            batch_id=batch.id, stream=io.BytesIO(content), filename=filename, actor=maker(), now=AFTER
        )

    for content, code in ((whole[:-20], "xml_broken"), (entity + whole, "xml_document_type")):
        with pytest.raises((BankReturnRefused, XmlRefused)) as refused:
            take(content)
        assert [each.code for each in refused.value.reasons] == [code]
    take(whole)
    assert states(claims) == [PayableState.PAID]
