"""The fund of the year, batches and what the bank says of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from core import clock
from core.money import fen_to_yuan
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.real import cast, timeline
from marketplace.demo.real.deals import Deal
from marketplace.demo.real.people import new_account
from marketplace.demo.real.trading import Disagreement
from settlement.rules.bank_files.layouts import OWN_HEADINGS
from settlement.rules.exports import ExportFormat
from settlement.states import PayoutOutcome

FAILURE_REASONS = {PayoutOutcome.FAILED: "账号户名不符", PayoutOutcome.RETURNED: "账户已销户"}
FAILURES = (PayoutOutcome.FAILED, PayoutOutcome.FAILED, PayoutOutcome.RETURNED)


@dataclass(frozen=True)
class PaidBatch:
    """A batch with its payouts and the claims beneath them; sums in fen."""

    id: int
    number: str
    payouts: Sequence[Json]
    lines: Sequence[Json]
    total_fen: int
    waiting_count: int
    waiting_fen: int
    failed: Sequence[Deal] = ()


def unpaid(deals: Sequence[Deal]) -> list[Deal]:
    """Confirmed and not paid, whatever the bank said before."""
    return [deal for deal in deals if deal.confirmed_fen and deal.paid_out_fen == 0]


def open_fund(client: DemoClient, amount_fen: int) -> Json:
    """The fund of the year with its first appropriation (V3)."""
    body = {"year": timeline.YEAR, "appropriation_fen": amount_fen, "reference": "鲁财教〔2026〕1号（测试）"}
    return client.post(cast.FINANCE_MAKER, "/funds", body)


def increase_fund(client: DemoClient, fund_id: int, amount_fen: int) -> None:
    """A further appropriation."""
    body = {"amount_fen": amount_fen, "reference": "鲁财教〔2026〕2号（测试）"}
    client.post(cast.FINANCE_MAKER, f"/funds/{fund_id}/appropriations", body)


def prepare(client: DemoClient, cutoff: date, deals: Sequence[Deal]) -> PaidBatch:
    """Prepare a batch, have it approved by another person, export it twice; it holds what the story expects."""
    body = {"cutoff": cutoff.isoformat()}
    batch = client.post(cast.FINANCE_MAKER, "/settlement-batches", body)
    again = client.post(cast.FINANCE_MAKER, "/settlement-batches", body)
    if again["id"] != batch["id"]:
        raise Disagreement(f"the cut-off {cutoff} has two batches: {batch['number']}, {again['number']}")
    path = f"/settlement-batches/{batch['id']}"
    client.post(cast.FINANCE_CHECKER, f"{path}/approval")
    _export_twice(client, path)
    payouts = list(client.pages(cast.FINANCE_MAKER, f"{path}/payouts"))
    lines = list(client.pages(cast.FINANCE_MAKER, f"{path}/lines"))
    by_order = {deal.order_id: deal for deal in deals}
    off = [line["line_no"] for line in lines if line["amount_fen"] != by_order[line["order_id"]].confirmed_fen]
    if off or sum(line["amount_fen"] for line in lines) != sum(payout["amount_fen"] for payout in payouts):
        raise Disagreement(f"batch {batch['number']}: lines {off} differ from what was confirmed")
    return PaidBatch(
        id=batch["id"],
        number=batch["number"],
        payouts=payouts,
        lines=lines,
        total_fen=batch["total_fen"],
        waiting_count=batch["waiting_count"],
        waiting_fen=batch["waiting_fen"],
    )


def answer_with_failures(client: DemoClient, batch: PaidBatch, deals: Sequence[Deal]) -> list[Deal]:
    """The bank pays all but a few; a file with a wrong amount is refused as a whole before. Returns what failed."""
    by_order = {deal.order_id: deal for deal in deals}
    outcomes = dict(zip(_to_firms(batch, by_order), FAILURES, strict=False))
    path = f"/settlement-batches/{batch.id}/bank-returns"
    wrong = _bank_file(
        [{**batch.payouts[0], "amount_fen": batch.payouts[0]["amount_fen"] + 1}, *batch.payouts[1:]], outcomes
    )
    client.upload(cast.FINANCE_MAKER, path, wrong, "return.csv", expect=HTTPStatus.UNPROCESSABLE_ENTITY)
    content = _bank_file(batch.payouts, outcomes)
    taken = client.upload(cast.FINANCE_MAKER, path, content, "return.csv")
    replayed = client.upload(cast.FINANCE_MAKER, path, content, "return.csv")
    if replayed["id"] != taken["id"]:
        raise Disagreement(f"batch {batch.number}: the same bank file was taken in twice")
    failed = []
    for line in batch.lines:
        deal = by_order[line["order_id"]]
        if line["payout_no"] in outcomes:
            failed.append(deal)
        else:
            deal.paid_out_fen = deal.confirmed_fen
    return failed


def correct(client: DemoClient, failed: Sequence[Deal]) -> None:
    """Each payee names another account, its bureau verifies it, and the payable keeps its place in the queue."""
    for deal in failed:
        payee = deal.payee
        path = f"/organisations/{payee.organisation_id}/bank-accounts"
        account = client.post(deal.claimed_by, path, new_account(payee))
        verification = {"decision": "verify", "opinion": "已核对开户证明"}
        client.post(cast.bureau_of(payee.city), f"/bank-accounts/{account['id']}/verification", verification)
        (payable,) = client.pages(cast.FINANCE_MAKER, "/payables", order_id=deal.order_id)
        client.post(cast.FINANCE_MAKER, f"/payables/{payable['id']}/correction", {"note": "账户已更正"})


def answer_all_paid(client: DemoClient, batch: PaidBatch, deals: Sequence[Deal]) -> None:
    """The bank pays every payout."""
    by_order = {deal.order_id: deal for deal in deals}
    content = _bank_file(batch.payouts, {})
    client.upload(cast.FINANCE_MAKER, f"/settlement-batches/{batch.id}/bank-returns", content, "return.csv")
    for line in batch.lines:
        deal = by_order[line["order_id"]]
        deal.paid_out_fen = deal.confirmed_fen


def close(client: DemoClient, batch: PaidBatch) -> None:
    """Nothing more is expected of the bank, but what comes back late."""
    client.post(cast.FINANCE_CHECKER, f"/settlement-batches/{batch.id}/closing")


def come_back(client: DemoClient, batch: PaidBatch, deals: Sequence[Deal]) -> Deal:
    """A payout to a firm comes back after the batch was closed."""
    by_order = {deal.order_id: deal for deal in deals}
    payout_no, line = list(_to_firms(batch, by_order).items())[-1]
    payout = next(each for each in batch.payouts if each["payout_no"] == payout_no)
    content = _bank_file([payout], {payout_no: PayoutOutcome.RETURNED})
    client.upload(cast.FINANCE_MAKER, f"/settlement-batches/{batch.id}/bank-returns", content, "late-return.csv")
    deal = by_order[line["order_id"]]
    deal.came_back_fen, deal.paid_out_fen = deal.paid_out_fen, 0
    return deal


def _export_twice(client: DemoClient, path: str) -> None:
    """Exporting is done twice; the files are the same to the byte."""
    files: list[dict[ExportFormat, bytes]] = []
    for _ in range(2):
        client.post(cast.FINANCE_MAKER, f"{path}/exportation")
        files.append(
            {
                export: client.download(cast.FINANCE_CHECKER, f"{path}/export", format=export.value)
                for export in ExportFormat
            }
        )
    if files[0] != files[1]:
        raise Disagreement(f"{path}: the second export differs from the first")


def _to_firms(batch: PaidBatch, by_order: Mapping[int, Deal]) -> dict[int, Json]:
    """The payouts of one claim to a user, by number and each with its line, in their order."""
    single = {payout["payout_no"] for payout in batch.payouts if payout["line_count"] == 1}
    return {
        line["payout_no"]: line
        for line in batch.lines
        if line["payout_no"] in single and not by_order[line["order_id"]].is_direct
    }


def _bank_file(payouts: Sequence[Json], outcomes: dict[int, PayoutOutcome]) -> bytes:
    """The bank's answer: what ``outcomes`` does not name was paid."""
    text = io.StringIO()
    writer = csv.DictWriter(text, OWN_HEADINGS, lineterminator="\n")
    writer.writeheader()
    for payout in payouts:
        outcome = outcomes.get(payout["payout_no"], PayoutOutcome.PAID)
        writer.writerow(
            {
                "payout_no": payout["payout_no"],
                "account_number": payout["account_number"],
                "amount": fen_to_yuan(payout["amount_fen"]),
                "status": outcome.value,
                "reason": FAILURE_REASONS.get(outcome, ""),
                "value_date": clock.today(clock.now()).isoformat(),
            }
        )
    return text.getvalue().encode()
