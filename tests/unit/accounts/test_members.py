"""Members' rules: documents, rounds, seats by date, suspensions and public lists. No database."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import policy
from accounts.kinds import AdverseKind, DocumentKind, OrganisationKind, StandardDefect, Subject
from accounts.rules.adverse_lists import ListedRow, ListTooLong, ListUnknown, RefusedRow, read_list
from accounts.rules.adverse_plan import plan
from accounts.rules.members import (
    MemberRules,
    MonthDay,
    document_faults,
    missing_documents,
    state_on,
    suspension_faults,
)
from accounts.rules.registration import Application
from accounts.rules.rounds import (
    Difference,
    Finding,
    differences,
    resubmission_faults,
    return_faults,
    snapshot,
)
from accounts.rules.seats import Change, change_faults, covering
from accounts.states import MembershipState
from core.errors import Reason
from core.tables.files import open_table
from marketplace.demo.province import demo_uscc

DAY = date(2026, 3, 2)
MARCH_31, JUNE_30 = MonthDay(3, 31), MonthDay(6, 30)
RULES = MemberRules(
    documents={"enterprise": ("licence", "financial_statement"), "provider": ("licence", "sharing_rules")},
    may_owe=True,
    owed_working_days=20,
    figures_due=MARCH_31,
    figures_grace_end=JUNE_30,
    overdue_refuses_orders=True,
    suspension_articles=("V8(2)", "V20"),
)


def codes(reasons: list[Reason]) -> list[str]:
    return [each.code for each in reasons]


# -- documents ---------------------------------------------------------------------------------------------------------


def test_v15_the_pack_names_the_documents_of_each_kind_and_missing_ones_are_named_at_once() -> None:
    shandong = policy.member_rules(DAY)
    outside = shandong.required_documents(OrganisationKind.PROVIDER, in_province=False)
    required = shandong.required_documents(OrganisationKind.ENTERPRISE, in_province=True)

    assert required == (DocumentKind.LICENCE, DocumentKind.FINANCIAL_STATEMENT)
    assert outside == (DocumentKind.LICENCE,)
    assert RULES.required_documents(OrganisationKind.TEAM, in_province=True) == ()
    assert missing_documents(required, {DocumentKind.LICENCE}) == [DocumentKind.FINANCIAL_STATEMENT]
    faults = document_faults(missing_documents(required, set()))
    assert [each.field for each in faults] == ["document_licence", "document_financial_statement"]
    assert {each.article for each in faults} == {"V15"}


def test_v8_1_figures_are_due_in_the_next_year_and_orders_stop_the_day_after_the_grace() -> None:
    assert RULES.figures_due_on(2025) == date(2026, 3, 31)
    assert not RULES.orders_stop_for(2025, on=date(2026, 6, 30))
    assert RULES.orders_stop_for(2025, on=date(2026, 7, 1))
    assert not policy.member_rules(DAY).orders_stop_for(2025, on=date(2026, 12, 31))


# -- rounds ------------------------------------------------------------------------------------------------------------


def firm(**changed: Any) -> Application:
    stated: dict[str, Any] = {"kind": OrganisationKind.ENTERPRISE, "name": "甲", "phone": "1", "staff": 5}
    return Application(**{**stated, **changed})


def test_v15_differences_are_named_by_field_figures_and_document() -> None:
    before = snapshot(firm(), [(DocumentKind.LICENCE, "aa", "old.pdf")], on=DAY)
    after = snapshot(firm(phone="2", staff=6), [(DocumentKind.LICENCE, "bb", "new.pdf")], on=DAY)
    found = differences(before, after)

    assert [each.about for each in found] == [Subject.PHONE, Subject.FIGURES, Subject.DOCUMENT_LICENCE]
    assert found[0] == Difference(Subject.PHONE, "1", "2")
    assert differences(before, before) == []


def test_v15_a_year_left_out_is_no_change_of_figures() -> None:
    """The year that figures are kept for is the last completed one; the second round states it without any change."""
    first, stated = firm(revenue_fen=7), firm(revenue_fen=7, figures_year=2025)

    assert differences(snapshot(first, [], on=DAY), snapshot(stated, [], on=DAY)) == []
    assert snapshot(firm(), [], on=DAY)[Subject.FIGURES]["figures_year"] is None
    older = differences(snapshot(first, [], on=DAY), snapshot(firm(revenue_fen=7, figures_year=2024), [], on=DAY))
    assert [each.about for each in older] == [Subject.FIGURES]


def test_v15_nobody_is_sent_round_twice() -> None:
    """A second return may name what changed or what is not mended, and nothing else."""
    named = [Subject.PHONE, Subject.DOCUMENT_LICENCE]
    changed = {Subject.PHONE, Subject.ADDRESS}
    again = [Finding(Subject.PHONE, note="仍有误"), Finding(Subject.DOCUMENT_LICENCE, StandardDefect.MISSING)]
    new = [Finding(Subject.ADDRESS, note="地址有误")]
    late = [Finding(Subject.CONTROLLER, note="未说明"), Finding(Subject.CONTROLLER, StandardDefect.INCOMPLETE)]

    assert return_faults(again + new, named_before=named, changed=changed) == []
    assert codes(return_faults(again + late, named_before=named, changed=changed)) == ["defect_named_late"]
    assert return_faults(late, named_before=None, changed=set()) == []


@given(
    st.sets(st.sampled_from(list(Subject)), min_size=1),
    st.sets(st.sampled_from(list(Subject))),
    st.lists(st.sampled_from(list(Subject)), min_size=1),
)
def test_a_later_return_names_only_what_is_open(named: set[Subject], changed: set[Subject], now: list[Subject]) -> None:
    refused = return_faults([Finding(each, note="x") for each in now], named_before=list(named), changed=changed)
    assert len(refused) == len(set(now) - named - changed)


def test_a_document_named_as_missing_must_be_there_before_it_is_handed_in_again() -> None:
    named = [
        Finding(Subject.DOCUMENT_LICENCE, StandardDefect.MISSING),
        Finding(Subject.DOCUMENT_FINANCIAL_STATEMENT, StandardDefect.ILLEGIBLE),
    ]
    assert codes(resubmission_faults(named, set())) == ["document_still_missing"]
    assert resubmission_faults(named, {Subject.DOCUMENT_LICENCE}) == []


# -- seats -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sits:
    county: str
    since: date
    until: date | None = None


HEZE, JINAN = Sits("371702", date(2025, 2, 1), date(2026, 6, 1)), Sits("370102", date(2026, 6, 1))


def test_v12_the_seat_of_a_day_is_the_one_that_covers_it() -> None:
    """The day before the change is the old county's, the day itself the new one's."""
    at = {day: covering([HEZE, JINAN], date(2026, 6, 1) + timedelta(days=day)) for day in (-1, 0, 1)}
    assert [each.county for each in at.values() if each] == ["371702", "370102", "370102"]
    assert covering([HEZE, JINAN], date(2020, 1, 1)) == HEZE
    assert covering([], DAY) is None


@given(st.lists(st.dates(date(2024, 1, 1), date(2028, 1, 1)), min_size=1, max_size=5, unique=True), st.dates())
def test_every_day_has_exactly_one_seat(starts: list[date], day: date) -> None:
    ordered = sorted(starts)
    seats = [
        Sits(str(n), since, until) for n, (since, until) in enumerate(zip(ordered, [*ordered[1:], None], strict=True))
    ]
    found = covering(seats, day)
    holding = [each for each in seats if each.since <= day and (each.until is None or day < each.until)]
    assert found is not None
    assert len(holding) <= 1
    assert found == (holding[0] if holding else seats[0])


def test_a_change_must_change_something_that_its_kind_may_change() -> None:
    def faults(change: Change, kind: OrganisationKind = OrganisationKind.ENTERPRISE) -> list[str]:
        return codes(
            change_faults(
                change, kind=kind, present_county="371702", in_province=True, seats=[HEZE], places=policy.places(DAY)
            )
        )

    day = date(2026, 7, 1)
    assert faults(Change(effective_on=day)) == ["change_empty"]
    assert faults(Change(effective_on=day, county="370102")) == []
    assert faults(Change(effective_on=day, county="371702")) == ["county_unchanged"]
    assert faults(Change(effective_on=day, county="110108")) == ["change_crosses_border"]
    assert faults(Change(effective_on=day, county="379999")) == ["county_unknown"]
    assert faults(Change(effective_on=HEZE.since, county="370102")) == ["seat_overlaps"]
    assert faults(Change(effective_on=day, controller="乙"), OrganisationKind.PROVIDER) == [
        "controller_of_enterprises_only"
    ]
    assert faults(Change(effective_on=day, county="370102"), OrganisationKind.TEAM) == ["team_sits_with_incubator"]


def test_a_change_begins_within_the_days_that_the_pack_allows() -> None:
    latest = policy.member_rules(DAY).latest_change(DAY)
    assert latest == DAY + timedelta(days=365)

    def faults(day: date) -> list[str]:
        change = Change(effective_on=day, phone="0531-1")
        found = change_faults(
            change,
            kind=OrganisationKind.PROVIDER,
            present_county="371702",
            in_province=True,
            seats=[HEZE],
            places=policy.places(DAY),
            latest=latest,
        )
        return codes(found)

    assert (faults(latest), faults(latest + timedelta(days=1))) == ([], ["change_too_far_ahead"])
    assert faults(date(2099, 1, 1)) == ["change_too_far_ahead"]


# -- suspensions -------------------------------------------------------------------------------------------------------


def test_a_suspension_names_its_article_and_does_not_begin_in_the_past() -> None:
    def faults(article: str | None, since: date, until: date | None) -> list[str]:
        known = RULES.suspension_articles
        return codes(suspension_faults(article=article, known=known, since=since, until=until, today=DAY))

    assert faults("V8(2)", DAY, DAY + timedelta(days=1)) == []
    assert faults(None, DAY, None) == []
    assert faults("V99", DAY - timedelta(days=1), DAY - timedelta(days=1)) == [
        "suspension_article_unknown",
        "suspension_in_past",
        "period_reversed",
    ]


# -- public lists ------------------------------------------------------------------------------------------------------

ONE, TWO = demo_uscc(1), demo_uscc(2)
LISTED = AdverseKind.ABNORMAL_OPERATIONS


def rows_of(text: str, kind: AdverseKind | None = LISTED) -> list[ListedRow | RefusedRow]:
    return read_list(open_table(io.BytesIO(text.encode())), kind=kind, source="公示系统", today=DAY)


def test_v8_2_a_public_list_is_read_as_it_is_written() -> None:
    first, second, third = rows_of(
        "某市经营异常名录\n统一社会信用代码,企业名称,名录类型,列入日期,移出日期,列入原因,作出决定机关\n"
        f"{ONE},甲,经营异常名录,2025年11月3日,2025/12/1,地址失联,菏泽市局\n"
        f"{TWO.lower()},乙,严重违法失信名单,20251103,,,\n"
        f"{ONE},甲,,2025-11-03 00:00:00,,,\n"
    )
    assert first == ListedRow(3, ONE, "甲", LISTED, date(2025, 11, 3), date(2025, 12, 1), "菏泽市局；地址失联")
    assert second == ListedRow(4, TWO, "乙", AdverseKind.SERIOUS_ILLEGALITY, date(2025, 11, 3), None, "公示系统")
    assert third == ListedRow(5, ONE, "甲", LISTED, date(2025, 11, 3), None, "公示系统")


def test_every_fault_of_a_row_is_named_with_its_line() -> None:
    (bad,) = rows_of("统一社会信用代码,列入日期,移出日期\n91370000000000000X,2025-13-01,2030-01-01\n", kind=None)
    assert isinstance(bad, RefusedRow)
    assert bad.line == 2
    assert codes(list(bad.reasons)) == [
        "uscc_invalid",
        "adverse_kind_unknown",
        "adverse_date_unreadable",
        "adverse_in_future",
    ]
    (dateless,) = rows_of(f"统一社会信用代码,列入日期\n{ONE},\n")
    assert isinstance(dateless, RefusedRow)
    assert codes(list(dateless.reasons)) == ["adverse_date_missing"]


@pytest.mark.parametrize(
    "written",
    [
        "2025-12",
        "202511",
        "2025-11-03 本应2024-11-03",
        "2025年11月",
        "2025-11/03",
        "2025113",
        "2025-11-03abc",
        "20251301",
    ],
)
def test_v8_2_what_is_no_whole_date_is_refused(written: str) -> None:
    (bad,) = rows_of(f"统一社会信用代码,列入日期\n{ONE},{written}\n")
    assert isinstance(bad, RefusedRow)
    assert codes(list(bad.reasons)) == ["adverse_date_unreadable"]


def test_a_file_that_is_no_such_list_is_refused_whole() -> None:
    with pytest.raises(ListUnknown):
        rows_of("外部编号,仪器名称\nA1,光谱仪\n")
    with pytest.raises(ListTooLong):
        rows_of("统一社会信用代码,列入日期\n" + f"{ONE},2025-01-01\n" * 5_001)


def test_v8_2_known_rows_change_nothing_removals_end_and_the_same_list_twice_is_none() -> None:
    rows = rows_of(
        "统一社会信用代码,列入日期,移出日期\n"
        f"{ONE},2025-11-03,2025-12-01\n"
        f"{ONE},2025-11-03,2025-12-01\n"
        f"{ONE},,2025-12-01\n"
        f"{TWO},2026-01-05,\n"
        f"{TWO},,2026-02-01\n"
        f"{demo_uscc(3)},2026-01-05,\n"
    )
    members = {ONE: 1, TWO: 2}
    known = {(1, LISTED, date(2025, 11, 3)): None}
    found = plan(rows, members=members, on_file=known, today=DAY)

    assert list(found.ended) == [(1, LISTED, date(2025, 11, 3))]
    assert {key: entry.until for key, entry in found.added.items()} == {(2, LISTED, date(2026, 1, 5)): date(2026, 2, 1)}
    assert [each.line for each in found.unknown] == [7]
    assert [(each.line, codes(list(each.reasons))) for each in found.refused] == [(4, ["adverse_nothing_to_end"])]
    total = len(found.ended) + len(found.added) + found.known + len(found.unknown) + len(found.refused)
    assert total == len(rows)

    on_file = {(1, LISTED, date(2025, 11, 3)): date(2025, 12, 1), (2, LISTED, date(2026, 1, 5)): date(2026, 2, 1)}
    again = plan(rows, members=members, on_file=on_file, today=DAY)
    assert (again.added, again.ended) == ({}, {})
    other_end = plan(rows[:1], members=members, on_file={(1, LISTED, date(2025, 11, 3)): date(2025, 11, 9)}, today=DAY)
    assert codes(list(other_end.refused[0].reasons)) == ["adverse_end_differs"]


@pytest.mark.parametrize(
    ("state", "since", "until", "expected"),
    [
        (MembershipState.APPROVED, None, None, MembershipState.APPROVED),
        (MembershipState.APPROVED, date(2026, 3, 20), None, MembershipState.SUSPENDED),
        (MembershipState.APPROVED, date(2026, 3, 21), None, MembershipState.APPROVED),
        (MembershipState.SUSPENDED, date(2026, 3, 1), date(2026, 3, 20), MembershipState.APPROVED),
        (MembershipState.SUSPENDED, date(2026, 3, 1), date(2026, 3, 21), MembershipState.SUSPENDED),
    ],
)
def test_v15_a_suspension_holds_by_its_days_whatever_the_worker_did(
    state: MembershipState, since: date | None, until: date | None, expected: MembershipState
) -> None:
    assert state_on(state, since=since, until=until, on=date(2026, 3, 20)) is expected
