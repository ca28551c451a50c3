"""What the bank answers: taken whole or refused whole, replayed without effect, re-queued, reversed when late."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from accounts.permissions import Role
from accounts.rules.registration import BankDetails
from accounts.steps.bank import NamedByVerifier, name_account, verify_account
from core.db import session
from core.errors import Refused
from core.invariants import verify
from core.states import StateForbids
from settlement.models import BankReturn, Fund, LedgerAccount, LedgerTransaction, Payable, SettlementBatch
from settlement.queries.funds import find_fund, fund_status
from settlement.queries.invariants import INVARIANTS
from settlement.queries.payables import payouts_of as attempts_of
from settlement.rules.chart import AccountKind, TransactionKind
from settlement.service import batches, clawbacks, payables
from settlement.service.bank_files import BankReturnRefused
from settlement.service.bank_returns import BatchNotSent
from settlement.service.batches import PayoutsOpen
from settlement.service.payables import NoVerifiedAccount
from settlement.states import BatchState, PayableState
from tests.factories.accounts import actor_of, make_enterprise, make_province, make_user, user_with_role
from tests.factories.settlement import (
    AFTER,
    answer,
    bank_csv,
    in_transaction,
    lines_of,
    make_fund,
    make_payable,
    maker,
    payouts_of,
    prepare,
    send,
    take_in,
)

HEADER = "payout_no,account_number,amount,status,reason,value_date\n"


def sent(*amounts: int, fund_fen: int = 100_000) -> tuple[Fund, list[Payable], SettlementBatch]:
    """An exported batch with a payable of each amount, and its fund."""
    fund = make_fund(fund_fen)
    claims = [make_payable(fen) for fen in amounts]
    return fund, claims, send(prepare())


def state_of(payable: Payable) -> PayableState:
    session().refresh(payable)
    return payable.state


def codes(refused: pytest.ExceptionInfo[BankReturnRefused]) -> list[tuple[str, str | None]]:
    return [(reason.code.removeprefix("return_"), reason.field) for reason in refused.value.reasons]


def test_paid_lines_leave_the_fund_and_failed_ones_come_back_to_it(app: Flask) -> None:
    fund, (paid, failed, returned), batch = sent(100, 200, 400)

    said = answer(batch, {1: "paid", 2: "failed", 3: "returned"})

    assert (said.paid_fen, said.failed_fen, said.returned_fen) == (100, 200, 400)
    assert [state_of(p) for p in (paid, failed, returned)] == [
        PayableState.PAID,
        PayableState.FAILED,
        PayableState.RETURNED,
    ]
    status = fund_status(find_fund(fund.id))
    assert (status.paid_fen, status.committed_fen, status.available_fen) == (100, 0, 99_900)


def test_a_bank_may_answer_in_parts(app: Flask) -> None:
    fund, claims, batch = sent(100, 200)

    answer(batch, {2: "paid"})
    status = fund_status(find_fund(fund.id))
    assert (status.paid_fen, status.committed_fen) == (200, 100)
    with pytest.raises(PayoutsOpen):
        batches.close(batch_id=batch.id, actor=maker(), now=AFTER)
    answer(batch, {1: "failed"})

    assert batches.close(batch_id=batch.id, actor=maker(), now=AFTER).state is BatchState.CLOSED
    assert [state_of(c) for c in claims] == [PayableState.FAILED, PayableState.PAID]


def test_the_same_file_again_answers_the_same_and_changes_nothing(app: Flask) -> None:
    _, _, batch = sent(100)
    content = bank_csv(batch)
    first = take_in(batch, content)
    before = session().scalar(select(func.count(LedgerTransaction.id)))

    again = take_in(batch, content)

    assert again.id == first.id
    assert session().scalar(select(func.count(LedgerTransaction.id))) == before
    assert session().scalar(select(func.count(BankReturn.id))) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_utf_8_and_gbk_files_are_read(app: Flask, encoding: str) -> None:
    _, (claim,), batch = sent(100)

    take_in(batch, bank_csv(batch, "failed", encoding=encoding))

    assert state_of(claim) is PayableState.FAILED
    assert attempts_of(claim)[0].reason == "账号与户名不符"


def test_chinese_headings_and_statuses_are_read(app: Flask) -> None:
    _, (claim,), batch = sent(100)
    number = payouts_of(batch)[0].account_number
    content = f"序号,收款账号,金额（元）,状态,原因,入账日期\n1,{number},1.00,成功,,2026-01-13\n"

    take_in(batch, content.encode("gb18030"))

    assert state_of(claim) is PayableState.PAID


def test_a_faulty_file_is_refused_whole_with_every_fault_and_line(app: Flask) -> None:
    fund, claims, batch = sent(100, 200, 300)
    one, two, _ = (line.account_number for line in payouts_of(batch))
    content = HEADER + (
        f"1,{one},1.00,paid,,2026-01-13\n"
        f"1,{one},1.00,paid,,2026-01-13\n"
        f"2,999,2.00,paid,,2026-01-13\n"
        f"2,{two},2.001,paid,,2026-01-13\n"
        f"7,{two},2.00,paid,,2026-01-13\n"
        f"3,{two},9.00,vanished,,2026-13-01\n"
        f"x,{two},-1,failed,,2026-01-20\n"
        "3,only\n"
    )

    with pytest.raises(BankReturnRefused) as refused:
        take_in(batch, content.encode())

    assert codes(refused) == [
        ("line_twice", "line 3"),
        ("account_differs", "line 4"),
        ("amount_malformed", "line 5"),
        ("line_foreign", "line 6"),
        ("status_unknown", "line 7"),
        ("day_malformed", "line 7"),
        ("line_no_malformed", "line 8"),
        ("amount_malformed", "line 8"),
        ("reason_missing", "line 8"),
        ("day_ahead", "line 8"),
        ("cells", "line 9"),
    ]
    assert {state_of(c) for c in claims} == {PayableState.IN_BATCH}
    assert fund_status(find_fund(fund.id)).committed_fen == 600


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (HEADER.encode(), "empty"),
        (b"line_no,amount\n1,2\n", "column_missing"),
        (b"payout_no,line_no,account_number,amount,status,reason,value_date\n", "column_twice"),
        (HEADER.encode().replace(b"reason", b"remark"), "column_unknown"),
        (b"\xff\xfe\xff", "encoding"),
        (HEADER.encode() + b'1,"2\n', "import_csv_broken"),
    ],
)
def test_an_unreadable_file_is_refused(app: Flask, content: bytes, code: str) -> None:
    _, _, batch = sent(100)

    with pytest.raises(Refused) as refused:
        take_in(batch, content)

    assert any(reason.code.removeprefix("return_") == code for reason in refused.value.reasons)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\xff",
        HEADER.encode() + b"1,\xff\xff\x80,100,paid,,\n",
        (HEADER + "1,6222,100,failed,Účet zavřený\n").encode("iso8859-2"),
    ],
)
def test_a_file_in_another_encoding_is_told_which_are_read(app: Flask, content: bytes) -> None:
    _, _, batch = sent(100)

    with pytest.raises(Refused) as refused:
        take_in(batch, content)

    (told,) = refused.value.reasons
    assert all("UTF-8" in said and "GB18030" in said for said in told.text)
    assert not any("8859" in said for said in told.text)
    assert refused.value.text.zh.startswith("文件有 1 处错误")
    assert "has 1 fault and" in refused.value.text.en


def test_wrong_sums_are_refused(app: Flask) -> None:
    _, _, batch = sent(100)
    number = payouts_of(batch)[0].account_number

    with pytest.raises(BankReturnRefused) as refused:
        take_in(batch, f"{HEADER}1,{number},1.01,paid,,2026-01-13\n".encode())

    assert codes(refused) == [("amount_differs", "line 2")]


def test_a_line_reported_before_is_not_reported_again(app: Flask) -> None:
    _, _, batch = sent(100, 200)
    answer(batch, {1: "failed", 2: "paid"})

    with pytest.raises(BankReturnRefused) as refused:
        answer(batch, {1: "paid", 2: "failed"})

    assert [code for code, _ in codes(refused)] == ["already_reported", "already_reported"]
    first, second = (reason.text for reason in refused.value.reasons)
    assert (first.zh, second.zh) == ("第 2 行已登记为“失败”。", "第 3 行已登记为“已到账”。")
    assert first.en == "Line 2 was reported as failed before."


def test_no_bank_answers_a_batch_that_was_not_exported(app: Flask) -> None:
    make_fund(100)
    make_payable(100)
    batch = prepare()

    with pytest.raises(BatchNotSent):
        answer(batch)


def test_failed_payouts_join_the_next_batch_on_new_lines_after_correction(app: Flask) -> None:
    _, (failed, _), batch = sent(100, 200)
    answer(batch, {1: "failed", 2: "paid"})
    later = make_payable(50, now=AFTER)
    payables.correct(payable_id=failed.id, note="账户已更正", actor=maker(), now=AFTER)

    again = prepare(cutoff=date(2026, 1, 13))

    assert [line.payable_id for line in lines_of(again)] == [failed.id, later.id]
    assert [(p.batch_id, p.outcome) for p in attempts_of(failed)] == [(batch.id, "failed"), (again.id, None)]
    answer(send(again))
    assert state_of(failed) is PayableState.PAID


def test_a_failed_payout_is_not_paid_before_it_is_corrected(app: Flask) -> None:
    _, (failed,), batch = sent(100)
    answer(batch, "failed")
    make_payable(50, now=AFTER)

    again = prepare(cutoff=date(2026, 1, 13))

    assert failed.id not in {line.payable_id for line in lines_of(again)}


def test_correction_needs_a_verified_account_and_takes_it_on(app: Flask) -> None:
    _, (failed,), batch = sent(100)
    answer(batch, "failed")
    session().execute(text("UPDATE bank_account SET account_number = '6222000000001'"))
    session().commit()
    corrected = payables.correct(payable_id=failed.id, note="新账户", actor=maker(), now=AFTER)
    assert corrected.account_number == "6222000000001"
    with pytest.raises(StateForbids):
        payables.correct(payable_id=failed.id, note="再次", actor=maker(), now=AFTER)
    answer(send(prepare(cutoff=date(2026, 1, 13))), "failed")
    session().execute(text("UPDATE bank_account SET state = 'superseded'"))
    session().commit()

    with pytest.raises(NoVerifiedAccount):
        payables.correct(payable_id=failed.id, note="无账户", actor=maker(), now=AFTER)


def test_a_new_account_reaches_no_payout_that_is_prepared_and_needs_a_second_person(app: Flask) -> None:
    make_fund(1_000)
    payee = make_enterprise()
    prepared, due = make_payable(100, payee=payee), make_payable(200, payee=payee, now=AFTER)
    batch = prepare()
    old = payouts_of(batch)[0].account_number
    named_by = make_user(Role.ENTERPRISE, payee)
    details = BankDetails(
        holder_name=payee.name,
        bank_name="中国银行济南分行",
        cnaps_code="104451000012",
        account_number="6217000000000000099",
    )
    account = in_transaction(
        lambda: name_account(
            organisation=payee, details=details, actor=named_by.as_actor(), user_id=named_by.id, now=AFTER
        )
    )
    with pytest.raises(NamedByVerifier):
        in_transaction(
            lambda: verify_account(account=account, actor=named_by.as_actor(), user_id=named_by.id, now=AFTER)
        )
    bureau = user_with_role(Role.CITY_BUREAU)
    in_transaction(lambda: verify_account(account=account, actor=bureau.as_actor(), user_id=bureau.id, now=AFTER))

    assert payouts_of(batch)[0].account_number == old
    answer(send(batch), "failed")
    payables.correct(payable_id=prepared.id, note="账户已更正", actor=maker(), now=AFTER)
    again = prepare(cutoff=date(2026, 1, 13))
    assert [(payout.account_number, payout.line_count) for payout in payouts_of(again)] == [
        ("6217000000000000099", 1),
        (old, 1),
    ]
    assert state_of(due) is PayableState.IN_BATCH
    assert verify(INVARIANTS) == []


def test_a_late_return_reverses_what_was_paid(app: Flask) -> None:
    fund, (claim, kept), batch = sent(100, 200)
    answer(batch)
    batches.close(batch_id=batch.id, actor=maker(), now=AFTER)

    answer(batch, {1: "returned"})

    status = fund_status(find_fund(fund.id))
    assert (state_of(claim), claim.paid_fen) == (PayableState.RETURNED, 0)
    assert (state_of(kept), status.paid_fen) == (PayableState.PAID, 200)
    reversal = (
        session()
        .scalars(select(LedgerTransaction).where(LedgerTransaction.kind == TransactionKind.PAYOUT_RETURNED))
        .one()
    )
    assert reversal.reverses_id is not None
    payables.correct(payable_id=claim.id, note="退汇后更正", actor=maker(), now=AFTER)
    answer(send(prepare(cutoff=date(2026, 1, 13))))
    assert (state_of(claim), claim.paid_fen) == (PayableState.PAID, 100)


def test_a_closed_batch_takes_nothing_but_late_returns(app: Flask) -> None:
    _, _, batch = sent(100)
    answer(batch, "failed")
    batches.close(batch_id=batch.id, actor=maker(), now=AFTER)

    with pytest.raises(BankReturnRefused):
        answer(batch, "returned")


def test_a_clawed_back_payout_is_not_returned_as_well(app: Flask) -> None:
    _, (claim,), batch = sent(100)
    answer(batch)
    clawbacks.claw_back(
        payable_id=claim.id,
        source=None,
        amount_fen=40,
        cause="抽查",
        misconduct=False,
        misconduct_by=None,
        sanction_until=None,
        actor=actor_of(make_province()),
        now=AFTER,
    )

    with pytest.raises(BankReturnRefused) as refused:
        answer(batch, "returned")

    assert codes(refused) == [("clawed_back", "line 2")]


def test_what_is_owed_to_a_payee_is_zero_once_paid(app: Flask) -> None:
    sent_batch = sent(100, 200)[2]
    answer(sent_batch)

    owed = session().scalars(select(LedgerAccount).where(LedgerAccount.kind == AccountKind.PAYABLE)).all()
    for account in owed:
        session().refresh(account)
    assert {(a.posted_fen, a.pending_fen) for a in owed} == {(0, 0)}
