"""Imports over HTTP, by the worker and by the command line."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from accounts.models import Organisation
from core import clock
from core.db import session
from instruments.models import ImportJob, Instrument, Service
from instruments.service.imports import BATCH_ROWS, run_waiting_imports
from instruments.states import ImportState, ListingState
from instruments.steps.importing import _Writer
from tests.factories.accounts import headers_of, keyed, make_provider
from tests.factories.instruments import make_draft, make_instrument

API = "/api/v1/instrument-imports"
HEADER = "外部编号,仪器名称,规格型号,仪器分类,原值（元）,经费来源,区县代码,参考价格（元）,计价单位"
TWO_ROWS = f"{HEADER}\nA-1,质谱仪,LTQ,质谱仪器,3600000.00,财政资金,370102,400.00,小时\nA-2,离心机,,,,,,,\n"


def send(
    client: FlaskClient,
    provider: Organisation,
    content: bytes | str,
    *,
    name: str = "仪器.csv",
    dry_run: bool = False,
) -> TestResponse:
    """Upload a file as its provider."""
    raw = content.encode() if isinstance(content, str) else content
    form = {"file": (io.BytesIO(raw), name), "dry_run": "true" if dry_run else "false"}
    return client.post(API, data=form, headers=keyed(headers_of(provider)), content_type="multipart/form-data")


def counts(job: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """New, changed, unchanged, repeated, refused."""
    names = ("new", "changed", "unchanged", "repeated", "refused")
    return tuple(job[f"{name}_rows"] for name in names)


def how_many() -> int:
    """Instruments in the database."""
    return session().scalar(select(func.count()).select_from(Instrument)) or 0


def test_a_small_file_is_imported_at_once_as_drafts(client: FlaskClient) -> None:
    """With value, funding, place and reference price."""
    provider = make_provider("370200")
    answer = send(client, provider, TWO_ROWS)
    assert answer.status_code == 201, answer.get_json()
    job = answer.get_json()
    assert (job["state"], job["layout"], counts(job)) == ("done", "own_instruments", (2, 0, 0, 0, 0))
    first = session().scalars(select(Instrument).where(Instrument.external_id == "A-1")).one()
    assert (first.provider_id, first.state) == (provider.id, ListingState.DRAFT)
    assert (first.value_fen, first.funding, first.city) == (360_000_000, "fiscal", "370100")
    assert (first.reference_price_fen, first.reference_price_unit) == (40_000, "hour")


def test_importing_again_changes_only_what_the_file_changes(client: FlaskClient) -> None:
    """By stable id: unchanged, then one changed."""
    provider = make_provider()
    send(client, provider, TWO_ROWS)
    assert counts(send(client, provider, TWO_ROWS).get_json()) == (0, 0, 2, 0, 0)
    changed = TWO_ROWS.replace("LTQ", "LTQ-2")
    assert counts(send(client, provider, changed).get_json()) == (0, 1, 1, 0, 0)


def test_what_another_import_brought_meanwhile_is_written_over(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not there when the batch looked, and is there when the batch writes: one record, nothing refused."""
    provider = make_provider()
    send(client, provider, TWO_ROWS)
    monkeypatch.setattr(_Writer, "_known", lambda *_: {})
    assert counts(send(client, provider, TWO_ROWS.replace("LTQ", "LTQ-2")).get_json())[3:] == (0, 0)
    rows = session().execute(select(Instrument.external_id, Instrument.model).order_by(Instrument.external_id)).all()
    assert [tuple(row) for row in rows] == [("A-1", "LTQ-2"), ("A-2", "")]
    assert how_many() == 2


def test_a_blank_cell_never_erases_what_is_known(client: FlaskClient) -> None:
    """A file without the column leaves the model as it was."""
    provider = make_provider()
    send(client, provider, TWO_ROWS)
    send(client, provider, "外部编号,仪器名称\nA-1,新名称\n")
    found = session().scalars(select(Instrument).where(Instrument.external_id == "A-1")).one()
    assert (found.name, found.model, found.value_fen) == ("新名称", "LTQ", 360_000_000)


