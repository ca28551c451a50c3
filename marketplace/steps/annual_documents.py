"""What is submitted of a yearly report: its content with a digest, the PDF and the workbook, stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.policy import city_names
from core import clock
from core.files import PDF, XLSX, store_content
from marketplace.reports.annual import ReportFigures
from marketplace.reports.annual.editions import digest_of
from marketplace.reports.annual.printed import report_pdf
from marketplace.reports.annual.workbook import report_xlsx

CITY = "市"
"""What the short name of a city goes without."""


def write_documents(
    figures: ReportFigures,
    texts: Mapping[str, str],
    *,
    round: int,
    number: str,
    owner_id: int | None,
    now: datetime,
) -> dict[str, Any]:
    """The columns of an edition: number, content, digest and files. ``number`` is the pattern of the pack."""
    city = city_names(clock.today(now)).get(figures.city, figures.city).removesuffix(CITY)
    named = number.format(city=city, year=figures.year, round=round)
    content = {"number": named, "texts": dict(texts), "figures": figures.as_json()}
    digest = digest_of(content)
    name = f"annual-report-{figures.city}-{figures.year}-{round}"
    pdf = report_pdf(figures, texts, number=named, digest=digest)
    book = report_xlsx(figures, texts, number=named, digest=digest)
    stored = {
        "document_file": store_content(pdf, filename=f"{name}.pdf", media_type=PDF, owner_id=owner_id, now=now),
        "workbook_file": store_content(book, filename=f"{name}.xlsx", media_type=XLSX, owner_id=owner_id, now=now),
    }
    return {"round": round, "number": named, "content": content, "digest": digest, **stored}
