"""Forms of pages sent as people send them: wrongly, when every fault is named at once beside its field and nothing
typed is lost, and rightly, when the next page shows what came of it. In both languages (forms.yaml has the rows)."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from xlsxwriter import Workbook

from core import clock
from core.http.edge import SESSION_TOKEN
from marketplace.demo.province import demo_uscc
from tests.conftest import FreshContextClient
from tests.support.deal import MONDAY, PDF
from tests.support.hostile import JPEG
from tests.support.invoices import Line, Paper, xml_of
from tests.support.isolation import rolled_back
from tests.support.pages import Files, PageAnswer, PageClient
from tests.support.world import World

CHINESE = re.compile("[\u4e00-\u9fff]")
TABLE = Path(__file__).with_name("forms.yaml")
LISTED = [["统一社会信用代码", "企业名称", "列入日期", "移出日期"], [demo_uscc(997), "演示非会员", "2026-01-05", ""]]


def _sheet() -> bytes:
    target = BytesIO()
    with Workbook(target) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(LISTED):
            sheet.write_row(number, 0, row)
    return target.getvalue()


FILES = {
    "pdf": (PDF, "证明.pdf"),
    "photo": (JPEG, "照片.jpg"),
    "list": ("\n".join(",".join(row) for row in LISTED).encode(), "名录.csv"),
    "sheet": (_sheet(), "名录.xlsx"),
    "prose": ("这里没有表头\n".encode(), "说明.csv"),
    "invoice": (xml_of(Paper(number="26370000000000000077", lines=(Line(amount_fen=70_000, tax_fen=0),))), "发票.xml"),
}


@dataclass(frozen=True)
class Sending:
    """What is typed into a form, and what its page must then say."""

    typed: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    """Fields with a fault; none of a form that was taken."""
    says: list[str] = field(default_factory=list)
    """What stands on the page that comes, in Chinese."""
    names: bool = False
    """Whether faults name what is Chinese in every language."""


@dataclass(frozen=True)
class Trial:
    """A form, who sends it about which record, what was sent before, and how it is sent wrongly and rightly."""

    path: str
    user: str
    query: dict[str, str] = field(default_factory=dict)
    first: tuple[tuple[str, str, Sending], ...] = ()
    wrong: tuple[Sending, ...] = ()
    right: Sending | None = None


def _trial(entry: dict[str, Any]) -> Trial:
    first = [(each["user"], each["path"], Sending(each.get("typed", {}))) for each in entry.get("first", ())]
    right = entry.get("right")
    return Trial(
        path=entry["path"],
        user=entry["user"],
        query=entry.get("query", {}),
        first=tuple(first),
        wrong=tuple(Sending(**each) for each in entry.get("wrong", ())),
        right=None if right is None else Sending(**right),
    )


TRIALS = [_trial(each) for each in yaml.safe_load(TABLE.read_text("utf-8"))]


def _named(world: World, value: Any) -> Any:
    """A text in which {names} are numbers of the world."""
    if isinstance(value, list):
        return [_named(world, each) for each in value]
    return re.sub(r"\{([^}]+)\}", lambda found: str(world.ids[found[1]]), str(value))


def _send(page: PageClient, world: World, path: str, sending: Sending, query: dict[str, str]) -> PageAnswer:
    asked = {name: _named(world, value) for name, value in query.items()}
    address = _named(world, path) + (f"?{urlencode(asked)}" if asked else "")
    files: Files = {name: FILES[file] for name, file in sending.files.items()}
    return page.send(address, {name: _named(world, value) for name, value in sending.typed.items()}, files=files)


def _faults(answer: PageAnswer) -> dict[str, str]:
    """What stands beside each field."""
    found = re.findall(r'<p class="field-fault"\s+id="f-([^"]+)-fault">(.*?)</p>', answer.html, re.DOTALL)
    return {name: html.unescape(said) for name, said in found}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.path)
def test_a_form_is_refused_whole_and_then_taken(world: World, trial: Trial, language: str) -> None:
    """Wrongly first, so that what is taken then shows that nothing was changed before."""
    people = {user: world.session(user) for user in [trial.user, *(user for user, _, _ in trial.first)]}
    with rolled_back(world.client.app), clock.at(MONDAY):
        for user, path, sending in trial.first:
            answer = _send(_browser(world, people[user], language), world, path, sending, {})
            assert (answer.status, _faults(answer)) == (200, {}), answer.text
        page = _browser(world, people[trial.user], language)
        for wrong in trial.wrong:
            _check_refused(_send(page, world, trial.path, wrong, trial.query), wrong, world, language)
        if trial.right is not None:
            taken = _send(page, world, trial.path, trial.right, trial.query)
            assert (taken.status, _faults(taken)) == (200, {}), taken.text
            _check_said(taken, trial.right, world, language)


def _browser(world: World, token: str, language: str) -> PageClient:
    """Whose session it is, each request in a context of its own."""
    app = world.client.app
    client = FreshContextClient(app, app.response_class, use_cookies=True)
    with client.session_transaction() as cookie:
        cookie[SESSION_TOKEN] = token
        cookie["lang"] = language
    return PageClient(client)


def _check_said(taken: PageAnswer, right: Sending, world: World, language: str) -> None:
    """The next page shows what came of it; the sentence about it is in the reader's language."""
    if language == "zh":
        for said in right.says:
            assert _named(world, said) in taken.text, taken.text
    assert not [said for said in _flashes(taken) if bool(CHINESE.search(said)) != (language == "zh")]


def _check_refused(answer: PageAnswer, wrong: Sending, world: World, language: str) -> None:
    faults = _faults(answer)
    assert answer.status in (403, 409, 415, 422), (answer.status, answer.text)
    assert sorted(faults) == sorted(wrong.faults), answer.text
    summary = _summary(answer)
    if language == "zh":
        for said in wrong.says:
            assert said in summary, summary
    else:
        assert wrong.names or not CHINESE.search(summary), summary
    kept = answer.form().values
    for name, value in wrong.typed.items():
        typed = _named(world, value)
        assert kept.get(name, []) in ([typed], typed), name


def _summary(answer: PageAnswer) -> str:
    """The list of faults above the form."""
    found = re.search(r'class="error-summary".*?</ul>', answer.html, re.DOTALL)
    assert found is not None, answer.text
    return html.unescape(re.sub(r"<[^>]+>", " ", found[0]))


def _flashes(answer: PageAnswer) -> list[str]:
    return re.findall(r'<p class="flash"[^>]*>(.*?)</p>', answer.html, re.DOTALL)
