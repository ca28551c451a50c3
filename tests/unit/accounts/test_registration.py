"""V8(1), V9, V10, V15: what a registration must say."""

from dataclasses import replace
from datetime import date

import pytest

from accounts import policy
from accounts.kinds import IncubatorLevel, InstitutionKind, OrganisationKind
from accounts.rules.registration import Application, BankDetails, Limits, faults, notes
from tests.factories.accounts import make_uscc

TODAY = date(2026, 3, 1)
USCC = make_uscc(1)
LIMITS = Limits(staff_min=3, staff_max=500, revenue_max_fen=20_000_000_000)

ENTERPRISE = Application(
    kind=OrganisationKind.ENTERPRISE,
    name="菏泽某某材料有限公司",
    uscc=USCC,
    county="371702",
    legal_representative="王某",
    has_rd_base=True,
    staff=120,
    revenue_fen=5_000_000_000,
    orderly_finances=True,
    truthful=True,
)
PROVIDER = Application(
    kind=OrganisationKind.PROVIDER,
    name="济南某某大学",
    uscc=USCC,
    county="370102",
    legal_representative="李某",
    institution_kind=InstitutionKind.UNIVERSITY,
    has_sharing_rules=True,
    truthful=True,
)
TEAM = Application(kind=OrganisationKind.TEAM, name="某某团队", rd_need="样品测试", truthful=True)


def codes(application: Application, level: IncubatorLevel | None = None) -> list[tuple[str, str | None, str | None]]:
    found = faults(application, places=policy.places(TODAY), incubator_level=level, today=TODAY)
    return [(each.code, each.article, each.field) for each in found]


@pytest.mark.parametrize("application", [ENTERPRISE, PROVIDER])
def test_a_sound_application_has_no_fault(application: Application) -> None:
    assert codes(application) == []


def test_every_fault_of_an_enterprise_is_named_at_once() -> None:
    bad = Application(
        kind=OrganisationKind.ENTERPRISE,
        name="甲",
        uscc="91370000000000001X",
        county="370999",
        figures_year=2026,
        bank_account=BankDetails(holder_name="乙", bank_name="银行", cnaps_code="1", account_number="12x"),
    )

    assert codes(bad) == [
        ("not_declared_truthful", "V15", "truthful"),
        ("field_required", None, "legal_representative"),
        ("field_required", None, "staff"),
        ("field_required", None, "revenue_fen"),
        ("field_required", None, "orderly_finances"),
        ("uscc_invalid", None, "uscc"),
        ("county_unknown", None, "county"),
        ("year_not_completed", "V8(1)", "figures_year"),
        ("bank_holder_differs", "V15", "bank_account.holder_name"),
        ("cnaps_code_malformed", None, "bank_account.cnaps_code"),
        ("account_number_malformed", None, "bank_account.account_number"),
    ]


def test_every_fault_speaks_both_languages() -> None:
    bad = Application(kind=OrganisationKind.ENTERPRISE, name="甲", uscc="X", county="37x")
    found = faults(bad, places=policy.places(TODAY), incubator_level=None, today=TODAY)

    assert found
    assert all(each.text.zh and each.text.en and each.text.zh != each.text.en for each in found)


def test_v8_1_an_enterprise_from_outside_the_province_is_refused() -> None:
    assert codes(replace(ENTERPRISE, county="110108")) == [("enterprise_outside_province", "V8(1)", "county")]


@pytest.mark.parametrize("county", ["370171", "371472", "370176"])
def test_a_county_level_zone_is_a_place_where_the_division_list_has_it(county: str) -> None:
    known = county in policy.places(TODAY).cities
    assert codes(replace(ENTERPRISE, county=county)) == ([] if known else [("county_unknown", None, "county")])


@pytest.mark.parametrize("county", ["37170", "3717021", "37170a", "菏泽市牡丹区"])
def test_a_county_is_a_six_digit_code(county: str) -> None:
    assert codes(replace(ENTERPRISE, county=county)) == [("county_malformed", None, "county")]


@pytest.mark.parametrize("kind", [InstitutionKind.UNIVERSITY, InstitutionKind.INSTITUTE, InstitutionKind.LABORATORY])
def test_v10_listed_institutions_of_the_province_register(kind: InstitutionKind) -> None:
    assert codes(replace(PROVIDER, institution_kind=kind)) == []


