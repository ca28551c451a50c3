"""V18: the printed summary says what it holds, is the same bytes each time, and its stamped copy belongs to it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from accounts.queries import organisation
from core import clock
from core.db import session
from core.files import FileTypeRefused, open_file
from core.pdf import render_pdf
from tests.factories.accounts import actor_of, make_bureau, make_enterprise
from tests.factories.vouchers import PDF, bring, make_claim, summarise
from vouchers.models import Claim, ReviewSummary
from vouchers.service import summaries
from vouchers.service.claims import Upload
from vouchers.service.summaries import StampRefused
from vouchers.states import ClaimState, SummaryState
from vouchers.steps.printing import TEMPLATE, document_data

pytestmark = pytest.mark.usefixtures("app")


def approved(*, base_fen: int = 10_000_000, name: str | None = None, county: str = "371702") -> Claim:
    return bring(make_claim(make_enterprise(county, name=name), base_fen=base_fen), ClaimState.CITY_APPROVED)


def words_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def stamp(summary: ReviewSummary, content: bytes = PDF, **said: object) -> ReviewSummary:
    given: dict[str, object] = {"number": summary.number, "total_fen": summary.total_fen} | said
    return summaries.stamp(
        summary_id=summary.id,
        upload=Upload(io.BytesIO(content), "stamped.pdf"),
        actor=actor_of(make_bureau(summary.city)),
        now=clock.now(),
        **given,  # type: ignore[arg-type]
    )


def test_v18_the_document_names_every_claim_and_its_total_in_words() -> None:
    """Stored with its checksum when the summary is made; what people typed is set as it is."""
    claims = [approved(name="#panic[菏泽] $x$ *有限*公司"), approved(base_fen=1_000_005)]
    summary = summarise(*claims)
    assert summary.number == "鲁科券〔2026〕菏泽 1号"
    assert summary.document_file is not None
    content = open_file(summary.document_file)
    words = words_of(content)
    for shown in (
        "菏泽市科技创新券兑付审核汇总表",
        "鲁科券〔2026〕菏泽 1号",
        "#panic[菏泽] $x$ *有限*公司",
        "2026-03-02 至 2026-03-02",
        "合计（2 项） 66,000.03 元",
        "人民币陆万陆仟元零叁分",
        "经办人",
        "（公章）",
        "附件清单",
        "60%",
    ):
        assert shown in words, words
    for claim in claims:
        assert claim.approved_fen is not None
        assert f"{claim.approved_fen / 100:,.2f}" in words
        assert organisation(claim.provider_id).name in words
    again = render_pdf(TEMPLATE, document_data(summary, claims, now=clock.now()))
    assert again == content


def test_each_city_counts_its_summaries_of_a_year() -> None:
    """12号 follows 11号; another city and another year begin with 1号."""
    first, second = summarise(approved()), summarise(approved())
    elsewhere = summarise(approved(county="370102"))
    with clock.at(datetime(2027, 1, 4, 2, tzinfo=UTC)):
        later = summarise(approved())
    assert [each.number for each in (first, second, elsewhere, later)] == [
        "鲁科券〔2026〕菏泽 1号",
        "鲁科券〔2026〕菏泽 2号",
        "鲁科券〔2026〕济南 1号",
        "鲁科券〔2027〕菏泽 1号",
    ]


def test_the_stamped_copy_of_another_summary_is_caught() -> None:
    """Number and total are typed off the sheet; brackets and blanks may differ; the unstamped file is no copy."""
    summary, other = summarise(approved()), summarise(approved(base_fen=1_000_000))
    with pytest.raises(StampRefused) as refused:
        stamp(summary, number=other.number, total_fen=other.total_fen)
    assert [each.code for each in refused.value.reasons] == ["stamp_number_differs", "stamp_total_differs"]
    assert other.document_file is not None
    with pytest.raises(StampRefused) as unstamped:
        stamp(summary, open_file(other.document_file))
    assert [each.code for each in unstamped.value.reasons] == ["stamp_is_unstamped"]
    with pytest.raises(FileTypeRefused):
        stamp(summary, b"plain words")
    assert stamp(summary, number="鲁科券[2026]菏泽1号").state is SummaryState.STAMPED
    assert session().get(ReviewSummary, other.id).state is SummaryState.OPEN  # type: ignore[union-attr]