def test_a_dry_run_counts_and_writes_nothing(client: FlaskClient) -> None:
    """The same counts as the real one would have."""
    provider = make_provider()
    job = send(client, provider, TWO_ROWS, dry_run=True).get_json()
    assert (counts(job), job["dry_run"], how_many()) == ((2, 0, 0, 0, 0), True, 0)


def test_refused_rows_are_named_with_line_and_all_faults(client: FlaskClient) -> None:
    """Negative, three decimals, unknown county and funding; lines count line breaks within cells."""
    text = (
        f'{HEADER}\nB-1,"名称\n两行",,,-5,财政资金,,,\nB-2,,,,1.234,国库,379999,,\nB-3,好的,,,,,,,\nB-4,缺列\n'
        "B-3,好的,,,,,,,\nB-3,不同,,,,,,,\n"
    )
    provider = make_provider()
    job = send(client, provider, text).get_json()
    assert counts(job) == (1, 0, 0, 1, 4)
    found = {each["line"]: [r["code"] for r in each["reasons"]] for each in job["errors"]}
    assert found == {
        2: ["import_price_negative"],
        4: [
            "import_cell_missing",
            "import_price_decimals",
            "import_choice_unknown",
            "import_county_unknown",
        ],
        6: ["import_columns_wrong"],
        8: ["import_id_conflict"],
    }
    fields = [each["field"] for each in job["errors"][1]["reasons"]]
    assert fields == ["仪器名称", "原值（元）", "经费来源", "区县代码"]
    page = client.get(f"{API}/{job['id']}/errors?limit=3", headers=headers_of(provider)).get_json()
    assert (len(page["items"]), page["next_cursor"] is None) == (3, False)


def test_a_gbk_file_is_read(client: FlaskClient) -> None:
    """GB18030 after UTF-8."""
    job = send(client, make_provider(), TWO_ROWS.encode("gbk")).get_json()
    assert counts(job) == (2, 0, 0, 0, 0)
    assert session().scalar(select(Instrument.name).where(Instrument.external_id == "A-2")) == "离心机"


def test_xlsx_and_xls_are_read_like_csv(client: FlaskClient) -> None:
    """Numbers of a sheet come as they were typed; a file's name decides nothing."""
    rows = [line.split(",") for line in TWO_ROWS.strip().split("\n")]
    provider = make_provider()
    assert counts(send(client, provider, xlsx(rows), name="仪器.xlsx").get_json()) == (2, 0, 0, 0, 0)
    assert counts(send(client, provider, xls(rows), name="仪器.xls").get_json()) == (0, 0, 2, 0, 0)


def test_a_price_list_becomes_drafts_of_services(client: FlaskClient) -> None:
    """The service template; what V14 asks for is judged at publication."""
    text = "external_id,title,kind,price_yuan,price_unit,content\nS-1,拉伸试验,委托分析,100.00,样品,室温\n"
    provider = make_provider()
    assert counts(send(client, provider, text).get_json()) == (1, 0, 0, 0, 0)
    made = session().scalars(select(Service)).one()
    assert (made.title, made.price_fen, made.price_unit, made.state) == ("拉伸试验", 10_000, "sample", "draft")
    assert counts(send(client, provider, text).get_json()) == (0, 0, 1, 0, 0)


def test_a_price_list_leaves_a_stated_cost_alone(client: FlaskClient) -> None:
    """No column of it says what a unit costs (V13)."""
    text = "external_id,title,kind,price_yuan,price_unit\nS-1,拉伸试验,委托分析,{},样品\n"
    provider = make_provider()
    send(client, provider, text.format("100.00"))
    made = session().scalars(select(Service)).one()
    made.cost_fen, made.cost_basis = 12_000, "成本核算表"
    session().commit()
    assert counts(send(client, provider, text.format("110.00")).get_json()) == (0, 1, 0, 0, 0)
    assert (made.price_fen, made.cost_fen, made.cost_basis) == (11_000, 12_000, "成本核算表")