@pytest.mark.parametrize("kind", [InstitutionKind.ENTERPRISE, InstitutionKind.OTHER])
def test_v10_bodies_of_another_kind_register_only_from_outside(kind: InstitutionKind) -> None:
    inside = replace(PROVIDER, institution_kind=kind)

    assert codes(inside) == [("institution_kind_not_listed", "V10", "institution_kind")]
    assert codes(replace(inside, county="310115", uscc=None)) == []


def test_v10_a_provider_of_the_province_needs_sharing_rules_of_its_own() -> None:
    without = replace(PROVIDER, has_sharing_rules=False)

    assert codes(without) == [("sharing_rules_missing", "V10", "has_sharing_rules")]
    assert codes(replace(without, county="110108")) == []


def test_v10_a_provider_from_outside_the_mainland_is_refused() -> None:
    assert codes(replace(PROVIDER, county="810001")) == [("provider_outside_mainland", "V10", "county")]


@pytest.mark.parametrize(
    ("level", "allowed"),
    [(IncubatorLevel.NATIONAL, True), (IncubatorLevel.PROVINCIAL, True), (IncubatorLevel.CITY, False)],
)
def test_v9_a_team_resides_in_a_provincial_or_higher_incubator(level: IncubatorLevel, allowed: bool) -> None:
    assert codes(TEAM, level) == ([] if allowed else [("team_incubator_too_low", "V9", None)])


def test_v9_a_team_with_a_uscc_is_told_to_register_as_an_enterprise() -> None:
    assert codes(replace(TEAM, uscc=USCC), IncubatorLevel.NATIONAL) == [("team_has_uscc", "V9", "uscc")]


def test_v9_a_team_states_its_need() -> None:
    assert codes(replace(TEAM, rd_need=""), IncubatorLevel.NATIONAL) == [("field_required", None, "rd_need")]


def test_v16_a_teams_account_may_bear_another_name() -> None:
    account = BankDetails(
        holder_name="团队代表", bank_name="银行", cnaps_code="102100099996", account_number="622200000001"
    )

    assert codes(replace(TEAM, bank_account=account), IncubatorLevel.NATIONAL) == []
    assert codes(replace(ENTERPRISE, bank_account=account)) == [
        ("bank_holder_differs", "V15", "bank_account.holder_name")
    ]


@pytest.mark.parametrize(("staff", "noted"), [(2, True), (3, False), (500, False), (501, True)])
def test_v8_1_staff_beyond_the_limits_is_shown_to_the_reviewer_and_not_refused(staff: int, noted: bool) -> None:
    application = replace(ENTERPRISE, staff=staff)

    assert codes(application) == []
    assert [each.code for each in notes(application, limits=LIMITS)] == ["staff_beyond_limits"] * noted


@pytest.mark.parametrize(("revenue_fen", "noted"), [(20_000_000_000, False), (20_000_000_001, True)])
def test_v8_1_revenue_beyond_the_limit_is_shown_to_the_reviewer(revenue_fen: int, noted: bool) -> None:
    application = replace(ENTERPRISE, revenue_fen=revenue_fen)

    assert codes(application) == []
    assert [each.code for each in notes(application, limits=LIMITS)] == ["revenue_beyond_limit"] * noted


def test_v8_2_and_v8_3_are_shown_to_the_reviewer() -> None:
    application = replace(ENTERPRISE, orderly_finances=False, has_rd_base=False)

    assert codes(application) == []
    assert [(each.code, each.article) for each in notes(application, limits=LIMITS)] == [
        ("finances_not_declared_orderly", "V8(2)"),
        ("rd_base_not_declared", "V8(3)"),
    ]


def test_the_policy_pack_gives_limits_and_every_city() -> None:
    assert policy.limits(TODAY) == LIMITS
    assert len(policy.city_codes(TODAY)) == 16
    assert set(policy.places(TODAY).cities.values()) == policy.city_codes(TODAY)


def test_v23_outside_the_measure_the_nearest_version_knows_the_places() -> None:
    assert policy.places(date(2030, 2, 1)) == policy.places(date(2030, 1, 23))
