"""What a statement says, whatever stands in the ledger."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.rules.chart import AccountKind, Book, Layer, TransactionKind
from settlement.rules.statements import (
    ARTICLE_OF,
    Party,
    PartyKind,
    PartyUnreadable,
    Period,
    Section,
    article_of,
    party_of,
    period_of,
)

Fen = st.integers(0, 10**12)


def test_every_kind_of_transaction_rests_on_an_article() -> None:
    assert set(ARTICLE_OF) == set(TransactionKind)
    assert article_of(TransactionKind.PAYMENT_RECEIVED, None) == "V16"
    assert article_of(TransactionKind.SHORTFALL_OPENED, "V16(1)") == "V16(1)"


@given(Fen, Fen, Fen)
def test_opening_and_lines_are_the_closing(opening: int, debit: int, credit: int) -> None:
    section = Section(Book.TRADE, AccountKind.RECEIVED, Layer.POSTED, opening, debit, credit, 2)
    assert section.closing_fen == opening + debit - credit


@pytest.mark.parametrize("code", ["organisation:12", "city:371700", "province"])
def test_parties_are_read_as_they_are_written(code: str) -> None:
    assert party_of(code).code == code


@pytest.mark.parametrize(
    "code", ["", "organisation:", "city:37", "province:1", "organisation:1 ", "team:5", "organisation:１"]
)
def test_other_names_are_nobody(code: str) -> None:
    with pytest.raises(PartyUnreadable):
        party_of(code)


def test_a_party_names_one_thing() -> None:
    assert party_of("organisation:12") == Party(PartyKind.ORGANISATION, organisation_id=12)
    assert party_of("city:371700") == Party(PartyKind.CITY, city="371700")


def test_a_period_left_open_is_the_year_until_today() -> None:
    today = date(2026, 3, 2)
    assert period_of(since=None, until=None, today=today) == Period(date(2026, 1, 1), today)
    assert period_of(since=None, until=date(2025, 6, 30), today=today).since == date(2025, 1, 1)
