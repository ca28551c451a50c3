"""Controllers, adverse records, relations, figures and bank accounts over HTTP and in the database."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from accounts import queries
from accounts.kinds import AdverseKind, Relation
from accounts.models import BankAccount, ControllerTenure, Membership
from accounts.permissions import Role
from accounts.queries.invariants import INVARIANTS
from accounts.rules.relation import relations
from accounts.states import BankAccountState
from core import clock
from core.db import session, transaction
from core.invariants import verify
from tests.factories.accounts import (
    actor_of,
    headers_of,
    keyed,
    make_adverse_record,
    make_bureau,
    make_controller,
    make_enterprise,
    make_holding,
    make_incubator,
    make_joint_establishment,
    make_provider,
    make_province,
    make_team,
    make_tenure,
    membership,
    token_for,
    user_of,
    user_with_role,
)

API = "/api/v1"
FIFTY = Decimal(50)
ON = date(2026, 3, 1)


def post(client: FlaskClient, path: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
    return client.post(f"{API}{path}", json=body, headers=keyed(headers))


# -- controllers ---------------------------------------------------------------------------------------------------


def test_v12_cap_siblings_share_an_owner_and_others_are_their_own(app: Flask) -> None:
    controller = make_controller()
    one, other, alone = (
        make_enterprise(controller=controller),
        make_enterprise(controller=controller),
        make_enterprise(),
    )
    team = make_team()

    assert queries.cap_owner(one.id, ON) == queries.cap_owner(other.id, ON) == f"controller:{controller.id}"
    assert queries.cap_owner(alone.id, ON) == f"organisation:{alone.id}"
    assert queries.cap_owner(team.id, ON) == f"team:{team.id}"
    assert queries.siblings(one.id, ON) == {one.id, other.id}
    assert queries.siblings(alone.id, ON) == {alone.id}


def test_v12_cap_a_controller_holds_from_its_day_on(client: FlaskClient) -> None:
    member = make_enterprise("371702")
    url, organisation = f"/organisations/{member.id}/controllers", member.id
    bureau = headers_of(make_bureau("371700"))

    first = post(client, url, {"name": "王某", "since": "2024-01-01", "source": "登记"}, bureau)
    second = post(client, url, {"name": "李某", "since": "2026-02-01", "source": "变更"}, bureau)
    overlapping = post(client, url, {"name": "赵某", "since": "2026-02-01", "source": "变更"}, bureau)
    shown = client.get(f"{API}{url}", headers=bureau).get_json()["items"]
    ids = [each["controller"]["id"] for each in shown]

    assert (first.status_code, second.status_code) == (201, 201)
    assert (overlapping.status_code, overlapping.get_json()["code"]) == (409, "tenure_overlaps")
    assert [(each["since"], each["until"]) for each in shown] == [("2024-01-01", "2026-02-01"), ("2026-02-01", None)]
    assert queries.controller_id(organisation, date(2023, 12, 31)) is None
    assert queries.controller_id(organisation, date(2024, 1, 1)) == ids[0]
    assert queries.controller_id(organisation, date(2026, 1, 31)) == ids[0]
    assert queries.controller_id(organisation, date(2026, 2, 1)) == ids[1]


def test_a_known_controller_is_named_by_number_and_a_new_one_by_name(client: FlaskClient) -> None:
    one, other = make_enterprise(), make_enterprise()
    bureau = headers_of(make_bureau("371700"))
    url = f"/organisations/{other.id}/controllers"
    known = post(
        client,
        f"/organisations/{one.id}/controllers",
        {"name": "王某", "since": "2024-01-01", "source": "登记"},
        bureau,
    ).get_json()["controller"]["id"]
    found = client.get(f"{API}/controllers", query_string={"q": "王"}, headers=bureau).get_json()["items"]

    both = post(client, url, {"name": "王某", "controller_id": known, "since": "2024-01-01", "source": "登记"}, bureau)
    neither = post(client, url, {"since": "2024-01-01", "source": "登记"}, bureau)
    unknown = post(client, url, {"controller_id": known + 1000, "since": "2024-01-01", "source": "登记"}, bureau)
    right = post(client, url, {"controller_id": known, "since": "2024-01-01", "source": "登记"}, bureau)

    assert [each["id"] for each in found] == [known]
    assert [each.status_code for each in (both, neither, unknown, right)] == [422, 422, 404, 201]
    assert right.get_json()["controller"]["id"] == known


def test_the_database_refuses_two_controllers_on_one_day(app: Flask) -> None:
    member, controller = make_enterprise(), make_controller()
    make_tenure(member, controller, since=date(2024, 1, 1))

    with pytest.raises(IntegrityError, match="ex_controller_tenure_during"), transaction() as current:
        current.add(
            ControllerTenure(
                organisation_id=member.id,
                controller_id=controller.id,
                since=date(2026, 1, 1),
                source="x",
                entered_at=clock.now(),
            )
        )


def test_a_team_has_no_controller(client: FlaskClient) -> None:
    team = make_team(make_incubator("370702"))
    answer = post(
        client,
        f"/organisations/{team.id}/controllers",
        {"name": "王某", "since": "2024-01-01", "source": "登记"},
        headers_of(make_bureau("370700")),
    )

    assert [each["code"] for each in answer.get_json()["reasons"]] == ["team_has_no_controller"]


# -- adverse records -----------------------------------------------------------------------------------------------


def test_v8_2_a_listing_is_entered_and_ended(client: FlaskClient) -> None:
    member = make_enterprise("371702")
    organisation = member.id
    bureau = headers_of(make_bureau("371700"))
    body = {
        "organisation_id": organisation,
        "kind": "abnormal_operations",
        "since": "2025-11-03",
        "source": "国家企业信用信息公示系统",
    }
    with clock.at(clock.start_of_day(ON)):
        entered = post(client, "/adverse-records", body, bureau).get_json()
        ending = f"/adverse-records/{entered['id']}/ending"
        reversed_ = post(client, ending, {"until": "2025-11-02", "source": "移出"}, bureau)
        ended = post(client, ending, {"until": "2025-12-01", "source": "移出"}, bureau)
        twice = post(client, ending, {"until": "2025-12-02", "source": "移出"}, bureau)

    assert entered["until"] is None
    assert [each["code"] for each in reversed_.get_json()["reasons"]] == ["period_reversed"]
    assert ended.get_json()["until"] == "2025-12-01"
    assert (twice.status_code, twice.get_json()["code"]) == (409, "record_ended")
    assert [each.as_json() for each in queries.adverse_facts(organisation)] == [
        {"kind": "abnormal_operations", "from": "2025-11-03", "to": "2025-12-01"}
    ]


def test_v8_2_faults_of_a_record_are_named_at_once(client: FlaskClient) -> None:
    member = make_enterprise("371702")
    body = {
        "organisation_id": member.id,
        "kind": "fraud",
        "since": "2026-04-01",
        "until": "2026-03-01",
        "source": "x",
    }
    with clock.at(clock.start_of_day(ON)):
        answer = post(client, "/adverse-records", body, headers_of(make_bureau("371700")))

    assert [each["code"] for each in answer.get_json()["reasons"]] == [
        "adverse_in_future",
        "adverse_without_period",
        "period_reversed",
    ]


def test_v8_2_a_mistaken_record_is_annulled_by_another_and_the_same_one_is_entered_once(client: FlaskClient) -> None:
    member = make_enterprise("371702")
    one, other = headers_of(make_bureau("371700")), headers_of(make_province())
    body = {"organisation_id": member.id, "kind": "safety_accident", "since": "2026-01-15", "source": "通报"}
    with clock.at(clock.start_of_day(ON)):
        entered = post(client, "/adverse-records", body, one).get_json()
        again = post(client, "/adverse-records", {**body, "source": "另一通报"}, other)
        path = f"/adverse-records/{entered['id']}/annulment"
        by_same = post(client, path, {"why": "企业名称相同，误登"}, one)
        foreign = post(client, path, {"why": "误登"}, headers_of(make_bureau("370100")))
        annulled = post(client, path, {"why": "企业名称相同，误登"}, other)
        twice = post(client, path, {"why": "误登"}, other)
        counting = queries.adverse_facts(member.id)
        entered_again = post(client, "/adverse-records", body, one)

    assert (again.status_code, again.get_json()["code"]) == (409, "adverse_record_known")
    assert [str(entered["id"]) in each["text"] for each in again.get_json()["reasons"]] == [True]
    assert (by_same.status_code, by_same.get_json()["code"], foreign.status_code) == (403, "annulled_by_another", 404)
    assert (annulled.get_json()["annulled_why"], counting) == ("企业名称相同，误登", ())
    assert (twice.status_code, twice.get_json()["code"], entered_again.status_code) == (409, "record_annulled", 201)
    assert len(queries.adverse_facts(member.id)) == 1


def test_v6_records_are_seen_by_their_own_city_the_province_and_the_firm(client: FlaskClient) -> None:
    member, stranger = make_enterprise("371702"), make_enterprise("371702")
    make_adverse_record(member, AdverseKind.FRAUD, date(2026, 1, 1))
    seen = {
        name: len(client.get(f"{API}/adverse-records", headers=headers).get_json()["items"])
        for name, headers in {
            "own city": headers_of(make_bureau("371700")),
            "other city": headers_of(make_bureau("370100")),
            "province": headers_of(make_province()),
            "firm": headers_of(member),
            "stranger": headers_of(stranger),
        }.items()
    }

    assert seen == {"own city": 1, "other city": 0, "province": 1, "firm": 1, "stranger": 0}


def test_a_reviewer_is_told_of_records(client: FlaskClient) -> None:
    member = make_enterprise("371702", approved=False)
    make_adverse_record(member, AdverseKind.FRAUD, date(2026, 1, 1))
    shown = client.get(f"{API}/memberships/{membership(member).id}", headers=headers_of(make_bureau("371700")))

    assert [(each["code"], each["article"]) for each in shown.get_json()["notes"]] == [
        ("adverse_records_on_file", "V8(2)")
    ]


# -- relations -----------------------------------------------------------------------------------------------------


def relation_of(user: Any, provider: Any) -> Relation:
    found = relations(queries.relation(user.id, provider.id, ON), subsidiary_above_percent=FIFTY)
    return found[0] if found else Relation.NONE


def test_v8_4_relations_are_read_from_what_is_on_record(app: Flask) -> None:
    user = make_enterprise(legal_representative="张三")
    strangers, held, mutual, joint, namesake = (make_provider() for _ in range(5))
    namesake.legal_representative = "张三"
    session().commit()
    make_holding(user, held, "3")
    make_holding(user, mutual, "5")
    make_holding(mutual, user, "5")
    make_joint_establishment(joint, user)

    assert relation_of(user, strangers) is Relation.NONE
    assert relation_of(user, held) is Relation.ONE_WAY_HOLDING
    assert relation_of(user, mutual) is Relation.MUTUAL_HOLDING
    assert relation_of(user, joint) is Relation.CO_BUILT
    assert relation_of(user, namesake) is Relation.COMMON_CONTROL


def test_v8_4_a_holding_counts_while_it_lasts(app: Flask) -> None:
    user, provider = make_enterprise(), make_provider()
    make_holding(user, provider, "60", since=date(2025, 1, 1), until=date(2026, 3, 1))

    assert queries.relation(user.id, provider.id, date(2026, 2, 28)).user_holds_percent == 60
    assert queries.relation(user.id, provider.id, date(2026, 3, 1)).user_holds_percent == 0


def test_v8_4_common_control_by_the_controller_of_that_day(app: Flask) -> None:
    controller = make_controller()
    user, provider = make_enterprise(controller=controller), make_provider()
    make_tenure(provider, controller, since=date(2026, 3, 1))

    assert not queries.relation(user.id, provider.id, date(2026, 2, 28)).same_controller
    assert queries.relation(user.id, provider.id, date(2026, 3, 1)).same_controller


def test_v8_4_shared_phone_account_and_address_are_evidence(app: Flask) -> None:
    user = make_enterprise(phone="0531-1234567", address="某路 1 号")
    provider = make_provider(phone="05311234567", address="某路1号")
    account = queries.verified_account(provider.id)
    mine = queries.verified_account(user.id)
    assert account is not None
    assert mine is not None
    account.account_number = mine.account_number
    session().commit()
    facts = queries.relation(user.id, provider.id, ON)

    assert (facts.shared_phone, facts.shared_bank_account, facts.shared_address) == (True, True, True)


def test_a_bureau_enters_relations_of_its_firms_with_providers_elsewhere(client: FlaskClient) -> None:
    mine, provider, foreign = make_enterprise("371702"), make_provider("370100"), make_enterprise("370102")
    bureau = headers_of(make_bureau("371700"))
    body = {"holder_id": mine.id, "held_id": provider.id, "percent": "12.5", "since": "2024-01-01", "source": "章程"}

    entered = post(client, "/holdings", body, bureau)
    overlapping = post(client, "/holdings", body, bureau)
    to_stranger = post(client, "/holdings", {**body, "held_id": foreign.id}, bureau)
    to_nobody = post(client, "/holdings", {**body, "held_id": foreign.id + 10_000}, bureau)
    faulty = post(client, "/holdings", {**body, "percent": 0, "until": "2024-01-01"}, bureau)
    joint = {"a_id": provider.id, "b_id": mine.id, "source": "协议"}
    built = post(client, "/joint-establishments", joint, bureau)
    again = post(client, "/joint-establishments", joint, bureau)

    assert entered.get_json()["percent"] == "12.5"
    assert (overlapping.status_code, overlapping.get_json()["code"]) == (409, "holding_overlaps")
    assert to_stranger.get_data() == to_nobody.get_data()
    assert to_stranger.status_code == 404
    assert [each["code"] for each in faulty.get_json()["reasons"]] == ["percent_out_of_range", "period_reversed"]
    assert built.status_code == 201
    assert (again.status_code, again.get_json()["code"]) == (409, "joint_establishment_known")


def test_v8_4_a_bureau_enters_its_own_sides_relation_with_a_firm_elsewhere_by_its_code(client: FlaskClient) -> None:
    lab, firm = make_provider("370100"), make_enterprise("371702")
    bureau, stranger = headers_of(make_bureau("370100")), headers_of(make_bureau("370200"))
    body = {"holder_uscc": firm.uscc, "percent": "60", "since": "2024-01-01", "source": "章程"}

    entered = post(client, "/holdings", {**body, "held_id": lab.id}, bureau)
    unknown = post(client, "/holdings", {**body, "held_id": lab.id, "holder_uscc": "91370000000000000X"}, bureau)
    twice = post(client, "/holdings", {**body, "held_id": lab.id, "holder_id": firm.id}, bureau)
    built = post(client, "/joint-establishments", {"a_uscc": firm.uscc, "b_id": lab.id, "source": "协议"}, bureau)
    elsewhere = post(client, "/holdings", {**body, "held_uscc": lab.uscc}, stranger)

    assert (entered.status_code, entered.get_json()["holder_id"], built.status_code) == (201, firm.id, 201)
    assert [each["code"] for each in unknown.get_json()["reasons"]] == ["other_side_unknown"]
    assert [each["code"] for each in twice.get_json()["reasons"]] == ["side_by_number_or_code"]
    assert elsewhere.status_code == 404
    assert relation_of(firm, lab) is not Relation.NONE


def test_v8_4_a_relation_ends_or_is_annulled_by_another_and_a_later_one_follows(client: FlaskClient) -> None:
    user, provider, office = make_enterprise("371702"), make_provider("370100"), make_bureau("371700")
    one, other = headers_of(office), headers_of(make_province())
    body = {"holder_id": user.id, "held_id": provider.id, "percent": "60", "source": "章程"}
    held = post(client, "/holdings", {**body, "since": "2024-01-01"}, one).get_json()
    path = f"/holdings/{held['id']}"
    reversed_ = post(client, f"{path}/ending", {"until": "2024-01-01", "source": "转让"}, one)
    ended = post(client, f"{path}/ending", {"until": "2026-02-01", "source": "转让"}, one)
    again = post(client, f"{path}/ending", {"until": "2026-02-02", "source": "转让"}, one)
    later = post(client, "/holdings", {**body, "percent": "70", "since": "2026-02-01"}, one)
    annulment = f"/holdings/{later.get_json()['id']}/annulment"
    before = queries.relation(user.id, provider.id, ON).user_holds_percent
    by_same = post(client, annulment, {"why": "误登"}, one)
    annulled = post(client, annulment, {"why": "误登"}, other)
    corrected = post(client, "/holdings", {**body, "percent": "7", "since": "2026-02-01"}, one)

    assert [each["code"] for each in reversed_.get_json()["reasons"]] == ["period_reversed"]
    assert (ended.get_json()["until"], again.get_json()["code"], later.status_code) == (
        "2026-02-01",
        "record_ended",
        201,
    )
    assert (by_same.status_code, by_same.get_json()["code"]) == (403, "annulled_by_another")
    assert annulled.get_json()["annulled_why"] == "误登"
    assert corrected.status_code == 201
    assert before == 70
    assert queries.relation(user.id, provider.id, ON).user_holds_percent == 7

    pair = {"a_id": user.id, "b_id": provider.id, "source": "协议"}
    built = post(client, "/joint-establishments", {**pair, "since": "2025-01-01"}, one).get_json()
    post(client, f"/joint-establishments/{built['id']}/ending", {"until": "2026-03-01", "source": "解除"}, one)
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2026, 2, 28), ON]
    assert [queries.relation(user.id, provider.id, day).jointly_established for day in days] == [
        False,
        True,
        True,
        False,
    ]
    newer = post(client, "/joint-establishments", {**pair, "since": "2026-03-01"}, one).get_json()
    assert queries.relation(user.id, provider.id, ON).jointly_established
    gone = post(client, f"/joint-establishments/{newer['id']}/annulment", {"why": "误登"}, other)
    assert gone.status_code == 201
    assert not queries.relation(user.id, provider.id, ON).jointly_established
    assert verify(INVARIANTS) == []


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.CITY_BUREAU, Role.PROVINCE}])
def test_only_authorities_put_anything_on_record(client: FlaskClient, role: Role) -> None:
    member, provider = make_enterprise(), make_provider()
    headers = token_for(user_with_role(role))
    since = {"since": "2024-01-01", "source": "x"}
    calls: list[tuple[str, dict[str, Any]]] = [
        (f"/organisations/{member.id}/controllers", {"name": "王某", **since}),
        ("/adverse-records", {"organisation_id": member.id, "kind": "fraud", **since}),
        ("/holdings", {"holder_id": member.id, "held_id": provider.id, "percent": 1, **since}),
        ("/joint-establishments", {"a_id": member.id, "b_id": provider.id, "source": "x"}),
    ]

    assert [post(client, path, body, headers).status_code for path, body in calls] == [403] * 4


# -- figures -------------------------------------------------------------------------------------------------------


def figures(year: int, staff: int = 10) -> dict[str, Any]:
    return {"year": year, "staff": staff, "revenue_fen": 100, "orderly_finances": True}


def test_figures_are_stated_once_for_each_completed_year_and_corrected_by_the_bureau(client: FlaskClient) -> None:
    with clock.at(clock.start_of_day(date(2026, 12, 1))):
        member = make_enterprise("371702")
    organisation, headers = member.id, headers_of(member)
    bureau, foreign = headers_of(make_bureau("371700")), headers_of(make_bureau("370100"))
    url = f"/organisations/{organisation}/figures"
    with clock.at(clock.start_of_day(date(2026, 12, 31))):
        too_early = post(client, url, figures(2026), headers)
    with clock.at(clock.start_of_day(date(2027, 1, 1))):
        stated = post(client, url, figures(2026, 10), headers)
        again = post(client, url, figures(2026, 20), headers)
        corrected = post(client, url, figures(2026, 30), bureau)
        elsewhere = post(client, url, figures(2026, 40), foreign)
    kept = queries.figures(organisation, 2026)

    assert [each["code"] for each in too_early.get_json()["reasons"]] == ["year_not_completed"]
    assert stated.status_code == 201
    assert (again.status_code, again.get_json()["code"]) == (409, "figures_stated")
    assert corrected.status_code == 201
    assert elsewhere.status_code == 404
    assert kept is not None
    assert kept.staff == 30
    assert [each["year"] for each in client.get(f"{API}{url}", headers=headers).get_json()["items"]] == [2026, 2025]


# -- bank accounts -------------------------------------------------------------------------------------------------


def account(holder: str, number: str = "6222020000000009") -> dict[str, Any]:
    return {"holder_name": holder, "bank_name": "某某银行", "cnaps_code": "102475099996", "account_number": number}


def test_a_new_account_replaces_the_old_one_when_verified(client: FlaskClient) -> None:
    member = make_enterprise("371702")
    organisation, name, headers = member.id, member.name, headers_of(member)
    old = queries.verified_account(organisation)
    assert old is not None
    old_id = old.id
    bureau = headers_of(make_bureau("371700"))

    named = post(client, f"/organisations/{organisation}/bank-accounts", account(name), headers).get_json()
    until_then = queries.verified_account(organisation)
    assert until_then is not None
    assert until_then.id == old_id
    verified = post(client, f"/bank-accounts/{named['id']}/verification", {"decision": "verify"}, bureau)
    now_paid = queries.verified_account(organisation)

    assert verified.get_json()["state"] == "verified"
    assert now_paid is not None
    assert now_paid.id == named["id"]
    assert session().get_one(BankAccount, old_id).state is BankAccountState.SUPERSEDED
    assert verify(INVARIANTS) == []


def test_a_refused_account_leaves_the_old_one_and_says_why(client: FlaskClient) -> None:
    member = make_enterprise("371702")
    organisation, name, headers = member.id, member.name, headers_of(member)
    bureau = headers_of(make_bureau("371700"))
    named = post(client, f"/organisations/{organisation}/bank-accounts", account(name), headers).get_json()
    url = f"/bank-accounts/{named['id']}/verification"

    silent = post(client, url, {"decision": "refuse"}, bureau)
    foreign = post(client, url, {"decision": "verify"}, headers_of(make_bureau("370100")))
    missing = post(
        client, "/bank-accounts/999999/verification", {"decision": "verify"}, headers_of(make_bureau("370100"))
    )
    refused = post(client, url, {"decision": "refuse", "opinion": "户名不符"}, bureau)
    again = post(client, url, {"decision": "verify"}, bureau)
    kept = queries.verified_account(organisation)

    assert silent.get_json()["code"] == "opinion_missing"
    assert (foreign.status_code, foreign.get_data()) == (404, missing.get_data())
    assert refused.get_json()["state"] == "refused"
    assert again.status_code == 409
    assert kept is not None
    assert kept.id != named["id"]


def test_faults_of_an_account_are_named_at_once(client: FlaskClient) -> None:
    member = make_enterprise()
    answer = post(
        client,
        f"/organisations/{member.id}/bank-accounts",
        {"holder_name": "别人", "bank_name": "银行", "cnaps_code": "12", "account_number": "abc"},
        headers_of(member),
    )

    assert [each["code"] for each in answer.get_json()["reasons"]] == [
        "bank_holder_differs",
        "cnaps_code_malformed",
        "account_number_malformed",
    ]


def test_v16_team_the_incubator_names_the_account_of_its_team(client: FlaskClient) -> None:
    host, stranger = make_incubator(), make_incubator()
    team = make_team(host)
    url = f"/organisations/{team.id}/bank-accounts"
    body = account("团队代表王某")

    assert post(client, url, body, headers_of(team)).status_code == 403
    assert post(client, url, body, headers_of(stranger)).status_code == 404
    assert post(client, url, body, headers_of(host)).status_code == 201


# -- two people ----------------------------------------------------------------------------------------------------


def test_the_database_refuses_a_review_by_the_submitter(app: Flask) -> None:
    member = membership(make_enterprise(approved=False))
    submitter = user_of(member.organisation)
    review = update(Membership).where(Membership.id == member.id)

    with pytest.raises(IntegrityError, match="ck_membership_two_people"), transaction() as current:
        current.execute(review.values(reviewed_by=submitter.id, reviewed_at=clock.now()))


# -- scope ---------------------------------------------------------------------------------------------------------


def test_an_incubator_acts_for_itself_and_its_teams(app: Flask) -> None:
    host, other = make_incubator(), make_incubator()
    mine, foreign = make_team(host), make_team(other)
    user = make_enterprise()

    assert queries.acts_for(actor_of(host)) == {host.id, mine.id}
    assert foreign.id not in queries.acts_for(actor_of(host))
    assert queries.acts_for(actor_of(mine)) == {mine.id}
    assert queries.acts_for(actor_of(user)) == {user.id}


def test_a_team_sits_where_its_incubator_sits(app: Flask) -> None:
    team = make_team(make_incubator("370832"))

    seat = queries.seat(team.id, date(2026, 3, 1))
    assert (seat.county, seat.city) == ("370832", "370800")
