"""Small rules of accounts: codes, relations, records, credentials, tokens, tenures, states."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.kinds import AdverseKind, OrganisationKind, Relation
from accounts.permissions import ROLES_OF_KIND, Role
from accounts.rules import adverse, tokens, uscc
from accounts.rules.relation import RelationFacts, relations, same_address, same_phone, same_text
from accounts.rules.standing import (
    Running,
    holding_faults,
    identity_in,
    joint_faults,
    name_faults,
    same_by,
    tenure_faults,
)
from accounts.rules.users import (
    THROTTLE,
    Credentials,
    Failures,
    credential_faults,
    must_wait,
    role_faults,
)
from accounts.states import (
    BANK_ACCOUNT_TRANSITIONS,
    MEMBERSHIP_TRANSITIONS,
    BankAccountAction,
    BankAccountState,
    MembershipAction,
    MembershipState,
)
from core.permissions import Actor
from core.wording import folded
from tests.factories.accounts import make_uscc

FIFTY = Decimal(50)
TODAY = date(2026, 3, 1)


# -- USCC ----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 999_999_999))
def test_a_code_with_the_right_check_digit_is_taken_and_any_other_refused(number: int) -> None:
    right = make_uscc(number)
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")

    assert uscc.normalised(right) == right
    assert uscc.normalised(right.lower()) == right
    assert uscc.normalised(wrong) is None


@pytest.mark.parametrize("code", ["", "123", "9137000000000000I1", "91370000000000001TT", "中文代码"])
def test_malformed_codes_are_refused(code: str) -> None:
    assert uscc.normalised(code) is None


# -- V8(4) ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (RelationFacts(), Relation.NONE),
        (RelationFacts(user_holds_percent=Decimal(3)), Relation.ONE_WAY_HOLDING),
        (RelationFacts(provider_holds_percent=Decimal(3)), Relation.ONE_WAY_HOLDING),
        (RelationFacts(user_holds_percent=FIFTY), Relation.ONE_WAY_HOLDING),
        (RelationFacts(user_holds_percent=Decimal("50.0001")), Relation.SUBSIDIARY),
        (RelationFacts(provider_holds_percent=Decimal(51)), Relation.SUBSIDIARY),
        (RelationFacts(user_holds_percent=Decimal(5), provider_holds_percent=Decimal(5)), Relation.MUTUAL_HOLDING),
        (RelationFacts(jointly_established=True), Relation.CO_BUILT),
        (RelationFacts(same_controller=True), Relation.COMMON_CONTROL),
        (RelationFacts(same_legal_representative=True), Relation.COMMON_CONTROL),
    ],
)
def test_v8_4_relations(facts: RelationFacts, expected: Relation) -> None:
    assert relations(facts, subsidiary_above_percent=FIFTY)[:1] == (() if expected is Relation.NONE else (expected,))


def test_v8_4_every_relation_is_named() -> None:
    facts = RelationFacts(
        user_holds_percent=Decimal(60),
        provider_holds_percent=Decimal(1),
        jointly_established=True,
        same_controller=True,
    )

    assert relations(facts, subsidiary_above_percent=FIFTY) == (
        Relation.SUBSIDIARY,
        Relation.MUTUAL_HOLDING,
        Relation.CO_BUILT,
        Relation.COMMON_CONTROL,
    )


def test_v8_4_shared_phone_account_and_address_are_no_relation_but_a_flag() -> None:
    facts = RelationFacts(shared_phone=True, shared_bank_account=True, shared_address=True)

    assert relations(facts, subsidiary_above_percent=FIFTY) == ()
    assert facts.observations == ("shared_phone", "shared_bank_account", "shared_address")


def test_what_is_not_stated_is_never_shared() -> None:
    assert not same_text("", "")
    assert not same_phone("", "-")
    assert same_text("济南市 历下区 1 号", "济南市历下区1号")
    assert same_phone("0531-8888 0000", "053188880000")


@pytest.mark.parametrize(
    "written",
    [
        "+86 531 8888 0000",
        "0086-531-88880000",
        "８６-531-８８８８００００",
        "0531-88880000",
        "53188880000转8012",
        "0531-88880000-8012",
        "139 0000 0000、0531-88880000",
    ],
)
def test_v8_4_a_phone_number_is_the_same_however_it_is_written(written: str) -> None:
    assert same_phone("0531-88880000", written)
    assert not same_phone("0531-88880001", written)


def test_v8_4_an_address_and_a_name_are_the_same_however_they_are_written() -> None:
    regions = {"山东省", "山东", "济南市", "历下区", "历城区"}
    for written in (
        "山东省济南市历下区经十路１号",
        "济南市 历下区经十路1号",
        "经十路\u200b1号",
        "山东济南市历下区经十路1号",
    ):
        assert same_address("历下区经十路1号", written, regions=regions), written
    assert not same_address("历下区经十路1号", "历下区经十路11号", regions=regions)
    assert not same_address("济南市", "山东省", regions=regions)
    assert not same_address("", "", regions=regions)
    assert same_text("张\u200b三", "张 三")
    assert same_text("ＡＢ", "ab")


# -- V8(2) ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "since", "until", "expected"),
    [
        (AdverseKind.FRAUD, date(2026, 1, 1), None, []),
        (AdverseKind.FRAUD, date(2026, 3, 2), None, ["adverse_in_future"]),
        (AdverseKind.FRAUD, date(2026, 1, 1), date(2026, 2, 1), ["adverse_without_period"]),
        (AdverseKind.ABNORMAL_OPERATIONS, date(2025, 11, 3), date(2025, 12, 1), []),
        (AdverseKind.ABNORMAL_OPERATIONS, date(2025, 11, 3), date(2025, 11, 2), ["period_reversed"]),
        (AdverseKind.ABNORMAL_OPERATIONS, date(2025, 11, 3), date(2026, 3, 2), ["adverse_in_future"]),
        (AdverseKind.RESEARCH_MISCONDUCT, date(2024, 6, 1), date(2027, 5, 31), []),
    ],
)
def test_v8_2_faults_of_a_record(kind: AdverseKind, since: date, until: date | None, expected: list[str]) -> None:
    assert [each.code for each in adverse.faults(kind=kind, since=since, until=until, today=TODAY)] == expected


# -- controllers and holdings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "allowed"),
    [
        ([], True),
        ([Running(date(2024, 1, 1), None)], True),
        ([Running(date(2025, 1, 1), None)], False),
        ([Running(date(2026, 1, 1), None)], False),
        ([Running(date(2020, 1, 1), date(2025, 1, 1))], True),
        ([Running(date(2020, 1, 1), date(2025, 1, 2))], False),
    ],
)
def test_v12_cap_a_controller_takes_over_after_every_change_known(known: list[Running], allowed: bool) -> None:
    assert (tenure_faults(since=date(2025, 1, 1), known=known) == []) is allowed


def test_v12_cap_a_name_is_told_apart_by_its_identity() -> None:
    assert folded("张 三") == folded("张\u200b三　") == folded("张三")
    assert identity_in("身份证末四位 １２３ｘ") == "123X"
    assert identity_in("统一社会信用代码 91370000MA0000000X") == "91370000MA0000000X"
    assert (identity_in(""), identity_in("某集团 12"), identity_in("ABCD")) == ("", "", "")
    assert same_by("110101199001011230", {1: "", 2: "末四位1230"}) == 2
    assert same_by("4567", {1: "", 2: "末四位1230"}) is None
    assert name_faults(note="", namesakes={}) == []
    assert [each.code for each in name_faults(note="某人", namesakes={1: ""})] == ["controller_namesake"]
    assert name_faults(note="4567", namesakes={1: ""}) == []


def test_faults_of_a_holding_are_named_at_once() -> None:
    day, tomorrow = date(2025, 1, 1), date(2026, 3, 2)
    found = holding_faults(holder_id=1, held_id=1, percent=Decimal(101), since=day, until=day, today=TODAY)
    ahead = joint_faults(one_id=1, other_id=2, since=tomorrow, until=None, today=TODAY)

    assert [each.code for each in found] == ["same_organisation", "percent_out_of_range", "period_reversed"]
    assert [(each.code, each.field) for each in ahead] == [("relation_in_future", "since")]


# -- users and tokens ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "password", "expected"),
    [
        ("sme-heze", "long enough 1", []),
        ("SME.Heze@example", "long enough 1", []),
        ("ab", "long enough 1", ["username_malformed"]),
        ("-abc", "long enough 1", ["username_malformed"]),
        ("企业", "short", ["username_malformed", "password_length"]),
        ("sme-heze-one", "SME-heze-one", ["password_is_username"]),
        ("sme-heze", "x" * 129, ["password_length"]),
    ],
)
def test_credentials(username: str, password: str, expected: list[str]) -> None:
    found = credential_faults(Credentials(username=username, password=password))
    assert [each.code for each in found] == expected


def test_sign_in_pauses_at_each_bound() -> None:
    assert not must_wait(Failures(4, 29, 99), THROTTLE)
    assert must_wait(Failures(5, 0, 0), THROTTLE)
    assert must_wait(Failures(0, 30, 0), THROTTLE)
    assert must_wait(Failures(0, 0, 100), THROTTLE)


def test_every_role_belongs_to_one_kind_and_every_kind_has_one() -> None:
    roles = [role for allowed in ROLES_OF_KIND.values() for role in allowed]

    assert sorted(roles) == sorted(Role)
    assert set(ROLES_OF_KIND) == set(OrganisationKind)
    assert [each.code for each in role_faults(Role.ADMIN, kind=OrganisationKind.ENTERPRISE)] == ["role_not_of_kind"]


@pytest.mark.parametrize("token", ["", ".", "prefix", "prefix.", ".secret"])
def test_a_token_has_prefix_and_secret(token: str) -> None:
    assert tokens.split(token) is None


def test_of_a_secret_only_the_digest_is_kept() -> None:
    assert tokens.split(tokens.join("prefix", "a.b")) == ("prefix", "a.b")
    assert len(tokens.digest("secret")) == 32


# -- states --------------------------------------------------------------------------------------------------------

MEMBERSHIP_MOVES = {
    ("draft", "submit"): "submitted",
    ("submitted", "approve"): "approved",
    ("submitted", "return"): "returned",
    ("returned", "submit"): "submitted",
    ("approved", "suspend"): "suspended",
    ("suspended", "resume"): "approved",
    ("approved", "end"): "ended",
    ("suspended", "end"): "ended",
}
BANK_MOVES = {
    ("pending", "verify"): "verified",
    ("pending", "refuse"): "refused",
    ("pending", "supersede"): "superseded",
    ("verified", "supersede"): "superseded",
}


@pytest.mark.parametrize("state", MembershipState)
@pytest.mark.parametrize("action", MembershipAction)
def test_membership_moves_only_as_designed(state: MembershipState, action: MembershipAction) -> None:
    assert MEMBERSHIP_TRANSITIONS.target(state, action) == MEMBERSHIP_MOVES.get((state.value, action.value))


@pytest.mark.parametrize("state", BankAccountState)
@pytest.mark.parametrize("action", BankAccountAction)
def test_bank_accounts_move_only_as_designed(state: BankAccountState, action: BankAccountAction) -> None:
    assert BANK_ACCOUNT_TRANSITIONS.target(state, action) == BANK_MOVES.get((state.value, action.value))


def test_an_actor_without_user_is_not_signed_in() -> None:
    assert not Actor(user_id=None, organisation_id=None, role="visitor").is_signed_in
