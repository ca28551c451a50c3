"""V9, V10, V15: registration, review, resubmission and suspension over HTTP."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts.kinds import IncubatorLevel
from accounts.models import Membership, Organisation, User
from accounts.permissions import Role
from accounts.queries import is_approved_member, verified_account
from accounts.queries.invariants import INVARIANTS
from accounts.queries.users import find_user
from core import clock
from core.db import session
from core.invariants import verify
from tests.factories.accounts import (
    headers_of,
    keyed,
    make_agency,
    make_bureau,
    make_enterprise,
    make_incubator,
    make_provider,
    make_province,
    make_uscc,
    membership,
    token_for,
    user_with_role,
)

URL = "/api/v1/memberships"


def enterprise(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "enterprise",
        "name": "菏泽某某材料有限公司",
        "uscc": make_uscc(),
        "county": "371702",
        "legal_representative": "王某",
        "phone": "0530-5550000",
        "address": "菏泽市牡丹区某路 1 号",
        "has_rd_base": True,
        "controller": "王某",
        "staff": 120,
        "revenue_fen": 5_000_000_000,
        "orderly_finances": True,
        "bank_account": {
            "holder_name": "菏泽某某材料有限公司",
            "bank_name": "某某银行菏泽分行",
            "cnaps_code": "102475099996",
            "account_number": "6222020000000001",
        },
        "username": "SME-heze",
        "password": "long enough 1",
        "truthful": True,
        **changes,
    }


def provider(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "provider",
        "name": "济南某某大学",
        "uscc": make_uscc(),
        "county": "370102",
        "legal_representative": "李某",
        "institution_kind": "university",
        "has_sharing_rules": True,
        "fiscal": True,
        "username": "provider-one",
        "password": "long enough 1",
        "truthful": True,
        **changes,
    }


def team(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "team",
        "name": "某某团队",
        "rd_need": "样品的性能测试",
        "username": "team-one",
        "password": "long enough 1",
        "truthful": True,
        **changes,
    }


def post(client: FlaskClient, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
    return client.post(f"{URL}{path}", json=body, headers=keyed(headers))


# -- registration --------------------------------------------------------------------------------------------------


def test_v15_an_enterprise_signs_up_and_its_bureau_makes_it_a_member(client: FlaskClient) -> None:
    registered = post(client, "", enterprise())
    shown = registered.get_json()
    pending = is_approved_member(shown["organisation"]["id"], on=clock.today(clock.now()))
    approved = post(
        client, f"/{shown['id']}/review", {"decision": "approve", "opinion": "同意"}, headers_of(make_bureau("371700"))
    )

    assert registered.status_code == 201
    assert shown["state"] == "submitted"
    assert shown["organisation"]["city"] == "371700"
    assert shown["figures"]["year"] == clock.today(clock.now()).year - 1
    assert shown["bank_account"]["state"] == "pending"
    assert not pending
    assert approved.status_code == 201
    assert approved.get_json()["state"] == "approved"
    assert [each["action"] for each in approved.get_json()["history"]] == ["submit", "approve"]
    assert is_approved_member(shown["organisation"]["id"], on=clock.today(clock.now()))


def test_the_first_user_signs_in_and_reads_its_membership(client: FlaskClient) -> None:
    shown = post(client, "", enterprise()).get_json()
    issued = client.post("/api/v1/tokens", json={"username": "sme-heze", "password": "long enough 1"}).get_json()
    headers = {"Authorization": f"Bearer {issued['token']}"}

    assert client.get(f"{URL}/{shown['id']}", headers=headers).status_code == 200
    assert [each["id"] for each in client.get(URL, headers=headers).get_json()["items"]] == [shown["id"]]


def test_approval_verifies_the_bank_account_shown(client: FlaskClient) -> None:
    shown = post(client, "", enterprise()).get_json()
    organisation = shown["organisation"]["id"]
    before = verified_account(organisation)
    post(client, f"/{shown['id']}/review", {"decision": "approve"}, headers_of(make_bureau("371700")))
    after = verified_account(organisation)

    assert before is None
    assert after is not None
    assert after.account_number == "6222020000000001"


def test_all_faults_are_named_at_once_in_both_languages_and_nothing_is_kept(client: FlaskClient) -> None:
    taken = make_enterprise()
    username = session().scalars(select(User.username).where(User.organisation_id == taken.id)).one()
    before = session().scalar(select(func.count()).select_from(Organisation))
    body = enterprise(uscc=taken.uscc, county="371799", username=username, password="short", truthful=False, staff=None)
    body.pop("staff")
    answer = post(client, "", body)
    faults = {(each["code"], each.get("field")) for each in answer.get_json()["reasons"]}

    assert answer.status_code == 422
    assert answer.get_json()["code"] == "registration_refused"
    assert faults == {
        ("not_declared_truthful", "truthful"),
        ("field_required", "staff"),
        ("county_unknown", "county"),
        ("uscc_taken", "uscc"),
        ("username_taken", "username"),
        ("password_length", "password"),
    }
    assert all(each["text"] and each["text_en"] for each in answer.get_json()["reasons"])
    assert session().scalar(select(func.count()).select_from(Organisation)) == before


def test_a_wrong_check_digit_is_named(client: FlaskClient) -> None:
    right = make_uscc()
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    answer = post(client, "", enterprise(uscc=wrong))

    assert answer.status_code == 422
    assert [(each["code"], each["field"]) for each in answer.get_json()["reasons"]] == [("uscc_invalid", "uscc")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("staff", -1),
        ("staff", "many"),
        ("revenue_fen", -1),
        ("revenue_fen", 1.5),
        ("kind", "city_bureau"),
        ("truthful", "yes"),
        ("name", ""),
        ("surprise", 1),
        ("password", "\x00" * 12),
    ],
)
def test_malformed_fields_are_named(client: FlaskClient, field: str, value: object) -> None:
    answer = post(client, "", enterprise(**{field: value}))

    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["reasons"]] == [field]


def test_v8_1_an_enterprise_beyond_the_limits_registers_and_its_reviewer_is_told(client: FlaskClient) -> None:
    answer = post(client, "", enterprise(staff=501, revenue_fen=20_000_000_001, has_rd_base=False))

    assert answer.status_code == 201
    assert [(each["code"], each["article"]) for each in answer.get_json()["notes"]] == [
        ("staff_beyond_limits", "V8(1)"),
        ("revenue_beyond_limit", "V8(1)"),
        ("rd_base_not_declared", "V8(3)"),
    ]


def test_the_idempotency_key_registers_once(client: FlaskClient) -> None:
    headers, body = keyed(), enterprise()
    first = client.post(URL, json=body, headers=headers)
    second = client.post(URL, json=body, headers=headers)

    assert first.get_json() == second.get_json()
    assert session().scalar(select(func.count()).select_from(Membership)) == 1
    assert client.post(URL, json=body).status_code == 400


# -- teams ---------------------------------------------------------------------------------------------------------


def test_v9_an_incubator_registers_its_team_which_sits_with_it(client: FlaskClient) -> None:
    host = make_incubator("370702")
    host_id = host.id
    shown = post(client, "", team(), headers_of(host)).get_json()
    reviewed = post(
        client, f"/{shown['id']}/review", {"decision": "approve"}, headers_of(make_bureau("370700"))
    ).get_json()
    user = find_user("team-one")

    assert shown["organisation"]["incubator_id"] == host_id
    assert (shown["organisation"]["county"], shown["organisation"]["city"]) == ("370702", "370700")
    assert shown["organisation"]["uscc"] is None
    assert reviewed["state"] == "approved"
    assert user is not None
    assert user.role is Role.TEAM


def test_v9_faults_of_a_team_are_named_at_once(client: FlaskClient) -> None:
    host = make_incubator(level=IncubatorLevel.CITY)
    body = team(uscc=make_uscc())
    body.pop("rd_need")
    answer = post(client, "", body, headers_of(host))

    assert answer.status_code == 422
    assert [(each["code"], each["article"]) for each in answer.get_json()["reasons"]] == [
        ("field_required", None),
        ("team_has_uscc", "V9"),
        ("team_incubator_too_low", "V9"),
    ]


def test_v9_only_incubators_register_teams(client: FlaskClient) -> None:
    assert post(client, "", team()).status_code == 401
    for role in Role:
        if role is not Role.INCUBATOR:
            assert post(client, "", team(), token_for(user_with_role(role))).status_code == 403


# -- providers -----------------------------------------------------------------------------------------------------


def test_v10_a_provider_from_outside_is_vetted_by_the_province(client: FlaskClient) -> None:
    shown = post(
        client, "", provider(county="110108", institution_kind="enterprise", has_sharing_rules=False)
    ).get_json()
    by_bureau = post(client, f"/{shown['id']}/review", {"decision": "approve"}, headers_of(make_bureau("370100")))
    by_province = post(client, f"/{shown['id']}/review", {"decision": "approve"}, headers_of(make_province()))

    assert shown["organisation"]["in_province"] is False
    assert shown["organisation"]["city"] is None
    assert by_bureau.status_code == 404
    assert by_province.get_json()["state"] == "approved"


def test_v10_a_provider_of_the_province_is_vetted_by_its_city_only(client: FlaskClient) -> None:
    shown = post(client, "", provider()).get_json()
    by_province = post(client, f"/{shown['id']}/review", {"decision": "approve"}, headers_of(make_province()))
    by_bureau = post(client, f"/{shown['id']}/review", {"decision": "approve"}, headers_of(make_bureau("370100")))

    assert by_province.status_code == 403
    assert by_bureau.get_json()["state"] == "approved"


def test_v10_other_bodies_of_the_province_and_those_without_rules_are_refused(client: FlaskClient) -> None:
    answer = post(client, "", provider(institution_kind="other", has_sharing_rules=False))

    assert [(each["code"], each["article"]) for each in answer.get_json()["reasons"]] == [
        ("institution_kind_not_listed", "V10"),
        ("sharing_rules_missing", "V10"),
    ]


# -- review --------------------------------------------------------------------------------------------------------


def test_v6_a_foreign_membership_answers_exactly_as_a_missing_one(client: FlaskClient) -> None:
    foreign = membership(make_enterprise("371702", approved=False)).id
    headers = headers_of(make_bureau("370100"))

    for method, path, body in [
        ("get", "", None),
        ("post", "/review", {"decision": "approve"}),
        ("post", "/suspension", {"opinion": "x"}),
        ("post", "/resumption", {"opinion": "x"}),
    ]:
        theirs = getattr(client, method)(f"{URL}/{foreign}{path}", json=body, headers=keyed(headers))
        missing = getattr(client, method)(f"{URL}/{foreign + 10_000}{path}", json=body, headers=keyed(headers))
        assert (theirs.status_code, theirs.get_data()) == (missing.status_code, missing.get_data())
        assert theirs.status_code == 404


def test_v6_the_queue_of_a_bureau_holds_its_city_only(client: FlaskClient) -> None:
    mine = membership(make_enterprise("371702", approved=False)).id
    make_enterprise("371702")
    make_enterprise("370102", approved=False)
    outside = membership(make_provider(in_province=False, approved=False)).id
    queue = {"state": "submitted"}

    bureau = client.get(URL, query_string=queue, headers=headers_of(make_bureau("371700"))).get_json()
    province = client.get(
        URL, query_string={**queue, "in_province": "false"}, headers=headers_of(make_province())
    ).get_json()

    assert [each["id"] for each in bureau["items"]] == [mine]
    assert [each["id"] for each in province["items"]] == [outside]


def test_v5_a_delegated_agency_reads_and_decides_nothing(client: FlaskClient) -> None:
    pending = membership(make_enterprise(approved=False)).id
    headers = headers_of(make_agency())

    assert client.get(f"{URL}/{pending}", headers=headers).status_code == 200
    assert post(client, f"/{pending}/review", {"decision": "approve"}, headers).status_code == 403


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.CITY_BUREAU, Role.PROVINCE}])
def test_v6_nobody_else_reviews(client: FlaskClient, role: Role) -> None:
    pending = membership(make_enterprise(approved=False)).id
    headers = token_for(user_with_role(role))

    assert post(client, f"/{pending}/review", {"decision": "approve"}, headers).status_code == 403
    assert post(client, f"/{pending}/suspension", {"opinion": "x"}, headers).status_code == 403


def test_a_return_lists_every_defect_and_an_approval_none(client: FlaskClient) -> None:
    pending = membership(make_enterprise(approved=False)).id
    bureau = headers_of(make_bureau("371700"))

    empty = post(client, f"/{pending}/review", {"decision": "return"}, bureau)
    mixed = post(client, f"/{pending}/review", {"decision": "approve", "defects": ["缺执照"]}, bureau)
    returned = post(client, f"/{pending}/review", {"decision": "return", "defects": ["缺执照", "缺报表"]}, bureau)

    assert [each["code"] for each in empty.get_json()["reasons"]] == ["defects_missing"]
    assert [each["code"] for each in mixed.get_json()["reasons"]] == ["defects_with_approval"]
    assert returned.get_json()["state"] == "returned"
    assert returned.get_json()["defects"] == ["缺执照", "缺报表"]
    reasons = returned.get_json()["reasons"]
    assert [(each["code"], each["article"]) for each in reasons] == [
        ("registration_returned", "V15"),
        ("stated_figures", "V8(1)"),
        ("stated_finances", "V8(2)"),
        ("registration_defect", "V15"),
        ("registration_defect", "V15"),
    ]
    assert [each["inputs"] for each in reasons[-2:]] == [{"defect": "缺执照"}, {"defect": "缺报表"}]


def test_a_returned_registration_is_corrected_and_handed_in_again(client: FlaskClient) -> None:
    member = make_enterprise(approved=False)
    pending, headers, name = membership(member).id, headers_of(member), member.name
    bureau = headers_of(make_bureau("371700"))
    too_early = post(client, f"/{pending}/submission", {"staff": 130}, headers)
    post(client, f"/{pending}/review", {"decision": "return", "defects": ["账号有误"]}, bureau)
    account = {
        "holder_name": name,
        "bank_name": "另一银行",
        "cnaps_code": "102475099996",
        "account_number": "6222020000000002",
    }
    wrong = post(client, f"/{pending}/submission", {"county": "371799"}, headers)
    again = post(client, f"/{pending}/submission", {"staff": 130, "county": "370102", "bank_account": account}, headers)
    shown = again.get_json()

    assert too_early.status_code == 409
    assert too_early.get_json()["code"] == "state_forbids"
    assert [each["code"] for each in wrong.get_json()["reasons"]] == ["county_unknown"]
    assert shown["state"] == "submitted"
    assert shown["figures"]["staff"] == 130
    assert shown["organisation"]["city"] == "370100"
    assert shown["bank_account"]["account_number"] == "6222020000000002"
    assert client.get(f"{URL}/{pending}", headers=bureau).status_code == 404
    assert verify(INVARIANTS) == []


def test_a_team_is_handed_in_again_by_its_incubator_only(client: FlaskClient) -> None:
    host, stranger = make_incubator(), make_incubator()
    shown = post(client, "", team(), headers_of(host)).get_json()
    bureau = headers_of(make_bureau("370700"))
    post(client, f"/{shown['id']}/review", {"decision": "return", "opinion": "写清需求"}, bureau)
    user = find_user("team-one")
    assert user is not None
    change = {"rd_need": "复合材料样品的疲劳测试"}

    assert post(client, f"/{shown['id']}/submission", change, token_for(user)).status_code == 403
    assert post(client, f"/{shown['id']}/submission", change, headers_of(stranger)).status_code == 404
    assert post(client, f"/{shown['id']}/submission", change, headers_of(host)).status_code == 201


def test_a_suspended_member_is_none_until_resumed(client: FlaskClient) -> None:
    member = make_enterprise()
    organisation, approved = member.id, membership(member).id
    bureau = headers_of(make_bureau("371700"))

    ordered = post(client, f"/{approved}/suspension", {"opinion": "待核查"}, bureau).get_json()
    suspended = is_approved_member(organisation, on=clock.today(clock.now()))
    twice = post(client, f"/{approved}/suspension", {"opinion": "待核查"}, bureau)
    resumed = post(client, f"/{approved}/resumption", {"opinion": "已核查"}, headers_of(make_province())).get_json()

    assert ordered["reasons"][-1] == ordered["suspensions"][0]["reasons"][0]
    assert (ordered["reasons"][-1]["article"], ordered["reasons"][-1]["inputs"]["why"]) == ("V15", "待核查")
    assert (resumed["reasons"][-1]["code"], resumed["reasons"][-1]["inputs"]["why"]) == ("membership_resumed", "已核查")
    assert not suspended
    assert twice.status_code == 409
    assert is_approved_member(organisation, on=clock.today(clock.now()))


# -- documents -----------------------------------------------------------------------------------------------------


def upload(client: FlaskClient, path: str, headers: dict[str, str], content: bytes = b"%PDF-1.7\n%%EOF\n") -> Any:
    return client.post(
        f"{URL}{path}",
        data={"kind": "licence", "file": (io.BytesIO(content), "执照.pdf")},
        headers=keyed(headers),
    )


def test_documents_are_added_until_the_decision_and_read_by_the_reviewer(client: FlaskClient) -> None:
    member = make_enterprise(approved=False)
    pending, headers = membership(member).id, headers_of(member)
    bureau = headers_of(make_bureau("371700"))

    added = upload(client, f"/{pending}/documents", headers)
    read = client.get(f"{URL}/{pending}/documents/{added.get_json()['id']}", headers=bureau)
    foreign = client.get(
        f"{URL}/{pending}/documents/{added.get_json()['id']}", headers=headers_of(make_bureau("370100"))
    )
    post(client, f"/{pending}/review", {"decision": "approve"}, bureau)
    too_late = upload(client, f"/{pending}/documents", headers)

    assert added.status_code == 201
    assert added.get_json()["filename"] == "执照.pdf"
    assert read.get_data() == b"%PDF-1.7\n%%EOF\n"
    assert read.headers["Content-Disposition"].startswith("attachment")
    assert foreign.status_code == 404
    assert (too_late.status_code, too_late.get_json()["code"]) == (409, "documents_closed")


def test_a_document_of_another_type_is_refused(client: FlaskClient) -> None:
    member = make_enterprise(approved=False)
    pending, headers = membership(member).id, headers_of(member)
    answer = upload(client, f"/{pending}/documents", headers, b"PK\x03\x04 not a document")
    no_file = client.post(
        f"{URL}/{pending}/documents", data={"kind": "licence", "file": "text"}, headers=keyed(headers)
    )

    assert answer.status_code == 415
    assert [each["field"] for each in no_file.get_json()["reasons"]] == ["file"]
