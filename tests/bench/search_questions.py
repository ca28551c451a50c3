"""What the bench of searching asks, kind by kind; each kind has several forms, so that none is answered from memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tests.bench.catalogue_data import ACTS, BROAD, HOW, RARE, USED_FOR, WHAT

Question = Mapping[str, Any]

SEARCH = "/api/v1/instruments"
SUGGESTIONS = "/api/v1/instruments/suggestions"
PAGE = 20
FREE_FROM, FREE_TO = "2026-12-08T10:00:00+08:00", "2026-12-08T12:00:00+08:00"
"""A Tuesday morning, when every fifth instrument is open."""

KINDS: dict[str, list[Question]] = {
    "rare": [{"q": RARE}, {"q": RARE, "funding": "fiscal"}, {"q": RARE, "funding": "private"}],
    "one character": [{"q": word} for word in "电镜谱膜子"],
    "two characters": [{"q": word} for word in ("质谱", "电镜", "色谱", "衍射", "离心")],
    "four characters": [{"q": word} for word in ("扫描电镜", "透射电镜", "成像系统", "高分子环", "原子荧光")],
    "long name": [{"q": f"{USED_FOR[n]}{HOW[3 * n]}{WHAT[2 * n]}"} for n in range(8)],
    "model number": [{"q": word} for word in ("QX1234A", "TOF-4321", "orion 55", "ＳＥＭ－２０", "lc-77")],
    "42% of all": [{"q": BROAD, "sort": sort} for sort in ("relevance", "newest", "name", "value", "-value")],
    "all": [{}, {"sort": "name"}, {"sort": "-value"}],
    "none": [{"q": word} for word in ("超导量子计算", "月球车", "zzqqxx")],
    "filtered": [
        {"q": BROAD, "funding": "fiscal", "min_value_fen": 30_000_000},
        {"q": "质谱", "city": "370100"},
        {"q": ACTS[0], "city": "370200", "max_value_fen": 90_000_000},
        {"city": "371700", "funding": "private"},
        {"q": "显微镜", "category": "0305"},
    ],
    "free in a window": [
        {"q": word, "free_from": FREE_FROM, "free_to": FREE_TO} for word in ("质谱", "扫描电镜", RARE, "反应釜")
    ],
}


def address(question: Question, **more: Any) -> str:
    """The path and query of a question, with the first twenty, the total and all facets."""
    return f"{SEARCH}?{urlencode({**question, 'limit': PAGE, **more})}"


def suggestion(typed: str) -> str:
    """The path of the suggestions for what somebody has typed so far."""
    return f"{SUGGESTIONS}?{urlencode({'q': typed})}"


TYPED = ("质", "质谱", "扫描", "zhipu", "sm", "高分子", "qx12")
