"""Bad input gets one clear answer that names every fault, in Chinese and in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from core import clock
from core.http import edge
from marketplace.demo.client import DemoClient, Json
from tests.conftest import FreshContextClient
from tests.support.deal import DECLARED, MONDAY, PDF
from tests.support.isolation import rolled_back
from tests.support.pages import PageClient
from tests.support.world import SERVICE, World

HEADER = "外部编号,仪器名称,原值（元）,区县代码,参考价格（元）,计价单位"
CHINESE = re.compile("[\u4e00-\u9fff]")
ZIP = b"PK\x03\x04" + b"0" * 100
MATERIALS = ["service_contract", "invoice", "result_proof", "innovation_relevance_proof"]


@pytest.fixture
def client(world: World) -> Iterator[DemoClient]:
    """Everybody in the world, on Monday 2026-03-02; rolled back at the end."""
    with rolled_back(world.client.app), clock.at(MONDAY):
        yield world.client


def table(*rows: str, encoding: str = "utf-8") -> bytes:
    """An import file."""
    return "\n".join([HEADER, *rows, ""]).encode(encoding)


def named(problem: Json) -> list[tuple[str | None, str]]:
    """Field and code of every reason, once each of them is found to speak both languages."""
    shown = [(problem["title"], problem["title_en"]), *((each["text"], each["text_en"]) for each in problem["reasons"])]
    for chinese, english in shown:
        assert CHINESE.search(chinese), chinese
        assert english.strip(), chinese
        assert english != chinese
    return [(each.get("field"), each["code"]) for each in problem["reasons"]]


def row_faults(job: Json) -> list[tuple[int, str | None, str]]:
    """Line, column and code of every fault of an import."""
    return [
        (error["line"], *fault)
        for error in job["errors"]
        for fault in named({"title": "行", "title_en": "row", "reasons": error["reasons"]})
    ]


# -- files -----------------------------------------------------------------------------------------


def test_a_malformed_csv_is_refused_with_its_line(client: DemoClient) -> None:
    """A quote that is never closed, UTF-8 that is damaged, bytes in no encoding, and prose where a table is due."""
    path = "/instrument-imports"
    broken = client.upload("provider-jinan", path, table('A,"unclosed'), "a.csv", expect=422)
    assert (broken["code"], named(broken)) == ("import_file_unreadable", [(None, "import_csv_broken")])
    assert "2" in broken["reasons"][0]["text_en"]
    mangled = client.upload("provider-jinan", path, HEADER.encode() + b"\nA,\xff\xfe\x81,1\n", "a.csv", expect=422)
    assert named(mangled) == [(None, "import_encoding_broken")]
    foreign = client.upload(
        "provider-jinan", path, HEADER.encode("gb18030") + b"\nA,\xff\xff\x81,1\n", "a.csv", expect=422
    )
    assert named(foreign) == [(None, "import_encoding_unknown")]
    prose = client.upload("provider-jinan", path, b"just prose\nand more\n", "a.csv", expect=422)
    assert prose["code"] == "import_layout_unknown"
    assert {code for _, code in named(prose)} == {"import_headers_found", "import_layout_known"}


def test_a_bank_return_names_every_fault_with_its_line(client: DemoClient, world: World) -> None:
    """Amounts with three decimals, negative ones, unknown states, impossible days, missing cells: all in one answer."""
    path = f"/settlement-batches/{world.ids['exported batch']}/bank-returns"
    content = (
        "payout_no,account_number,amount,status,reason,value_date\n"
        "1,000,1.234,paid,,2026-03-02\n1,000,-5.00,gone,,2026-13-02\nx,,,,\n"
    )
    refused = client.upload("finance-maker", path, content.encode(), "return.csv", expect=422)
    assert (refused["code"], named(refused)) == (
        "bank_return_refused",
        [
            ("line 2", "return_amount_malformed"),
            ("line 3", "return_amount_malformed"),
            ("line 3", "return_status_unknown"),
            ("line 3", "return_day_malformed"),
            ("line 4", "return_cells"),
        ],
    )


def test_files_in_gbk_are_read_as_they_are_meant(client: DemoClient, world: World) -> None:
    """As spreadsheets in Chinese offices write them: an import and a bank's answer."""
    rows = table("A-1,质谱仪,100.00,370102,,", encoding="gbk")
    job = client.upload("provider-jinan", "/instrument-imports", rows, "仪器.csv")
    assert (job["new_rows"], job["refused_rows"]) == (1, 0)
    found = client.get("provider-jinan", "/instruments", q="质谱仪", state="draft")["items"]
    assert "质谱仪" in [each["name"] for each in found]
    headings = "payout_no,account_number,amount,status,reason,value_date"
    answer = (
        world.returned.decode("utf-8-sig")
        .replace(headings, "序号,收款账号,金额,状态,原因,入账日期")
        .replace("paid", "成功")
    )
    path = f"/settlement-batches/{world.ids['exported batch']}/bank-returns"
    assert client.upload("finance-maker", path, answer.encode("gbk"), "回单.csv")["paid_count"] == 1


