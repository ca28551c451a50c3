"""Controllers, adverse records and figures over HTTP and in the database."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from accounts import queries
from accounts.kinds import AdverseKind
from accounts.models import ControllerTenure, Membership
from accounts.permissions import Role
from core import clock
from core.db import transaction
from tests.factories.accounts import (
    actor_of,
    headers_of,
    make_adverse_record,
    make_bureau,
    make_controller,
    make_enterprise,
    make_incubator,
    make_provider,
    make_province,
    make_team,
    make_tenure,
    membership,
    token_for,
    user_of,
    user_with_role,
)
from tests.support.api import API, post

ON = date(2026, 3, 1)


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
        silent = post(client, url, figures(2026, 30), bureau)
        corrected = post(client, url, {**figures(2026, 30), "why": "与年报不符"}, bureau)
        elsewhere = post(client, url, figures(2026, 40), foreign)
    kept = queries.figures(organisation, 2026)

    assert [each["code"] for each in too_early.get_json()["reasons"]] == ["year_not_completed"]
    assert stated.status_code == 201
    assert (again.status_code, again.get_json()["code"]) == (409, "figures_stated")
    assert [each["code"] for each in silent.get_json()["reasons"]] == ["correction_unexplained"]
    assert corrected.status_code == 201
    assert elsewhere.status_code == 404
    assert kept is not None
    assert kept.staff == 30
    shown = client.get(f"{API}{url}", headers=headers).get_json()
    assert [each["year"] for each in shown["items"]] == [2026, 2025]
    assert [(each["year"], each["staff"], each["why"]) for each in shown["corrections"]] == [(2026, 10, "与年报不符")]


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
