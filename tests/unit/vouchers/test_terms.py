"""Terms end with their last day in Asia/Shanghai: a second before its end they run, at its end they are over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import OrganisationDocument
from accounts.states import DocumentState
from core import clock
from vouchers.service.findings import is_over

LAST_DAY = date(2026, 3, 16)
END = clock.end_of_day(LAST_DAY)


@pytest.mark.parametrize(("seconds", "over"), [(-1, False), (0, True), (1, True)])
def test_v21_answers_and_appeals_are_taken_to_the_last_second(seconds: int, over: bool) -> None:
    assert is_over(LAST_DAY, now=END + timedelta(seconds=seconds)) is over


@pytest.mark.parametrize(("seconds", "stands"), [(-1, True), (0, False)])
def test_v16_files_a_certified_document_stands_to_the_last_second(seconds: int, stands: bool) -> None:
    document = OrganisationDocument(state=DocumentState.CERTIFIED, valid_until=LAST_DAY)
    assert document.stands_on(clock.today(END + timedelta(seconds=seconds))) is stands
