"""Members over the API and by the worker: rounds, documents owed, renewals, changes by date, suspensions, lists."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts import queries
from accounts.jobs import JOBS
from accounts.kinds import AdverseKind
from accounts.models import FiguresRenewal
from accounts.permissions import Role
from accounts.queries.groups import open_naming
from accounts.queries.invariants import INVARIANTS
from accounts.queries.standing import adverse_records
from core import audit, clock
from core.db import session
from core.invariants import verify
from tests.factories.accounts import (
    approve,
    headers_of,
    make_adverse_record,
    make_bureau,
    make_controller,
    make_enterprise,
    make_incubator,
    make_province,
    make_team,
    make_tenure,
    make_uscc,
    make_user,
    membership,
    token_for,
)
from tests.support.api import API, post, upload
from tests.support.deal import MONDAY

Form = dict[str, Any]


def codes(answer: Any) -> list[str]:
    return [each["code"] for each in answer.get_json()["reasons"]]


def day_begins(day: date) -> None:
    """What the worker does a minute after midnight."""
    (job,) = [each for each in JOBS if each.name == "begin_day_of_members"]
    at = datetime.combine(day, time(0, 1), clock.SHANGHAI)
    job.run(at, at)


@pytest.fixture
def monday(app: Flask) -> Any:
    with clock.at(MONDAY):
        yield


# -- registration ------------------------------------------------------------------------------------------------------


def application(**changed: Any) -> dict[str, Any]:
    return {
        "kind": "enterprise",
        "name": "某某科技有限公司",
        "uscc": make_uscc(),
        "county": "371702",
        "legal_representative": "张某",
        "phone": "0530-1",
        "staff": 30,
        "revenue_fen": 100_000,
        "orderly_finances": True,
        "truthful": True,
        "username": "sme-one",
        "password": "long enough 1",
        **changed,
    }


@pytest.mark.usefixtures("monday")
def test_v15_a_draft_waits_for_its_documents_and_no_bureau_sees_it(client: FlaskClient) -> None:
    drafted = post(client, "/memberships", application(submit=False)).get_json()
    path = f"/memberships/{drafted['id']}"
    token = client.post(f"{API}/tokens", json={"username": "sme-one", "password": "long enough 1"}).get_json()["token"]
    own, bureau = {"Authorization": f"Bearer {token}"}, headers_of(make_bureau("371700"))
    early = post(client, f"{path}/submission", {}, own)
    upload(client, f"{path}/documents", own, kind="licence")
    upload(client, f"{path}/documents", own, kind="financial_statement")
    unseen = client.get(f"{API}{path}", headers=bureau)
    submitted = post(client, f"{path}/submission", {}, own).get_json()

    assert (drafted["state"], drafted["round"]) == ("draft", 0)
    assert drafted["missing_documents"] == ["licence", "financial_statement"]
    assert early.status_code == 422
    assert codes(early) == ["document_missing_licence", "document_missing_financial_statement"]
    assert unseen.status_code == 404
    assert (submitted["state"], submitted["round"], submitted["missing_documents"]) == ("submitted", 1, [])


@pytest.mark.usefixtures("monday")
def test_v15_one_consolidated_return_and_no_second_one_about_something_else(client: FlaskClient) -> None:
    made = make_enterprise(approved=False)
    path = f"/memberships/{membership(made).id}"
    own, bureau = headers_of(made), headers_of(make_bureau("371700"))
    findings = [
        {"about": "phone", "standard": "unreachable"},
        {"about": "document_licence", "standard": "missing", "note": "请上传副本"},
        {"about": "county", "note": "与执照不一致"},
    ]
    returned = post(client, f"{path}/review", {"decision": "return", "findings": findings}, bureau).get_json()
    early = post(client, f"{path}/submission", {"phone": "0530-2"}, own)
    upload(client, f"{path}/documents", own, kind="licence")
    again = post(client, f"{path}/submission", {"phone": "0530-2"}, own).get_json()
    late = {"decision": "return", "findings": [{"about": "controller", "note": "未说明"}, findings[2]]}
    refused = post(client, f"{path}/review", late, bureau)
    unmended = post(client, f"{path}/review", {"decision": "return", "findings": [findings[2]]}, bureau)

    assert [each["about"] for each in returned["findings"]] == ["phone", "document_licence", "county"]
    assert codes(early) == ["document_still_missing"]
    assert (returned["article"], again["round"]) == ("V15", 2)
    assert {each["about"]: each["changed"] for each in again["findings"]} == {
        "phone": True,
        "document_licence": True,
        "county": False,
    }
    assert again["differences"][0] == {"about": "phone", "before": "", "after": "0530-2"}
    assert (refused.status_code, codes(refused)) == (422, ["defect_named_late"])
    assert unmended.status_code == 201
    first, second = client.get(f"{API}{path}/rounds", headers=own).get_json()["items"]
    assert [(each["about"], each["mended"]) for each in first["defects"]] == [
        ("phone", True),
        ("document_licence", True),
        ("county", False),
    ]
    assert (first["changed"], second["changed"]) == ([], ["document_licence", "phone"])
    assert [(each["about"], each["mended"]) for each in second["defects"]] == [("county", None)]
    assert first["returned_by"] == second["returned_by"] != first["submitted_by"]
    assert verify(INVARIANTS) == []


@pytest.mark.usefixtures("monday")
def test_v15_what_is_missing_at_the_approval_is_owed_by_a_day_and_noted_when_it_passes(client: FlaskClient) -> None:
    """容缺受理: twenty working days from Monday 2026-03-02."""
    made = make_enterprise()
    path = f"/memberships/{membership(made).id}"
    own = headers_of(made)
    shown = client.get(f"{API}{path}", headers=own).get_json()
    added = upload(client, f"{path}/documents", own, kind="licence")
    closed = upload(client, f"{path}/documents", own, kind="bank_proof")
    day_begins(date(2026, 3, 30))
    before = [each.action for each in audit.history("membership", membership(made).id)]
    day_begins(date(2026, 3, 31))
    day_begins(date(2026, 4, 1))
    after = [each for each in audit.history("membership", membership(made).id) if each.action == "documents_overdue"]

    assert (shown["owed_until"], shown["missing_documents"]) == ("2026-03-30", ["licence", "financial_statement"])
    assert (added.status_code, closed.status_code) == (201, 409)
    assert "documents_overdue" not in before
    assert [each.data["documents"] for each in after] == [["financial_statement"]]


# -- renewals ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("app")
def test_v8_1_figures_are_renewed_each_year_confirmed_by_the_bureau_and_overdue_after_the_day(
    client: FlaskClient,
) -> None:
    with clock.at(datetime(2025, 6, 2, 9, tzinfo=clock.SHANGHAI)):
        late, good, fresh = make_enterprise(), make_enterprise(), make_enterprise(approved=False)
    with clock.at(MONDAY):
        approve(fresh)
        seen = make_enterprise()
    own, bureau = headers_of(good), headers_of(make_bureau("371700"))
    day_begins(date(2026, 3, 3))
    with clock.at(MONDAY + timedelta(days=1)):
        listed = client.get(f"{API}/figures-renewals", headers=bureau).get_json()["items"]
        figures: Form = {
            "organisation_id": good.id,
            "year": 2025,
            "staff": 20,
            "revenue_fen": 5,
            "orderly_finances": "true",
        }
        handed_in = upload(client, "/figures-renewals", own, **figures)
        number = handed_in.get_json()["id"]
        changed = upload(client, "/figures-renewals", own, **{**figures, "staff": 21})
        silent = post(client, f"/figures-renewals/{number}/review", {"decision": "return"}, bureau)
        post(client, f"/figures-renewals/{number}/review", {"decision": "return", "opinion": "报表不清"}, bureau)
        again = upload(client, "/figures-renewals", own, **{**figures, "staff": 21})
        done = post(client, f"/figures-renewals/{number}/review", {"decision": "confirm"}, bureau).get_json()
        closed = upload(client, "/figures-renewals", own, **{**figures, "staff": 21})
    day_begins(date(2026, 3, 31))
    waiting = {each.organisation_id: each.state.value for each in _renewals()}
    day_begins(date(2026, 4, 1))
    day_begins(date(2026, 4, 1))
    overdue = {each.organisation_id: each.state.value for each in _renewals()}

    assert {each["organisation_id"] for each in listed} == {late.id, good.id, fresh.id}
    assert seen.id not in waiting
    assert (handed_in.status_code, changed.status_code, silent.status_code) == (201, 409, 422)
    assert (again.status_code, done["state"], closed.status_code) == (201, "confirmed", 409)
    assert [each["code"] for each in done["reasons"]][:2] == ["renewal_confirmed", "renewal_handed_in"]
    assert done["reasons"][2]["inputs"] == {"year": 2025, "staff": 21, "revenue_fen": 5}
    assert again.get_json()["reasons"] == []
    assert waiting[late.id] == "open"
    assert (overdue[late.id], overdue[good.id]) == ("overdue", "confirmed")
    assert queries.figures(good.id, 2025).staff == 21  # type: ignore[union-attr]
    assert [each for each in verify(INVARIANTS) if each.row.get("figures_renewal")] == []


def _renewals() -> list[FiguresRenewal]:
    return list(session().scalars(select(FiguresRenewal).execution_options(populate_existing=True)))


# -- changes -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("monday")
def test_v12_a_move_to_another_city_holds_from_its_day_and_its_bureau_decides(client: FlaskClient) -> None:
    made = make_enterprise("371702")
    old, new = headers_of(make_bureau("371700")), headers_of(make_bureau("370100"))
    own = headers_of(made)
    wanted: Form = {
        "organisation_id": made.id,
        "effective_on": "2026-06-01",
        "county": "370102",
        "reason": "迁址",
    }
    asked = upload(client, "/member-changes", own, **wanted).get_json()
    twice = upload(client, "/member-changes", own, **wanted)
    path = f"/member-changes/{asked['id']}"
    told = client.get(f"{API}{path}", headers=old)
    not_theirs = post(client, f"{path}/review", {"decision": "approve"}, old)
    approved = post(client, f"{path}/review", {"decision": "approve", "opinion": "同意"}, new).get_json()
    here = {day: queries.seat(made.id, date(2026, 6, 1) + timedelta(days=day)).county for day in (-1, 0, 1)}
    day_begins(date(2026, 5, 31))
    in_charge_before = client.get(f"{API}/organisations/{made.id}", headers=old).status_code
    with clock.at(clock.start_of_day(date(2026, 6, 1))):
        before_the_worker = client.get(f"{API}/me", headers=headers_of(made)).get_json()["organisation"]["county"]
    day_begins(date(2026, 6, 1))
    in_charge_after = client.get(f"{API}/organisations/{made.id}", headers=old).status_code
    taken_over = client.get(f"{API}/organisations/{made.id}", headers=new).get_json()

    assert (asked["from_city"], asked["city"]) == ("371700", "370100")
    assert (twice.status_code, told.status_code, not_theirs.status_code) == (409, 200, 403)
    assert approved["state"] == "approved"
    assert [(each["code"], each["article"]) for each in approved["reasons"]] == [
        ("change_approved", "V15"),
        ("change_of_county", "V12"),
    ]
    assert before_the_worker == "370102"
    assert here == {-1: "371702", 0: "370102", 1: "370102"}
    assert (in_charge_before, in_charge_after) == (200, 404)
    assert (taken_over["county"], taken_over["city"]) == ("370102", "370100")
    assert verify(INVARIANTS) == []


@pytest.mark.usefixtures("monday")
def test_an_approved_change_is_taken_back_before_its_day_by_two(client: FlaskClient) -> None:
    made = make_enterprise("371702")
    own, new = headers_of(made), headers_of(make_bureau("370100"))
    wanted: Form = {"organisation_id": made.id, "effective_on": "2026-06-01", "county": "370102", "reason": "迁址"}
    asked = upload(client, "/member-changes", own, **wanted).get_json()
    path = f"/member-changes/{asked['id']}"
    post(client, f"{path}/review", {"decision": "approve"}, new)
    silent = post(client, f"{path}/withdrawal", {}, own)
    by_bureau = post(client, f"{path}/withdrawal", {"why": "日期有误"}, new)
    by_same = post(client, f"{path}/withdrawal-review", {"decision": "approve"}, new)
    higher = headers_of(make_province())
    alone = post(client, f"{path}/withdrawal-review", {"decision": "refuse"}, higher)
    second = token_for(make_user(Role.CITY_BUREAU, make_bureau("370100")))
    not_alone = post(client, f"{path}/withdrawal-review", {"decision": "refuse"}, higher)
    kept = post(client, f"{path}/withdrawal-review", {"decision": "refuse", "opinion": "日期无误"}, second)
    still = queries.seat(made.id, date(2026, 6, 1)).county
    again = post(client, f"{path}/withdrawal", {"why": "不再迁址"}, own).get_json()
    gone = post(client, f"{path}/withdrawal-review", {"decision": "approve"}, new).get_json()
    another = upload(client, "/member-changes", own, **wanted).get_json()
    late = f"/member-changes/{another['id']}"
    post(client, f"{late}/review", {"decision": "approve"}, new)
    post(client, f"{late}/withdrawal", {"why": "不再迁址"}, own)
    sits = queries.seat(made.id, date(2026, 5, 31)).county
    day_begins(date(2026, 6, 1))
    too_late = post(client, f"{late}/withdrawal-review", {"decision": "approve"}, new)

    assert [each["code"] for each in silent.get_json()["reasons"]] == ["withdrawal_unexplained"]
    assert by_bureau.get_json()["state"] == "withdrawing"
    assert (by_same.status_code, by_same.get_json()["code"]) == (403, "asker_decides")
    assert (kept.get_json()["state"], still, again["state"], gone["state"]) == (
        "approved",
        "370102",
        "withdrawing",
        "withdrawn",
    )
    told = [[ground["code"] for ground in each["reasons"]][2:] for each in (kept.get_json(), again, gone)]
    assert told == [["change_kept", "change_withdrawal"], [], ["change_taken_back", "change_withdrawal"]]
    # The province decides only where the bureau has nobody but the one who asked.
    assert [each["code"] for each in alone.get_json()["reasons"]] == ["opinion_missing"]
    assert (not_alone.status_code, not_alone.get_json()["code"]) == (403, "forbidden")
    passed = [each.action for each in audit.history("member_change", another["id"])]
    assert passed == ["request", "approve", "ask_withdrawal", "lapse_withdrawal", "apply"]
    assert (sits, queries.seat(made.id, date(2026, 6, 2)).county) == ("371702", "370102")
    assert (too_late.status_code, too_late.get_json()["code"]) == (409, "state_forbids")
    assert verify(INVARIANTS) == []


@pytest.mark.usefixtures("monday")
def test_v12_cap_a_naming_is_refused_before_its_change_is_taken_back(client: FlaskClient) -> None:
    """And while it waits nobody names another controller past it."""
    made = make_enterprise("371702")
    own, bureau, province = headers_of(made), headers_of(make_bureau("371700")), headers_of(make_province())
    wanted: Form = {"effective_on": "2026-06-01", "controller": "新集团", "reason": "股权转让"}
    asked = upload(client, "/member-changes", own, organisation_id=made.id, **wanted).get_json()
    path = f"/member-changes/{asked['id']}"
    post(client, f"{path}/review", {"decision": "approve"}, bureau)
    (naming,) = client.get(f"{API}/controller-changes", headers=province).get_json()["items"]
    past_it = post(
        client,
        f"/organisations/{made.id}/controllers",
        {"name": "另一集团", "since": "2026-01-01", "source": "登记"},
        bureau,
    )
    post(client, f"{path}/withdrawal", {"why": "不再转让"}, own)
    too_early = post(client, f"{path}/withdrawal-review", {"decision": "approve"}, bureau)
    decided = {"decision": "approve", "opinion": "属实"}
    before_its_day = post(client, f"/controller-changes/{naming['id']}/review", decided, province)
    refused = {"decision": "refuse", "opinion": "已撤回"}
    ended = post(client, f"/controller-changes/{naming['id']}/review", refused, province).get_json()
    gone = post(client, f"{path}/withdrawal-review", {"decision": "approve"}, bureau).get_json()

    assert (past_it.status_code, past_it.get_json()["code"]) == (409, "naming_reviewed")
    assert [(each["code"], each["article"]) for each in too_early.get_json()["reasons"]] == [
        ("naming_undecided", "V12 cap")
    ]
    assert before_its_day.status_code == 422
    assert (ended["state"], gone["state"]) == ("refused", "withdrawn")
    assert ended["reasons"][0]["inputs"]["opinion"] == "已撤回"
    assert verify(INVARIANTS) == []


@pytest.mark.usefixtures("monday")
def test_a_change_of_the_past_holds_at_once_and_a_new_controller_waits_for_the_province(client: FlaskClient) -> None:
    made, group = make_enterprise("371702"), make_controller("旧集团")
    make_tenure(made, group)
    own, bureau = headers_of(made), headers_of(make_bureau("371700"))
    wanted: Form = {
        "effective_on": "2026-02-20",
        "name": "新名有限公司",
        "controller": "新集团",
        "reason": "股权转让",
    }
    asked = upload(client, "/member-changes", own, organisation_id=made.id, **wanted).get_json()
    done = post(client, f"/member-changes/{asked['id']}/review", {"decision": "approve"}, bureau).get_json()

    assert done["state"] == "applied"
    assert client.get(f"{API}/organisations/{made.id}", headers=own).get_json()["name"] == "新名有限公司"
    assert queries.controller_id(made.id, date(2026, 2, 20)) == group.id
    waiting = open_naming(made.id)
    assert waiting is not None
    assert (waiting.new_name, waiting.effective_on, waiting.evidence) == ("新集团", date(2026, 2, 20), "股权转让")
    assert verify(INVARIANTS) == []


@pytest.mark.usefixtures("monday")
def test_v9_teams_move_with_their_incubator(client: FlaskClient) -> None:
    host = make_incubator("370702")
    team = make_team(host)
    own, qingdao = headers_of(host), headers_of(make_bureau("370200"))
    wanted: Form = {
        "organisation_id": host.id,
        "effective_on": "2026-03-03",
        "county": "370202",
        "reason": "迁址",
    }
    asked = upload(client, "/member-changes", own, **wanted).get_json()
    post(client, f"/member-changes/{asked['id']}/review", {"decision": "approve"}, qingdao)
    before = queries.seat(team.id, date(2026, 3, 2)).county
    day_begins(date(2026, 3, 3))

    assert (before, queries.seat(team.id, date(2026, 3, 3)).county) == ("370702", "370202")
    assert client.get(f"{API}/organisations/{team.id}", headers=own).get_json()["city"] == "370200"
    assert verify(INVARIANTS) == []


# -- suspensions -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("monday")
def test_a_suspension_begins_and_ends_on_its_days(client: FlaskClient) -> None:
    made = make_enterprise()
    path, bureau = f"/memberships/{membership(made).id}", headers_of(make_bureau("371700"))
    body = {"opinion": "核查", "article": "V8(2)", "since": "2026-03-05", "until": "2026-03-08"}
    unknown = post(client, f"{path}/suspension", {**body, "article": "V99"}, bureau)
    announced = post(client, f"{path}/suspension", body, bureau).get_json()
    twice = post(client, f"{path}/suspension", {"opinion": "再次"}, bureau)
    states = []
    for day in (4, 5, 7, 8):
        before_the_job = queries.is_approved_member(made.id, on=date(2026, 3, day))
        day_begins(date(2026, 3, day))
        states.append(queries.is_approved_member(made.id, on=date(2026, 3, day)))
        assert before_the_job is states[-1]

    assert (unknown.status_code, codes(unknown)) == (422, ["suspension_article_unknown"])
    assert (announced["state"], announced["suspensions"][0]["began_at"]) == ("approved", None)
    assert twice.status_code == 409
    assert states == [True, False, False, True]
    assert verify(INVARIANTS) == []


# -- public lists ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("monday")
def test_v8_2_a_list_is_tried_read_in_and_read_in_again_without_effect(client: FlaskClient) -> None:
    own, foreign = make_enterprise("371702"), make_enterprise("370102")
    listed = make_adverse_record(own, AdverseKind.ABNORMAL_OPERATIONS, date(2025, 11, 3))
    table = (
        "统一社会信用代码,企业名称,列入日期,移出日期,列入原因\n"
        f"{own.uscc},甲,2025-11-03,2025-12-01,地址失联\n"
        f"{own.uscc},甲,2026-01-05,,年报\n"
        f"{foreign.uscc},乙,2026-01-05,,年报\n"
        f"{make_uscc()},非会员,2026-01-05,,年报\n"
        "坏代码,丙,昨天,,\n"
    ).encode()
    bureau = headers_of(make_bureau("371700"))
    form: Form = {"source": "公示系统", "kind": "abnormal_operations"}
    tried = upload(client, "/adverse-record-imports", bureau, table, "list.csv", dry_run="true", **form).get_json()
    still_open = listed.until
    done = upload(client, "/adverse-record-imports", bureau, table, "list.csv", **form).get_json()
    again = upload(client, "/adverse-record-imports", bureau, table, "list.csv", **form).get_json()
    wide = upload(client, "/adverse-record-imports", headers_of(make_province()), table, "list.csv", **form).get_json()
    hostile = upload(client, "/adverse-record-imports", bureau, b"PK\x03\x04" + b"\x00" * 99, "list.xlsx", **form)

    counted = ("added_rows", "ended_rows", "known_rows", "unknown_rows", "refused_rows")
    assert [tried[name] for name in counted] == [1, 1, 0, 2, 1]
    assert still_open is None
    assert [done[name] for name in counted] == [1, 1, 0, 2, 1]
    assert [again[name] for name in counted] == [0, 0, 2, 2, 1]
    assert [wide[name] for name in counted] == [1, 0, 2, 1, 1]
    assert {each["line"] for each in done["unknown_firms"]} == {4, 5}
    assert [each["code"] for each in done["refused"][0]["reasons"]] == ["uscc_invalid", "adverse_date_unreadable"]
    assert done["refused"][0]["line"] == 6
    assert hostile.status_code in (415, 422)
    assert [each.until for each in adverse_records(own.id)].count(date(2025, 12, 1)) == 1
    assert verify(INVARIANTS) == []
