"""How firms and providers are related, over HTTP and in the database (V8(4))."""

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from accounts import queries
from accounts.kinds import Relation
from accounts.queries.invariants import INVARIANTS
from accounts.rules.relation import relations
from core.db import session
from core.invariants import verify
from tests.factories.accounts import (
    headers_of,
    make_bureau,
    make_controller,
    make_enterprise,
    make_holding,
    make_joint_establishment,
    make_provider,
    make_province,
    make_tenure,
)
from tests.support.api import post

FIFTY = Decimal(50)
ON = date(2026, 3, 1)


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
