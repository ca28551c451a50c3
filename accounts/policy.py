"""What this package reads from the policy pack: places, and the limits a reviewer should see."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from accounts.rules.members import MemberRules, MonthDay
from accounts.rules.registration import Limits, Places
from core.policy import Edition, current

TERM = "vouchers.term"


def places(on: date) -> Places:
    """The province's divisions on a day, or on the nearest day of the measure's term (V23)."""
    edition = _edition(on)
    return Places(
        prefix=edition["places.province"],
        cities={each["code"]: each["city"] for each in edition["places.counties"]},
    )


def city_of_county() -> dict[str, str]:
    """The city of every county that the pack names on any day, by code; the latest where it changed."""
    entries = current().history.get("places.counties", ())
    return {each["code"]: each["city"] for entry in entries for each in entry.value}


def city_codes(on: date) -> frozenset[str]:
    """The codes of the province's cities."""
    return frozenset(each["code"] for each in _edition(on)["places.cities"])


def city_names(on: date) -> dict[str, str]:
    """The names of the province's cities by code."""
    return {each["code"]: each["name"] for each in _edition(on)["places.cities"]}


def county_names(on: date) -> dict[str, str]:
    """The names of the province's counties by code, each after that of its city."""
    edition = _edition(on)
    cities = city_names(on)
    return {each["code"]: f"{cities[each['city']]} {each['name']}" for each in edition["places.counties"]}


def region_names(on: date) -> frozenset[str]:
    """The names by which an address may begin: the province, its cities and counties."""
    return _region_names(_edition(on))


@cache
def _region_names(edition: Edition) -> frozenset[str]:
    """Editions of a pack live as long as the pack; each is read once."""
    province = edition.entry("places.province_name").value if "places.province_name" in edition else ""
    divisions = (*edition["places.cities"], *edition["places.counties"])
    return frozenset({province, province.removesuffix("省"), *(each["name"] for each in divisions)}) - {""}


def limits(on: date) -> Limits:
    """The bounds of V8(1)."""
    edition = _edition(on)
    return Limits(
        staff_min=edition["vouchers.staff_min"],
        staff_max=edition["vouchers.staff_max"],
        revenue_max_fen=edition["vouchers.revenue_max_fen"],
    )


def member_rules(on: date) -> MemberRules:
    """What is asked of members beyond the measure; a pack without it asks for nothing."""
    edition = _edition(on)

    def value(name: str, *, otherwise: Any = None) -> Any:
        key = f"members.{name}"
        return edition.entry(key).value if key in edition else otherwise

    return MemberRules(
        documents=value("registration_documents", otherwise={}),
        may_owe=value("documents_may_be_owed", otherwise=True),
        owed_working_days=value("owed_documents_working_days", otherwise=0),
        figures_due=_month_day(value("figures_due")),
        figures_grace_end=_month_day(value("figures_grace_end")),
        overdue_refuses_orders=value("overdue_figures_refuse_orders", otherwise=False),
        suspension_articles=tuple(value("suspension_articles", otherwise=())),
        change_days_ahead=value("change_days_ahead"),
    )


def _month_day(written: str | None) -> MonthDay | None:
    if written is None:
        return None
    month, _, day = written.partition("-")
    return MonthDay(int(month), int(day))


def interest_cooling_months(on: date) -> int:
    """For how many months after its end a tie still keeps an officer from deciding."""
    months: int = _edition(on)["reviews.interest_cooling_months"]
    return months


def reminder_days(on: date) -> tuple[int, ...]:
    """How many days before its last day a task is recalled."""
    found: tuple[int, ...] = _edition(on)["vouchers.reminder_days"]
    return found


def _edition(on: date) -> Edition:
    return current().nearest(on, term=TERM)