def test_another_organisations_instruments_are_refused(client: FlaskClient) -> None:
    """A provider imports to itself."""
    other = make_provider()
    text = f"外部编号,仪器名称,统一社会信用代码\nC-1,仪器,{other.uscc}\n"
    job = send(client, make_provider(), text).get_json()
    assert job["errors"][0]["reasons"][0]["code"] == "import_foreign_owner"


def test_listings_under_review_are_not_changed_by_a_file(client: FlaskClient) -> None:
    """Nor may a public one become duty-free without its record (S5)."""
    provider = make_provider()
    under_review = make_draft(provider, external_id="D-1")
    client.post(f"/api/v1/instruments/{under_review.id}/listing", headers=keyed(headers_of(provider)))
    public = make_instrument(provider)
    text = f"外部编号,仪器名称,免税进口\nD-1,改名,否\n{public.external_id},改名,是\n"
    job = send(client, provider, text).get_json()
    found = [each["reasons"][0]["code"] for each in job["errors"]]
    assert found == ["import_untouchable", "instrument_duty_free_record_missing"]


def test_s14_a_file_that_changes_what_is_public_starts_its_term(client: FlaskClient) -> None:
    """One that says what is known anyway does not, whoever said it first."""
    made = make_instrument()
    same = f"外部编号,仪器名称,型号\n{made.external_id},{made.name},\n"
    assert counts(send(client, made.provider, same).get_json()) == (0, 0, 1, 0, 0)
    session().expire_all()
    assert session().get_one(Instrument, made.id).changed_on is None
    other = f"外部编号,仪器名称,规格型号\n{made.external_id},{made.name},新型号\n"
    assert counts(send(client, made.provider, other).get_json()) == (0, 1, 0, 0, 0)
    session().expire_all()
    assert session().get_one(Instrument, made.id).changed_on == clock.today(clock.now())


def test_a_file_makes_nothing_public_unfit_for_it(client: FlaskClient) -> None:
    """S4, S5: every reason is named, as where it is typed."""
    made = make_instrument()
    text = f"外部编号,仪器名称,对外开放,免税进口\n{made.external_id},{made.name},否,是\n"
    job = send(client, made.provider, text).get_json()
    assert counts(job) == (0, 0, 0, 0, 1)
    codes = {each["code"] for each in job["errors"][0]["reasons"]}
    assert codes == {"instrument_not_open", "instrument_duty_free_record_missing"}


def test_a_large_file_is_queued_and_taken_in_by_the_worker(client: FlaskClient) -> None:
    """In batches, with progress; every row once."""
    rows = BATCH_ROWS + 1
    text = "外部编号,仪器名称\n" + "".join(f"L-{n},离心机{n}\n" for n in range(rows))
    provider = make_provider()
    answer = send(client, provider, text)
    job = answer.get_json()
    assert (answer.status_code, job["state"], job["total_rows"], how_many()) == (202, "queued", rows, 0)
    assert run_waiting_imports(now=clock.now()) == 1
    done = client.get(f"{API}/{job['id']}", headers=headers_of(provider)).get_json()
    assert (done["state"], done["done_rows"], counts(done)) == ("done", rows, (rows, 0, 0, 0, 0))
    assert how_many() == rows
    assert run_waiting_imports(now=clock.now()) == 0


def test_an_interrupted_import_goes_on_where_it_ended(app: Flask, client: FlaskClient) -> None:
    """What a crash left running is taken up after its last committed batch."""
    rows = BATCH_ROWS + 5
    text = "外部编号,仪器名称\n" + "".join(f"L-{n},离心机{n}\n" for n in range(rows))
    provider = make_provider()
    job_id = send(client, provider, text).get_json()["id"]
    job = session().get_one(ImportJob, job_id)
    job.state, job.started_at = ImportState.RUNNING, clock.now()
    job.done_rows = job.new_rows = BATCH_ROWS
    session().commit()
    run_waiting_imports(now=clock.now())
    session().refresh(job)
    assert (job.done_rows, how_many()) == (rows, 5)


