"""Every list of settlement goes out as CSV and XLSX, cut and filtered as its page, with text that stays text."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from core.pages import Column, list_file
from settlement.pages import PAGES
from tests.support.visits import PAGE_ROWS, page_routes, path_of, visiting
from tests.support.world import World

LISTS = {
    "GET /bank-statements": "",
    "GET /clawback-proposals": "remedy=instalments",
    "GET /clawbacks": "state=open",
    "GET /disputes": "state=open",
    "GET /finance": "",
    "GET /finance/differences": "of=balances",
    "GET /finance/queue": "appropriation=1",
    "GET /funds": "",
    "GET /funds/<int:fund_id>": "",
    "GET /funds/closings": "state=proposed",
    "GET /funds/corrections": "state=proposed",
    "GET /ledger": "book=trade",
    "GET /ledger/accounts/<kind>/<owner>": "layer=posted",
    "GET /ledger/accounts/<kind>/<owner>/<int:year>": "layer=posted",
    "GET /ledger/statement": "since=2026-03-01",
    "GET /ledger/statements/<party>": "since=2026-03-01",
    "GET /ledger/trial-balance": "on=2026-03-01",
    "GET /payables": "state=paid",
    "GET /paying-accounts": "",
    "GET /payment-stops": "state=standing",
    "GET /payments": "method=alipay",
    "GET /payments/refunds": "state=failed",
    "GET /settlement-batches": "state=exported",
    "GET /settlement-batches/<int:batch_id>": "outcome=paid",
    "GET /settlement-batches/<int:batch_id>/payouts/<int:payout_no>": "",
    "GET /settlement-cutoffs": "year=2025",
    "GET /shortfall-proposals": "remedy=instalments",
    "GET /shortfalls": "state=open",
    "GET /statement-gaps": "state=explained",
    "GET /suspense-entries": "state=open",
}
"""Every page of settlement that is a list, and a filter of it."""
ONE_RECORD = {
    "GET /clawbacks/<int:clawback_id>",
    "GET /gateway-account",
    "GET /ledger/statements/<party>/<ending>",
    "GET /payables/<int:payable_id>",
    "GET /paying-accounts/<int:account_id>",
    "GET /payments/<int:payment_id>",
    "GET /settlement-batches/<int:batch_id>/files/<ending>",
    "GET /settlement-batches/<int:batch_id>/sheet",
    "GET /shortfalls/<int:shortfall_id>",
    "GET /suspense-entries/<int:suspense_id>",
}
"""Pages of one record, and files themselves."""


def test_every_page_of_settlement_is_a_list_with_files_or_one_record(world: World) -> None:
    """A new page fails here until it is decided which."""
    app = world.client.app
    ours = {pages.name for pages in PAGES}
    shown = {
        name
        for name, endpoint in page_routes(app)
        if endpoint.rpartition(".")[0] in ours and not _is_form(app, endpoint)
    }
    assert shown == {*LISTS, *ONE_RECORD}
    assert len(LISTS) == 30


@pytest.mark.parametrize("name", LISTS)
def test_a_list_goes_out_as_its_page_shows_it(world: World, name: str) -> None:
    """The same rows in both files, fewer where the page is filtered, and nobody gets them who does not see the page."""
    row = PAGE_ROWS[name]
    trial = row.trials[0]
    user = next(each for each in ("auditor", "province", *trial.through) if each in trial.through)
    with visiting(world, user) as client:
        path = path_of(world, row, trial)
        page = client.get(path, query_string=LISTS[name]).get_data(as_text=True)
        table = rows_of(client, path, LISTS[name], "csv")
        assert table == rows_of(client, path, LISTS[name], "xlsx")
        if len(table) > 1 or "export=csv" in page:
            assert {"csv", "xlsx"} <= set(re.findall(r"export=(\w+)", page))
        if "page=2" not in page:
            assert len(table) - 1 <= page.count("<tr>") + page.count('class="card"') + page.count("<code>")
        assert len(table) <= len(rows_of(client, path, "", "csv"))
    outsider = next((each for each in ("admin", "delegated-agency") if each not in trial.through), None)
    assert outsider is not None
    with visiting(world, outsider) as client:
        assert client.get(f"{path}?export=csv").status_code in (303, 403)


def test_text_of_a_list_is_no_formula(app: Flask) -> None:
    columns = [Column("number", lambda row: row[0]), Column("amount", lambda row: row[1], kind="money")]
    rows = [("=HYPERLINK(1)", -150), ("-12", 7)]
    with app.test_request_context("/?export=csv"):
        told = list_file("list", columns, rows)
        assert told is not None
        assert told.get_data(as_text=True).splitlines()[1:] == ["'=HYPERLINK(1),-1.50", "-12,0.07"]
    with app.test_request_context("/?export=xlsx"):
        book = list_file("list", columns, rows)
        assert book is not None
        book.direct_passthrough = False
        assert sheet_of(book.get_data())[1:] == [["=HYPERLINK(1)", -1.5], ["-12", 0.07]]
    with app.test_request_context("/?export=pdf"):
        assert list_file("list", columns, rows) is None
    book.close()


def rows_of(client: FlaskClient, path: str, query: str, ending: str) -> list[int]:
    """How many cells each row of the file has, its heading first."""
    with client.get(f"{path}?{query}&export={ending}", buffered=True) as answer:
        assert answer.headers.get("Content-Disposition", "").startswith("attachment"), (path, answer.status_code)
        content = answer.get_data()
    if ending == "csv":
        return [len(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))]
    return [len(row) for row in sheet_of(content)]


def sheet_of(content: bytes) -> list[list[Any]]:
    """The cells of a workbook of one sheet."""
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def _is_form(app: Flask, endpoint: str) -> bool:
    return any("POST" in (rule.methods or ()) for rule in app.url_map.iter_rules(endpoint))
