"""The catalogue goes out in the national network's templates and comes back without loss."""

from __future__ import annotations

import io
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.models import Organisation
from core import clock
from core.db import session, transaction
from core.tables.files import open_table
from instruments.models import Instrument
from instruments.rules.imports.layouts.base import short_header
from instruments.rules.merging import INSTRUMENT_FIELDS
from instruments.rules.national_templates import TEMPLATES, NationalList
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind, PriceUnit
from instruments.service.imports import import_file
from instruments.service.listings import create_instrument
from instruments.states import ListingState
from tests.factories.accounts import actor_of, headers_of, make_bureau, make_provider, make_province
from tests.factories.instruments import make_draft, make_instrument, publish

FILE = "/api/v1/national-lists/file"
LEAST_HEADERS = 20
"""A line of so many different cells is that of the headers; groups are fewer."""
ALL = {"state": "draft"}


def taken(client: FlaskClient, owner: Organisation, name: str, **asked: Any) -> bytes:
    """The file of a template."""
    with client.get(FILE, query_string={"list": name, **asked}, headers=headers_of(owner)) as answer:
        assert answer.status_code == 200, answer.get_json()
        return bytes(answer.data)


def rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a file by header, without the hints in brackets."""
    file = open_table(io.BytesIO(content))
    (sheet,) = file.sheets()
    records = [record.cells for record in file.records(sheet)]
    start = next(at for at, cells in enumerate(records) if len(set(cells)) > LEAST_HEADERS)
    headers = [short_header(cell) for cell in records[start]]
    return [dict(zip(headers, cells, strict=True)) for cells in records[start + 1 :]]


def kept(owner: Organisation) -> dict[str, dict[str, Any]]:
    """Everything that is said about a provider's instruments, by its ids."""
    found = session().scalars(select(Instrument).where(Instrument.provider_id == owner.id)).all()
    return {each.external_id: {name: getattr(each, name) for name in INSTRUMENT_FIELDS} for each in found}


def rich(owner: Organisation, **said: Any) -> Instrument:
    """A draft that says more than the templates can hold."""
    fields = {
        "external_id": "甲-1",
        "kind": InstrumentKind.INSTRUMENT,
        "name": "=场发射扫描电镜",
        "name_en": "FE-SEM",
        "model": "SU-9000",
        "maker": "日立",
        "category_code": "020101",
        "category": "显微镜及图象分析仪器",
        "value_fen": 29_999_999,
        "funding": Funding.PARTLY_FISCAL,
        "specifications": "分辨率 0.4 nm。\r\n" * 60,
        "functions": "形貌观察，" * 100,
        "description": "分析测试" * 100,
        "address": "舜华路 1 号",
        "county": "370102",
        "acquired_on": date(2020, 1, 2),
        "accepted_on": date(2025, 2, 5),
        "external_use": ExternalUse.ON_REQUEST,
        "iot_sensor": True,
        "duty_free": True,
        "duty_free_record": "420120201010000123",
        "reference_price_fen": 12_345,
        "reference_price_unit": PriceUnit.HOUR,
        **said,
    }
    return create_instrument(fields=fields, actor=actor_of(owner), now=clock.now())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("equipment", {}),
        ("equipment", {"address": "山东省济南市历下区舜华路 1 号", "duty_free_record": "免税备案甲"}),
        ("equipment", {"county": "", "address": "北京市海淀区", "funding": Funding.FISCAL, "value_fen": 30_000_000}),
        ("equipment", {"county": "", "address": "", "funding": Funding.UNKNOWN, "value_fen": None, "duty_free": False}),
        ("device", {"kind": InstrumentKind.FACILITY, "duty_free": False, "duty_free_record": ""}),
        ("unit", {"kind": InstrumentKind.SERVICE_UNIT, "external_use": ExternalUse.CLOSED}),
        ("unit", {"kind": InstrumentKind.SERVICE_UNIT}),
    ],
)
def test_a_file_that_comes_back_changes_nothing(client: FlaskClient, name: str, said: dict[str, Any]) -> None:
    """Values rounded, texts cut short, the place in words: nothing that is known better is overwritten."""
    owner = make_provider()
    rich(owner, **said)
    before = kept(owner)
    content = taken(client, owner, name, **ALL)
    assert len(rows(content)) == 1
    report = import_file(
        stream=io.BytesIO(content), provider=owner.name, dry_run=False, now=clock.now(), progress=lambda report: None
    )
    session().expire_all()
    assert kept(owner) == before
    assert (report.outcome.unchanged, report.outcome.read, report.ignored) == (1, 1, report.ignored)


