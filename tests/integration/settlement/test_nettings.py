"""Payouts with their claims beneath, and clawbacks netted against them (V17 pay, V21)."""

import csv
import io
from collections.abc import Sequence
from datetime import date

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from accounts.kinds import ChangeDecision
from accounts.models import Organisation
from accounts.permissions import Role
from core.db import session
from core.invariants import verify
from settlement.models import Clawback, Fund, Payable
from settlement.queries.batches import files_of, nettings_of, open_payout_count, sealed_content
from settlement.queries.clawbacks import nettings_of_clawback
from settlement.queries.funds import find_fund, fund_status
from settlement.queries.invariants import INVARIANTS
from settlement.queries.payables import payouts_of as attempts_of
from settlement.queries.payables import value_dates
from settlement.rules.exports import ExportFormat
from settlement.rules.seal import seal
from settlement.service import batches, clawbacks, payables, remedies
from settlement.service.bank_files import BankReturnRefused
from settlement.states import BatchState, ClawbackState, PayableState, PayoutOutcome
from settlement.steps.clawbacks import RecoveryTooLarge
from tests.factories.accounts import make_enterprise
from tests.factories.settlement import (
    AFTER,
    VALUE_DATE,
    answer,
    bank_csv,
    checker,
    claw_back,
    lines_of,
    make_fund,
    make_payable,
    maker,
    payouts_of,
    prepare,
    send,
    take_in,
)
from tests.support.finance import browser

LATER = date(2026, 1, 13)
"""A second cut-off."""


def owing(*sums_fen: int, fund_fen: int) -> tuple[Fund, Organisation, list[Clawback]]:
    """A payee that was paid 1,000 and owes these sums of it back, and the fund with so much left."""
    fund, payee = make_fund(1_000 + fund_fen), make_enterprise()
    paid = make_payable(1_000, payee=payee)
    answer(send(prepare()))
    session().refresh(paid)
    return fund, payee, [claw_back(paid, fen) for fen in sums_fen]


def sums_of(clawback: Clawback) -> tuple[int, int, ClawbackState]:
    session().refresh(clawback)
    return clawback.recovered_fen, clawback.netting_fen, clawback.state


def states_of(claims: Sequence[Payable]) -> list[PayableState]:
    for claim in claims:
        session().refresh(claim)
    return [claim.state for claim in claims]


def test_one_payout_an_account_with_its_claims_beneath_in_the_queues_order(app: Flask) -> None:
    fund, one, two = make_fund(1_000), make_enterprise(), make_enterprise()
    claims = [make_payable(fen, payee=payee) for fen, payee in ((100, one), (200, two), (400, one))]

    batch = prepare()

    assert [(p.payee_id, p.line_count, p.gross_fen, p.amount_fen) for p in payouts_of(batch)] == [
        (one.id, 2, 500, 500),
        (two.id, 1, 200, 200),
    ]
    assert [(line.payout_no, line.payable_id) for line in lines_of(batch)] == [
        (1, claims[0].id),
        (1, claims[2].id),
        (2, claims[1].id),
    ]
    assert batch.content_sha256 == seal(sealed_content(batch))
    answer(send(batch), {1: "failed", 2: "paid"})
    assert states_of(claims) == [PayableState.FAILED, PayableState.PAID, PayableState.FAILED]
    assert fund_status(find_fund(fund.id)).paid_fen == 200
    assert verify(INVARIANTS) == []


