"""Settlement over HTTP: the whole pay run, who sees what, and what is refused."""

import io
import json
from datetime import date, timedelta
from hashlib import sha256

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import organisation
from accounts.queries.standing import adverse_records
from core import clock
from core.db import session
from core.http import attachment
from settlement.queries.batches import batches as all_batches
from tests.factories.accounts import (
    headers_of,
    keyed,
    make_bureau,
    make_controller,
    make_enterprise,
    make_provider,
    make_tenure,
    token_for,
    user_with_role,
)
from tests.factories.settlement import (
    AFTER,
    JANUARY,
    answer,
    bank_csv,
    charge,
    hold,
    make_fund,
    make_payable,
    make_shortfall,
    new_order_id,
    paid_payable,
    prepare,
    send,
)

API = "/api/v1"


class Caller:
    """One user's calls."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def get(self, path: str) -> TestResponse:
        return self.client.get(API + path, headers=self.headers)

    def post(self, path: str, body: object = None, *, status: int = 201) -> dict[str, object]:
        response = self.client.post(API + path, json=body or {}, headers=keyed(self.headers))
        assert response.status_code == status, response.get_data(as_text=True)
        found: dict[str, object] = response.get_json()
        return found

    def upload(self, path: str, content: bytes, *, status: int = 201) -> dict[str, object]:
        data = {"file": (io.BytesIO(content), "return.csv")}
        response = self.client.post(API + path, data=data, headers=keyed(self.headers))
        assert response.status_code == status, response.get_data(as_text=True)
        found: dict[str, object] = response.get_json()
        return found


def caller(client: FlaskClient, role: Role) -> Caller:
    return Caller(client, token_for(user_with_role(role)))


def of(client: FlaskClient, who: Organisation) -> Caller:
    return Caller(client, headers_of(who))


def ids(response: TestResponse) -> list[int]:
    assert response.status_code == 200, response.get_data(as_text=True)
    return [item["id"] for item in response.get_json()["items"]]


def test_a_pay_run_from_fund_to_close(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    maker, checker = caller(client, Role.FINANCE_MAKER), caller(client, Role.FINANCE_CHECKER)
    fund = {"year": 2026, "appropriation_fen": 10_000_000, "reference": "鲁财教〔2026〕1号"}
    assert caller(client, Role.PROVINCE).post("/funds", fund)["available_fen"] == 10_000_000
    claims = [make_payable(fen) for fen in (6_000_000, 6_000_000, 3_000_000)]
    with clock.at(AFTER):
        batch = maker.post("/settlement-batches", {"cutoff": "2026-01-12"})
        again = maker.post("/settlement-batches", {"cutoff": "2026-01-12"})
        path = f"/settlement-batches/{batch['id']}"
        assert (batch["line_count"], batch["total_fen"], batch["waiting_count"]) == (1, 6_000_000, 2)
        assert again["id"] == batch["id"]
        assert checker.post(f"{path}/approval")["state"] == "approved"
        files = maker.post(f"{path}/exportation")["files"]
        assert isinstance(files, list)
        assert {file["control_sum_fen"] for file in files} == {6_000_000}
        assert {file["format"] for file in files} == {"xlsx", "csv", "pain.001", "treasury", "pdf"}
        for limit in (1 << 20, 10):  # whole, then part by part
            monkeypatch.setattr(attachment, "SENT_WHOLE_BYTES", limit)
            for file in files:
                sent = maker.get(f"{path}/export?format={file['format']}").data
                assert sha256(sent).hexdigest() == file["sha256"]
        content = bank_csv(prepare(), "paid")
        said = maker.upload(f"{path}/bank-returns", content)
        assert maker.upload(f"{path}/bank-returns", content) == said
        assert maker.post(f"{path}/closing")["state"] == "closed"
        (payout,) = maker.get(f"{path}/payouts").get_json()["items"]
        lines = maker.get(f"{path}/lines?payout_no=1").get_json()["items"]
        waiting = maker.get("/payables?state=due").get_json()["items"]

    assert (payout["end_to_end_id"], payout["amount_fen"]) == (f"{batch['number']}-000001", 6_000_000)
    assert [line["said"]["outcome"] for line in lines] == [payout["said"]["outcome"]] == ["paid"]
    assert [item["id"] for item in waiting] == [claims[1].id, claims[2].id]
    assert {item["place"]["waiting"]["article"] for item in waiting} == {"V3"}
    assert ids(maker.get("/settlement-batches?state=closed")) == [batch["id"]]
    assert ids(maker.get(f"{path}/bank-returns")) == [said["id"]]


def test_a_faulty_bank_return_is_a_422_naming_every_line(client: FlaskClient) -> None:
    make_fund(1_000)
    make_payable(100)
    batch = send(prepare())
    maker = caller(client, Role.FINANCE_MAKER)
    content = "payout_no,account_number,amount,status,reason,value_date\n9,1,1.00,paid,,2026-01-13\n1,1,x,paid,,\n"

    with clock.at(AFTER):
        refused = maker.upload(f"/settlement-batches/{batch.id}/bank-returns", content.encode(), status=422)

    assert refused["code"] == "bank_return_refused"
    assert [(r["code"], r["field"]) for r in refused["reasons"]] == [  # type: ignore[attr-defined]
        ("return_line_foreign", "line 2"),
        ("return_amount_malformed", "line 3"),
        ("return_day_malformed", "line 3"),
    ]


@pytest.mark.parametrize("wanted", ["pain.008", "exe", "XLSX"])
def test_an_unknown_export_format_is_a_400_naming_the_known(client: FlaskClient, wanted: str) -> None:
    make_fund(1_000)
    make_payable(100)
    batch = send(prepare())

    response = caller(client, Role.AUDITOR).get(f"/settlement-batches/{batch.id}/export?format={wanted}")

    assert response.status_code == 400
    assert "xlsx, csv, pain.001, treasury, pdf" in response.get_json()["title_en"]


def test_a_year_not_published_is_refused_with_a_clear_message(client: FlaskClient) -> None:
    with clock.at(AFTER + timedelta(days=365)):
        body = caller(client, Role.FINANCE_MAKER).post("/settlement-batches", {"cutoff": "2027-01-11"}, status=409)

    assert body["code"] == "year_not_published"
    assert "2027" in str(body["title"])


def test_cutoffs_of_a_year_are_shown(client: FlaskClient) -> None:
    shown = caller(client, Role.PROVIDER).get("/settlement-cutoffs?year=2026").get_json()["items"]
    unpublished = caller(client, Role.AUDITOR).get("/settlement-cutoffs?year=2027").get_json()["items"]

    assert shown[0] == {"nominal": "2026-01-10", "day": "2026-01-12", "status": "published", "reason": None}
    assert {item["status"] for item in unpublished} == {"provisional"}


def test_a_fund_is_opened_once_and_increased(client: FlaskClient) -> None:
    maker = caller(client, Role.FINANCE_MAKER)
    body = {"year": 2026, "appropriation_fen": 100, "reference": "一"}
    fund = maker.post("/funds", body)
    assert maker.post("/funds", body, status=409)["code"] == "fund_exists"
    more = maker.post(f"/funds/{fund['id']}/appropriations", {"amount_fen": 50, "reference": "二"})

    assert (more["appropriation_fen"], more["available_fen"]) == (150, 150)
    assert maker.get(f"/funds/{fund['id']}").get_json() == more
    assert ids(maker.get("/funds")) == [fund["id"]]


@pytest.mark.parametrize("role", [Role.DELEGATED_AGENCY, Role.ADMIN, Role.ENTERPRISE, Role.CITY_BUREAU, Role.AUDITOR])
def test_who_has_no_part_in_money_moves_none(client: FlaskClient, role: Role) -> None:
    someone = caller(client, role)

    someone.post("/funds", {"year": 2026, "appropriation_fen": 1, "reference": "x"}, status=403)
    someone.post("/settlement-batches", {"cutoff": "2026-01-12"}, status=403)
    someone.post("/clawbacks", {"payable_id": 1, "amount_fen": 1, "cause": "x"}, status=403)


def test_payables_are_seen_by_payee_user_their_cities_and_who_sees_all(client: FlaskClient) -> None:
    order_id = new_order_id()
    user, provider = charge(order_id, self_pay_fen=400, subsidy_fen=600, user=make_enterprise("371702"))
    payable = make_payable(600, payee=provider, order_id=order_id)
    other = make_payable(50)
    insiders = [user, provider, make_bureau("371700"), make_bureau("370100")]

    for who in insiders:
        assert payable.id in ids(of(client, who).get("/payables"))
    for stranger in (make_enterprise("370602"), make_provider("370200"), make_bureau("370600")):
        someone = of(client, stranger)
        assert ids(someone.get("/payables")) == []
        missing, foreign = someone.get("/payables/999999"), someone.get(f"/payables/{payable.id}")
        assert (foreign.status_code, foreign.get_json()) == (404, missing.get_json())
    for role in (Role.PROVINCE, Role.AUDITOR, Role.FINANCE_MAKER, Role.FINANCE_CHECKER):
        assert {payable.id, other.id} <= set(ids(caller(client, role).get("/payables")))


def test_account_numbers_are_masked_but_for_payee_and_finance(client: FlaskClient) -> None:
    order_id = new_order_id()
    user, provider = charge(order_id, self_pay_fen=400, subsidy_fen=600)
    payable = make_payable(600, payee=provider, order_id=order_id)

    def shown(who: Caller) -> str:
        found: str = who.get(f"/payables/{payable.id}").get_json()["account_number"]
        return found

    assert shown(of(client, provider)) == payable.account_number
    assert shown(caller(client, Role.FINANCE_MAKER)) == payable.account_number
    assert shown(of(client, user)) == f"****{payable.account_number[-4:]}"


def test_a_failed_payable_is_corrected_over_http(client: FlaskClient) -> None:
    make_fund(1_000)
    payable = make_payable(100)
    answer(send(prepare()), "failed")
    maker = caller(client, Role.FINANCE_MAKER)

    corrected = maker.post(f"/payables/{payable.id}/correction", {"note": "户名更正"})

    assert (corrected["state"], corrected["batch_id"]) == ("due", None)
    assert [payout["outcome"] for payout in corrected["payouts"]] == ["failed"]  # type: ignore[attr-defined]
    assert maker.post(f"/payables/{payable.id}/correction", {"note": "再次"}, status=409)["code"] == "state_forbids"


def test_v16_1_a_shortfall_is_confirmed_by_its_creditor(client: FlaskClient) -> None:
    shortfall = make_shortfall(deducted_fen=6_000_000, approved_fen=5_000_000)
    creditor = of(client, organisation(shortfall.creditor_id))
    debtor = of(client, organisation(shortfall.debtor_id))
    path = f"/shortfalls/{shortfall.id}"

    assert ids(debtor.get("/shortfalls?state=open")) == [shortfall.id]
    debtor.post(f"{path}/payment", {"reference": "S1"}, status=403)
    of(client, make_provider("370200")).post(f"{path}/payment", {"reference": "S1"}, status=404)
    part = creditor.post(f"{path}/payment", {"amount_fen": 400_000, "reference": "S1"})
    assert (part["open_fen"], part["state"]) == (600_000, "open")
    assert creditor.post(f"{path}/payment", {"reference": "S2"})["state"] == "paid"
    assert creditor.post(f"{path}/payment", {"reference": "S3"}, status=409)["code"] == "state_forbids"
    assert debtor.get(path).get_json()["paid_fen"] == 1_000_000


def test_v21_a_clawback_of_60000_is_linked_to_its_payout_and_recorded(client: FlaskClient) -> None:
    payee = make_enterprise()
    payable = paid_payable(6_000_000, payee=payee)
    province = caller(client, Role.PROVINCE)
    body = {
        "source": payable.source,
        "amount_fen": 6_000_000,
        "cause": "飞行抽查发现虚假材料",
        "misconduct": True,
        "sanction_until": "2099-05-31",
    }

    made = province.post("/clawbacks", body)

    assert (made["payable_id"], made["batch_id"], made["line_no"]) == (payable.id, payable.batch_id, 1)
    record = adverse_records(payee.id)[-1]
    assert (record.kind, record.until) == ("research_misconduct", date(2099, 5, 31))
    assert province.post("/clawbacks", body, status=422)["code"] == "clawback_too_large"
    assert ids(of(client, payee).get("/clawbacks")) == [made["id"]]
    assert of(client, make_enterprise()).get(f"/clawbacks/{made['id']}").status_code == 404
    maker = caller(client, Role.FINANCE_MAKER)
    part = maker.post(f"/clawbacks/{made['id']}/recovery", {"amount_fen": 1_000_000, "reference": "R1"})
    assert part["open_fen"] == 5_000_000
    maker.post(f"/clawbacks/{made['id']}/recovery", {"amount_fen": 5_000_001, "reference": "R2"}, status=422)
    done = maker.post(f"/clawbacks/{made['id']}/recovery", {"amount_fen": 5_000_000, "reference": "R2"})
    assert (done["state"], len(done["recoveries"])) == ("recovered", 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"payable_id": 1, "source": "claim:1"}, "payable_unnamed"),
        ({}, "payable_unnamed"),
        ({"source": "claim:none"}, "payable_missing"),
        ({"sanction_until": "2099-01-01", "misconduct": False}, "sanction_over"),
        ({"sanction_until": "2020-01-01", "misconduct": True}, "sanction_over"),
        ({"misconduct": True, "misconduct_by": 1}, "stranger_named"),
    ],
)
def test_clawbacks_that_are_refused(client: FlaskClient, change: dict[str, object], code: str) -> None:
    make_fund(100)
    payable = make_payable(100)
    answer(send(prepare()))
    named = {} if change == {} or "source" in change else {"payable_id": payable.id}
    body = {"amount_fen": 1, "cause": "抽查", **named, **change}

    refused = caller(client, Role.PROVINCE).post("/clawbacks", body, status=404 if code == "payable_missing" else 422)

    assert refused["code"] == code
    assert code == "payable_missing" or all(each["article"] for each in refused["reasons"])  # type: ignore[attr-defined]


def test_every_fault_of_a_clawback_is_named_at_once(client: FlaskClient) -> None:
    make_fund(100)
    payable = make_payable(100)
    answer(send(prepare()))
    wrong = {"amount_fen": 101, "cause": "抽查", "misconduct": True, "misconduct_by": 1, "sanction_until": "2020-01-01"}
    province = caller(client, Role.PROVINCE)

    refused = province.post("/clawbacks", {"payable_id": payable.id, **wrong}, status=422)
    unnamed = province.post("/clawbacks", wrong, status=422)

    named = [(each["code"], each["field"]) for each in refused["reasons"]]  # type: ignore[attr-defined]
    assert named == [
        ("sanction_over", "sanction_until"),
        ("stranger_named", "misconduct_by"),
        ("clawback_too_large", "amount_fen"),
    ]
    assert [each["code"] for each in unnamed["reasons"]] == ["payable_unnamed", "sanction_over"]  # type: ignore[attr-defined]


def test_i6_nothing_unpaid_is_clawed_back(client: FlaskClient) -> None:
    payable = make_payable(100)
    body = {"payable_id": payable.id, "amount_fen": 1, "cause": "抽查"}

    assert caller(client, Role.PROVINCE).post("/clawbacks", body, status=422)["code"] == "clawback_too_large"


def test_ledger_accounts_show_balances_and_postings(client: FlaskClient) -> None:
    firm = make_enterprise()
    hold(new_order_id(), 6_000, cap_owner=f"organisation:{firm.id}")
    path = f"/ledger/accounts/cap/organisation:{firm.id}"

    shown = of(client, firm).get(f"{path}/2026").get_json()

    assert (shown["pending_fen"], shown["posted_fen"], shown["max_fen"]) == (6_000, 0, 50_000_000)
    assert [(p["kind"], p["layer"], p["amount_fen"]) for p in shown["items"]] == [("hold_granted", "pending", 6_000)]
    assert of(client, firm).get(path).get_json()["year"] == 2026


def test_firms_of_one_controller_see_their_use_as_one_sum(client: FlaskClient) -> None:
    """V12 cap: it is theirs together, yet no sibling's order is told."""
    controller = make_controller()
    firm = make_enterprise()
    make_tenure(firm, controller)
    hold(new_order_id(), 6_000, cap_owner=f"controller:{controller.id}")

    for path in (f"cap/controller:{controller.id}/2026", f"cap_contra/controller:{controller.id}"):
        shown = of(client, firm).get(f"/ledger/accounts/{path}").get_json()
        assert (abs(shown["pending_fen"]), shown["items"]) == (6_000, [])
        assert len(caller(client, Role.AUDITOR).get(f"/ledger/accounts/{path}").get_json()["items"]) == 1


