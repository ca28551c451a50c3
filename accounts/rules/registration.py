"""V8, V9, V10, V15: what a registration must say, and what its reviewer should look at.

What is malformed or cannot be a member of that kind is refused at once. Figures beyond the limits of V8 are
not: they change from year to year, so they are shown to the reviewer and decided at each quote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from accounts.kinds import IncubatorLevel, InstitutionKind, OrganisationKind
from accounts.rules import uscc
from core.errors import Reason, reason

LISTED_INSTITUTIONS = frozenset(
    {
        InstitutionKind.UNIVERSITY,
        InstitutionKind.INSTITUTE,
        InstitutionKind.LABORATORY,
        InstitutionKind.PLATFORM_HOST,
    }
)
"""The kinds V10 names; of those outside the province any kind may register."""

RECOGNISED_LEVELS = frozenset({IncubatorLevel.NATIONAL, IncubatorLevel.PROVINCIAL})
"""A team must sit in an incubator of the province's level or higher (V9)."""

MAINLAND_PREFIXES = frozenset(
    str(code)
    for block in (range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66))
    for code in block
)
"""First two digits of the division codes (GB/T 2260) of mainland China.

V10 admits no provider from elsewhere.
"""

_COUNTY = re.compile(r"[0-9]{6}")
_CNAPS = re.compile(r"[0-9]{12}")
_ACCOUNT = re.compile(r"[0-9]{8,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDetails:
    """Where an organisation wants to be paid."""

    holder_name: str
    bank_name: str
    cnaps_code: str
    account_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What an organisation states about itself; None or an empty text where it says nothing."""

    kind: OrganisationKind
    name: str
    uscc: str | None = None
    county: str | None = None
    legal_representative: str = ""
    phone: str = ""
    address: str = ""
    institution_kind: InstitutionKind | None = None
    has_sharing_rules: bool = False
    fiscal: bool = False
    has_rd_base: bool = False
    rd_need: str = ""
    controller: str = ""
    figures_year: int | None = None
    staff: int | None = None
    revenue_fen: int | None = None
    orderly_finances: bool | None = None
    bank_account: BankDetails | None = None
    truthful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganisation:
    """An authority or incubator as it is entered.

    ``county`` for incubators, ``city`` for authorities of a city.
    """

    kind: OrganisationKind
    name: str
    uscc: str | None = None
    county: str | None = None
    city: str | None = None
    incubator_level: IncubatorLevel | None = None
    legal_representative: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """The divisions a county code may name: the province's prefix, and each of its counties with its city."""

    prefix: str
    cities: Mapping[str, str]

    def in_province(self, county: str) -> bool:
        """Whether the code is one of the province's, known or not."""
        return county.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class Limits:
    """V8(1): the bounds of staff and revenue, each included."""

    staff_min: int
    staff_max: int
    revenue_max_fen: int


def last_completed_year(today: date) -> int:
    """The accounting year that V8(1) looks at; the accounting year is the calendar year."""
    return today.year - 1


def states_figures(application: Application) -> bool:
    """Whether staff and revenue are stated, without which there are no figures."""
    return application.staff is not None and application.revenue_fen is not None


def figures_year(application: Application, *, on: date) -> int | None:
    """The year its figures are of: the last completed one where it does not say; None where it states no figures."""
    return application.figures_year or last_completed_year(on) if states_figures(application) else None


def faults(
    application: Application, *, places: Places, incubator_level: IncubatorLevel | None, today: date
) -> list[Reason]:
    """Everything for which a registration is refused, at once; empty where it may go to its reviewer."""
    by_kind = {
        OrganisationKind.ENTERPRISE: _enterprise_faults,
        OrganisationKind.PROVIDER: _provider_faults,
    }
    found = [] if application.truthful else [reason("not_declared_truthful", article="V15", field="truthful")]
    if application.kind is OrganisationKind.TEAM:
        found += _team_faults(application, incubator_level)
    else:
        found += by_kind[application.kind](application, places)
        found += figures_faults(application.figures_year, field="figures_year", today=today)
    if application.bank_account is not None:
        holder = None if application.kind is OrganisationKind.TEAM else application.name
        found += bank_faults(application.bank_account, holder=holder)
    return found


def same_name(one: str, other: str) -> bool:
    """Whether two names differ in nothing but blanks."""
    return "".join(one.split()) == "".join(other.split())


def bank_faults(details: BankDetails, *, holder: str | None) -> list[Reason]:
    """What is wrong with a bank account.

    ``holder`` is whose name it must bear, None where another may be named.
    """
    found = []
    if holder is not None and not same_name(details.holder_name, holder):
        found.append(reason("bank_holder_differs", article="V15", field="bank_account.holder_name"))
    if not _CNAPS.fullmatch(details.cnaps_code):
        found.append(reason("cnaps_code_malformed", field="bank_account.cnaps_code"))
    if not _ACCOUNT.fullmatch(details.account_number):
        found.append(reason("account_number_malformed", field="bank_account.account_number"))
    return found


def figures_faults(year: int | None, *, field: str, today: date) -> list[Reason]:
    """What is wrong with the year of figures, which stands in ``field``: only a completed year has any."""
    if year is not None and year > last_completed_year(today):
        return [reason("year_not_completed", article="V8(1)", field=field, year=year)]
    return []


def notes(application: Application, *, limits: Limits) -> list[Reason]:
    """What the reviewer of an enterprise should look at; none of it refuses the registration."""
    if application.kind is not OrganisationKind.ENTERPRISE:
        return []
    found = []
    if application.staff is not None and not limits.staff_min <= application.staff <= limits.staff_max:
        found.append(
            reason(
                "staff_beyond_limits",
                article="V8(1)",
                field="staff",
                staff=application.staff,
                low=limits.staff_min,
                high=limits.staff_max,
            )
        )
    if application.revenue_fen is not None and application.revenue_fen > limits.revenue_max_fen:
        found.append(reason("revenue_beyond_limit", article="V8(1)", field="revenue_fen"))
    if application.orderly_finances is False:
        found.append(reason("finances_not_declared_orderly", article="V8(2)", field="orderly_finances"))
    if not application.has_rd_base:
        found.append(reason("rd_base_not_declared", article="V8(3)", field="has_rd_base"))
    return found


def _enterprise_faults(application: Application, places: Places) -> list[Reason]:
    required = {
        "uscc": application.uscc,
        "county": application.county,
        "legal_representative": application.legal_representative,
        "staff": application.staff,
        "revenue_fen": application.revenue_fen,
        "orderly_finances": application.orderly_finances,
    }
    found = _missing(required) + _uscc_faults(application.uscc)
    if application.county:
        if _COUNTY.fullmatch(application.county) and not places.in_province(application.county):
            found.append(reason("enterprise_outside_province", article="V8(1)", field="county"))
        else:
            found += _county_faults(application.county, places)
    return found


def _provider_faults(application: Application, places: Places) -> list[Reason]:
    county = application.county or ""
    inside = places.in_province(county)
    required: dict[str, object] = {
        "county": application.county,
        "institution_kind": application.institution_kind,
        "legal_representative": application.legal_representative,
    }
    if inside:
        required["uscc"] = application.uscc
    found = _missing(required) + _uscc_faults(application.uscc)
    if county:
        found += _county_faults(county, places)
    if inside and application.institution_kind not in {None, *LISTED_INSTITUTIONS}:
        found.append(reason("institution_kind_not_listed", article="V10", field="institution_kind"))
    if inside and not application.has_sharing_rules:
        found.append(reason("sharing_rules_missing", article="V10", field="has_sharing_rules"))
    return found


def _team_faults(application: Application, incubator_level: IncubatorLevel | None) -> list[Reason]:
    found = _missing({"rd_need": application.rd_need})
    if application.uscc:
        found.append(reason("team_has_uscc", article="V9", field="uscc"))
    if incubator_level not in RECOGNISED_LEVELS:
        found.append(reason("team_incubator_too_low", article="V9"))
    return found


def _missing(required: Mapping[str, object]) -> list[Reason]:
    return [reason("field_required", field=name) for name, value in required.items() if value in (None, "")]


def _uscc_faults(code: str | None) -> list[Reason]:
    if not code or uscc.normalised(code) is not None:
        return []
    return [reason("uscc_invalid", field="uscc", uscc=code)]


def _county_faults(county: str, places: Places) -> list[Reason]:
    if not _COUNTY.fullmatch(county):
        return [reason("county_malformed", field="county", county=county)]
    if places.in_province(county):
        return [] if county in places.cities else [reason("county_unknown", field="county", county=county)]
    if county[:2] not in MAINLAND_PREFIXES:
        return [reason("provider_outside_mainland", article="V10", field="county", county=county)]
    return []