def test_v21_the_oldest_clawback_is_netted_first_and_what_is_left_goes_to_the_bank(app: Flask) -> None:
    fund, payee, (first, second) = owing(60, 500, fund_fen=700)
    claim = make_payable(300, payee=payee)
    other = make_payable(700)

    batch = prepare(cutoff=LATER)

    (payout, whole) = payouts_of(batch)
    assert (payout.gross_fen, payout.netted_fen, payout.amount_fen) == (300, 300, 0)
    assert [(n.clawback_id, n.amount_fen) for n in nettings_of([payout])[1]] == [(first.id, 60), (second.id, 240)]
    assert (batch.gross_fen, batch.netted_fen, batch.total_fen) == (1_000, 300, 700)
    assert whole.amount_fen == 700, "what is netted costs the fund nothing, so the next one is reached (V3)"
    assert (sums_of(first), sums_of(second)) == ((0, 60, ClawbackState.OPEN), (0, 240, ClawbackState.OPEN))
    assert batch.content_sha256 == seal(sealed_content(batch))
    with pytest.raises(RecoveryTooLarge):
        clawbacks.record_recovery(clawback_id=first.id, amount_fen=1, reference="x", actor=maker(), now=AFTER)
    assert verify(INVARIANTS) == []

    send(batch)

    assert states_of([claim, other]) == [PayableState.PAID, PayableState.IN_BATCH]
    assert (sums_of(first), sums_of(second)) == ((60, 0, ClawbackState.RECOVERED), (240, 0, ClawbackState.OPEN))
    assert attempts_of(claim)[0].outcome is PayoutOutcome.PAID
    assert value_dates([claim]) == {claim.id: LATER}
    assert [(n.amount_fen, n.outcome) for n in nettings_of_clawback(second)] == [(240, PayoutOutcome.PAID)]
    assert open_payout_count(batch) == 1
    assert verify(INVARIANTS) == []
    answer(batch)
    assert batches.close(batch_id=batch.id, actor=maker(), now=AFTER).state is BatchState.CLOSED
    status = fund_status(find_fund(fund.id))
    assert (status.paid_fen, status.committed_fen, status.available_fen) == (1_700, 0, 0)
    assert verify(INVARIANTS) == []


def test_v21_of_instalments_what_is_due_by_the_cutoff_is_netted(app: Flask) -> None:
    _, payee, (clawback,) = owing(90, fund_fen=5_000)
    plan = remedies.propose_instalments(
        clawback_id=clawback.id, count=3, first_due_on=LATER, cause="资金周转困难", actor=maker(), now=AFTER
    )
    remedies.decide(proposal_id=plan.id, decision=ChangeDecision.APPROVE, opinion="同意", actor=checker(), now=AFTER)
    clawbacks.record_recovery(clawback_id=clawback.id, amount_fen=10, reference="R1", actor=maker(), now=AFTER)
    make_payable(300, payee=payee)

    batch = prepare(cutoff=LATER)

    assert [payout.netted_fen for payout in payouts_of(batch)] == [20]
    answer(send(batch), "paid")
    assert sums_of(clawback) == (30, 0, ClawbackState.OPEN)
    assert clawback.due_on == date(2026, 2, 13)
    answer(batch, "returned")
    assert sums_of(clawback) == (10, 0, ClawbackState.OPEN)
    assert clawback.due_on == LATER
    assert verify(INVARIANTS) == []


def test_a_part_is_netted_and_undone_when_the_payout_fails(app: Flask) -> None:
    _, payee, (clawback,) = owing(100, fund_fen=5_000)
    claim = make_payable(300, payee=payee)
    batch = prepare(cutoff=LATER)
    assert [payout.amount_fen for payout in payouts_of(batch)] == [200]

    answer(send(batch), "failed")

    assert states_of([claim]) == [PayableState.FAILED]
    assert sums_of(clawback) == (0, 0, ClawbackState.OPEN)
    assert verify(INVARIANTS) == []
    payables.correct(payable_id=claim.id, note="更正", actor=maker(), now=AFTER)
    clawbacks.record_recovery(clawback_id=clawback.id, amount_fen=70, reference="x", actor=maker(), now=AFTER)
    again = prepare(cutoff=date(2026, 1, 14), now=AFTER)
    assert [payout.netted_fen for payout in payouts_of(again)] == [30]


def test_a_late_return_after_success_undoes_what_was_netted_too(app: Flask) -> None:
    fund, payee, (clawback,) = owing(100, fund_fen=5_000)
    claims = [make_payable(300, payee=payee), make_payable(50, payee=payee)]
    batch = send(prepare(cutoff=LATER))
    answer(batch)
    assert sums_of(clawback) == (100, 0, ClawbackState.RECOVERED)
    assert fund_status(find_fund(fund.id)).paid_fen == 1_250

    answer(batch, "returned")

    assert states_of(claims) == [PayableState.RETURNED] * 2
    assert sums_of(clawback) == (0, 0, ClawbackState.OPEN)
    assert fund_status(find_fund(fund.id)).paid_fen == 1_000
    assert verify(INVARIANTS) == []


