"""Where a claim stands on its way to the payout, and whose turn it is there (V17 order)."""

from __future__ import annotations

import pytest

from settlement.states import PayableState
from vouchers.rules.way import OFFICE_AT, Holder, Station, stands_at
from vouchers.states import ClaimState

PAYABLES = {
    PayableState.DUE: Station.BATCH,
    PayableState.IN_BATCH: Station.PAYMENT,
    PayableState.FAILED: Station.PAYMENT,
    PayableState.RETURNED: Station.PAYMENT,
    PayableState.PAID: None,
    PayableState.CANCELLED: None,
}
UNPAID = {
    ClaimState.DRAFT: Station.SUBMISSION,
    ClaimState.RETURNED: Station.SUBMISSION,
    ClaimState.SUBMITTED: Station.REVIEW,
    ClaimState.SENT_BACK: Station.REVIEW,
    ClaimState.CITY_APPROVED: Station.SUMMARY,
    ClaimState.REJECTED: None,
    ClaimState.WITHDRAWN: None,
    ClaimState.EXPIRED: None,
    ClaimState.REVOKED: None,
}


@pytest.mark.parametrize("is_sent_up", [False, True])
def test_every_state_has_its_station(is_sent_up: bool) -> None:
    """A summarised claim stays with its city until the summary is sent up; payment alone moves a confirmed one."""
    found = {state: stands_at(state, is_sent_up=is_sent_up, payable=None) for state in ClaimState}
    upward = Station.CONFIRMATION if is_sent_up else Station.SUMMARY
    assert found == {**UNPAID, ClaimState.SUMMARISED: upward, ClaimState.CONFIRMED: None}
    paying = {state: stands_at(ClaimState.CONFIRMED, is_sent_up=is_sent_up, payable=state) for state in PayableState}
    assert paying == PAYABLES


@pytest.mark.parametrize("payable", [None, *PayableState])
def test_v21_what_is_clawed_back_waits_for_its_payee(payable: PayableState | None) -> None:
    """Behind the payment, and after a revocation too; what is still on its way to a payment goes first."""
    confirmed = stands_at(ClaimState.CONFIRMED, is_sent_up=True, payable=payable, owes_back=True)
    assert confirmed == (PAYABLES.get(payable) or Station.REPAYMENT if payable else Station.REPAYMENT)
    assert stands_at(ClaimState.REVOKED, is_sent_up=True, payable=payable, owes_back=True) is Station.REPAYMENT


def test_each_station_but_the_submission_and_the_repayment_is_an_offices() -> None:
    assert set(Station) - set(OFFICE_AT) == {Station.SUBMISSION, Station.REPAYMENT}
    assert OFFICE_AT[Station.SUMMARY] is Holder.CITY_BUREAU
    assert OFFICE_AT[Station.CONFIRMATION] is Holder.PROVINCE
