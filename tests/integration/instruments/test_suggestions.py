"""Suggestions while typing: what is listed, by words and pinyin, from either engine through one function."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select, text

from core import clock
from core.db import session, transaction
from instruments.models import Instrument, Service
from instruments.queries.catalogue import Search
from instruments.queries.listings import search_services
from instruments.queries.suggestions import Suggestion, SuggestionKind, suggest
from instruments.service.index_check import compare
from instruments.service.indexing import Keeper, build_index
from instruments.states import ListingState
from tests.factories.accounts import make_provider
from tests.factories.instruments import make_draft, make_instrument, make_service
from tests.support import generated
from tests.support.searching import ask, index_aside

NAME, MODEL, CATEGORY, PROVIDER, SERVICE = SuggestionKind
BY_WORDS = {
    "质": (NAME, "质谱仪"),
    "质谱仪": (CATEGORY, "质谱仪器"),
    "zeta": (MODEL, "zeta_7/b"),
    "h7650": (MODEL, "H-7650"),
    "ＬＴＱ": (MODEL, "ＬＴＱ ＸＬ"),
    "bitrap": (MODEL, "Orbitrap 480"),
    "黄蓝研究": (PROVIDER, "黄蓝研究院"),
    "检测报告": (SERVICE, "水质检测报告"),
}
BY_PINYIN = {
    "zpy": (NAME, "质谱仪"),
    "zhipuyi": (NAME, "质谱仪"),
    "zhipu yi": (NAME, "质谱仪"),
    "smdz": (CATEGORY, "扫描电子仪器"),
    "hlyjy": (PROVIDER, "黄蓝研究院"),
}


def suggested(typed: str, *, source: str) -> list[Suggestion]:
    found = suggest(typed)
    assert (found.source, found.fallback) == (source, None if source == "index" else "missing")
    return list(found.items)


def follows(suggestion: Suggestion) -> Any:
    """What following a suggestion finds."""
    if suggestion.kind is SERVICE:
        return session().scalars(search_services(select(Service), suggestion.text)).first()
    wanted = {PROVIDER: Search(provider=suggestion.provider), CATEGORY: Search(category=suggestion.text)}
    return ask(wanted.get(suggestion.kind, Search(q=suggestion.text)))["total"]


def test_what_is_listed_is_suggested_by_either_engine(committed_app: Flask) -> None:
    """By part, width and case; by pinyin and initials from the index alone; nothing that a search would not find."""
    owner = make_provider(name="黄蓝研究院")
    listed = make_instrument(owner, name="质谱仪")
    make_service(instruments=[listed], title="水质检测报告")
    make_instrument(owner, name="电镜", category="扫描电子仪器")
    make_draft(owner, name="质谱未公开", model="QX-9999", category="质谱未公开类")
    make_provider(name="黄蓝研究院没有仪器分院")
    generated.fill(120, seed=21)
    build_index(now=clock.now())
    for source, expected in (("index", BY_WORDS | BY_PINYIN), ("database", BY_WORDS)):
        for typed, (kind, shown) in expected.items():
            if source == "database":
                with index_aside():
                    found = suggested(typed, source=source)
            else:
                found = suggested(typed, source=source)
            assert (kind, shown) in [(each.kind, each.text) for each in found], (source, typed, found)
            assert all(follows(each) for each in found), (source, typed)
            assert not any("未公开" in each.text or "分院" in each.text for each in found)
    names = [each.text for each in suggested("质谱", source="index") if each.kind is NAME]
    assert (names[0], len(names) > 1, all("质谱" in each for each in names)) == ("质谱仪", True, True)
    for nothing in ("", "q", "…", "没有这样的词", "qx-9999", "zzqqxx"):
        assert suggested(nothing, source="index") == []
        with index_aside():
            assert suggested(nothing, source="database") == []
    answer = committed_app.test_client().get("/api/v1/instruments/suggestions?q=hlyjy").json
    assert answer == {
        "items": [{"kind": "provider", "text": "黄蓝研究院", "provider": owner.id}],
        "source": "index",
        "fallback": None,
        "behind_seconds": 0.0,
    }
    page = committed_app.test_client().get(
        "/instruments/suggestions?q=zpy&funding=fiscal", headers={"HX-Request": "true"}
    )
    assert 'href="/instruments?q=%E8%B4%A8%E8%B0%B1%E4%BB%AA&amp;funding=fiscal"' in page.text


def test_suggestions_follow_what_changes(committed_app: Flask) -> None:
    """A renamed provider, a suspended instrument: taken in like any other edit."""
    owner = make_provider(name="黄蓝研究院")
    made = make_instrument(owner, name="回旋加速器")
    generation, _ = build_index(now=clock.now())
    keeper = Keeper(generation)
    with transaction() as current:
        current.execute(text("UPDATE organisation SET name = '青红研究院' WHERE id = :id"), {"id": owner.id})
    assert keeper.take_in() > 0
    assert suggested("hlyj", source="index") == suggested("黄蓝", source="index") == []
    assert suggested("qhyj", source="index") == [Suggestion(PROVIDER, "青红研究院", owner.id)]
    with transaction() as current:
        current.get_one(Instrument, made.id).state = ListingState.SUSPENDED
    assert keeper.take_in() > 0
    assert suggested("hxjsq", source="index") == suggested("青红", source="index") == []
    keeper.close()
    assert compare().faults == 0
