"""A second province is a folder of YAML: the whole chain of an invented one over HTTP, by its own measure.

Its rate looks at the user's place and the provider's, its vouchers are claimed by users alone within three months, with
other papers, and paid once a month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from accounts.models import Organisation
from accounts.permissions import Role
from core import clock, policy
from core.config import PROJECT, var_dir_of
from core.db import db
from marketplace.app import create_app
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.conftest import FreshContextClient
from tests.databases import Database
from tests.factories.accounts import PASSWORD, make_bureau, make_finance, make_province, make_uscc, user_of
from tests.support.deal import MONDAY, PDF, bank_csv, walk

PACKS = PROJECT / "tests" / "policies"
CAPITAL, HILLS = "970100", "970200"
LAB, FIRM, LOWLAND = "lab-yunzhou", "firm-gaoling", "firm-zenan"


@pytest.fixture
def yunze(database: Database, tmp_path: Path) -> Iterator[Flask]:
    """The service of the invented province, on a database of its own, on Monday 2026-03-02."""
    given = database.config(var_dir_of({"VAR_DIR": str(tmp_path / "var")}))
    made = create_app(replace(given, province="yunze", policies_dir=PACKS))
    made.test_client_class = FreshContextClient
    try:
        with made.app_context(), clock.at(MONDAY):
            yield made
            db.session.remove()
            db.engine.dispose()
    finally:
        policy.select(policy.DEFAULT_PACK)


def client_for(app: Flask) -> tuple[DemoClient, dict[str, str]]:
    """A client for everybody, and the names of the offices' users."""
    offices: dict[str, tuple[Organisation, Role]] = {
        "capital": (make_bureau(CAPITAL), Role.CITY_BUREAU),
        "hills": (make_bureau(HILLS), Role.CITY_BUREAU),
        "province": (make_province(), Role.PROVINCE),
        "maker": (make_finance(), Role.FINANCE_MAKER),
        "checker": (make_finance(), Role.FINANCE_CHECKER),
    }
    names = {name: user_of(office, role).username for name, (office, role) in offices.items()}
    return DemoClient(app, passwords={}, default_password=PASSWORD), names


def registered(client: DemoClient, username: str, reviewer: str, **stated: object) -> Json:
    """A member that registered and was approved by its city."""
    uscc = make_uscc()
    body = {
        "name": f"{username}有限公司",
        "uscc": uscc,
        "legal_representative": f"{username}的某甲",
        "phone": f"0900-{int(uscc[8:17]):08d}",
        "username": username,
        "password": PASSWORD,
        "truthful": True,
        "bank_account": {
            "holder_name": f"{username}有限公司",
            "bank_name": "云泽银行",
            "cnaps_code": "102451000000",
            "account_number": f"6222{int(uscc[8:17]):012d}",
        },
        **stated,
    }
    made = client.post(None, "/memberships", body)
    client.post(reviewer, f"/memberships/{made['id']}/review", {"decision": "approve", "opinion": "同意"})
    return {"uscc": uscc, **made}


def firm(client: DemoClient, username: str, county: str, reviewer: str) -> Json:
    figures = {"staff": 280, "revenue_fen": 9_000_000_000, "orderly_finances": True, "has_rd_base": True}
    return registered(client, username, reviewer, kind="enterprise", county=county, **figures)


def offered(client: DemoClient, reviewer: str) -> int:
    """A published service of the laboratory in the capital, 100,000.00 a time."""
    instrument = {
        "name": "中试反应装置",
        "model": "PR-2",
        "maker": "某厂",
        "category_code": "120100",
        "category": "工艺实验设备",
        "value_fen": 90_000_000,
        "funding": "fiscal",
        "external_use": "open",
        "iot_sensor": True,
    }
    made = client.post(LAB, "/instruments", instrument)
    client.post(LAB, f"/instruments/{made['id']}/listing")
    client.post(reviewer, f"/instruments/{made['id']}/listing-review", {"decision": "approve", "opinion": "同意"})
    service = {
        "title": "合作研发",
        "kind": "joint_development",
        "content": "合作研发新产品。",
        "process": "签约、研发、交付。",
        "equipment": "中试反应装置",
        "phone": "0900-2000",
        "price_fen": 10_000_000,
        "price_unit": "time",
        "turnaround_days": 5,
        "instrument_ids": [made["id"]],
    }
    found = client.post(LAB, "/services", service)
    client.post(LAB, f"/services/{found['id']}/publication")
    return int(found["id"])


