"""Words for what records name opaquely."""

from __future__ import annotations

import pytest

from core.sources import source_text


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ("claim:12", "兑付申请 12", "Claim 12"),
        ("batch:20260112-23-01", "批次 20260112-23-01", "Batch 20260112-23-01"),
        ("batch:", "batch:", "batch:"),
        ("nothing:12", "nothing:12", "nothing:12"),
        ("由预算处来函", "由预算处来函", "由预算处来函"),
    ],
)
def test_a_source_in_words(source: str, zh: str, en: str) -> None:
    said = source_text(source)
    assert (said.zh, said.en) == (zh, en)
