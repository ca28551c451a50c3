"""The way of a claim to its payout: where it stands, and which office has to act there (V17 order)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from settlement.states import PayableState
from vouchers.states import ClaimState


class Station(StrEnum):
    """Where a claim may stand, in the order of V17; none may be skipped."""

    SUBMISSION = "submission"
    REVIEW = "review"
    SUMMARY = "summary"
    CONFIRMATION = "confirmation"
    BATCH = "batch"
    PAYMENT = "payment"
    REPAYMENT = "repayment"
    """Behind the way itself: the payee pays back what is clawed back (V19, V21)."""


class Holder(StrEnum):
    """Whose turn it was or is."""

    BENEFICIARY = "beneficiary"
    INCUBATOR = "incubator"
    PROVIDER = "provider"
    CITY_BUREAU = "city_bureau"
    PROVINCE = "province"
    FINANCE = "finance"
    BANK = "bank"
    SYSTEM = "system"


OFFICE_AT: Mapping[Station, Holder] = MappingProxyType(
    {
        Station.REVIEW: Holder.CITY_BUREAU,
        Station.SUMMARY: Holder.CITY_BUREAU,
        Station.CONFIRMATION: Holder.PROVINCE,
        Station.BATCH: Holder.FINANCE,
        Station.PAYMENT: Holder.FINANCE,
    }
)
"""Whose turn it is at each station but the submission, the claimant's, and the repayment, the payee's."""
_STATION_OF: Mapping[ClaimState, Station] = MappingProxyType(
    {
        ClaimState.DRAFT: Station.SUBMISSION,
        ClaimState.RETURNED: Station.SUBMISSION,
        ClaimState.SUBMITTED: Station.REVIEW,
        ClaimState.SENT_BACK: Station.REVIEW,
        ClaimState.CITY_APPROVED: Station.SUMMARY,
        ClaimState.SUMMARISED: Station.CONFIRMATION,
        ClaimState.CONFIRMED: Station.BATCH,
    }
)


def stands_at(
    state: ClaimState, *, is_sent_up: bool, payable: PayableState | None, owes_back: bool = False
) -> Station | None:
    """Where a claim stands; None where nothing is next any more, be it paid or not.

    ``is_sent_up`` says whether its summary was dispatched: until then a summarised claim is still the city's. A
    confirmed one waits for its batch, and again for the next one once finance has corrected a failed payment. What
    is paid, or never will be, still waits for the payee while he ``owes_back``.
    """
    station = _towards_payment(state, is_sent_up=is_sent_up, payable=payable)
    return Station.REPAYMENT if station is None and owes_back else station


def _towards_payment(state: ClaimState, *, is_sent_up: bool, payable: PayableState | None) -> Station | None:
    station = _STATION_OF.get(state)
    if station is Station.CONFIRMATION and not is_sent_up:
        return Station.SUMMARY
    if station is Station.BATCH:
        if payable in (None, PayableState.PAID, PayableState.CANCELLED):
            return None
        return Station.BATCH if payable is PayableState.DUE else Station.PAYMENT
    return station