def test_the_whole_chain_of_an_invented_province(yunze: Flask) -> None:
    client, office = client_for(yunze)
    lab = registered(
        client,
        LAB,
        office["capital"],
        kind="provider",
        county="970102",
        institution_kind="university",
        has_sharing_rules=True,
        fiscal=True,
    )
    user = firm(client, FIRM, "970221", office["hills"])
    firm(client, LOWLAND, "970202", office["hills"])
    wanted = {"service_id": offered(client, office["capital"]), "quantity": "1", "payment_mode": "full_payment"}

    # The rate by both places: a highland firm with a laboratory of the capital, and any other pair of the province.
    quote = client.post(FIRM, "/quotes", wanted)
    assert (quote["rate"], quote["subsidy_fen"], quote["cap_room_fen"]) == ("0.70", 7_000_000, 8_000_000)
    assert quote["policy_version"].startswith("yunze-2026-01-01+")
    assert client.post(LOWLAND, "/quotes", wanted)["rate"] == "0.50"

    # Users alone claim: direct deduction is no mode of this measure, and the article is the measure's own.
    refused = client.post(FIRM, "/quotes", {**wanted, "payment_mode": "direct_deduction"})
    assert (refused["eligible"], [reason["article"] for reason in refused["reasons"]]) == (False, ["第十四条"])
    assert client.post(FIRM, "/orders", {"quote_id": refused["id"]}, expect=422)["code"] == "deduction_refused"

    placed = client.post(FIRM, "/orders", {"quote_id": quote["id"]})
    assert placed["respond_by"] == "2026-03-05"  # three working days
    done = walk(client, placed, user=FIRM, provider=LAB)
    claim = client.get(FIRM, f"/claims/{done['claim_id']}")
    assert (claim["claimed_fen"], claim["last_day"]) == (7_000_000, "2026-06-02")  # three months

    # Other materials, each missing one named by the measure's own article.
    path = f"/claims/{claim['id']}"
    status, lacking = client.attempt(FIRM, f"{path}/submission", {"declarations": {"main_business": True}})
    assert status == 422
    assert [(each["field"], each["article"]) for each in lacking["reasons"]] == [
        ("materials.invoice", "第十六条"),
        ("materials.result_proof", "第十六条"),
        ("materials.acceptance_report", "第十六条"),
    ]
    client.upload(FIRM, f"{path}/materials", PDF, "验收单.pdf", kind="acceptance_report")
    client.upload(FIRM, f"{path}/materials", PDF, "成果.pdf", kind="result_proof", completed_on=done["completed_on"])
    client.upload(
        FIRM,
        f"{path}/materials",
        PDF,
        "发票.pdf",
        kind="invoice",
        invoice_number="26970000000000000001",
        invoice_type="e_vat_special",
        seller_uscc=lab["uscc"],
        buyer_uscc=user["uscc"],
        amount_incl_tax_fen=done["price_fen"],
        issued_on=done["completed_on"],
    )
    submitted = client.post(FIRM, f"{path}/submission", {"declarations": {"main_business": True}})
    assert submitted["state"] == "submitted"
    _confirmed(client, office, claim["id"])

    # Paid once a month, on the 20th.
    client.post(
        office["maker"], "/funds", {"year": 2026, "appropriation_fen": 50_000_000, "reference": "云财〔2026〕1号"}
    )
    early = client.post(office["maker"], "/settlement-batches", {"cutoff": "2026-04-20"}, expect=422)
    assert "2026-03-20" in early["title_en"]
    batch = client.post(office["maker"], "/settlement-batches", {"cutoff": "2026-03-20"})
    batch_path = f"/settlement-batches/{batch['id']}"
    client.post(office["checker"], f"{batch_path}/approval")
    client.post(office["maker"], f"{batch_path}/exportation")
    payouts = client.get(office["maker"], f"{batch_path}/payouts")["items"]
    client.upload(office["maker"], f"{batch_path}/bank-returns", bank_csv(payouts, {}), "回单.csv")
    assert client.post(office["maker"], f"{batch_path}/closing")["total_fen"] == 7_000_000

    paid = client.get(FIRM, path)
    assert (paid["payment"]["state"], paid["payment"]["paid_fen"]) == ("paid", 7_000_000)
    told = client.get(FIRM, f"{path}/explanation")
    assert (told["differences"], told["replay_differences"]) == ([], [])
    assert [step["article"] for step in told["steps"]] == [
        "第十条",
        "第十一条",
        "第十条",
        "第十条",
        "第十八条",
        "第十八条",
    ]
    assert told["facts"]["provider"]["county"] == "970102"
    assert verify_everything()[1] == []


def _confirmed(client: DemoClient, office: dict[str, str], claim_id: int) -> None:
    """Reviewed by the city, summed up, stamped, sent and confirmed by the province."""
    review = {"decision": "approve", "opinion": "材料齐全"}
    client.post(office["hills"], f"/claims/{claim_id}/city-review", review)
    summary = client.post(office["hills"], "/review-summaries", {"claim_ids": [claim_id]})
    client.upload(office["hills"], f"/review-summaries/{summary['id']}/stamp", PDF, "盖章汇总表.pdf")
    client.post(office["hills"], f"/review-summaries/{summary['id']}/dispatch")
    client.post(office["province"], f"/claims/{claim_id}/provincial-confirmation", {"decision": "confirm"})
