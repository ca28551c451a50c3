"""The reasons of a sum, in words: what it rests on, step by step, and what would come out today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.policy import county_names
from core.pages.language import t, term, yes_no, yuan
from vouchers.queries.explanations import Explanation
from vouchers.rules.facts import Case, Enterprise, Relation

Fact = tuple[str, object]

CAP_ROOM = "cap_room"


@dataclass(frozen=True, slots=True)
class Answer:
    """One step of the decision: the article it rests on, what was decided, what the same facts give today."""

    key: str
    article: str
    taken: object
    again: object

    @property
    def is_same(self) -> bool:
        """Whether the policy as written today gives the same."""
        return self.taken == self.again


def inputs(found: Explanation) -> list[Fact]:
    """The frozen facts, as far as their reader may know them."""
    shown = [*_of_order(found.case), *_of_place(found.case)]
    return [*shown, *_of_user(found.case)] if found.tells_of_user else shown


def answers(found: Explanation) -> list[Answer]:
    """From the fee to the hold, as V12 says; what is left of a firm's cap is none of its provider's business."""
    return [each for each in _answers(found) if each.key != CAP_ROOM or found.tells_of_user]


def _answers(found: Explanation) -> list[Answer]:
    taken, again = found.decision, found.replayed
    return [
        Answer("eligible", "V8–V11", yes_no(taken.eligible), yes_no(again.eligible)),
        Answer("rate", "V12", percent(taken.rate), percent(again.rate)),
        Answer("base", "V12 base", yuan(taken.base_fen), yuan(taken.base_fen)),
        Answer("entitlement", "V12", yuan(taken.entitlement_fen), yuan(again.entitlement_fen)),
        Answer(CAP_ROOM, "V12 cap", yuan(taken.cap_room_fen), yuan(again.cap_room_fen)),
        Answer("held", "V12 hold", yuan(taken.held_fen), yuan(again.subsidy_fen)),
        Answer("policy_version", "V23", taken.policy_version, again.policy_version),
    ]


def _of_order(case: Case) -> Iterator[Fact]:
    yield "fact.judged_on", case.on.isoformat()
    yield "fact.payment_mode", term(case.payment_mode)
    yield "fact.base", yuan(case.base_fen)
    yield "fact.service_kind", term(case.service.kind)
    yield "fact.excluded", None if case.service.excluded is None else term(case.service.excluded)
    yield "fact.publicly_funded", yes_no(case.service.publicly_funded)
    yield "fact.restricted_industry", yes_no(case.service.restricted_industry)
    yield "fact.has_published_instrument", yes_no(case.service.has_published_instrument)
    yield "fact.unmet_need", case.unmet_need


def _of_place(case: Case) -> Iterator[Fact]:
    county = case.beneficiary.county
    yield "fact.county", county_names(case.on).get(county, county)
    yield "fact.provider_in_province", yes_no(case.provider.in_province)
    related = [t(f"relation.{each}") for each in case.provider.relations if each is not Relation.NONE]
    seen = [t(f"flag.{each}") for each in case.provider.observations]
    yield "fact.relations", "、".join([*related, *seen]) if related or seen else t("relation.none")


def _of_user(case: Case) -> Iterator[Fact]:
    yield "fact.cap_used", yuan(case.cap_used_fen)
    user: Any = case.beneficiary
    if isinstance(user, Enterprise):
        yield "fact.staff", user.staff
        yield "fact.revenue", yuan(user.revenue_fen)
        yield "fact.orderly_finances", yes_no(user.orderly_finances)
        records = [f"{term(each.kind)} {each.since}–{each.until or ''}" for each in user.adverse_records]
        yield "fact.adverse_records", "; ".join(records) or t("none")
    else:
        yield "fact.incubator_level", t(f"incubator_level.{user.incubator_level}")


def percent(rate: Decimal | None) -> str | None:
    """A rate as people read it: 60%."""
    return None if rate is None else f"{rate * 100:.2f}".rstrip("0").rstrip(".") + "%"
