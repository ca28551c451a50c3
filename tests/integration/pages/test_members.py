"""Joining, registrations and organisations through pages."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow.fields import Nested

from accounts.pages.joining import BANK, NOT_OF_A_PROVIDER, NOT_OF_A_TEAM, NOT_OF_AN_ENTERPRISE
from accounts.permissions import Role
from accounts.schemas.memberships import RegistrationSchema
from core import clock
from marketplace.demo.client import DemoClient
from marketplace.demo.province import demo_uscc
from tests.factories.accounts import PASSWORD, make_bureau, make_enterprise, make_holding, make_provider, make_user
from tests.support.deal import MONDAY, PDF
from tests.support.pages import PageAnswer, PageClient
from tests.support.queries import MANY, counted_queries

FIRM: dict[str, Any] = {
    "name": "演示新来者有限公司",
    "county": "371702",
    "legal_representative": "演示法人",
    "phone": "0530-1234567",
    "address": "演示路 1 号",
    "has_rd_base": "true",
    "staff": "30",
    "revenue_fen": "1234567.89",
    "orderly_finances": "true",
    "bank_account.holder_name": "演示新来者有限公司",
    "bank_account.bank_name": "演示银行",
    "bank_account.cnaps_code": "102451000000",
    "bank_account.account_number": "6222000000199999",
    "truthful": "true",
    "username": "newcomer",
    "password": "long enough 1",
}


DOCUMENTS: dict[str, tuple[bytes, str]] = {
    "document_licence": (PDF, "licence-of-firm.pdf"),
    "document_financial_statement": (PDF, "statement.pdf"),
}


def firm(**changed: Any) -> dict[str, Any]:
    return {**FIRM, "uscc": demo_uscc(99), **changed}


def browser(province: DemoClient, user: str = "") -> PageClient:
    opened = PageClient(province.app.test_client())
    return opened.sign_in(user) if user else opened


def registration(page: PageClient, words: str = "") -> str:
    """The address of the one registration in a list."""
    (found,) = {link for link in page.get(f"/memberships?q={words}").reader.links if re.search(r"ships/\d+$", link)}
    return found


def fault_beside(answer: PageAnswer, field: str) -> str:
    """What is said beside a field, or nothing."""
    found = re.search(rf'id="f-{field}-fault">([^<]*)', answer.html)
    return found[1] if found else ""


def test_v15_a_firm_joins_adds_a_document_and_its_bureau_approves(province: DemoClient) -> None:
    joined = browser(province).send("/join/enterprise", firm(), files=DOCUMENTS)
    newcomer = browser(province).sign_in("newcomer", FIRM["password"])
    mine = registration(newcomer)
    added = newcomer.send(f"{mine}/documents", {"kind": "licence"}, files={"file": (PDF, "licence.pdf")})
    bureau = browser(province, "bureau-heze")
    queue = bureau.get("/memberships?state=submitted")
    review = bureau.get(f"{mine}/review")
    assert 'data-confirm="审核决定提交后' in review.html
    decided = bureau.send(f"{mine}/review", {"decision": "approve", "opinion": "材料齐全"})

    assert "注册已提交" in joined.text
    assert "材料已上传" in added.text
    assert FIRM["name"] in queue.text
    assert "licence.pdf" in review.text
    assert "¥1,234,567.89" in review.text
    assert "审核决定已记录" in decided.text
    assert "已成为会员" in newcomer.get(mine).text
    assert "材料齐全" in newcomer.get(mine).text


def test_v15_every_missing_document_is_named_at_once_beside_its_field(province: DemoClient) -> None:
    """The bureau sees nothing before they are there."""
    answer = browser(province).send("/join/enterprise", firm(), files={"document_licence": (PDF, "licence.pdf")})
    neither = browser(province).send("/join/enterprise", firm())
    listed = province.get("bureau-heze", "/memberships", state="submitted")["items"]

    assert (answer.status, neither.status) == (422, 422)
    assert fault_beside(answer, "document_financial_statement")
    assert not fault_beside(answer, "document_licence")
    assert fault_beside(neither, "document_licence")
    assert [each["organisation"]["name"] for each in listed].count(FIRM["name"]) == 0


def test_every_fault_stands_beside_its_field_and_what_was_typed_stays(province: DemoClient) -> None:
    typed = firm(
        uscc="91370000000000000X",
        staff="many",
        revenue_fen="1.234",
        username="x",
        password="short",
        truthful=[],
        **{"bank_account.cnaps_code": "12"},
    )
    first = browser(province).send("/join/enterprise", typed)
    second = browser(province).send("/join/enterprise", {**typed, "staff": "30", "revenue_fen": "1.23"})

    assert first.status == second.status == 422
    assert fault_beside(first, "staff")
    assert fault_beside(first, "revenue_fen")
    for field in ("uscc", "username", "password", "truthful", "bank_account-cnaps_code"):
        assert fault_beside(second, field), field
    kept = second.form("join").values
    assert (kept["name"], kept["uscc"], kept["staff"]) == ([FIRM["name"]], ["91370000000000000X"], ["30"])
    assert kept["password"] == [""]


def test_a_registration_sent_twice_is_made_once(province: DemoClient) -> None:
    page = browser(province)
    form = page.get("/join/enterprise").form("join")
    data = {**form.values, **firm()}
    answers = [
        page.client.post(
            "/join/enterprise",
            data={**data, **{name: (BytesIO(content), file) for name, (content, file) in DOCUMENTS.items()}},
            content_type="multipart/form-data",
        ).status_code
        for _ in range(2)
    ]
    listed = province.get("bureau-heze", "/memberships", state="submitted")["items"]

    assert answers == [303, 303]
    assert [each["organisation"]["name"] for each in listed].count(FIRM["name"]) == 1


def test_v10_a_provider_from_outside_joins_and_the_province_reviews(province: DemoClient) -> None:
    values = {
        "name": "演示外省研究院",
        "uscc": demo_uscc(98),
        "county": "110108",
        "legal_representative": "演示",
        "institution_kind": "institute",
        "truthful": "true",
        "username": "outside",
        "password": "long enough 1",
    }
    inside = browser(province).send("/join/provider", {**values, "county": "370102", "institution_kind": "other"})
    joined = browser(province).send("/join/provider", values, files={"document_licence": (PDF, "licence.pdf")})
    page = browser(province, "province")
    path = registration(page, "演示外省研究院")

    assert inside.status == 422
    assert fault_beside(inside, "institution_kind")
    assert fault_beside(inside, "has_sharing_rules")
    assert "注册已提交" in joined.text
    assert browser(province, "bureau-jinan").get(path).status == 404
    assert "审核决定已记录" in page.send(f"{path}/review", {"decision": "approve"}).text


def test_v9_an_incubator_registers_its_team(province: DemoClient) -> None:
    incubator = browser(province, "incubator-weifang")
    values = {"name": "演示新团队", "truthful": "true", "username": "team-new", "password": "long enough 1"}
    without_need = incubator.send("/teams/new", values)
    made = incubator.send(
        "/teams/new",
        {**values, "rd_need": "材料测试"},
        files={"document_incubator_agreement": (PDF, "agreement.pdf")},
    )

    assert fault_beside(without_need, "rd_need")
    assert "请上传入驻协议" in made.text
    assert "演示新团队" in made.text


def test_what_was_returned_is_named_and_handed_in_again(province: DemoClient) -> None:
    browser(province).send("/join/enterprise", firm(), files=DOCUMENTS)
    newcomer = browser(province).sign_in("newcomer", FIRM["password"])
    mine = registration(newcomer)
    bureau = browser(province, "bureau-heze")
    silent = bureau.send(f"{mine}/review", {"decision": "return"})
    bureau.send(f"{mine}/review", {"decision": "return", "defects": "执照不清晰\n缺财务报表"})
    shown = newcomer.get(mine)
    again = newcomer.send(f"{mine}/submission", {"phone": "0530-7654321", "staff": "31"})

    assert fault_beside(silent, "defects")
    assert "执照不清晰" in shown.text
    assert "缺财务报表" in shown.text
    assert "已重新提交" in again.text
    assert "0530-7654321" in again.text
    assert "执照不清晰；缺财务报表" in again.text
    assert "修改：联系电话；职工人数" in again.text


def test_a_resubmission_changes_only_what_was_mended(province: DemoClient) -> None:
    browser(province).send("/join/enterprise", firm(), files=DOCUMENTS)
    newcomer = browser(province).sign_in("newcomer", FIRM["password"])
    mine = registration(newcomer)
    browser(province, "bureau-heze").send(f"{mine}/review", {"decision": "return", "opinion": "电话有误"})
    newcomer.send(f"{mine}/submission", {"phone": "0530-7654321"})
    shown = province.get("bureau-heze", f"/{mine.strip('/')}")

    assert shown["organisation"]["phone"] == "0530-7654321"
    assert (shown["figures"]["staff"], shown["figures"]["revenue_fen"]) == (30, 123456789)
    assert shown["bank_account"]["account_number"] == "6222000000199999"


def test_a_member_is_suspended_and_resumed(province: DemoClient) -> None:
    bureau = browser(province, "bureau-heze")
    path = registration(bureau, "")
    assert 'data-confirm="暂停后该单位不能新下订单，可随时恢复' in bureau.get(f"{path}/suspension").html
    suspended = bureau.send(f"{path}/suspension", {"opinion": "核查"})
    again = bureau.send(f"{path}/suspension", {"opinion": "核查"})
    resumed = bureau.send(f"{path}/resumption", {"opinion": "核查完毕"})

    assert "会员资格已暂停" in suspended.text
    assert again.status == 409
    assert "会员资格已恢复" in resumed.text


def test_documents_come_as_attachments(province: DemoClient) -> None:
    browser(province).send("/join/enterprise", firm(), files=DOCUMENTS)
    newcomer = browser(province).sign_in("newcomer", FIRM["password"])
    mine = registration(newcomer)
    refused = newcomer.send(f"{mine}/documents", {"kind": "licence"}, files={"file": (b"MZ\x90", "run.pdf")})
    added = newcomer.send(f"{mine}/documents", {"kind": "licence"}, files={"file": (PDF, "licence.pdf")})
    document = [link for link in added.reader.links if re.search(r"documents/\d+$", link)][-1]
    answer = newcomer.get(document)

    assert refused.status in (415, 422)
    assert answer.response.headers["Content-Disposition"].startswith("attachment")
    assert answer.response.data == PDF
    assert browser(province, "sme-jinan").get(document).status == 404


# -- organisations ---------------------------------------------------------------------------------------------------


@pytest.fixture
def heze(province: DemoClient) -> str:
    """The page of a firm in Heze."""
    return f"/organisations/{province.get('sme-heze', '/me')['organisation']['id']}"


def test_figures_are_stated_once_by_the_firm_and_corrected_by_its_bureau(province: DemoClient, heze: str) -> None:
    own, bureau = browser(province, "sme-heze"), browser(province, "bureau-heze")
    figures = {"year": "2024", "staff": "25", "revenue_fen": "5000000", "orderly_finances": "true"}
    stated = own.send(f"{heze}/figures", figures)
    again = own.send(f"{heze}/figures", figures)
    early = own.send(f"{heze}/figures", {**figures, "year": "2026"})
    silent = bureau.send(f"{heze}/figures", {**figures, "staff": "26"})
    corrected = bureau.send(f"{heze}/figures", {**figures, "staff": "26", "why": "对照社保缴纳名册更正"})

    assert "年度数据已填报" in stated.text
    assert fault_beside(silent, "why")
    assert again.status == 409
    assert fault_beside(early, "year")
    assert "年度数据已填报" in corrected.text


def test_a_bank_account_is_named_and_verified(province: DemoClient, heze: str) -> None:
    own, bureau = browser(province, "sme-heze"), browser(province, "bureau-heze")
    name = province.get("sme-heze", "/me")["organisation"]["name"]
    details = {
        "bank_account.holder_name": name,
        "bank_account.bank_name": "演示银行",
        "bank_account.cnaps_code": "102451000000",
        "bank_account.account_number": "62220000001555",
    }
    faulty = own.send(f"{heze}/bank-accounts", {**details, "bank_account.holder_name": "别人"})
    named = own.send(f"{heze}/bank-accounts", details)
    (verification,) = [link for link in bureau.get(heze).reader.links if link.endswith("/verification")]
    silent = bureau.send(verification, {"decision": "refuse"})
    verified = bureau.send(verification, {"decision": "verify"})

    assert fault_beside(faulty, "bank_account-holder_name")
    assert "等待核实" in named.text
    assert fault_beside(silent, "opinion")
    assert "核实结果已记录" in verified.text
    assert not [link for link in own.get(heze).reader.links if link.endswith("/verification")]


def test_authorities_put_standing_on_record(province: DemoClient, heze: str) -> None:
    bureau = browser(province, "bureau-heze")
    other = province.get("provider-jinan", "/me")["organisation"]["uscc"]
    holding = {"other_uscc": other, "side": "holder", "percent": "3", "since": "2026-01-01", "source": "年报"}
    answers = [
        bureau.send(f"{heze}/controllers", {"name": "演示控制人", "since": "2026-03-01", "source": "章程"}),
        bureau.send(f"{heze}/holdings", holding),
        bureau.send(f"{heze}/joint-establishments", {"other_uscc": other, "source": "协议"}),
        bureau.send(
            f"{heze}/adverse-records", {"kind": "abnormal_operations", "since": "2026-01-05", "source": "公示"}
        ),
    ]
    unknown = bureau.send(f"{heze}/holdings", {**holding, "other_uscc": demo_uscc(97)})
    offered = [link for link in answers[-1].reader.links if link.endswith(("/ending", "/annulment"))]
    (ending,) = [link for link in offered if "/adverse-records/" in link]
    ended = bureau.send(ending, {"until": "2026-02-01", "source": "移出公示"})
    (held,) = [link for link in offered if "/holdings/" in link]
    bureau.send(held, {"until": "2026-02-01", "source": "转让"})
    office = browser(province, "province")
    (annulment,) = [
        link for link in office.get(heze).reader.links if link.endswith("/annulment") and "/adverse-records/" in link
    ]
    annulled = office.send(annulment, {"why": "企业名称相同"})

    assert [each.status for each in answers] == [200, 200, 200, 200]
    assert "演示控制人" in answers[0].text
    assert "持有对方 3%" in answers[1].text
    assert "共建机构" in answers[2].text
    assert "列入经营异常名录" in bureau.get("/adverse-records").text
    assert "演示控制人" in bureau.get("/controllers").text
    assert fault_beside(unknown, "other_uscc")
    assert "结束日期已登记" in ended.text
    assert len(offered) == 3
    assert "撤销：企业名称相同" in annulled.text


def test_v6_a_relation_names_nobody_out_of_sight(client: FlaskClient, app: Flask) -> None:
    """A holding is shown to both sides; the name of the other only where its reader may know it."""
    mine, foreign = make_enterprise("371702"), make_enterprise("370102", name="外市某企业")
    public = make_provider("370100", name="公开供给方研究院")
    make_holding(mine, foreign, "3")
    make_holding(mine, public, "4")
    user = make_user(Role.ENTERPRISE, mine).username
    bureau = make_user(Role.CITY_BUREAU, make_bureau("371700")).username
    path = f"/organisations/{mine.id}"

    for reader in (user, bureau):
        shown = PageClient(client).sign_in(reader, PASSWORD).get(path)
        assert "公开供给方研究院" in shown.text
        assert "外市某企业" not in shown.html
        assert "不在查阅范围内的单位" in shown.text


def test_the_province_enters_incubators_only(province: DemoClient) -> None:
    page = browser(province, "province")
    values = {"kind": "incubator", "name": "演示新孵化器", "county": "370702", "incubator_level": "provincial"}
    offered = page.get("/organisations/new")
    faulty = page.send("/organisations/new", {"kind": "incubator", "name": "演示新孵化器"})
    made = page.send("/organisations/new", values)

    assert "系统" not in "".join(offered.form("new").values["kind"])
    assert 'value="audit"' not in offered.html
    assert fault_beside(faulty, "county")
    assert fault_beside(faulty, "incubator_level")
    assert "单位已登记" in made.text


@pytest.mark.parametrize("path", ["/memberships", "/organisations"])
def test_a_list_asks_as_much_for_many_as_for_one(client: FlaskClient, app: Flask, path: str) -> None:
    bureau = make_user(Role.CITY_BUREAU, make_bureau("371700")).username
    make_enterprise("371702")
    page = PageClient(client).sign_in(bureau, PASSWORD)
    with counted_queries() as one:
        page.get(path)
    for _ in range(MANY):
        make_enterprise("371702")
    with counted_queries() as many:
        shown = page.get(path)

    assert shown.html.count("<tr>") > MANY
    assert len(many) == len(one) <= 20


def test_an_organisation_with_much_on_record_asks_as_much_as_one_with_little(client: FlaskClient, app: Flask) -> None:
    mine = make_enterprise("371702")
    path = f"/organisations/{mine.id}"
    page = PageClient(client).sign_in(make_user(Role.ENTERPRISE, mine).username, PASSWORD)
    make_holding(mine, make_provider("370100"), "1")
    with counted_queries() as one:
        page.get(path)
    for _ in range(5):
        make_holding(mine, make_provider("370100"), "1")
    with counted_queries() as many:
        page.get(path)

    assert len(many) == len(one) <= 20


def test_the_lists_are_exported_without_formulas(client: FlaskClient, app: Flask) -> None:
    make_enterprise("371702", name="=HYPERLINK(1)")
    bureau = make_user(Role.CITY_BUREAU, make_bureau("371700")).username
    answer = PageClient(client).sign_in(bureau, PASSWORD).get("/memberships?export=csv")

    assert answer.status == 200
    assert "'=HYPERLINK(1)" in answer.html


@pytest.mark.parametrize("path", ["/join/enterprise", "/join/provider", "/teams/new"])
def test_every_field_of_a_registration_stands_in_a_group(province: DemoClient, path: str) -> None:
    """None is lost when fields are put together under headings."""
    shown = browser(province, "incubator-weifang").get(path).form(path.split("/")[1]).values
    kind = {"/join/enterprise": 0, "/join/provider": 1, "/teams/new": 2}[path]
    left_out = (NOT_OF_AN_ENTERPRISE, NOT_OF_A_PROVIDER, NOT_OF_A_TEAM)[kind]
    fields = {name for name, each in RegistrationSchema().load_fields.items() if not isinstance(each, Nested)}
    ticked = {"truthful", "has_rd_base", "has_sharing_rules", "fiscal", "orderly_finances"}

    assert fields - {"kind", "submit", *left_out} - ticked == {name for name in shown if "." not in name} - {
        "csrf_token",
        "_key",
    }
    assert {name for name in shown if "." in name} == set(BANK)


def test_a_bureaus_queue_stands_first_the_oldest_at_its_top(client: FlaskClient, app: Flask) -> None:
    early, late = (make_enterprise("371702", approved=False, now=MONDAY - timedelta(days=days)) for days in (9, 2))
    make_enterprise("371702")
    names = [early.name, late.name]
    bureau = make_user(Role.CITY_BUREAU, make_bureau("371700")).username
    with clock.at(MONDAY):
        shown = PageClient(client).sign_in(bureau, PASSWORD).get("/memberships").html

    assert [shown.index(name) for name in names] == sorted(shown.index(name) for name in names)
    assert re.findall(r'data-label="已等待（天）">\s*([0-9—]+)', shown) == ["9", "2", "—"]