@pytest.mark.parametrize(
    "path", ["cap/controller:0/2026", "nonsense/x", "fund/nobody/2026", "cap/x:y:z/99999", "payable/%E4%B8%AD"]
)
def test_no_account_is_a_404(client: FlaskClient, path: str) -> None:
    assert caller(client, Role.AUDITOR).get(f"/ledger/accounts/{path}").status_code == 404


def test_i11_ledger_accounts_of_others_are_missing(client: FlaskClient) -> None:
    order_id = new_order_id()
    user, provider = charge(order_id, self_pay_fen=400, subsidy_fen=600, user=make_enterprise("371702"))
    make_payable(600, payee=provider, order_id=order_id)
    hold(order_id, 600, cap_owner=f"organisation:{user.id}")
    make_fund(1_000)
    accounts = {
        f"cap/organisation:{user.id}/2026": [user, make_bureau("371700")],
        f"due_from_user/order:{order_id}": [user, provider, make_bureau("371700"), make_bureau("370100")],
        f"payable/organisation:{provider.id}": [provider, make_bureau("370100")],
        "fund/shandong_innovation_voucher/2026": [],
    }
    everybody = [user, provider, make_bureau("371700"), make_bureau("370100"), make_enterprise("370602")]

    for account, readers in accounts.items():
        seen = {who.id for who in everybody if of(client, who).get(f"/ledger/accounts/{account}").status_code == 200}
        assert seen == {reader.id for reader in readers}, account
        assert caller(client, Role.FINANCE_CHECKER).get(f"/ledger/accounts/{account}").status_code == 200


