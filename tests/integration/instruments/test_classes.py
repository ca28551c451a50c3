"""The national classes: imported by a command, shown with their names as a tree in facets, filters, pages and API."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.db import session
from instruments.models import InstrumentClass
from instruments.service.classes import import_classes
from tests.factories.instruments import make_instrument
from tests.support.pages import PageClient

LIST = """\
parent,code,name,name_en
,010000,甲类仪器,Class A
010000,010200,甲二类仪器,Class A two
010200,010203,甲二三类仪器,
,120000,乙类仪器,
120000,120000,其他,
"""
FAULTY = """\
编码,名称
0102,太短
010203,没有上级
120000,
130000,丙类仪器
130000,又是丙类
"""


def taken(app: Flask, path: Path, content: str) -> Any:
    path.write_text(content, encoding="utf-8")
    return app.test_cli_runner().invoke(args=["instruments", "import-classes", str(path)])


def facet(app: Flask, query: str) -> Any:
    return told(app, f"?facets=category_code&{query}")["facets"]["category_code"]


def told(app: Flask, path: str) -> Any:
    return app.test_client().get(f"/api/v1/instruments{path}").json


def test_classes_have_names_once_they_are_imported(app: Flask, tmp_path: Path) -> None:
    """Level by level, in both languages; codes without a name stay codes."""
    made = make_instrument(name="甲仪器", category="质谱仪器", category_code="010203")
    make_instrument(name="乙仪器", category_code="120100")
    assert [(each["value"], each["label"]) for each in facet(app, "")] == [("01", "01"), ("12", "12")]
    file = tmp_path / "classes.csv"
    assert taken(app, file, LIST).output == "new 4, changed 0, gone 0, unchanged 0\n"
    assert taken(app, file, LIST.replace("乙类仪器", "乙类")).output == "new 0, changed 1, gone 0, unchanged 3\n"
    assert taken(app, file, LIST).output == "new 0, changed 1, gone 0, unchanged 3\n"
    assert facet(app, "") == [
        {"value": "01", "label": "甲类仪器", "label_en": "Class A", "count": 1},
        {"value": "12", "label": "乙类仪器", "label_en": None, "count": 1},
    ]
    assert [each["label"] for each in facet(app, "category=01")] == ["甲二类仪器"]
    assert [each["label"] for each in facet(app, "category=12")] == ["1201"]
    client = app.test_client()
    assert told(app, "/classes")["items"] == [
        {"digits": "01", "name": "甲类仪器", "name_en": "Class A"},
        {"digits": "12", "name": "乙类仪器", "name_en": ""},
    ]
    below = told(app, "/classes?under=0102")["items"]
    assert [each["digits"] for each in below] == ["010203"]
    assert client.get("/api/v1/instruments/classes?under=1").status_code == 422
    visitor = PageClient(client)
    assert '<a href="/instruments?category=01">01 甲类仪器</a>' in visitor.get("/instruments").html
    chosen = visitor.get("/instruments?category=0102")
    assert "01 甲类仪器 › 0102 甲二类仪器" in chosen.text
    for href, shown in (("category=010203", "010203 甲二三类仪器"), ("category=01", "01 甲类仪器")):
        assert f'<a href="/instruments?{href}">{shown}</a>' in chosen.html
    assert '<a href="/instruments">' in chosen.html
    assert "01 甲类仪器 › 0102 甲二类仪器 › 010203 甲二三类仪器" in visitor.get(f"/instruments/{made.id}").text
    client.get("/language/en")
    assert "01 Class A › 0102 Class A two" in visitor.get("/instruments?category=0102").text
    assert "010203 甲二三类仪器" in visitor.get("/instruments?category=0102").text


def test_a_faulty_list_is_refused_whole(app: Flask, tmp_path: Path) -> None:
    """Every fault is named with its line, and what was there stays."""
    file = tmp_path / "classes.csv"
    assert taken(app, file, LIST).exit_code == 0
    refused = taken(app, file, FAULTY)
    assert refused.exit_code == 1
    for said in ("line 2", "line 4", "line 6", "010000", "010200"):
        assert said in refused.output
    for content, said in (("名称\n甲\n", "code"), ("code,name\n", "class")):
        refused = taken(app, file, content)
        assert (refused.exit_code, said in refused.output) == (1, True)
    assert session().scalar(select(func.count()).select_from(InstrumentClass)) == 4


@pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA names no folder")
def test_the_real_list_is_taken_in_whole(app: Flask) -> None:
    """All of its classes, none of them without those it lies in; eleven of its 750 rows say one of them again."""
    with (Path(os.environ["REAL_DATA"]) / "reference" / "nrii_instrument_class.csv").open("rb") as stream:
        assert import_classes(stream=stream).new == 739