def test_nothing_is_netted_twice_while_a_batch_is_live_and_discarding_gives_it_back(app: Flask) -> None:
    _, payee, (clawback,) = owing(100, fund_fen=5_000)
    make_payable(300, payee=payee)
    first = prepare(cutoff=LATER)
    make_payable(400, payee=payee, now=AFTER)
    second = prepare(cutoff=date(2026, 1, 14), now=AFTER)
    assert [payout.netted_fen for payout in payouts_of(second)] == [0]
    assert verify(INVARIANTS) == []

    batches.discard(batch_id=first.id, actor=maker(), now=AFTER)

    assert sums_of(clawback) == (0, 0, ClawbackState.OPEN)
    assert verify(INVARIANTS) == []
    assert [payout.netted_fen for payout in payouts_of(prepare(cutoff=LATER))] == [100]


def test_a_batch_of_which_nothing_is_left_tells_no_bank_to_pay_and_is_settled(app: Flask) -> None:
    _, payee, (clawback,) = owing(1_000, fund_fen=5_000)
    claim = make_payable(300, payee=payee)

    batch = send(prepare(cutoff=LATER))

    assert {file.format for file in files_of(batch)} == {ExportFormat.XLSX, ExportFormat.PDF}
    batches.export(batch_id=batch.id, actor=maker(), now=AFTER)
    assert len(files_of(batch)) == 2
    assert states_of([claim]) == [PayableState.PAID]
    assert sums_of(clawback) == (300, 0, ClawbackState.OPEN)
    assert "没有送银行的文件" in browser(app, Role.FINANCE_MAKER).get(f"/settlement-batches/{batch.id}").text
    assert batches.close(batch_id=batch.id, actor=maker(), now=AFTER).state is BatchState.CLOSED
    assert verify(INVARIANTS) == []


def test_no_bank_answers_for_what_was_netted_in_full(app: Flask) -> None:
    _, payee, _ = owing(1_000, fund_fen=5_000)
    make_payable(300, payee=payee)
    make_payable(100)
    batch = send(prepare(cutoff=LATER))
    nothing, _ = payouts_of(batch)
    line = f"{nothing.payout_no},{nothing.account_number},0.00,paid,,{VALUE_DATE.isoformat()}\n"

    with pytest.raises(BankReturnRefused) as refused:
        take_in(batch, bank_csv(batch) + line.encode())

    assert [reason.code for reason in refused.value.reasons] == ["return_line_foreign"]


def test_lists_within_pages_go_out_as_files(app: Flask) -> None:
    """Nettings of a payout and of a clawback, what came back for it, and the bank's answers to a batch."""
    _, payee, (first, second) = owing(60, 500, fund_fen=700)
    make_payable(300, payee=payee)
    clawbacks.record_recovery(clawback_id=second.id, amount_fen=7, reference="R-7", actor=maker(), now=AFTER)
    batch = send(prepare(cutoff=LATER))
    failed = make_payable(50)
    other = send(prepare(cutoff=date(2026, 1, 14)))
    answer(other, "failed")
    assert failed.batch_id == other.id
    page = browser(app, Role.FINANCE_MAKER)
    payout, clawback = f"/settlement-batches/{batch.id}/payouts/1", f"/clawbacks/{second.id}"
    expected = {
        f"{payout}?list=nettings": [[str(first.id), "0.60"], [str(second.id), "2.40"]],
        f"{clawback}?list=nettings": [[batch.number, "1", "2.40", "已到账"]],
        f"{clawback}?list=recoveries": [["2026-01-13 10:00", "R-7", "0.07"]],
        f"/settlement-batches/{other.id}?list=returns": [["1", "0", "0.00", "1", "0.50", "0", "0.00"]],
    }
    for address, rows in expected.items():
        shown = page.get(address.partition("?")[0])
        assert shown.status == 200
        assert f"{address}&amp;export=csv" in shown.html
        told = page.get(f"{address}&export=csv")
        assert told.response.headers["Content-Disposition"].startswith("attachment")
        table = list(csv.reader(told.html.lstrip("\ufeff").splitlines()))
        kept = [[row[0], *row[3:]] if "returns" in address else row for row in table[1:]]
        assert kept == rows, address
        with page.get(f"{address}&export=xlsx").response as book:
            sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.get_data())).get_sheet_by_index(0)
            assert len(sheet.to_python()) == len(table)
    whole = page.get(f"/settlement-batches/{other.id}?export=csv").html
    assert "账户" in whole or "账号" in whole, "the list that the page is about"
    payouts = page.get(f"/settlement-batches/{other.id}")
    assert payouts.html.count('<small class="beneath">') == 1, "the bank's reason stands beneath its word"
