"""Imports through pages: upload, progress, counts, refused rows."""

from __future__ import annotations

import io

import pytest

from core import clock
from instruments.service import imports as service
from instruments.service.imports import AT_ONCE_ROWS, run_waiting_imports
from marketplace.demo.client import DemoClient
from tests.support.pages import PageAnswer, PageClient
from tests.support.queries import counted_queries

TABLE = "外部编号,仪器名称,原值(元)\nA1,光谱仪,120000\nA2,色谱仪,很贵\n,没有编号,1\n".encode()


@pytest.fixture
def owner(province: DemoClient) -> PageClient:
    return PageClient(province.app.test_client()).sign_in("provider-jinan")


def sent(owner: PageClient, content: bytes, *, dry_run: bool = False, name: str = "仪器.csv") -> PageAnswer:
    values = {"dry_run": "true"} if dry_run else {}
    return owner.send("/instrument-imports/new", values, files={"file": (content, name)}, follow=False)


def test_a_small_file_is_taken_in_at_once_and_every_refused_row_is_named(owner: PageClient) -> None:
    answer = sent(owner, TABLE)
    assert answer.status == 303, answer.text
    page = owner.get(answer.response.headers["Location"])
    assert "文件已接收" in page.text
    assert "导入已完成" in page.text
    assert "仪器.csv" in page.text
    assert "本平台仪器模板" in page.text
    assert "很贵" in page.text
    assert "不能为空" in page.text
    assert "hx-get" not in page.html.partition('id="import-progress"')[2].partition("</div>")[0]
    assert "光谱仪" in owner.get("/instruments/own?q=光谱仪").text
    assert "到“本单位仪器”提交入网" in page.text
    assert "上传并正式导入" not in page.text


def test_a_dry_run_writes_nothing(owner: PageClient) -> None:
    page = owner.get(sent(owner, TABLE, dry_run=True).response.headers["Location"])
    assert "试运行已完成，未写入任何内容" in page.text
    assert "上传并正式导入" in page.text
    assert "到“本单位仪器”提交入网" not in page.text
    assert "没有符合条件的记录" in owner.get("/instruments/own?q=光谱仪").text


def test_refused_rows_can_be_taken_along(owner: PageClient) -> None:
    path = sent(owner, TABLE).response.headers["Location"]
    answer = owner.get(f"{path}?export=csv").response
    rows = answer.get_data(as_text=True)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert rows.splitlines()[0].endswith("行号,单位内编号,原因")
    assert "A2" in rows


@pytest.mark.parametrize(
    ("content", "name", "status", "said"),
    [
        (b"\x00\x01\x02\x03", "x.csv", 415, "不在允许之列"),
        ("甲,乙\n1,2\n".encode(), "x.csv", 422, "表头不属于任何已知格式"),
        (b"", "x.csv", 422, "为空"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_the_form(
    owner: PageClient, content: bytes, name: str, status: int, said: str
) -> None:
    page = sent(owner, content, name=name)
    assert page.status == status
    assert said in page.text
    assert "还没有导入过文件" in owner.get("/instrument-imports").text


def test_without_a_file_nothing_is_imported(owner: PageClient) -> None:
    page = owner.send("/instrument-imports/new", {"dry_run": "true"})
    assert page.status == 422
    assert "必填" in page.text
    assert 'data-upload-label="' in page.html


def test_a_large_file_is_worked_off_behind_and_shows_how_far_it_came(
    owner: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page polls while it runs; once it is done the answer has the page read anew."""
    monkeypatch.setattr(service, "AT_ONCE_ROWS", 1)
    assert AT_ONCE_ROWS > 1
    path = sent(owner, TABLE).response.headers["Location"]
    page = owner.get(path)
    assert "已排队" in page.text
    assert f'hx-get="{path}/progress"' in page.html
    waiting = owner.get(f"{path}/progress", HX_Request="true")
    assert "已处理 0 / 3" in waiting.text
    assert "HX-Refresh" not in waiting.response.headers
    run_waiting_imports(now=clock.now())
    done = owner.get(f"{path}/progress", HX_Request="true")
    assert done.response.headers["HX-Refresh"] == "true"
    assert "已处理 3 / 3" in done.text
    assert "导入已完成" in owner.get(path).text
    assert owner.get(f"{path}/progress").response.headers["Location"] == path


def test_sent_twice_a_file_is_imported_once(owner: PageClient) -> None:
    form = owner.get("/instrument-imports/new").form().values
    found = []
    for _ in range(2):
        page = owner.client.post(
            "/instrument-imports/new",
            data={**form, "file": (io.BytesIO(TABLE), "仪器.csv")},
            content_type="multipart/form-data",
        )
        found.append(page.headers["Location"])
    assert found[0] == found[1]
    assert owner.get("/instrument-imports").text.count("仪器.csv") == 1


def test_imports_of_others_do_not_exist(province: DemoClient, owner: PageClient) -> None:
    path = sent(owner, TABLE).response.headers["Location"]
    other = PageClient(province.app.test_client()).sign_in("provider-outside")
    assert other.get(path).status == 404
    assert other.get(f"{path}/progress").status == 404
    assert "还没有导入过文件" in other.get("/instrument-imports").text


def test_templates_name_the_columns_that_are_known(owner: PageClient) -> None:
    links = [link for link in owner.get("/instrument-imports/new").reader.links if "/templates/" in link]
    assert len(links) == 2
    for link in links:
        answer = owner.get(link).response
        assert answer.headers["Content-Disposition"].startswith("attachment")
        header = answer.get_data(as_text=True).lstrip("\ufeff")
        page = sent(owner, header.encode(), dry_run=True)
        assert page.status == 303, page.text
    assert owner.get("/instrument-imports/templates/unknown.csv").status == 404


def test_tables_ask_as_much_for_many_rows_as_for_one(owner: PageClient) -> None:
    def queries(path: str) -> int:
        with counted_queries() as asked:
            assert owner.get(path).status == 200
        return len(asked)

    one = sent(owner, TABLE, dry_run=True).response.headers["Location"]
    listed, shown = queries("/instrument-imports"), queries(one)
    rows = "".join(f",无编号{row},1\n" for row in range(50))
    for _ in range(9):
        many = sent(owner, f"外部编号,仪器名称,原值(元)\n{rows}".encode(), dry_run=True).response.headers["Location"]
    assert queries("/instrument-imports") == listed <= 20
    assert queries(many) == shown <= 20


def test_an_import_reads_in_english_too(owner: PageClient) -> None:
    owner.client.get("/language/en")
    page = owner.get(sent(owner, TABLE).response.headers["Location"])
    assert "Rows" in page.text
    assert "It is done. New instruments and services are drafts" in page.text
    assert "submit the drafts" in page.text
    assert "is no sum of money" in page.text
