"""What a submitted report kept is read in the order of the report (V18 report)."""

from __future__ import annotations

from marketplace.reports.annual.counting import ReportFigures
from marketplace.reports.annual.measures import BREAKDOWNS, SECTIONS


def test_sections_and_tables_stand_in_the_order_of_the_report_however_they_were_stored() -> None:
    """The database orders the names of a document by their length; what is counted no more comes last, and a table that
    was not counted yet has no rows."""
    tables = [each.key for each in BREAKDOWNS]
    kept = ReportFigures.from_json(
        {
            "city": "371700",
            "year": 2025,
            "as_of": "2026-01-20T09:00:00+08:00",
            "method": "",
            "sections": {key: [] for key in sorted(["abandoned", *SECTIONS], key=len)},
            "breakdowns": {key: [] for key in sorted(tables[1:], key=len)},
            "checks": [],
        }
    )
    assert list(kept.sections) == [*SECTIONS, "abandoned"]
    assert list(kept.breakdowns) == tables
    assert kept.breakdowns[tables[0]] == ()
