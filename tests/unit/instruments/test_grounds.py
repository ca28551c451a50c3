"""What the review of a listing and its exemption rest on. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from instruments.rules.grounds import listing_grounds
from instruments.rules.terms import Funding

MOMENT = datetime(2026, 3, 2, 1, tzinfo=UTC)
STATED: dict[str, Any] = {"name": "光谱仪", "funding": Funding.FISCAL, "value_fen": 30_000_000, "submitted_on": MOMENT}
OPEN: dict[str, Any] = {"decided_on": None, "opinion": "", "defects": [], "exempted_on": None, "reference": ""}


def test_s11_a_listing_tells_why_it_was_published_returned_or_is_exempt() -> None:
    assert listing_grounds(returned=False, **STATED, **OPEN) == []
    decided = {**OPEN, "decided_on": MOMENT, "opinion": "同意"}
    published = listing_grounds(returned=False, **STATED, **decided)
    assert [(each.code, each.article) for each in published] == [
        ("listing_published", "S11"),
        ("listing_stated", "S11"),
    ]
    returned = listing_grounds(returned=True, **STATED, **{**decided, "defects": ["缺型号"]})
    assert [each.code for each in returned] == ["listing_returned", "listing_defect", "listing_stated"]
    exempt = listing_grounds(
        returned=False, **STATED, **{**OPEN, "exempted_on": date(2026, 2, 1), "reference": "密免1号"}
    )
    assert [(each.code, each.article) for each in exempt] == [("listing_exempt", "S23")]
    assert exempt[0].inputs == {"exempted_on": "2026-02-01", "reference": "密免1号"}
