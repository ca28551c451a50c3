"""S24-S26: grades by two officers, corrected in versions; awards within the limit of a unit; things put right."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from core import clock
from core.db import session
from core.http.api import API_PREFIX
from core.invariants import verify
from marketplace.demo.client import DemoClient, Json
from marketplace.queries.invariants import INVARIANTS as MARKETPLACE
from tests.support.pages import PageClient

SECOND = timedelta(seconds=1)
JANUARY = datetime.fromisoformat("2027-01-04T09:00:00+08:00")
LIMIT = 200_000_000
APPROVE = {"decision": "approve", "opinion": "情况属实"}
DOCUMENT = {**APPROVE, "document_number": "鲁科字〔2027〕1号", "document_on": "2027-01-04"}
TWO = "province-two"


class Year:
    """The evaluation of 2026 after its term of comments, with two officers of the province."""

    def __init__(self, client: DemoClient) -> None:
        self.client = client
        client.tokens.clear()
        with clock.at(JANUARY):
            office = client.get("province", "/me")["organisation"]["id"]
            account = {"organisation_id": office, "role": "province", "username": TWO}
            client.post("admin", "/users", {**account, "password": client.default_password})
            self.snapshot = client.post("province", "/evaluation-snapshots", {"year": 2026})
            path = f"/evaluation-snapshots/{self.snapshot['id']}"
            (self.line,) = client.get("provider-jinan", f"{path}/lines")["items"]
        self.path, self.line_path = path, f"/evaluation-lines/{self.line['id']}"
        self.after = clock.end_of_day(date.fromisoformat(self.snapshot["comment_by"]))
        client.tokens.clear()

    def graded(self, grade: str, *, cause: str = "专家组意见") -> Json:
        """A grade that was proposed and approved."""
        made = self.client.post("province", f"{self.line_path}/grades", {"grade": grade, "cause": cause})
        return self.client.post(TWO, f"/evaluation-grades/{made['id']}/decision", APPROVE)

    def publish(self) -> None:
        """The year made public; whoever has enough data and no grade is graded by points before."""
        self.client.post("province", f"{self.path}/grade-proposals")
        self.client.post(TWO, f"{self.path}/grade-approvals", {"opinion": "同意"})
        self.client.post("province", f"{self.path}/publication")


def codes(answer: tuple[int, Json]) -> list[str]:
    """What an answer was refused for, as codes."""
    return [each["code"] for each in answer[1]["reasons"]]


@pytest.fixture
def year(province: DemoClient) -> Year:
    """An evaluation that may be graded."""
    return Year(province)


def test_s24_a_grade_waits_for_the_term_and_says_why_it_differs(year: Year) -> None:
    """Before the last day of comments is over nobody is graded; without a reason only what the points propose."""
    client = year.client
    other = next(each for each in ("good", "excellent") if each != year.line["score"]["proposal"])
    with clock.at(year.after - SECOND):
        early = client.attempt("province", f"{year.line_path}/grades", {"grade": other})
        assert set(codes(early)) == {"evaluation_comments_open", "evaluation_grade_cause"}
        assert codes(client.attempt("province", f"{year.path}/grade-proposals")) == ["evaluation_comments_open"]
    client.tokens.clear()
    with clock.at(year.after):
        assert codes(client.attempt("province", f"{year.line_path}/grades", {"grade": other})) == [
            "evaluation_grade_cause"
        ]
        made = client.post("province", f"{year.line_path}/grades", {"grade": other, "cause": "专家组意见"})
        assert (made["version"], made["state"], made["points"]) == (1, "proposed", year.line["score"]["points"])
        again = client.attempt(TWO, f"{year.line_path}/grades", {"grade": other, "cause": "重复"})
        assert again[1]["code"] == "evaluation_grade_open"
        decision = f"/evaluation-grades/{made['id']}/decision"
        assert client.attempt("province", decision, APPROVE)[1]["code"] == "evaluation_grade_own"
        decided = client.post(TWO, decision, APPROVE)
        assert {each["code"] for each in decided["reasons"]} == {
            "evaluation_graded",
            "evaluation_points",
            "evaluation_cause",
        }
        assert client.attempt(TWO, decision, APPROVE)[1]["code"] == "state_forbids"


def test_s24_grades_are_public_with_the_year_and_corrected_in_new_versions(year: Year) -> None:
    """Nobody but province and auditor knows a grade before; a correction needs a reason and leaves the former one."""
    client = year.client
    with clock.at(year.after):
        first = year.graded("good")
        assert client.get("provider-jinan", "/evaluation-grades")["items"] == []
        client.get(None, f"/evaluation-grades/{first['id']}", expect=404)
        assert [each["id"] for each in client.get("auditor", "/evaluation-grades")["items"]] == [first["id"]]
        year.publish()
        assert [each["grade"] for each in client.get(None, "/evaluation-grades", line_id=year.line["id"])["items"]] == [
            "good"
        ]
        second = year.graded("qualified", cause="核实后更正")
        versions = client.get(None, "/evaluation-grades", line_id=year.line["id"])["items"]
        assert [(each["version"], each["grade"]) for each in versions] == [(1, "good"), (2, "qualified")]
        visitor = PageClient(client.app.test_client())
        assert "合格" in visitor.get(year.line_path).text
        assert "核实后更正" in visitor.get(f"/evaluation-grades/{second['id']}").text
        assert visitor.get("/evaluation-grades").status == 200
        exported = visitor.get("/evaluation-grades?export=csv")
        assert exported.status == 200


def test_s26_awards_of_a_unit_reach_the_limit_and_not_a_fen_more(year: Year) -> None:
    """2,000,000.00 in two awards is allowed, 2,000,000.01 refused; what is refused or revoked makes room again."""
    client = year.client
    with clock.at(year.after):
        grade = year.graded("excellent")
        path = f"/evaluation-grades/{grade['id']}/awards"
        award = {"amount_fen": LIMIT, "cause": "开放共享成效突出"}
        assert codes(client.attempt("province", path, award)) == ["evaluation_award_unpublished"]
        year.publish()
        over = client.attempt("province", path, {**award, "amount_fen": LIMIT + 1})
        assert (over[0], codes(over)) == (422, ["evaluation_award_limit"])
        assert over[1]["reasons"][0]["article"] == "S24"
        first = client.post("province", path, {**award, "amount_fen": LIMIT - 1})
        assert codes(client.attempt(TWO, path, {**award, "amount_fen": 2})) == ["evaluation_award_limit"]
        second = client.post(TWO, path, {**award, "amount_fen": 1})
        decision = f"/evaluation-awards/{first['id']}/decision"
        assert client.attempt("province", decision, DOCUMENT)[1]["code"] == "evaluation_award_own"
        assert set(codes(client.attempt(TWO, decision, APPROVE))) == {
            "evaluation_award_document",
            "evaluation_award_document_day",
        }
        assert client.get(None, "/evaluation-awards")["items"] == []
        decided = client.post(TWO, decision, DOCUMENT)
        assert (decided["state"], decided["document_number"]) == ("approved", DOCUMENT["document_number"])
        assert [each["id"] for each in client.get(None, "/evaluation-awards")["items"]] == [first["id"]]
        refusal = {"decision": "refuse", "opinion": "重复"}
        client.post("province", f"/evaluation-awards/{second['id']}/decision", refusal)
        client.post("province", f"/evaluation-awards/{first['id']}/revocation", {"why": "材料不实"})
        whole = client.post("province", path, award)
        assert whole["amount_fen"] == LIMIT
        lower = year.graded("qualified", cause="核实后更正")
        gone = client.attempt(TWO, f"/evaluation-awards/{whole['id']}/decision", DOCUMENT)
        assert codes(gone) == ["evaluation_award_superseded"]
        unfit = client.attempt("province", f"/evaluation-grades/{lower['id']}/awards", {**award, "amount_fen": 1})
        assert set(codes(unfit)) == {"evaluation_award_grade", "evaluation_award_limit"}


def test_s24_who_is_unqualified_puts_things_right_within_the_term(year: Year) -> None:
    """Demanded after the published lowest grade alone, reported by the provider, sent back, found put right or not."""
    client = year.client
    demand = {"demand": "公布收费标准并入网"}
    with clock.at(year.after):
        grade = year.graded("unqualified")
        path = f"/evaluation-grades/{grade['id']}/rectification"
        assert codes(client.attempt("province", path, demand)) == ["evaluation_rectification_unpublished"]
        year.publish()
        made = client.post("province", path, demand)
        assert client.attempt(TWO, path, demand)[1]["code"] == "evaluation_rectification_demanded"
        here = f"/evaluation-rectifications/{made['id']}"
        assert [each["id"] for each in client.get("bureau-jinan", "/evaluation-rectifications")["items"]] == [
            made["id"]
        ]
        client.get("bureau-heze", here, expect=404)
        failed = {"result": "not_rectified", "finding": "未见整改"}
        assert codes(client.attempt("province", f"{here}/check", failed)) == ["evaluation_rectification_term"]
        desk = PageClient(client.app.test_client())
        desk.sign_in("provider-jinan")
        assert "需要整改并报告" in desk.get("/home").text
        client.post("provider-jinan", f"{here}/report", {"report": "已公布"})
        client.post("province", f"{here}/check", {"result": "report_again", "finding": "仍缺两台"})
    ends = clock.end_of_day(date.fromisoformat(made["due_on"]))
    client.tokens.clear()
    with clock.at(ends):
        late = client.attempt("provider-jinan", f"{here}/report", {"report": "已全部公布"})
        assert late[1]["code"] == "evaluation_rectification_late"
    client.tokens.clear()
    with clock.at(ends - SECOND):
        client.post("provider-jinan", f"{here}/report", {"report": "已全部公布"})
        found = client.post("province", f"{here}/check", {"result": "rectified", "finding": "属实"})
        assert (found["state"], [each["code"] for each in found["reasons"]]) == (
            "closed",
            ["evaluation_rectification"],
        )


def test_s24_a_year_is_not_published_while_a_provider_with_enough_data_has_no_grade(year: Year) -> None:
    """Proposals alone are not enough; approved by another officer they are."""
    client = year.client
    with clock.at(year.after):
        made = client.post("province", f"{year.path}/grade-proposals")
        gradable = [
            each
            for each in client.pages("province", f"{year.path}/lines")
            if each["score"] is not None and each["score"]["proposal"] is not None
        ]
        assert made["count"] == len(gradable) > 0
        assert {each["grade"] for each in made["items"]} == {each["score"]["proposal"] for each in gradable}
        waiting = client.attempt("province", f"{year.path}/publication")
        assert codes(waiting) == ["evaluation_grades_missing"]
        assert client.post("province", f"{year.path}/grade-approvals", {"opinion": "同意"})["count"] == 0
        assert client.post(TWO, f"{year.path}/grade-approvals", {"opinion": "同意"})["count"] == made["count"]
        assert client.post("province", f"{year.path}/publication")["published_at"] is not None


@pytest.mark.parametrize("amount", [LIMIT, LIMIT // 3, LIMIT // 3 + 1])
def test_s26_awards_proposed_at_the_same_moment_never_pass_the_limit(
    committed_province: DemoClient, amount: int
) -> None:
    """Eight officers' requests at once: as many as fit are kept, the others are told the limit; verify is content."""
    year = Year(committed_province)
    with clock.at(year.after):
        grade = year.graded("excellent")
        year.publish()
        path = f"/evaluation-grades/{grade['id']}/awards"
        users = ["province", TWO] * 4
        tokens = {user: committed_province.token(user) for user in users}
    ready, answers = threading.Barrier(len(users)), []

    def call(number: int, user: str) -> None:
        headers = {"Authorization": f"Bearer {tokens[user]}", "Idempotency-Key": f"award-{amount}-{number}"}
        body = {"amount_fen": amount, "cause": "成效突出"}
        with clock.at(year.after), committed_province.app.app_context():
            ready.wait()
            answers.append(committed_province.app.test_client().post(f"{API_PREFIX}{path}", json=body, headers=headers))

    threads = [threading.Thread(target=call, args=each) for each in enumerate(users)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    statuses = Counter(each.status_code for each in answers)
    fitting = LIMIT // amount
    assert statuses == Counter({201: fitting, 422: len(users) - fitting})
    with clock.at(year.after):
        kept = [each["amount_fen"] for each in committed_province.pages("province", "/evaluation-awards")]
    assert (len(kept), sum(kept) <= LIMIT) == (fitting, True)
    assert verify(MARKETPLACE) == []
    session().rollback()
