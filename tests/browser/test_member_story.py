"""A firm becomes a member: at a telephone and by keyboard, with its documents, after one consolidated return."""

from __future__ import annotations

import pytest

from marketplace.demo.accounts import demo_password
from marketplace.demo.province import demo_uscc
from tests.browser.conftest import OpenPage
from tests.support.browser import WIDTHS, LiveServer, axe
from tests.support.deal import PDF
from tests.support.persons import Person, Visitor

FIRM = {
    "name": "演示新来者有限公司",
    "uscc": demo_uscc(99),
    "county": "371702",
    "legal_representative": "演示法人",
    "phone": "1234567",
    "address": "演示路 1 号",
    "staff": "30",
    "revenue_fen": "1234567.89",
    "has_rd_base": "true",
    "orderly_finances": "true",
    "truthful": "true",
    "username": "newcomer",
    "password": demo_password(),
}
DOCUMENTS = {"document_licence": ("执照.pdf", PDF), "document_financial_statement": ("报表.pdf", PDF)}
WORDS = {"zh": ("已通过", "电话号码缺区号"), "en": ("approved", "The area code is missing")}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_v15_a_firm_joins(live: LiveServer, open_page: OpenPage, language: str) -> None:
    """Registered, returned once with all that is wrong, mended, approved."""
    approved, missing = WORDS[language]
    visitor = Visitor(open_page(live, width=WIDTHS[1], language=language))
    visitor.page.goto(f"/language/{language}")
    visitor.go("/join/enterprise")
    be_refused_by_keyboard(visitor)
    visitor.fill(DOCUMENTS, **FIRM).send()

    bureau = Person(open_page(live, language=language), "bureau-heze", language=language)
    membership = bureau.go("/memberships").open_row().number
    here = f"/memberships/{membership}"
    bureau.go(f"{here}/review")
    bureau.page.locator("main details summary").first.click()
    bureau.fill(decision="return", phone__note=missing, document_licence__standard="illegible").send()

    newcomer = Person(open_page(live, width=WIDTHS[1], language=language), "newcomer", language=language)
    newcomer.go(f"{here}/documents").fill({"file": ("执照正本.pdf", PDF)}, kind="licence").send()
    newcomer.go(f"{here}/submission")
    assert missing in newcomer.page.locator("#f-phone-hint").inner_text()
    newcomer.fill(phone="0530-1234567").send()

    assert "0530-1234567" in bureau.go(f"{here}/review").words
    bureau.fill(decision="approve", opinion="同意").send()
    assert approved in newcomer.go(here).words


def be_refused_by_keyboard(visitor: Visitor) -> None:
    """What is missing is read out first, and each line of it leads to its field; nothing is too wide or in the way."""
    page = visitor.page
    visitor.form.locator("[name=name]").fill(FIRM["name"])
    visitor.form.locator("button:not([type=button])").first.press("Enter")
    page.locator(".error-summary").wait_for()
    assert page.evaluate("document.activeElement.classList.contains('error-summary')")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert axe(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash").startswith("#f-")
    assert visitor.form.locator("[name=name]").input_value() == FIRM["name"]