def test_what_is_changed_in_the_file_is_taken(client: FlaskClient) -> None:
    """A value by a step, a text by a word, another county: they count."""
    owner = make_provider()
    rich(owner)
    sent = [
        [
            "所在单位仪器编号",
            "仪器设备名称",
            "仪器分类编码",
            "原值",
            "主要功能",
            "安放地址-省",
            "安放地址-市",
            "安放地址-区县",
        ],
        ["甲-1", "=场发射扫描电镜", "020101", "30.00", "形貌观察", "山东省", "济南市", "市中区"],
    ]
    content = "\n".join(",".join(line) for line in sent).encode()
    import_file(
        stream=io.BytesIO(content), provider=owner.name, dry_run=False, now=clock.now(), progress=lambda report: None
    )
    session().expire_all()
    found = kept(owner)["甲-1"]
    assert (found["value_fen"], found["functions"], found["county"]) == (30_000_000, "形貌观察", "370103")


def test_the_cells_follow_the_templates_rules(client: FlaskClient) -> None:
    """万元 with two decimals rounded down, so that 299,999.99 does not become mandatory; limits; contacts blank."""
    owner = make_provider()
    rich(owner)
    (row,) = rows(taken(client, owner, "equipment", **ALL))
    assert row["原值"] == "29.99"
    assert row["仪器设备名称"] == "=场发射扫描电镜"
    assert len(row["主要技术指标"]) <= 500
    assert len(row["主要功能"]) == 300
    assert len(row["服务内容"]) == 200
    assert [row[f"安放地址-{part}"] for part in ("省", "市", "区县", "街道")] == [
        "山东省",
        "济南市",
        "历下区",
        "舜华路 1 号",
    ]
    assert row["进口报关单编号"] == "420120201010000123"
    assert {row[name] for name in ("联系人", "电话", "电子邮箱", "通讯地址", "邮政编码")} == {""}


def test_each_reads_its_own_scope(client: FlaskClient) -> None:
    """V6: an owner his, a bureau its city's with their owners, the province all; published ones alone."""
    jinan, qingdao = make_provider("370100"), make_provider("370200")
    mine, other = make_instrument(jinan), make_instrument(qingdao)
    make_draft(jinan)
    own = {row["所在单位仪器编号"] for row in rows(taken(client, jinan, "equipment"))}
    bureau = rows(taken(client, make_bureau("370100"), "equipment"))
    province = rows(taken(client, make_province(), "equipment"))
    assert own == {mine.external_id}
    assert [(row["所在单位仪器编号"], row["所属单位"]) for row in bureau] == [(mine.external_id, jinan.name)]
    assert {row["所在单位仪器编号"] for row in province} == {mine.external_id, other.external_id}
    alone = rows(taken(client, make_province(), "equipment", provider=qingdao.id))
    assert [row["所属单位"] for row in alone] == [qingdao.name]


def test_s2_only_facilities_of_public_money_are_reported(client: FlaskClient) -> None:
    """Private ones are none of the network's, and come back as fiscal if they were."""
    owner = make_provider()
    publish(make_draft(owner, kind=InstrumentKind.FACILITY, funding=Funding.PRIVATE))
    fiscal = publish(make_draft(owner, kind=InstrumentKind.FACILITY, funding=Funding.FISCAL))
    assert [row["所属单位科学装置编号"] for row in rows(taken(client, owner, "device"))] == [fiscal.external_id]


def test_s23_what_is_exempted_is_not_reported(client: FlaskClient) -> None:
    """Whatever state is asked for."""
    owner = make_provider()
    secret = make_draft(owner)
    with transaction():
        session().get_one(Instrument, secret.id).secrecy_exempted_on = date(2026, 1, 5)
    assert rows(taken(client, owner, "equipment", state=ListingState.DRAFT.value)) == []


@pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA names no folder")
@pytest.mark.parametrize("name", list(NationalList))
def test_headers_are_those_of_the_real_templates(client: FlaskClient, name: NationalList) -> None:
    """Sheet, groups and headers, word for word and in their order."""
    path = Path(os.environ["REAL_DATA"]) / "reference" / "nrii_templates" / f"{name.value}.xls"
    with path.open("rb") as stream:
        template = open_table(stream)
        sheet = TEMPLATES[name].sheet
        # One group is written six times into its cell, with blanks between.
        real = [[" ".join(dict.fromkeys(cell.split())) for cell in record.cells] for record in template.records(sheet)]
    made = open_table(io.BytesIO(taken(client, make_provider(), name.value)))
    ours = [[" ".join(cell.split()) for cell in record.cells] for record in made.records(sheet)]
    wanted = real[:2] if TEMPLATES[name].groups else real[:1]
    assert [line + [""] * (len(wanted[-1]) - len(line)) for line in ours] == wanted
