"""What decisions on complaints, yearly reports and applications for disclosure rest on. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from core.grounds import Ground
from core.texts import Text
from marketplace.rules.office_grounds import complaint_grounds, disclosure_grounds, report_grounds
from marketplace.states import ComplaintState, DisclosureState

DAY = date(2026, 3, 2)
MOMENT = datetime(2026, 3, 2, 1, tzinfo=UTC)


def rests_on(found: list[Ground]) -> list[tuple[str, str | None]]:
    return [(each.code, each.article) for each in found]


def test_v20_a_complaint_is_dismissed_or_taken_up() -> None:
    for state, code in (
        (ComplaintState.DISMISSED, "complaint_dismissed"),
        (ComplaintState.TAKEN_UP, "complaint_taken_up"),
    ):
        found = complaint_grounds(
            state, order=3, account="无故拒绝", filed_on=MOMENT, decided_on=MOMENT, opinion="理由成立"
        )
        assert rests_on(found) == [(code, "V20"), ("complaint_filed", "V20")]
        assert found[1].inputs == {"order": 3, "filed_on": "2026-03-02", "account": "无故拒绝"}


def test_v18_a_report_tells_its_return_its_acceptance_and_whether_it_was_in_time() -> None:
    nothing: dict[str, Any] = {"returned_on": None, "why": "", "accepted_on": None, "number": None, "digest": None}
    stated: dict[str, Any] = {"due_on": DAY, "first_submitted_on": MOMENT}
    assert report_grounds(**stated, **nothing) == []
    again: dict[str, Any] = {"returned_on": MOMENT, "why": "请补充"}
    given: dict[str, Any] = {**again, "accepted_on": MOMENT, "number": "1号", "digest": "ab"}
    assert rests_on(report_grounds(**stated, **given)) == [
        ("report_returned", "V18 report"),
        ("report_accepted", "V18 report"),
        ("report_in_time", "V18 report"),
    ]


def test_v18_an_answer_tells_its_grounds_in_words_and_what_was_asked() -> None:
    nothing: dict[str, Any] = {"extended_on": None, "why": "", "decided_on": None, "refused_for": [], "opinion": ""}
    asked: dict[str, Any] = {"wanted": "金额", "received_on": MOMENT, "due_on": DAY}
    assert disclosure_grounds(DisclosureState.RECEIVED, **asked, **nothing) == []
    given: dict[str, Any] = {"extended_on": MOMENT, "why": "量大", "decided_on": MOMENT, "opinion": "见附件"}
    secret = Text("商业秘密", "trade secret")
    found = disclosure_grounds(DisclosureState.REFUSED, **asked, **given, refused_for=[secret])
    assert rests_on(found) == [
        ("disclosure_extended", "V18"),
        ("disclosure_answered", "V18"),
        ("disclosure_asked", "V18"),
    ]
    assert found[1].inputs["refused_for"] == [{"zh": "商业秘密", "en": "trade secret"}]
    assert "商业秘密" in found[1].text.zh
