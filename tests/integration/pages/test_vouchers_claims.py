"""Claims through pages: who sees which, what is missing, uploads, submission, withdrawal, the reasons of a sum."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import organisation
from core import audit, clock
from core.db import session
from marketplace.notifications.rules import SUBJECTS
from settlement.models import PaymentStop
from tests.factories.accounts import (
    make_agency,
    make_audit,
    make_bureau,
    make_city_finance,
    make_enterprise,
    make_finance,
    make_incubator,
    make_provider,
    make_province,
    make_team,
    make_user,
)
from tests.factories.invoices import handed_in
from tests.factories.vouchers import FULL, PDF, add_materials, bring, invoice_of, make_claim
from tests.support.finance import browser, in_english, queries_of, sent_twice
from tests.support.invoices import MEAL, Line
from tests.support.pages import PageAnswer, PageClient
from tests.support.queries import MANY
from vouchers.models import Claim, CreditInvoice, Material
from vouchers.rules.claims import MaterialKind
from vouchers.service.credits import annul_credit
from vouchers.states import ClaimState

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FILE = {"file": (PDF, "材料.pdf")}
DECLARED = {"declarations.rd_base": "true", "declarations.main_business": "true"}


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.at(NOW):
        yield


def path(claim: Claim, step: str = "") -> str:
    return f"/claims/{claim.id}{step}"


def claimant(app: Flask, claim: Claim) -> PageClient:
    return browser(app, organisation(claim.claimant_id))


def upload(client: PageClient, claim: Claim, kind: MaterialKind, **values: object) -> PageAnswer:
    return client.send(path(claim, f"/materials?kind={kind}"), values, files=FILE)


def invoice_form(claim: Claim, **other: object) -> dict[str, object]:
    facts = invoice_of(claim)
    return {
        "invoice_number": facts.number,
        "invoice_type": facts.type.value,
        "seller_uscc": facts.seller_uscc,
        "buyer_uscc": facts.buyer_uscc,
        "amount_incl_tax_fen": "100000.00",
        "issued_on": "2026-03-02",
        **other,
    }


def state_of(claim: Claim) -> ClaimState:
    return session().scalars(select(Claim.state).where(Claim.id == claim.id)).one()


def readers(claim: Claim) -> list[Organisation]:
    own = [organisation(claim.beneficiary_id), organisation(claim.provider_id)]
    offices = [make_bureau(claim.city), make_city_finance(claim.city), make_province(), make_agency(), make_audit()]
    return [*own, *offices, make_finance()]


def test_v6_everybody_who_may_reads_a_claim_and_nobody_else(app: Flask) -> None:
    claim = bring(make_claim(), ClaimState.CONFIRMED)
    for reader in readers(claim):
        client = browser(app, reader)
        assert path(claim) in client.get("/claims").reader.links, reader.kind
        for step in ("", "/explanation"):
            assert client.get(path(claim, step)).status == 200, (reader.kind, step)
    for stranger in (make_enterprise(), make_provider(), make_bureau("370100"), make_city_finance("370100")):
        client = browser(app, stranger)
        assert path(claim) not in client.get("/claims").html
        assert client.get(path(claim)).status == client.get("/claims/999999").status == 404
    assert PageClient(app.test_client()).get(path(claim)).status == 303


def test_the_table_narrows_by_state_mode_and_year(app: Flask) -> None:
    user = make_enterprise()
    draft = make_claim(user, mode=FULL)
    handed_in = bring(make_claim(user), ClaimState.SUBMITTED)
    client = browser(app, user)
    for query, shown, hidden in [
        ("state=draft", draft, handed_in),
        ("state=submitted", handed_in, draft),
        ("payment_mode=full_payment", draft, handed_in),
    ]:
        links = client.get(f"/claims?{query}").reader.links
        assert path(shown) in links
        assert path(hidden) not in links
    assert path(draft) in client.get("/claims?year=2026").reader.links
    assert path(draft) not in client.get("/claims?year=2025").reader.links
    unread = client.get("/claims?year=then&sort=claimed")
    assert "无法识别" in unread.text
    assert path(draft) in unread.reader.links


def test_the_table_says_how_many_days_are_left(app: Flask) -> None:
    """V17: six months from completion, the last day included."""
    claim = make_claim()
    with clock.at(clock.start_of_day(claim.last_day)):
        page = claimant(app, claim).get("/claims")
    assert claim.last_day.isoformat() in page.text
    assert 'data-label="剩余天数">0<' in page.html
    handed_in = bring(make_claim(), ClaimState.SUBMITTED)
    assert 'data-label="剩余天数">—<' in claimant(app, handed_in).get("/claims").html


def test_an_incubator_narrows_to_one_team(app: Flask) -> None:
    incubator = make_incubator()
    teams = [make_team(incubator) for _ in range(2)]
    claims = [make_claim(team, mode=FULL) for team in teams]
    client = browser(app, incubator)
    assert all(path(claim) in client.get("/claims").reader.links for claim in claims)
    narrowed = client.get(f"/claims?team={teams[0].id}").reader.links
    assert path(claims[0]) in narrowed
    assert path(claims[1]) not in narrowed
    assert "无法识别" in client.get("/claims?team=mine").text


def test_the_table_can_be_taken_along(app: Flask) -> None:
    claim = make_claim()
    client = claimant(app, claim).client
    table = client.get("/claims?export=csv", buffered=True).get_data(as_text=True)
    assert f"{claim.id},测试服务" in table
    assert "60000.00" in table
    assert client.get("/claims?export=xlsx", buffered=True).status_code == 200


def test_v16_files_a_draft_names_everything_that_is_missing_with_its_article(app: Flask) -> None:
    claim = make_claim()
    page = claimant(app, claim).get(path(claim))
    assert page.html.count('class="missing"') == 4
    assert page.html.count("（V16 files）") == 4
    for kind in ("service_contract", "invoice", "result_proof", "innovation_relevance_proof", "other"):
        assert f"/materials?kind={kind}" in page.html


def test_who_does_not_hand_in_is_offered_nothing_and_told_why(app: Flask) -> None:
    """V16: in direct deduction the provider claims."""
    claim = make_claim()
    user = browser(app, organisation(claim.beneficiary_id))
    assert "/materials?kind=" not in user.get(path(claim)).html
    for step in ("/materials", "/submission", "/withdrawal"):
        refused = user.get(path(claim, step))
        assert refused.status == 403
        assert "直接抵扣由服务机构申请" in refused.text
    assert browser(app, make_bureau(claim.city)).get(path(claim, "/materials")).status == 403


def test_a_claim_is_brought_in_through_pages(app: Flask) -> None:
    claim = make_claim()
    client = claimant(app, claim)
    assert 'data-confirm="提交后交由设区市科技局审核' in client.get(path(claim, "/submission")).html
    refused = client.send(path(claim, "/submission"), {})
    assert refused.status == 422
    for missing in ("服务合同", "发票", "服务结果证明", "科技创新相关性证明", "具备研发基础条件", "与主营业务相关"):
        assert missing in refused.text
    assert 'id="f-declarations-rd_base-fault"' in refused.html

    for kind in (MaterialKind.SERVICE_CONTRACT, MaterialKind.RESULT_PROOF, MaterialKind.INNOVATION_RELEVANCE_PROOF):
        assert "已上传" in upload(client, claim, kind).text
    page = upload(client, claim, MaterialKind.INVOICE, **invoice_form(claim))
    assert "¥100,000.00" in page.text
    assert page.html.count('class="ok"') == 4

    page = client.send(path(claim, "/submission"), DECLARED)
    assert f"申请 {claim.id} 已提交" in page.text
    assert state_of(claim) is ClaimState.SUBMITTED
    assert "/materials?kind=" not in page.html
    assert "由设区市科技局办理" in page.text
    page = client.send(path(claim, "/withdrawal"), {})
    assert "已撤回" in page.text
    assert state_of(claim) is ClaimState.WITHDRAWN


def test_every_fault_of_an_invoice_stands_beside_its_field_and_what_was_typed_stays(app: Flask) -> None:
    claim = make_claim()
    client = claimant(app, claim)
    wrong = {"invoice_number": "", "seller_uscc": "123", "amount_incl_tax_fen": "1,5", "issued_on": "gestern"}
    page = upload(client, claim, MaterialKind.INVOICE, **wrong)
    assert page.status == 422
    for field in ("invoice_number", "seller_uscc", "amount_incl_tax_fen", "issued_on"):
        assert f'id="f-{field}-fault"' in page.html, field
    assert page.form().values["seller_uscc"] == ["123"]
    assert page.form().values["issued_on"] == ["gestern"]
    without = client.send(path(claim, "/materials?kind=invoice"), invoice_form(claim))
    assert without.status == 422
    assert 'id="f-file-fault"' in without.html
    assert session().scalar(select(func.count()).select_from(Material)) == 0


def test_what_is_known_already_stands_in_the_form(app: Flask) -> None:
    claim = make_claim()
    client = claimant(app, claim)
    known = client.get(path(claim, "/materials?kind=invoice")).form().values
    facts = invoice_of(claim)
    assert known["seller_uscc"] == [facts.seller_uscc]
    assert known["buyer_uscc"] == [facts.buyer_uscc]
    proof = client.get(path(claim, "/materials?kind=result_proof")).form().values
    assert proof["completed_on"] == ["2026-03-02"]
    assert "invoice_number" not in proof


def test_v17_a_result_proof_of_another_day_is_refused_beside_its_field(app: Flask) -> None:
    claim = make_claim()
    page = upload(claimant(app, claim), claim, MaterialKind.RESULT_PROOF, completed_on="2026-03-01")
    assert page.status == 422
    assert 'id="f-completed_on-fault"' in page.html
    assert "与服务完成日 2026-03-02 不一致" in page.text


def test_an_invoice_of_another_claim_is_refused_and_the_form_kept(app: Flask) -> None:
    """Invariant 16."""
    taken = invoice_of(first := make_claim())
    add_materials(first, invoice=taken)
    claim = make_claim()
    form = invoice_form(claim, invoice_number=taken.number)
    page = upload(claimant(app, claim), claim, MaterialKind.INVOICE, **form)
    assert page.status == 409
    assert "已用于另一兑付申请" in page.text
    assert page.form().values["invoice_number"] == [taken.number]


def test_a_newer_file_takes_the_place_of_the_earlier_one_which_stays_listed(app: Flask) -> None:
    claim = make_claim()
    client = claimant(app, claim)
    for _ in range(2):
        page = upload(client, claim, MaterialKind.SERVICE_CONTRACT)
    assert "已被替换的旧版本（1 份）" in page.text
    links = [link for link in page.reader.links if "/materials/" in link]
    assert len(links) == 2
    for link in links:
        answer = client.get(link).response
        assert answer.data == PDF
        assert answer.headers["Content-Disposition"].startswith("attachment;")
    stranger = browser(app, make_enterprise())
    assert stranger.get(links[0]).status == 404


def test_a_form_sent_twice_has_one_effect(app: Flask) -> None:
    """Invariant 13."""
    claim = make_claim()
    add_materials(claim)
    client = claimant(app, claim)
    first, second = sent_twice(client, path(claim, "/submission"), DECLARED)
    assert (first.status, second.status) == (303, 303)
    assert first.response.headers["Location"] == second.response.headers["Location"] == path(claim)
    gone, again = sent_twice(client, path(claim, "/withdrawal"), {})
    assert (gone.status, again.status) == (303, 303)
    late = client.send(path(claim, "/submission"), DECLARED)
    assert late.status == 409
    assert "当前状态" in late.text


def test_v16_team_the_incubator_hands_in_and_declares_nothing(app: Flask) -> None:
    incubator = make_incubator()
    team = make_team(incubator)
    claim = make_claim(team, mode=FULL)
    refused = browser(app, team).get(path(claim, "/submission"))
    assert refused.status == 403
    assert "由其孵化载体提交" in refused.text
    client = browser(app, incubator)
    add_materials(claim)
    assert "declarations.rd_base" not in client.get(path(claim, "/submission")).html
    assert "已提交" in client.send(path(claim, "/submission"), {}).text
    assert state_of(claim) is ClaimState.SUBMITTED


def test_the_way_of_a_claim_says_who_has_it_and_what_is_next(app: Flask) -> None:
    claim = bring(make_claim(), ClaimState.RETURNED)
    page = claimant(app, claim).get(path(claim))
    assert "由供给方办理" in page.text
    assert "还剩 43 天（30 个工作日）" in page.text
    assert "最迟 2026-04-14" in page.text  # 30 working days, V17 return
    assert page.html.count('<li class="next">') == 5
    assert "合同缺页" in page.text
    paid = bring(make_claim(), ClaimState.CONFIRMED)
    page = claimant(app, paid).get(path(paid))
    assert "由财政部门办理" in page.text
    assert "¥60,000.00" in page.text
    assert page.html.count('<li class="next">') == 1


def test_the_reasons_of_a_sum_name_articles_facts_and_whether_they_still_hold(app: Flask) -> None:
    claim = make_claim()
    page = browser(app, organisation(claim.beneficiary_id)).get(path(claim, "/explanation"))
    assert "重新计算结果与当时完全一致" in page.text
    for shown in ("60%", "V12 cap", "¥100,000.00", "¥60,000.00", "¥500,000.00", "职工人数"):
        assert shown in page.text
    provider = claimant(app, claim).get(path(claim, "/explanation"))
    assert provider.status == 200
    for hidden in ("职工人数", "营业收入", "年度上限剩余", "不良记录"):
        assert hidden not in provider.text


def test_a_claim_reads_in_english_too(app: Flask) -> None:
    claim = bring(make_claim(), ClaimState.RETURNED)
    client = in_english(claimant(app, claim))
    page = client.get(path(claim))
    for shown in (f"Claim {claim.id}", "with the provider", "by 2026-04-14", "Returned for correction"):
        assert shown in page.text
    assert "The same facts give the same answer today." in client.get(path(claim, "/explanation")).text


def test_lines_left_out_by_rule_are_told_in_the_language_of_the_page(app: Flask) -> None:
    claim = handed_in(Line(amount_fen=7_547_170, tax_fen=452_830), Line(MEAL, 1_886_792, 113_208))
    client = claimant(app, claim)
    zh, en = "税收分类“餐饮服务”不计入服务费用", "the tax category 餐饮服务 is no cost of a service"
    for page in (path(claim), path(claim, "/explanation")):
        told = client.get(page).text
        assert zh in told
        assert en not in told
    client = in_english(client)
    for page in (path(claim), path(claim, "/explanation")):
        told = client.get(page).text
        assert en in told
        assert zh not in told


def test_the_table_asks_as_much_for_many_claims_as_for_one(app: Flask) -> None:
    user, provider = make_enterprise(), make_provider()
    make_claim(user, provider, base_fen=10_000)
    client = browser(app, provider)
    one = queries_of(client, "/claims")
    for _ in range(MANY):
        make_claim(user, provider, base_fen=10_000)
    assert queries_of(client, "/claims") == one <= 20


def credit(app: Flask, claim: Claim, own: str, by: Organisation | None = None) -> str:
    """The province, or another one, registers a credit invoice that takes the whole invoice of a claim back."""
    invoice = claim.invoice
    assert invoice is not None
    values = {
        "number": f"2637{own:0>16}",
        "original_number": invoice.number,
        "amount_incl_tax_fen": "100000.00",
        "issued_on": "2026-03-02",
        "opinion": "税务局通报",
    }
    done = browser(app, by or make_province()).send("/credit-invoices/new", values, files={"file": (PDF, "红字.pdf")})
    assert done.status == 200, done.text
    return done.text


def told(kind: str, number: int, action: str) -> dict[str, set[int]]:
    """What a step of a record is told as, and to which organisations."""
    entry = next(each for each in reversed(audit.history(kind, number)) if each.action == action)
    found: dict[str, set[int]] = {}
    for each in SUBJECTS[kind].steps[action]:
        for record in () if each.records is None else each.records(entry):
            found[each.key] = {to.organisation_id for to in each.to(record)}
    return found


def test_v13_v19_a_credited_claim_says_so_to_every_party(app: Flask) -> None:
    """A draft that lost its invoice, and a payment that is stopped: page, notices and the desk of the province."""
    draft, owed = make_claim(), bring(make_claim(), ClaimState.CONFIRMED)
    add_materials(draft)
    credit(app, draft, "91")
    credit(app, owed, "92")
    page = claimant(app, draft).get(path(draft)).text
    for said in (
        "原发票已被红字发票全额冲销",
        "红字发票 26370000000000000091 冲销原发票",
        "被红字发票冲销 ¥100,000.00",
    ):
        assert said in page
    for who in (owed.claimant_id, owed.beneficiary_id):
        page = browser(app, organisation(who)).get(path(owed)).text
        assert "按确认先后进入每月两次的兑付批次" not in page
        assert "兑付已暂停，由省科技厅决定恢复兑付或撤销" in page
        assert "发票已被红字发票全额冲销" in page
        assert "credit invoice of" not in page
    assert told("claim", draft.id, "credit_invoice") == {"claim.bring_invoice": {draft.claimant_id}}
    province = make_province()
    known = told("claim", owed.id, "credit_invoice")
    assert known["claim.credited"] > {owed.beneficiary_id, owed.provider_id}
    assert known["claim.credited_excess"] == {province.id}
    stop = session().scalars(select(PaymentStop)).one()
    assert told("payment_stop", stop.id, "order")["stop.decide"] == {province.id}
    assert "停付待解除或撤销" in browser(app, province).get("/home").text
    entered = session().scalars(select(CreditInvoice).where(CreditInvoice.claim_id == draft.id)).one()
    second = make_user(Role.PROVINCE, province).as_actor()
    annul_credit(credit_id=entered.id, why="号码录错", actor=second, now=clock.now())
    assert "红字发票撤销，原发票恢复" in claimant(app, draft).get(path(draft)).text


def test_v6_a_notice_of_another_office_is_told_to_the_claims_own(app: Flask) -> None:
    """Whoever enters it reads that it waits; the city has it on its desk and beside its review, and is told."""
    claim = bring(make_claim(), ClaimState.SUBMITTED)
    assert "已登记为线索" in credit(app, claim, "93", by=make_bureau("370100"))
    entered = session().scalars(select(CreditInvoice)).one()
    city = make_bureau(claim.city)
    assert told("credit_invoice", entered.id, "register_credit") == {"credit.decide": {city.id}}
    assert "红字发票线索待处理" in browser(app, city).get("/home").text
    assert entered.number in browser(app, city).get(f"{path(claim)}/city-review").text
