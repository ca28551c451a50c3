"""Groups that merge and split in mid-year, teams that become firms: their use goes where they go (V12 cap)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts import queries as accounts
from accounts.kinds import ChangeDecision
from accounts.models import Controller, ControllerChange, ControllerTenure, Organisation, TeamSuccession
from accounts.permissions import Role
from accounts.queries import acts_for, cap_owner, is_approved_member
from accounts.queries.groups import controller_left, namesakes_seen
from accounts.rules.standing import ControllerName
from accounts.service.standing import StandingRefused
from accounts.states import ChangeKind, MembershipState
from core import clock
from core.db import session, transaction
from core.invariants import verify
from core.permissions import SYSTEM, Actor
from settlement.models import CapMergeYear
from settlement.queries import cap_room, hold_of
from settlement.queries.invariants import INVARIANTS
from settlement.steps import move_hold, reduce_hold
from tests.factories.accounts import (
    actor_of,
    make_bureau,
    make_controller,
    make_enterprise,
    make_incubator,
    make_provider,
    make_province,
    make_team,
    make_tenure,
    make_user,
    membership,
)
from tests.factories.vouchers import FULL, assessment_of, bring, make_claim, place
from vouchers.queries.claims import visible_claims
from vouchers.queries.group_caps import effects_told
from vouchers.queries.invariants import INVARIANTS as VOUCHERS
from vouchers.queries.yearly import yearly_use
from vouchers.service import groups, naming, successions
from vouchers.service.groups import GroupChangeOpen, GroupChangeRefused, ProposerDecides
from vouchers.service.naming import NamingReviewed
from vouchers.service.successions import SuccessionExists, SuccessionRefused
from vouchers.states import ClaimState
from vouchers.steps import RoomShrank, release

CAP_FEN = 50_000_000
TODAY = date(2026, 3, 1)
pytestmark = pytest.mark.usefixtures("app")


def firm_under(controller: Controller) -> Organisation:
    firm = make_enterprise("371702")
    make_tenure(firm, controller, since=date(2025, 1, 2))
    return firm


def use(firm: Organisation, fen: int) -> int:
    """An order of a firm of a 60% city that holds this much."""
    return place(assessment_of(firm, make_provider(), base_fen=-(-fen * 10 // 6)))


def room(owner: str) -> int:
    return cap_room(cap_owner=owner, year=2026, cap_fen=CAP_FEN)


def propose(
    kind: ChangeKind,
    controller: Controller | None,
    *,
    actor: Actor,
    into: Controller | None = None,
    leaving: list[Organisation] | None = None,
    named: str = "分出集团",
    note: str = "",
    on: date = TODAY,
) -> ControllerChange:
    return groups.propose(
        kind=kind,
        controller_id=None if controller is None else controller.id,
        into_id=None if into is None else into.id,
        new_name="" if leaving is None or (kind is ChangeKind.NAMING and into is not None) else named,
        new_note=note,
        organisation_ids=[each.id for each in leaving or []],
        effective_on=on,
        evidence="合并协议 2026-02-20",
        actor=actor,
        now=clock.now(),
    )


def name(firm: Organisation, called: str, *, note: str = "", actor: Actor) -> ControllerTenure:
    wanted = ControllerName(name=called, note=note)
    return naming.set_controller(
        organisation_id=firm.id, controller=wanted, since=date(2026, 1, 1), source="查明", actor=actor, now=clock.now()
    )


def decide(change: ControllerChange, decision: ChangeDecision, *, actor: Actor | None = None) -> ControllerChange:
    """The decision of somebody at the province, another user each time unless told who."""
    return groups.review(
        change_id=change.id,
        decision=decision,
        opinion="材料属实",
        actor=actor or make_user(Role.PROVINCE, make_province()).as_actor(),
        now=clock.now(),
    )


def approve(change: ControllerChange) -> ControllerChange:
    return decide(change, ChangeDecision.APPROVE)


def become(team: Organisation, code: str) -> TeamSuccession:
    return successions.propose(
        team_id=team.id,
        enterprise_uscc=code,
        effective_on=TODAY,
        evidence="营业执照",
        actor=actor_of(accounts.organisation(team.incubator_id or 0)),
        now=clock.now(),
    )


def test_v12_cap_merging_two_groups_adds_their_use_and_records_the_overhang() -> None:
    absorbed, into = make_controller("甲集团"), make_controller("乙集团")
    first, second = firm_under(absorbed), firm_under(into)
    order_id = use(first, 30_000_000)
    use(second, 24_000_000)
    change = propose(ChangeKind.MERGE, absorbed, into=into, actor=actor_of(make_bureau("371700")))
    with pytest.raises(GroupChangeOpen):
        propose(ChangeKind.MERGE, into, into=absorbed, actor=actor_of(make_province()))
    assert room(f"controller:{into.id}") == 26_000_000  # nothing before it is approved

    approve(change)

    owner = f"controller:{into.id}"
    assert cap_owner(first.id, TODAY) == cap_owner(second.id, TODAY) == owner
    assert (room(owner), room(f"controller:{absorbed.id}")) == (0, CAP_FEN)
    held = hold_of(order_id)
    assert held is not None
    assert (held.cap_owner, held.held_fen) == (owner, 30_000_000)
    year = session().query(CapMergeYear).one()
    assert (year.used_after_fen, year.overhang_fen) == (54_000_000, 4_000_000)
    assert assessment_of(second, make_provider()).subsidy_fen == 0
    assert verify(INVARIANTS) == []


def test_v12_cap_a_claim_under_way_is_used_up_on_the_merged_cap() -> None:
    absorbed, into = make_controller(), make_controller()
    firm = firm_under(absorbed)
    firm_under(into)
    claim = make_claim(user=firm)
    approve(propose(ChangeKind.MERGE, absorbed, into=into, actor=actor_of(make_bureau("371700"))))

    bring(claim, ClaimState.CONFIRMED)

    held = hold_of(claim.order_id)
    assert held is not None
    assert (held.cap_owner, held.consumed_fen) == (f"controller:{into.id}", claim.confirmed_fen)
    assert verify(INVARIANTS) == []


def test_v12_cap_a_split_gives_nobody_room_and_is_undone_by_merging_again() -> None:
    group = make_controller()
    stays, leaves = firm_under(group), firm_under(group)
    use(stays, 20_000_000)
    use(leaves, 6_000_000)
    change = approve(propose(ChangeKind.SPLIT, group, leaving=[leaves], actor=actor_of(make_province())))
    old, new = f"controller:{group.id}", f"controller:{change.into_id}"
    assert cap_owner(leaves.id, TODAY) == new
    assert room(old) == room(new) == 24_000_000
    assert assessment_of(leaves, make_provider()).flags == ()
    use(leaves, 6_000_000)
    assert (room(old), room(new)) == (24_000_000, 18_000_000)
    heir = session().get_one(Controller, change.into_id)

    approve(propose(ChangeKind.MERGE, heir, into=group, actor=actor_of(make_province()), on=date(2026, 3, 2)))

    assert room(old) == 18_000_000  # what was carried counts once
    assert verify(INVARIANTS) == []


def test_v12_hold_what_a_hold_gives_back_after_a_split_is_given_back_to_both_sides() -> None:
    group = make_controller()
    stays, leaves = firm_under(group), firm_under(group)
    theirs = use(stays, 20_000_000)
    own, claim = use(leaves, 6_000_000), make_claim(user=leaves)
    heir = approve(propose(ChangeKind.SPLIT, group, leaving=[leaves], actor=actor_of(make_province()))).into_id
    first, second = f"controller:{group.id}", f"controller:{heir}"
    with transaction():
        release(order_id=own, reason="cancelled", actor=actor_of(leaves), now=clock.now())
    assert room(first) == room(second) == 30_000_000 - claim.subsidy_fen
    grandchild = firm_under(make_controller())
    make_tenure(grandchild, session().get_one(Controller, heir), since=date(2026, 3, 1))
    later = propose(
        ChangeKind.SPLIT,
        session().get_one(Controller, heir),
        leaving=[grandchild],
        named="再分出",
        actor=actor_of(make_province()),
        on=date(2026, 3, 2),
    )
    with clock.at(clock.now() + timedelta(days=1)):
        third = f"controller:{approve(later).into_id}"
        with transaction():
            reduce_hold(order_id=theirs, to_fen=5_000_000, actor=SYSTEM, now=clock.now())
        bring(claim, ClaimState.CONFIRMED)
    assert claim.confirmed_fen
    assert room(first) == room(second) == room(third) == 45_000_000 - claim.confirmed_fen
    assert verify(INVARIANTS) == []


def test_v12_cap_a_firm_named_under_another_controller_gains_no_room_and_who_decides_sees_it() -> None:
    group, other = make_controller("甲集团"), make_controller("乙集团")
    sibling, firm, unused = firm_under(group), firm_under(group), firm_under(group)
    use(firm_under(other), 40_000_000)
    use(sibling, 20_000_000)
    order_id = use(firm, 6_000_000)
    bureau, province = actor_of(make_bureau("371700")), actor_of(make_province())
    with pytest.raises(NamingReviewed):  # it used nothing itself, but no firm of a group has room of its own
        name(unused, "王五", actor=bureau)
    change = propose(ChangeKind.NAMING, None, named="李四", leaving=[firm], actor=bureau)
    assert controller_left(change, actor=bureau) == group
    assert effects_told(change, actor=bureau, now=clock.now()) == []  # a city learns no sums by proposing
    (foreseen,) = effects_told(change, actor=province, now=clock.now())
    assert (foreseen.owner, foreseen.freed_fen) == (None, 0)

    approve(change)

    old, new = f"controller:{group.id}", f"controller:{change.into_id}"
    (done,) = effects_told(change, actor=bureau, now=clock.now())
    assert done == replace(foreseen, owner=new, freed_fen=None)
    assert (done.moved_fen, done.used_after_fen, done.room_fen) == (26_000_000, 26_000_000, 24_000_000)
    assert controller_left(change, actor=bureau) == group
    assert assessment_of(firm, make_provider()).flags == ("controller_changed",)
    joins = propose(ChangeKind.NAMING, None, into=other, leaving=[unused], actor=province)
    (foreseen,) = effects_told(joins, actor=province, now=clock.now())
    approve(joins)
    (done,) = effects_told(joins, actor=province, now=clock.now())
    assert done == replace(foreseen, freed_fen=None)
    assert (done.used_after_fen, done.overhang_fen, done.room_fen) == (66_000_000, 16_000_000, 0)
    with transaction():
        release(order_id=order_id, reason="cancelled", actor=actor_of(firm), now=clock.now())
    assert (room(old), room(new), room(f"controller:{other.id}")) == (30_000_000, 30_000_000, 0)
    merge = propose(ChangeKind.MERGE, group, into=other, actor=province, on=date(2026, 3, 2))
    with clock.at(clock.now() + timedelta(days=1)):
        (foreseen,) = effects_told(merge, actor=province, now=clock.now())
        approve(merge)
        (done,) = effects_told(merge, actor=province, now=clock.now())
    assert done == replace(foreseen, freed_fen=None)
    assert (done.moved_fen, done.used_after_fen) == (20_000_000, 60_000_000)  # each order counts once
    assert verify([*INVARIANTS, *VOUCHERS]) == []


def test_v12_cap_a_carried_hold_goes_to_another_year_on_every_cap_it_counts_on() -> None:
    group = make_controller()
    firm_under(group)
    leaves = firm_under(group)
    order_id = use(leaves, 6_000_000)
    heir = approve(propose(ChangeKind.SPLIT, group, leaving=[leaves], actor=actor_of(make_province()))).into_id
    with transaction():
        move_hold(order_id=order_id, to_year=2027, cap_fen=CAP_FEN, actor=SYSTEM, now=clock.now())
    for owner in (f"controller:{group.id}", f"controller:{heir}"):
        assert room(owner) == CAP_FEN
        assert cap_room(cap_owner=owner, year=2027, cap_fen=CAP_FEN) == 44_000_000
    assert verify(INVARIANTS) == []


def test_v12_cap_who_proposes_does_not_decide_and_every_fault_is_named() -> None:
    group, other, foreign = make_controller(), make_controller(), make_controller()
    one = firm_under(group)
    province = actor_of(make_province())
    change = propose(ChangeKind.MERGE, group, into=other, actor=province)
    with pytest.raises(ProposerDecides):
        decide(change, ChangeDecision.APPROVE, actor=province)
    refused = decide(change, ChangeDecision.REFUSE)
    assert (refused.state, cap_owner(one.id, TODAY)) == ("refused", f"controller:{group.id}")
    with pytest.raises(GroupChangeRefused) as faults:
        propose(ChangeKind.SPLIT, group, leaving=[one], into=other, actor=province, on=date(2025, 1, 2))
    assert {each.code for each in faults.value.reasons} == {
        "split_needs_new_name",
        "split_leaves_nobody",
        "change_before_tenure",
    }
    early = propose(ChangeKind.MERGE, group, into=foreign, actor=province, on=date(2026, 6, 1))
    with pytest.raises(GroupChangeRefused) as ahead:
        approve(early)
    assert [each.code for each in ahead.value.reasons] == ["change_not_effective"]


def test_i3_a_plain_change_of_controller_leaves_use_behind_and_is_flagged() -> None:
    seller, buyer = make_controller(), make_controller()
    firm = firm_under(seller)
    use(firm, 6_000_000)
    make_tenure(firm, buyer, since=date(2026, 2, 1))
    assert (room(f"controller:{seller.id}"), room(f"controller:{buyer.id}")) == (44_000_000, CAP_FEN)
    assert assessment_of(firm, make_provider()).flags == ("controller_changed",)


def test_v12_cap_a_firm_whose_controller_becomes_known_brings_its_own_use_along() -> None:
    group = make_controller("甲集团")
    firm_under(group)
    firm, unused = make_enterprise("371702"), make_enterprise("371702")
    order_id = use(firm, 6_000_000)
    bureau = actor_of(make_bureau("371700"))
    with pytest.raises(NamingReviewed):
        name(firm, "张三", actor=bureau)
    change = propose(ChangeKind.NAMING, None, named="张三", note="身份证末四位 1230", leaving=[firm], actor=bureau)
    with pytest.raises(GroupChangeOpen):
        propose(ChangeKind.NAMING, None, into=group, leaving=[firm], actor=bureau)
    assert (room(f"organisation:{firm.id}"), assessment_of(firm, make_provider()).flags) == (44_000_000, ())

    approve(change)

    own, held = f"controller:{change.into_id}", hold_of(order_id)
    assert held is not None
    assert (cap_owner(firm.id, TODAY), held.cap_owner) == (own, own)
    assert (room(own), room(f"organisation:{firm.id}")) == (44_000_000, CAP_FEN)
    assert assessment_of(firm, make_provider()).flags == ("controller_named",)
    approve(propose(ChangeKind.NAMING, None, into=group, leaving=[firm], actor=bureau, on=date(2026, 3, 2)))
    with clock.at(clock.now() + timedelta(days=1)):
        assert assessment_of(firm, make_provider()).flags == ("controller_changed", "controller_named")
    known = session().get_one(Controller, change.into_id)
    assert name(unused, "李四", actor=bureau).change_id is None
    assert assessment_of(unused, make_provider()).flags == ()
    assert (room(own), known.merged_into_id) == (44_000_000, None)
    assert verify([*INVARIANTS, *VOUCHERS]) == []


def test_v12_cap_two_controllers_of_one_name_are_told_apart_by_who_they_are() -> None:
    bureau, (one, two, three) = actor_of(make_bureau("371700")), [make_enterprise("371702") for _ in range(3)]
    first = name(one, "张三", note="身份证末四位 1230", actor=bureau)
    with pytest.raises(StandingRefused) as unsaid:
        name(two, "张 三", actor=bureau)
    assert [each.code for each in unsaid.value.reasons] == ["controller_namesake"]
    with pytest.raises(NamingReviewed):  # somebody else of that name: two decide, and see the other one
        name(two, "张三", note="4567", actor=bureau)
    assert name(two, "张三", note="110101199001011230", actor=bureau).controller_id == first.controller_id
    change = propose(ChangeKind.NAMING, None, named="张三", note="4567", leaving=[three], actor=bureau)
    assert [each.id for each in namesakes_seen(change, actor=actor_of(make_province()))] == [first.controller_id]
    assert namesakes_seen(change, actor=bureau) == []


def test_an_order_assessed_before_a_merge_is_not_held_on_the_old_cap() -> None:
    absorbed, into = make_controller(), make_controller()
    firm = firm_under(absorbed)
    stale = assessment_of(firm, make_provider())
    approve(propose(ChangeKind.MERGE, absorbed, into=into, actor=actor_of(make_province())))
    with pytest.raises(RoomShrank):
        place(stale)


def test_v12_cap_the_use_of_a_team_follows_it_into_its_firm() -> None:
    host = make_incubator("371702")
    team, firm = make_team(host), make_enterprise("371702")
    claim = make_claim(user=team, mode=FULL)
    use(firm, 6_000_000)
    bureau = actor_of(make_bureau("371700"))
    with pytest.raises(SuccessionRefused):
        become(team, "91370000MA0000000X")
    succession = become(team, firm.uscc or "")
    with pytest.raises(SuccessionExists):
        become(team, firm.uscc or "")

    successions.review(
        succession_id=succession.id, decision=ChangeDecision.APPROVE, opinion="属实", actor=bureau, now=clock.now()
    )

    owner = f"organisation:{firm.id}"
    assert room(owner) == CAP_FEN - 6_000_000 - claim.subsidy_fen
    assert (membership(team).state, is_approved_member(team.id, on=clock.today(clock.now()))) == (
        MembershipState.ENDED,
        False,
    )
    assert acts_for(actor_of(firm)) == {firm.id, team.id}
    assert claim.id in {each.id for each in session().scalars(visible_claims(actor_of(firm)))}
    assert yearly_use(firm.id, year=2026, now=clock.now()).room_fen == room(owner)
    bring(claim, ClaimState.CONFIRMED)
    assert (claim.payee_id, accounts.organisation(team.id).successor_id) == (team.id, firm.id)
    assert verify(INVARIANTS) == []
