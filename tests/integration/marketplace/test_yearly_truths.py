"""V18 report: what must always be true of yearly reports bites, and whoever should know of them is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text

from accounts.models import Notice
from core import clock
from core.db import session
from marketplace.demo.client import DemoClient
from marketplace.notifications.telling import tell
from marketplace.queries.invariants import INVARIANTS
from marketplace.reports.annual.editions import altered_editions
from marketplace.service.annual_reports import keep_reports
from tests.databases import Database
from tests.support.bending import broken_by
from tests.support.settling import settle

TEXTS = {"work_done": "培训。", "problems": "人手。", "suggestions": "共享。"}
BENDS = {
    12: "UPDATE annual_report_edition SET round = 2",
    4: "UPDATE annual_report_edition SET content = jsonb_set(content, '{figures,checks,0,left}', '1')",
    9: "UPDATE annual_report SET state = 'open', first_submitted_at = NULL WHERE state = 'submitted'",
}


def told(kind: str) -> set[str]:
    found = select(Notice.key).where(
        Notice.organisation_id.in_(
            select(text("id")).select_from(text("organisation")).where(text(f"kind = '{kind}'"))
        ),
        Notice.key.like("annual_report.%"),
    )
    return set(session().scalars(found))


def test_reports_are_recalled_and_their_truths_bite(committed_province: DemoClient, database: Database) -> None:
    """Bureaus are asked from 1 January; the province learns what was submitted; bent rows are found."""
    with clock.at(datetime.fromisoformat("2027-01-01T00:02:00+08:00")):
        keep_reports(now=clock.now())
        settle()
        tell(now=clock.now())
        assert (told("city_bureau"), told("province")) == ({"annual_report.submit"}, set())
    with clock.at(datetime.fromisoformat("2027-01-04T09:00:00+08:00")):
        (report,) = committed_province.get("bureau-jinan", "/annual-reports", year="2026")["items"]
        path = f"/annual-reports/{report['id']}"
        committed_province.post("bureau-jinan", f"{path}/texts", TEXTS)
        committed_province.post("bureau-jinan", f"{path}/submission")
        settle()
        tell(now=clock.now())
        assert "annual_report.receive" in told("province")
    assert altered_editions() == []
    session().rollback()
    for number, bend in BENDS.items():
        assert number in {each.number for each in broken_by(database, bend, INVARIANTS)}, number
    with database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE annual_report_edition SET digest = repeat('0', 64)")
        connection.commit()
    assert [each["fault"] for each in altered_editions()] == ["altered"]