def test_past_controllers_keep_their_cap_to_themselves(client: FlaskClient) -> None:
    """Invariant 3: a change of controller leaves past use behind."""
    former, present = make_controller(), make_controller()
    firm = make_enterprise()
    make_tenure(firm, former, since=date(2024, 1, 1))
    make_tenure(firm, present, since=date(2025, 6, 1))
    for controller in (former, present):
        hold(new_order_id(), 10, cap_owner=f"controller:{controller.id}")

    with clock.at(JANUARY):
        statuses = [
            of(client, firm).get(f"/ledger/accounts/cap/controller:{controller.id}/2026").status_code
            for controller in (former, present)
        ]

    assert statuses == [404, 200]


def test_one_key_prepares_one_batch(client: FlaskClient) -> None:
    make_fund(1_000)
    make_payable(100)
    headers = keyed(token_for(user_with_role(Role.FINANCE_MAKER)))
    with clock.at(AFTER):
        first, second = (
            client.post(f"{API}/settlement-batches", json={"cutoff": "2026-01-12"}, headers=headers) for _ in range(2)
        )

    assert first.get_json() == second.get_json()
    assert second.headers["Idempotency-Replayed"] == "true"


def test_settlement_run_answers_with_the_batch(app: Flask) -> None:
    make_fund(10_000)
    for fen in (6_000, 6_000):
        make_payable(fen)
    runner = app.test_cli_runner()

    with clock.at(AFTER):
        text = runner.invoke(args=["settlement", "run", "--cutoff", "2026-01-12"])
        again = runner.invoke(args=["settlement", "run", "--cutoff", "2026-01-12", "--json"])

    assert text.exit_code == 0, text.output
    facts = json.loads(again.output)
    assert text.output.strip() == f"{facts['number']}: lines: 1, CNY 60.00 (prepared); waiting: 1, CNY 60.00"
    assert (facts["lines"], facts["total_fen"], facts["waiting"], facts["waiting_fen"]) == (1, 6_000, 1, 6_000)
    assert len(session().scalars(all_batches()).all()) == 1


def test_settlement_run_says_why_there_is_nothing(app: Flask) -> None:
    runner = app.test_cli_runner()

    with clock.at(AFTER):
        nothing = runner.invoke(args=["settlement", "run", "--cutoff", "2026-01-12", "--json"])
        ahead = runner.invoke(args=["settlement", "run", "--cutoff", "2026-03-12"])
        unpublished = runner.invoke(args=["settlement", "run", "--cutoff", "2027-01-11"])

    assert nothing.exit_code == 0
    assert '"batch": null' in nothing.output
    assert (ahead.exit_code, unpublished.exit_code) == (1, 1)
    assert "2026-01-26" in ahead.output
    assert "2027" in unpublished.output
