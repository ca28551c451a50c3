"""The whole story of one order through pages: in both flows and both languages, by everybody whose turn it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from accounts.models import User
from core import clock
from core.db import session, transaction
from core.mail import Mail
from core.money import yuan_to_fen
from marketplace.demo.accounts import demo_password
from marketplace.notifications.telling import tell
from marketplace.reports.verification import verify_everything
from tests.browser.conftest import OpenPage
from tests.support.browser import LiveServer
from tests.support.deal import PDF
from tests.support.invoices import Line, Paper, xml_of
from tests.support.persons import Person, people

pytestmark = pytest.mark.slow

BANK_COLUMNS = ["line_no", "account_number", "amount", "status", "reason", "value_date"]
INSPECTORS = ("inspector-one", "inspector-two")
UNINVOLVED = "officer-three"
"""Decides an appeal: whoever inspected or decided before does not."""
Who = Callable[[str], Person]


@dataclass(frozen=True)
class Flow:
    """Who uses, who claims, whose city reviews, how it is paid, and what that comes to in yuan."""

    user: str
    claimant: str
    bureau: str
    mode: str
    service: str
    wanted: dict[str, str]
    price: str
    subsidy: str


HOURS = {"starts_at": "2026-03-04T09:00", "ends_at": "2026-03-04T12:00"}
DIRECT = Flow(
    "sme-heze", "provider-jinan", "bureau-heze", "direct_deduction", "质谱机时共享", HOURS, "¥1,200.00", "¥720.00"
)
FULL = Flow(
    "sme-heze", "sme-heze", "bureau-heze", "full_payment", "未知物成分委托分析", {"quantity": "1"}, "¥800.00", "¥480.00"
)
TEAM = Flow(
    "team-weifang",
    "incubator-weifang",
    "bureau-weifang",
    "full_payment",
    "未知物成分委托分析",
    {"quantity": "1"},
    "¥800.00",
    "¥320.00",
)


@pytest.mark.parametrize(
    ("flow", "language"),
    [(DIRECT, "zh"), (FULL, "zh"), (DIRECT, "en"), (FULL, "en"), (TEAM, "zh")],
    ids=["direct-zh", "full-zh", "direct-en", "full-en", "team-zh"],
)
def test_from_the_search_to_the_payment(live: LiveServer, open_page: OpenPage, flow: Flow, language: str) -> None:
    """V16, V17 order: found, quoted, ordered, contracted, paid, delivered, claimed, reviewed, confirmed, settled."""
    who = people(live, open_page, language=language)
    order = serve(who, flow, number=place(who, flow))
    claim = hand_in(who, flow, live, order=order)
    review(who, flow, claim=claim)
    settle(who, flow)

    assert flow.subsidy in who(flow.claimant).go(f"/claims/{claim}").words
    paid = {"zh": "已兑付", "en": "paid"}[language]
    assert paid in who(flow.claimant).go("/payables").words
    assert flow.subsidy in who("province").go("/funds").open_row().words
    trail = who("auditor").go(f"/trail?subject_kind=claim&subject_id={claim}").words
    assert flow.bureau in trail
    if flow is FULL and language == "zh":
        supervise(who, flow, live)
    if flow is DIRECT:
        be_told(who(flow.user), live)
    with live.app.app_context():
        assert verify_everything()[1] == []


def place(who: Who, flow: Flow) -> int:
    """Find, look at the calendar, ask what it costs, see who pays what, order."""
    user = who(flow.user)
    user.go("/")
    user.page.locator("main form input[name=q]").fill("质谱")
    user.page.locator("main form input[name=q]").press("Enter")
    user.page.wait_for_url("**/instruments?*")
    user.page.locator("main a[href^='/instruments/']").filter(has_text="质谱").first.click()
    user.page.wait_for_url("**/instruments/*")
    assert user.page.locator("main [data-calendar]").count() == 1
    user.page.locator("main tr, main li, main article").filter(has_text=flow.service).locator(
        "a[href*='/quotes/new']"
    ).first.click()
    user.page.wait_for_url("**/quotes/new?*")
    user.fill(None, payment_mode=flow.mode, **flow.wanted).send()
    assert "/quotes/" in user.page.url
    for sum_ in (flow.price, flow.subsidy):
        assert sum_ in user.words
    assert user.page.locator("figure.money-bar").count() == 2
    assert "V12" in user.words
    return user.send().number


def serve(who: Who, flow: Flow, *, number: int) -> int:
    """Accepted, signed by both, paid, served, delivered, completed."""
    here = f"/orders/{number}"
    user, provider = who(flow.user), who("provider-jinan")
    provider.go("/home").go(f"{here}/acceptance").send()
    for side in (provider, user):
        side.go(f"{here}/contract").send()
    provider.go(f"{here}/payment").send()
    provider.go(f"{here}/service-start").send()
    provider.go(f"{here}/delivery").fill(note="报告与原始数据，当面交付").send()
    user.go(f"{here}/completion").fill(completed_on="2026-03-02").send()
    assert user.number == number
    return number


def hand_in(who: Who, flow: Flow, live: LiveServer, *, order: int) -> int:
    """Every material with its file, then the claim; what is missing is named before."""
    if flow is DIRECT:
        share_a_phone(live)
    claimant = who(flow.claimant)
    claim = claimant.go(f"/orders/{order}").follow("/claims/").number
    here = f"/claims/{claim}"
    assert claimant.page.locator(".checklist .missing").count() == 4
    for kind in ("service_contract", "innovation_relevance_proof"):
        claimant.go(f"{here}/materials?kind={kind}").fill(files={"file": (f"{kind}.pdf", paper(claim, kind))}).send()
    claimant.go(f"{here}/materials?kind=result_proof").fill(
        files={"file": ("报告.pdf", paper(claim, "result_proof"))}, completed_on="2026-03-02"
    ).send()
    if flow is DIRECT:
        have_invoice_read(claimant, here, flow)
    else:
        claimant.go(f"{here}/materials?kind=invoice").fill(
            files={"file": ("发票.pdf", paper(claim, "invoice"))},
            invoice_number="26372000000012345678",
            amount_incl_tax_fen=flow.price.removeprefix("¥"),
            issued_on="2026-03-02",
        ).send()
    assert claimant.page.locator(".checklist .missing").count() == 0
    claimant.go(f"{here}/submission")
    if flow is not TEAM:
        claimant.fill(declarations__rd_base="true", declarations__main_business="true")
    claimant.send()
    return claim


def share_a_phone(live: LiveServer) -> None:
    """User and provider name one number, which is a flag (V8(4))."""
    with live.app.app_context(), transaction() as current:
        known = {each.username: each.organisation for each in current.scalars(select(User))}
        known["provider-jinan"].phone = known["sme-heze"].phone


def have_invoice_read(claimant: Person, claim: str, flow: Flow) -> None:
    """The file is read, shown beside the order, and confirmed."""
    form = claimant.go(f"{claim}/materials?kind=invoice").form
    seller, buyer = (form.locator(f"[name={name}_uscc]").input_value() for name in ("seller", "buyer"))
    line = Line(amount_fen=yuan_to_fen(flow.price.removeprefix("¥").replace(",", "")), tax_fen=0)
    told = xml_of(Paper(number="26372000000012345678", seller_uscc=seller, buyer_uscc=buyer, lines=(line,)))
    claimant.go(f"{claim}/invoice-reading").fill(files={"file": ("发票.xml", told)}).send()
    assert flow.price in claimant.words
    claimant.follow("/confirmation").send()
    assert claimant.page.url.endswith(claim)


def paper(claim: int, kind: str) -> bytes:
    """A file of a claim: another one for each, as the same file twice is a flag."""
    return PDF.replace(b"%%EOF", f"% {kind} of claim {claim}\n%%EOF".encode())


def review(who: Who, flow: Flow, *, claim: int) -> None:
    """The city looks at the papers beside the facts, sums up, stamps, sends; the province confirms."""
    bureau, province = who(flow.bureau), who("province")
    assert str(claim) in bureau.go("/review").words
    if flow is DIRECT:
        bureau.go(f"/claims/{claim}/assignment").send()
        links = bureau.go(f"/claims/{claim}/city-review").page.locator(f"a[href*='/claims/{claim}/flags/']")
        for flag in sorted({str(link.get_attribute("href")) for link in links.all()}):
            bureau.go(flag).fill(finding="cleared", reason="同一园区总机，发票由本人核对").send()
    bureau.go(f"/claims/{claim}/city-review")
    assert bureau.download(f"/claims/{claim}/materials/") == paper(claim, "service_contract")
    if flow is not TEAM:
        bureau.fill(findings__rd_base="true", findings__main_business="true")
    bureau.fill(decision="approve", opinion="材料齐全，同意").send()
    summary = bureau.go("/review-summaries/new").fill(claim_ids="all").send().number
    number, total = on_the_sheet(bureau.download(f"/review-summaries/{summary}/document"))
    sheet = {"file": ("盖章汇总表.pdf", PDF)}
    bureau.go(f"/review-summaries/{summary}/stamp").fill(number=number, total_fen=total, files=sheet).send()
    bureau.go(f"/review-summaries/{summary}/dispatch").send()
    assert str(claim) in province.go("/confirmations").words
    if flow is DIRECT:
        province.go(f"/review-summaries/{summary}/provincial-confirmation").fill(opinion="同意").send()
    else:
        province.go(f"/claims/{claim}/provincial-confirmation").fill(decision="confirm").send()


def on_the_sheet(content: bytes) -> tuple[str, str]:
    """Number and total as whoever stamps the sheet reads them."""
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    number = re.search(r"鲁科券〔\d+〕\S+ \d+号", words)
    total = re.search(r"合计（\d+ 项） ([\d,.]+) 元", words)
    assert number is not None, words
    assert total is not None, words
    return number[0], total[1]


def settle(who: Who, flow: Flow) -> None:
    """An appropriation, a batch by one and its approval by another, the file to the bank and its answer back."""
    maker, checker = who("finance-maker"), who("finance-checker")
    maker.go("/funds/new").fill(year="2026", appropriation_fen="1000000", reference="鲁财教〔2026〕1号").send()
    batch = maker.go("/settlement-batches/new").send().number
    here = f"/settlement-batches/{batch}"
    assert flow.subsidy in maker.words
    checker.go(f"{here}/approval").send()
    maker.go(f"{here}/exportation").send()
    told = maker.go(here).download("/files/csv")
    maker.go(f"{here}/bank-returns").fill(files={"file": ("回单.csv", answered(told))}).send()
    assert flow.subsidy in maker.words
    maker.send()
    checker.go(f"{here}/closing").send()


def answered(told: bytes) -> bytes:
    """The bank has paid each line of the file it was given."""
    _, *lines = csv.reader(io.StringIO(told.decode("utf-8-sig")))
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(BANK_COLUMNS)
    for line in lines:
        number, _holder, _bank, _cnaps, account, amount, *_rest = line
        writer.writerow([number, account.removeprefix("'"), amount, "paid", "", "2026-03-02"])
    return target.getvalue().encode("utf-8-sig")


def supervise(who: Who, flow: Flow, live: LiveServer) -> None:
    """V19, V21: drawn, visited, found, answered, decided, clawed back in part, sanctioned, appealed, annulled."""
    province, party, inspector = who("province"), who(flow.user), send_inspectors(who, live)
    inspection = province.follow("/inspections/").number
    here = f"/inspections/{inspection}"
    form = province.go(f"{here}/assignment").form
    for each in INSPECTORS:
        form.get_by_label(each).check()
    province.fill(visit_on="2026-03-02").send()
    met = ["contract_performed", "instruments_used", "result_genuine", "funding_single"]
    inspector.go(f"{here}/visit").tick("met", *met).fill(visited_on="2026-03-02", account="发票存疑").send()
    parties = inspector.go(f"{here}/findings").form.locator("[name=organisation_id] option")
    user = next(each.get_attribute("value") or "" for each in parties.all() if "菏泽" in each.inner_text())
    found = {"severity": "fraud", "article": "V11", "statement": "发票与服务不符"}
    inspector.fill(None, organisation_id=user, **found).send()
    inspector.go(f"{here}/conclusion").send()
    finding = party.go("/findings").open_row().number
    party.go(f"/findings/{finding}/answer").fill({"file": ("说明.pdf", PDF)}, text="发票属实").send()
    province.go(f"/findings/{finding}/decision").fill(decision="uphold", opinion="证据确凿").send()
    province.go(f"/findings/{finding}/clawback").fill(amount_fen="100", cause="虚开发票").send()
    clawback = who("finance-maker").go("/clawbacks").open_row().number
    for number, part in enumerate(("60", "40")):
        returned = who("finance-maker").go(f"/clawbacks/{clawback}/recovery")
        returned.fill(amount_fen=part, reference=f"退款{number}").send()
    sanction = {"kind": "fraud", "seriousness": "serious", "sanction_until": "2027-05-31", "notice": "公示"}
    province.go(f"/misconduct-decisions/new?finding={finding}").fill(None, **sanction, grounds="见核查").send()
    decision = province.number
    party.go(f"/misconduct-decisions/{decision}/appeal")
    appeal = party.fill({"file": ("申诉.pdf", PDF)}, grounds="认定有误").send().follow("/appeals/").number
    who(UNINVOLVED).go(f"/appeals/{appeal}/decision").fill(decision="annul", opinion="证据不足").send()
    assert "已撤销" in party.go(f"/misconduct-decisions/{decision}").words


def send_inspectors(who: Who, live: LiveServer) -> Person:
    """Officers who had no part in it, and a draw; the first of them is answered with."""
    with live.app.app_context():
        office = session().scalars(select(User.organisation_id).where(User.username == "province")).one()
    for name in (*INSPECTORS, UNINVOLVED):
        account = {"role": "province", "username": name, "password": demo_password()}
        who("admin").go(f"/organisations/{office}/users").fill(None, **account).send()
    drawn = {"confirmed_from": "2026-03-02", "confirmed_to": "2026-03-02", "size": "1", "reason": "例行抽查"}
    who("province").go("/spot-checks/new").fill(None, **drawn).send()
    return who(INSPECTORS[0])


def be_told(reader: Person, live: LiveServer) -> None:
    """Notices are counted, read, and go by mail to an address that was proven."""
    with live.app.app_context(), clock.at(live.instant):
        tell(now=clock.now())
    counted = reader.go("/notices").page.locator(".site-badge .count")
    assert int(counted.inner_text()) > 0
    reader.go("/notices/reading").send()
    assert counted.count() == 0
    reader.go("/notices/mail").fill(address="reader@example.com", rhythm="daily").send()
    with live.app.app_context():
        body = session().scalars(select(Mail.body).order_by(Mail.id.desc())).first() or ""
    code = re.search(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", body)
    assert code is not None, body
    reader.fill(code=code[0]).send()
    assert reader.go("/notices/mail").form.locator("[name=address]").input_value() == "reader@example.com"
