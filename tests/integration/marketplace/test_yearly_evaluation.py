"""V20: a year's evaluation is frozen, commented on within the term, answered, published, and never changed."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from accounts.models import ApiToken, Notice
from core import clock
from core.audit import AuditEntry
from core.db import session
from marketplace.demo.client import DemoClient, Json
from marketplace.notifications.telling import tell
from marketplace.reports.evaluation.frozen import altered_snapshots
from tests.databases import Database
from tests.integration.marketplace.test_namings import colleague
from tests.support.deal import order, service_id, walk
from tests.support.pages import PageClient
from tests.support.settling import settle

SECOND = timedelta(seconds=1)
JANUARY = datetime.fromisoformat("2027-01-04T09:00:00+08:00")
SNAPSHOTS = "/evaluation-snapshots"


def told() -> set[str]:
    """What anybody was told about yearly evaluations."""
    return set(session().scalars(select(Notice.key).where(Notice.key.like("evaluation.%"))))


def figure(figures: list[Json], name: str) -> tuple[int, int]:
    """Cases and hits of one measure."""
    return next((each["n"], each["hits"]) for each in figures if each["measure"] == name)


def test_v20_an_officer_takes_a_year_on_the_command_line_and_anybody_there_shows_it(
    committed_province: DemoClient,
) -> None:
    """Once, under the officer's own password; nobody else's, and not twice. The proof is worth nothing afterwards."""
    runner = committed_province.app.test_cli_runner()
    evaluation = ["vouchers", "evaluation"]
    take = [*evaluation, "take", "2026", "--officer"]
    password = committed_province.default_password

    with clock.at(JANUARY):
        early = runner.invoke(args=[*evaluation, "show", "2026"])
        stranger = runner.invoke(args=[*take, "auditor"], input=f"{password}\n")
        guess = runner.invoke(args=[*take, "province"], input="a wrong one\n")
        taken = runner.invoke(args=[*take, "province"], input=f"{password}\n")
        again = runner.invoke(args=[*take, "province"], input=f"{password}\n")
        shown = runner.invoke(args=[*evaluation, "show", "2026", "--json"])

    assert [each.exit_code for each in (early, stranger, guess, taken, again, shown)] == [1, 1, 1, 0, 1, 0], (
        taken.output
    )
    assert "2026" in early.output
    kept = json.loads(shown.output)
    assert (kept["year"], kept["published_at"]) == (2026, None)
    assert kept["digest"] in taken.output
    assert {each["evaluated"].partition(":")[0] for each in kept["lines"]} == {"organisation", "city"}
    with committed_province.app.app_context():
        officer = session().scalars(select(AuditEntry.actor_role).where(AuditEntry.action == "freeze")).all()
        live = select(ApiToken.id).where(ApiToken.revoked_at.is_(None), ApiToken.created_at == JANUARY)
        assert (officer, session().scalars(live).all()) == (["province"], [])


def test_v20_a_year_is_frozen_commented_on_answered_and_published(
    committed_province: DemoClient, database: Database
) -> None:
    """An overdue delivery stands in the figures of 2026; it comes later and shows as a difference, the figures stay."""
    province = committed_province
    started = walk(
        province, order(province, "sme-heze", service_id("demo-ms-sample")), user="sme-heze", until="service-start"
    )
    assert province.attempt("province", SNAPSHOTS, {"year": 2026})[1]["code"] == "evaluation_year_refused"
    province.tokens.clear()
    with clock.at(JANUARY):
        frozen = province.post("province", SNAPSHOTS, {"year": 2026})
        assert province.attempt("province", SNAPSHOTS, {"year": 2026})[1]["code"] == "evaluation_frozen"
        assert province.attempt("auditor", SNAPSHOTS, {"year": 2025})[0] == 403
        path = f"{SNAPSHOTS}/{frozen['id']}"
        (own,) = province.get("provider-jinan", f"{path}/lines")["items"]
        assert (own["whose"], figure(own["figures"], "delay")) == ("providers", (1, 1))
        seen = province.get("bureau-jinan", f"{path}/lines")["items"]
        assert {each["place"] for each in seen} == {"370100"}
        assert {each["whose"] for each in seen} == {"providers", "cities"}
        assert len(list(province.pages("auditor", f"{path}/lines"))) > len(seen)
        city = next(each for each in seen if each["whose"] == "cities")
        for user in ("sme-heze", None):
            assert province.get(user, SNAPSHOTS)["items"] == []
            province.get(user, path, expect=404)
            province.get(user, f"/evaluation-lines/{own['id']}", expect=404)
        province.get("bureau-heze", f"/evaluation-lines/{own['id']}", expect=404)
        settle()
        tell(now=clock.now())
        assert told() == {"evaluation.frozen"}
    line, said = f"/evaluation-lines/{own['id']}", {"text": "设备进口延误"}
    ends = clock.end_of_day(date.fromisoformat(frozen["comment_by"]))
    with clock.at(ends - SECOND):
        province.tokens.clear()
        comment = province.post("provider-jinan", f"{line}/comments", said)
        province.post("bureau-jinan", f"/evaluation-lines/{city['id']}/comments", {"text": "无意见"})
        assert province.attempt("bureau-jinan", f"{line}/comments", said)[0] == 403
        status, early = province.attempt("province", f"{path}/publication")
        assert (status, len(early["reasons"])) == (422, 3)
    with clock.at(ends):
        assert province.attempt("provider-jinan", f"{line}/comments", said)[1]["code"] == "evaluation_comment_late"
        status, early = province.attempt("province", f"{path}/publication")
        assert [each["code"] for each in early["reasons"]] == [
            "evaluation_comments_unanswered",
            "evaluation_grades_missing",
        ]
        waiting = province.get("province", f"/evaluation-lines/{city['id']}")["comments"]
        for each in (comment, *waiting):
            province.post("province", f"/evaluation-comments/{each['id']}/reply", {"text": "已收悉"})
        again = province.attempt("province", f"/evaluation-comments/{comment['id']}/reply", said)
        assert again[1]["code"] == "evaluation_replied"
        province.post("province", f"{path}/grade-proposals")
        province.post(colleague(province), f"{path}/grade-approvals", {"opinion": "同意"})
        assert province.post("province", f"{path}/publication")["published_at"] is not None
        assert province.attempt("province", f"{path}/publication")[1]["code"] == "evaluation_published"
        public = province.get(None, line)
        assert [(each["text"], each["reply"]["text"]) for each in public["comments"]] == [(said["text"], "已收悉")]
        assert (public["figures"], public["changes"]) == (own["figures"], None)
        assert province.get("province", line)["changes"] == []
        province.post("provider-jinan", f"/orders/{started['id']}/delivery", {"note": "报告"})
        after = province.get("province", line)
        assert after["figures"] == own["figures"]
        changed = {each["measure"]: each["now"]["hits"] for each in after["changes"]}
        assert changed["delay"] == 0
        settle()
        tell(now=clock.now())
        assert told() == {f"evaluation.{each}" for each in ("frozen", "reply", "replied", "grade", "published")}
        visitor = PageClient(province.app.test_client())
        for page in ("/evaluation-years", f"/evaluation-years/{frozen['id']}", line):
            assert visitor.get(page).status == 200, page
        assert "设备进口延误" in visitor.get(line).text
    assert altered_snapshots() == []
    session().rollback()
    with pytest.raises(ProgrammingError, match="permission denied"):
        session().execute(text("UPDATE evaluation_line SET figures = '{}'"))
    session().rollback()
    with database.connect() as owner:
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute("UPDATE evaluation_line SET figures = jsonb_set(figures, '{name}', '\"x\"')")
        owner.commit()
    assert [each["year"] for each in altered_snapshots()] == [2026]
    session().rollback()