def test_a_queued_file_that_was_altered_is_refused_and_holds_up_nobody(app: Flask, client: FlaskClient) -> None:
    """The job says why; the next one is taken in."""
    text = "外部编号,仪器名称\n" + "".join(f"L-{n},离心机{n}\n" for n in range(BATCH_ROWS + 1))
    provider = make_provider()
    first = send(client, provider, text).get_json()["id"]
    second = send(client, provider, text.replace("离心机", "天平")).get_json()["id"]
    stored = session().get_one(ImportJob, first).file
    Path(app.config["FILES_DIR"], stored.sha256[:2], stored.sha256).write_bytes(b"altered")
    run_waiting_imports(now=clock.now())
    owner = headers_of(provider)
    refused = client.get(f"{API}/{first}", headers=owner).get_json()
    assert (refused["state"], refused["problem"]["code"]) == ("refused", "file_altered")
    assert client.get(f"{API}/{second}", headers=owner).get_json()["state"] == "done"


def test_whole_files_are_refused_with_every_fault(client: FlaskClient) -> None:
    """Unknown layout (with what is known), broken CSV, no table, empty, a bomb; nothing is left behind."""
    provider = make_provider()
    tries: list[tuple[bytes | str, str, int, str]] = [
        ("alpha,beta\n1,2\n", "x.csv", 422, "import_layout_unknown"),
        ('外部编号,仪器名称\n1,"开口\n', "x.csv", 422, "import_file_unreadable"),
        ('外部编号,仪器名称\n1,"a"b\n', "x.csv", 422, "import_file_unreadable"),
        (b"%PDF-1.7 nothing", "x.csv", 415, "file_type_refused"),
        (b"\x00\x01\x02\x03" * 10, "x.csv", 415, "file_type_refused"),
        (b"", "x.csv", 422, "file_empty"),
        (bomb(), "x.xlsx", 422, "archive_refused"),
        (b"PK\x03\x04 broken", "x.xlsx", 422, "archive_refused"),
    ]
    for content, name, status, code in tries:
        refused = send(client, provider, content, name=name)
        assert (refused.status_code, refused.get_json()["code"]) == (status, code), content[:20]
    assert session().scalar(select(func.count()).select_from(ImportJob)) == 0


def test_an_unknown_layout_says_what_is_known(client: FlaskClient) -> None:
    """The headers found and the required ones of every layout."""
    refused = send(client, make_provider(), "alpha,beta\n1,2\n").get_json()
    texts = [each["text_en"] for each in refused["reasons"]]
    assert texts[0] == "Headers in the file: alpha、beta"
    assert any("external_id | name" in each for each in texts[1:])


def test_a_file_over_the_limit_is_refused(app: Flask, client: FlaskClient) -> None:
    """413."""
    limit = app.config["FILE_LIMIT_BYTES"]
    app.config["FILE_LIMIT_BYTES"] = 100
    try:
        refused = send(client, make_provider(), TWO_ROWS * 3)
    finally:
        app.config["FILE_LIMIT_BYTES"] = limit
    assert (refused.status_code, refused.get_json()["code"]) == (413, "file_too_large")


def test_a_foreign_import_is_missing(client: FlaskClient) -> None:
    """404 like one that does not exist."""
    job = send(client, make_provider(), TWO_ROWS).get_json()
    stranger = headers_of(make_provider())
    assert client.get(f"{API}/{job['id']}", headers=stranger).status_code == 404
    assert client.get(API, headers=stranger).get_json()["items"] == []


