"""V18 report in the browser: the bureau writes and submits, the province receives, and everybody sees who owes one."""

from __future__ import annotations

from datetime import datetime

from core import clock
from marketplace.demo.client import DemoClient
from marketplace.service.annual_reports import keep_reports
from tests.support.pages import PageClient
from tests.support.queries import counted_queries

TEXTS = {"work_done": "组织培训。\n走访企业。", "problems": "人手不足。", "suggestions": "加强共享。"}


def browser(province: DemoClient, user: str) -> PageClient:
    return PageClient(province.app.test_client()).sign_in(user)


def test_v18_report_from_the_desk_to_its_reception(province: DemoClient) -> None:
    with clock.at(datetime.fromisoformat("2026-01-21T09:00:00+08:00")):
        keep_reports(now=clock.now())
        (report,) = province.get("bureau-jinan", "/annual-reports", year="2025")["items"]
        path = f"/annual-reports/{report['id']}"
        bureau, office = browser(province, "bureau-jinan"), browser(province, "province")
        assert "年度报告待报送" in bureau.get("/home").text
        assert "逾期未报的年度报告" in office.get("/home").text
        assert "2025 年度尚未报送" in office.get("/annual-reports").text
        refused = bureau.send(f"{path}/submission", {})
        assert "这一部分尚未填写" in refused.text
        bureau.send(f"{path}/texts", TEXTS)
        assert "已报送省厅" in bureau.send(f"{path}/submission", {}).text
        with counted_queries() as made:
            page = office.get(path)
        assert len(made) <= 20
        for shown in ("已报送", "济南创新券年报〔2025〕1号", "走访企业。", "审核用时中位数", "一致"):
            assert shown in page.text
        assert "年度报告待接收" in office.get("/home").text
        assert "已退回" in office.send(f"{path}/return", {"reason": "请补充"}).text
        bureau.send(f"{path}/submission", {})
        assert "只能退回一次" not in office.get(path).text
        assert "已接收" in office.send(f"{path}/acceptance", {}).text
        english = browser(province, "auditor")
        english.get("/language/en")
        said = english.get(path).text
        assert "Median time of a review" in said
        assert "What was submitted" in said