def test_files_over_the_limit_are_refused(client: DemoClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the file is too large, or the whole request."""
    limit = 1000
    monkeypatch.setitem(client.app.config, "FILE_LIMIT_BYTES", limit)
    monkeypatch.setitem(client.app.config, "MAX_CONTENT_LENGTH", 10 * limit)
    material = f"/claims/{world.ids['draft claim']}/materials"
    over = client.upload("provider-jinan", material, PDF.ljust(limit + 1), "a.pdf", expect=413, kind="other")
    assert (over["code"], named(over)) == ("file_too_large", [])
    assert str(limit) in over["title"]
    rows = table().ljust(limit + 1)
    assert client.upload("provider-jinan", "/instrument-imports", rows, "a.csv", expect=413)["code"] == "file_too_large"
    far_over = rows.ljust(10 * limit + 1)
    refused = client.upload("provider-jinan", "/instrument-imports", far_over, "a.csv", expect=413)
    assert (refused["code"], named(refused)) == ("request_too_large", [])


def test_files_of_banks_have_a_limit_of_their_own(
    client: DemoClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On each route that takes one, and for nobody but who may send one there."""
    limit, far = 4_000, 30_000
    monkeypatch.setattr(edge, "BESIDE_FILES_BYTES", 10_000)
    monkeypatch.setitem(client.app.config, "FILE_LIMIT_BYTES", 1_000)
    monkeypatch.setitem(client.app.config, "MAX_CONTENT_LENGTH", 2_000)
    monkeypatch.setitem(client.app.config, "BANK_FILE_LIMIT_BYTES", limit)
    batch = f"/settlement-batches/{world.ids['exported batch']}"
    fresh = FreshContextClient(client.app, client.app.response_class, use_cookies=True)
    signed_in = PageClient(fresh).sign_in("finance-maker")
    for path in (f"{batch}/bank-returns", f"{batch}/bank-return-previews", "/bank-statements"):
        for size, status, code in (
            (limit, 422, "bank_return_refused"),
            (limit + 1, 413, "file_too_large"),
            (far, 413, "request_too_large"),
        ):
            refused = client.upload("finance-maker", path, b"x" * size, "a.csv", expect=status)
            assert refused["code"] == code, (path, size)
        assert client.upload("auditor", path, b"x" * limit, "a.csv", expect=403)["code"] == "forbidden"
    for page in (f"{batch}/bank-returns", "/bank-statements/new"):
        for size, status in ((limit, 303), (limit + 1, 413), (far, 413)):
            files = {"file": (b"x" * size, "a.csv")}
            assert signed_in.send(page, files=files, follow=False).status == status, (page, size)


def test_the_content_of_a_file_decides_its_type(client: DemoClient, world: World) -> None:
    """A program called .pdf, an archive called .zip, a PDF where the bank's answer is due, JSON where a form is."""
    material = f"/claims/{world.ids['draft claim']}/materials"
    program = client.upload("provider-jinan", material, b"MZ\x00\x00", "a.pdf", expect=415, kind="other")
    archive = client.upload("provider-jinan", "/instrument-imports", ZIP, "a.zip", expect=415)
    path = f"/settlement-batches/{world.ids['exported batch']}/bank-returns"
    letter = client.upload("finance-maker", path, b"%PDF-1.7\n", "return.pdf", expect=415)
    for refused in (program, archive, letter):
        assert (refused["code"], named(refused)) == ("file_type_refused", [])
    form = client.post("provider-jinan", "/instrument-imports", {"dry_run": True}, expect=415)
    assert (form["code"], named(form)) == ("body_type_refused", [])
    empty = client.upload("provider-jinan", "/instrument-imports", b"", "a.csv", expect=422)
    assert (empty["code"], named(empty)) == ("file_empty", [])


# -- ids, prices, amounts --------------------------------------------------------------------------


def test_duplicate_ids_are_refused(client: DemoClient) -> None:
    """One id for two instruments: in a file the second row is refused, and over HTTP the second instrument."""
    rows = table("A-1,质谱仪,100.00,370102,,", "A-1,离心机,,,,")
    job = client.upload("provider-jinan", "/instrument-imports", rows, "a.csv", dry_run="true")
    assert row_faults(job) == [(3, None, "import_id_conflict")]
    taken = client.post("provider-jinan", "/instruments", {"name": "又一台", "external_id": "demo-ms"}, expect=409)
    assert (taken["code"], named(taken)) == ("external_id_taken", [])
    invoice = {"uscc": "91370000DEM0000018", "county": "371702", "legal_representative": "某"}
    account = {"username": "sme-heze", "password": "long-enough-2026", "truthful": True}
    facts = {"staff": 30, "revenue_fen": 1, "orderly_finances": True, "phone": "1", "address": "某路"}
    again = {"kind": "enterprise", "name": "某公司", **invoice, **account, **facts}
    again["uscc"] = client.get("sme-heze", "/me")["organisation"]["uscc"]
    refused = client.post(None, "/memberships", again, expect=422)
    assert set(named(refused)) == {("uscc", "uscc_taken"), ("username", "username_taken")}


def test_negative_prices_and_three_decimals_are_refused_row_by_row(client: DemoClient) -> None:
    """Each row with all its faults, by column; the price of a service likewise."""
    rows = table("A-1,质谱仪,-100.00,379999,-5.00,小时", "A-2,离心机,12.345,371702,1.001,周")
    job = client.upload("provider-jinan", "/instrument-imports", rows, "a.csv", dry_run="true")
    assert sorted(row_faults(job)) == [
        (2, "区县代码", "import_county_unknown"),
        (2, "原值（元）", "import_price_negative"),
        (2, "参考价格（元）", "import_price_negative"),
        (3, "原值（元）", "import_price_decimals"),
        (3, "参考价格（元）", "import_price_decimals"),
        (3, "计价单位", "import_choice_unknown"),
    ]
    wrong = {**SERVICE, "price_fen": -1, "turnaround_days": 0, "title": "", "colour": "red"}
    refused = client.post("provider-jinan", "/services", wrong, expect=422)
    assert refused["code"] == "invalid_fields"
    assert {field for field, _ in named(refused)} == {"price_fen", "turnaround_days", "title", "colour"}


def test_amounts_with_three_decimals_are_refused(client: DemoClient, world: World) -> None:
    """Quantities and percents have two and four; money is whole fen, so 12.345 is no sum."""
    wished = {"service_id": world.ids["service"], "payment_mode": "full_payment", "quantity": "1.234"}
    quote = client.post("sme-jinan", "/quotes", wished, expect=422)
    assert named(quote) == [("quantity", "field")]
    held = {"holder_id": 1, "held_id": 2, "percent": "10.12345", "since": "2026-01-01", "source": "登记"}
    assert named(client.post("bureau-heze", "/holdings", held, expect=422)) == [("percent", "field")]
    fund = {"year": 2030, "appropriation_fen": "12.345", "reference": "指标文"}
    assert named(client.post("province", "/funds", fund, expect=422)) == [("appropriation_fen", "field")]


# -- places and codes ------------------------------------------------------------------------------


def test_an_unknown_county_and_a_wrong_uscc_are_named_together(client: DemoClient) -> None:
    """With everything else that is wrong in a registration."""
    registration = {
        "kind": "enterprise",
        "name": "某公司",
        "uscc": "91370000DEM000001X",
        "county": "379999",
        "legal_representative": "某",
        "phone": "1",
        "address": "某路",
        "staff": 30,
        "revenue_fen": 1,
        "orderly_finances": True,
        "truthful": False,
        "username": "a",
        "password": "short",
    }
    refused = client.post(None, "/memberships", registration, expect=422)
    assert (refused["code"], set(named(refused))) == (
        "registration_refused",
        {
            ("uscc", "uscc_invalid"),
            ("county", "county_unknown"),
            ("truthful", "not_declared_truthful"),
            ("username", "username_malformed"),
            ("password", "password_length"),
        },
    )


def test_an_invoice_with_wrong_codes_amount_and_date_names_each(client: DemoClient, world: World) -> None:
    wrong = {
        "kind": "invoice",
        "invoice_number": "1",
        "invoice_type": "receipt",
        "seller_uscc": "1",
        "buyer_uscc": "x",
        "amount_incl_tax_fen": "12.345",
        "issued_on": "2026-13-01",
    }
    path = f"/claims/{world.ids['draft claim']}/materials"
    refused = client.upload("provider-jinan", path, PDF, "a.pdf", expect=422, **wrong)
    assert {field for field, _ in named(refused)} == {"seller_uscc", "buyer_uscc", "amount_incl_tax_fen", "issued_on"}


# -- periods ---------------------------------------------------------------------------------------

REVERSED = {"starts_at": "2026-03-21T12:00:00+08:00", "ends_at": "2026-03-21T08:00:00+08:00"}
TAKEN = {"starts_at": "2026-03-20T10:00:00+08:00", "ends_at": "2026-03-20T14:00:00+08:00"}
"""Overlaps the closure of the world, 8:00 to 12:00."""


def test_reversed_and_overlapping_periods_are_refused(client: DemoClient, world: World) -> None:
    """Closures, opening hours, bookings, searches, holdings, listings of record, draws."""
    instrument = f"/instruments/{world.ids['published instrument']}"
    reversed_closure = client.post("provider-jinan", f"{instrument}/closures", REVERSED, expect=422)
    assert (reversed_closure["code"], named(reversed_closure)) == ("slot_refused", [("ends_at", "slot_reversed")])
    overlap = client.post("provider-jinan", f"{instrument}/closures", TAKEN, expect=409)
    assert (overlap["code"], named(overlap)) == ("slot_taken", [("starts_at", "slot_taken")])
    week = [("09:00", "12:00"), ("11:00", "13:00"), ("12:30", "14:00")]
    hours = {"hours": [{"weekday": 1, "opens": opens, "closes": closes} for opens, closes in week]}
    overlapping = client.put("provider-jinan", f"{instrument}/opening-hours", hours, expect=422)
    assert named(overlapping) == [("hours.1", "slot_hours_overlap"), ("hours.2", "slot_hours_overlap")]
    wished = {"service_id": world.ids["hourly service"], "payment_mode": "full_payment", **REVERSED}
    assert named(client.post("sme-jinan", "/quotes", wished, expect=422)) == [("ends_at", "slot_reversed")]
    search = {
        "free_from": REVERSED["starts_at"],
        "free_to": REVERSED["ends_at"],
        "min_value_fen": 5,
        "max_value_fen": 3,
    }
    assert named(client.get(None, "/instruments", expect=422, **search)) == [
        ("free_to", "search_window_reversed"),
        ("max_value_fen", "search_values_reversed"),
    ]


def test_reversed_and_overlapping_facts_on_record_are_refused(client: DemoClient, world: World) -> None:
    """A holding that ends before it begins or stands there twice; a listing, and a draw, that end before they begin."""
    pair = {"holder_id": world.ids["suspended organisation"], "held_id": world.ids["approved organisation"]}
    held = {**pair, "percent": "10", "since": "2026-02-01", "source": "登记"}
    refused = client.post("bureau-heze", "/holdings", {**held, "until": "2026-01-01"}, expect=422)
    assert named(refused) == [("until", "period_reversed")]
    assert client.post("bureau-heze", "/holdings", held, expect=409)["code"] == "holding_overlaps"
    record = {"organisation_id": world.ids["waiting organisation"], "kind": "abnormal_operations", "source": "公示"}
    dates = {"since": "2026-02-01", "until": "2026-01-01"}
    refused = client.post("bureau-heze", "/adverse-records", {**record, **dates}, expect=422)
    assert named(refused) == [("until", "period_reversed")]
    draw = {"confirmed_from": "2026-03-05", "confirmed_to": "2026-03-01", "size": 1, "reason": "抽查"}
    assert named(client.post("province", "/spot-checks", draw, expect=422)) == [("confirmed_to", "draw_reversed")]


def test_closed_periods_are_refused(client: DemoClient, world: World) -> None:
    """A voucher no longer valid, a measure no longer in force, a slot gone by, a cut-off ahead, a year not over."""
    late = datetime(2026, 9, 3, 9, 0, tzinfo=clock.SHANGHAI)
    submission = f"/claims/{world.ids['ready claim']}/submission"
    with clock.at(late):
        over = client.post("provider-jinan", submission, {"declarations": DECLARED}, expect=422)
    assert named(over) == [(None, "validity_over")]
    wished: dict[str, Any] = {"service_id": world.ids["service"], "quantity": "1", "payment_mode": "full_payment"}
    with clock.at(datetime(2030, 1, 24, 9, 0, tzinfo=clock.SHANGHAI)):
        quote = client.post("sme-jinan", "/quotes", wished)
    assert (quote["eligible"], [(each["article"], each["code"]) for each in quote["reasons"]]) == (
        False,
        [("V21", "obstacle_provider_clawback_overdue"), ("V23", "outside_term")],
    )
    hourly = {"service_id": world.ids["hourly service"], "payment_mode": "full_payment"}
    gone = {"starts_at": "2026-02-02T09:00:00+08:00", "ends_at": "2026-02-02T10:00:00+08:00"}
    assert named(client.post("sme-jinan", "/quotes", {**hourly, **gone}, expect=422)) == [
        ("starts_at", "slot_in_the_past")
    ]
    ahead = client.post("finance-maker", "/settlement-batches", {"cutoff": "2026-04-10"}, expect=422)
    assert (ahead["code"], named(ahead)) == ("cutoff_ahead", [(None, "cutoff_ahead")])
    year = {"year": 2026, "staff": 1, "revenue_fen": 1, "orderly_finances": True}
    figures = f"/organisations/{world.ids['waiting organisation']}/figures"
    assert named(client.post("bureau-heze", figures, year, expect=422)) == [("year", "year_not_completed")]
    returns = f"/settlement-batches/{world.ids['prepared batch']}/bank-returns"
    unsent = client.upload("finance-maker", returns, world.returned, "return.csv", expect=409)
    assert (unsent["code"], named(unsent)) == ("batch_not_sent", [(None, "batch_not_sent")])


# -- materials -------------------------------------------------------------------------------------


def test_every_missing_material_and_declaration_is_named_at_once(client: DemoClient, world: World) -> None:
    """V16 files: a testing kind needs all four."""
    refused = client.post("provider-jinan", f"/claims/{world.ids['draft claim']}/submission", expect=422)
    assert refused["code"] == "submission_refused"
    assert named(refused) == [
        *((f"materials.{kind}", "material_missing") for kind in MATERIALS),
        ("declarations.rd_base", "declaration_missing"),
        ("declarations.main_business", "declaration_missing"),
    ]