def test_the_command_line_makes_owners_named_in_the_file(app: Flask, tmp_path: Path) -> None:
    """Providers without membership, found again on repetition; rows without owner go to one organisation."""
    file = tmp_path / "仪器.csv"
    file.write_text("外部编号,仪器名称,所属单位\n1,显微镜,某大学\n2,光谱仪,某大学\n3,色谱仪,\n", "utf-8")
    run = app.test_cli_runner().invoke
    first = run(args=["instruments", "import", str(file)])
    assert first.exit_code == 0, first.output
    assert "read 3, new 3, changed 0, unchanged 0, repeated 0, refused 0" in first.output
    again = run(args=["instruments", "import", str(file)])
    assert "read 3, new 0, changed 0, unchanged 3, repeated 0, refused 0" in again.output
    owners = session().scalars(select(Organisation).order_by(Organisation.id)).all()
    assert [(each.name, each.kind, each.in_province) for each in owners] == [
        ("某大学", "provider", False),
        ("待认领仪器", "provider", False),
    ]


def test_a_dry_run_on_the_command_line_writes_nothing_at_all(app: Flask, tmp_path: Path) -> None:
    """No owner either."""
    file = tmp_path / "仪器.csv"
    file.write_text("外部编号,仪器名称,所属单位\n1,显微镜,某大学\n2,,某大学\n", "utf-8")
    shown = app.test_cli_runner().invoke(args=["instruments", "import", str(file), "--dry-run"])
    assert shown.exit_code == 0
    assert "read 2, new 1, changed 0, unchanged 0, repeated 0, refused 1" in shown.output
    assert "line 3 [2]: “仪器名称”不能为空。 / '仪器名称' must not be empty." in shown.output
    assert session().scalar(select(func.count()).select_from(Organisation)) == how_many() == 0


def test_the_command_line_imports_to_one_provider(app: Flask, tmp_path: Path) -> None:
    """By name or credit code; an unknown one, and a file refused as a whole, exit 1."""
    provider = make_provider(name="山东某研究院")
    file = tmp_path / "仪器.csv"
    file.write_text("外部编号,仪器名称,所属单位\n1,显微镜,别处\n", "utf-8")
    run = app.test_cli_runner().invoke
    for wanted in (provider.name, provider.uscc):
        assert run(args=["instruments", "import", str(file), "--provider", str(wanted)]).exit_code == 0
    assert session().scalars(select(Instrument.provider_id)).all() == [provider.id]
    unknown = run(args=["instruments", "import", str(file), "--provider", "没有"])
    assert (unknown.exit_code, "没有" in unknown.output) == (1, True)
    file.write_text("a,b\n", "utf-8")
    assert run(args=["instruments", "import", str(file)]).exit_code == 1


def test_the_command_line_prints_templates_that_the_import_knows(app: Flask, tmp_path: Path) -> None:
    """Of instruments and services, in both languages."""
    run = app.test_cli_runner().invoke
    for options in ([], ["--english"], ["--services"], ["--services", "--english"]):
        file = tmp_path / "模板.csv"
        file.write_text(run(args=["instruments", "template", *options]).output, "utf-8")
        shown = run(args=["instruments", "import", str(file)])
        assert (shown.exit_code, "read 0" in shown.output) == (0, True)


def xlsx(rows: list[list[str]]) -> bytes:
    """A workbook with numbers as numbers."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("仪器")
        for line, row in enumerate(rows):
            for position, cell in enumerate(row):
                if cell.replace(".", "", 1).isdecimal() and position in (4, 7):
                    sheet.write_number(line, position, float(cell))
                else:
                    sheet.write_string(line, position, cell)
    return content.getvalue()


def xls(rows: list[list[str]]) -> bytes:
    """The old format."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("仪器")
    for line, row in enumerate(rows):
        for position, cell in enumerate(row):
            sheet.write(line, position, cell)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def bomb() -> bytes:
    """A small workbook that would unpack to 200 MB."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (200 << 20))
    return content.getvalue()
