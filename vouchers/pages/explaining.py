"""The reasons of a sum, in words: what it rests on, step by step, and what would come out today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import render_template

from accounts.policy import county_names
from core.pages.language import say, t, term, text_or, yes_no, yuan
from core.policy import article_name
from core.texts import Text
from vouchers.queries.explanations import ExplainedStep, Explanation
from vouchers.rules.decision import Decision
from vouchers.rules.facts import Case, Enterprise, Relation
from vouchers.rules.replay import Taken

Fact = tuple[str, object]

CAP_ROOM = "cap_room"
_FEN = "_fen"


@dataclass(frozen=True, slots=True)
class Answer:
    """One part of the decision: its article, what was decided, what the kept policy and the text of today give."""

    key: str
    article: str
    taken: object
    kept: object
    again: object

    @property
    def is_same(self) -> bool:
        """Whether the policy as written today gives the same."""
        return self.taken == self.again


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the sum as the page shows it."""

    found: ExplainedStep
    made_of: list[str]


def explanation_page(found: Explanation) -> str:
    """The page of an explanation, of a claim as of an order or a quote."""
    return render_template(
        "vouchers/explanation.html",
        found=found,
        inputs=_inputs(found),
        answers=_answers(found),
        steps=[Row(each, list(_made_of(each.inputs))) for each in found.steps],
    )


def _inputs(found: Explanation) -> list[Fact]:
    """The frozen facts, as far as their reader may know them."""
    shown = [*_of_order(found.case), *_of_place(found.case)]
    return [*shown, *_of_user(found.case)] if found.tells_of_user else shown


def _answers(found: Explanation) -> list[Answer]:
    """From the fee to the hold, as V12 says; what is left of a firm's cap is none of its provider's business."""
    taken = _shown(found.taken, found.taken.subsidy_fen)
    kept, again = (
        {} if each is None else _shown(each, each.subsidy_fen) for each in (found.replay.by_kept, found.replay.by_today)
    )
    return [
        Answer(key, article_name(article), taken[key], kept.get(key), again.get(key))
        for key, article in ARTICLES.items()
        if key != CAP_ROOM or found.tells_of_user
    ]


ARTICLES = {
    "eligible": "V8–V11",
    "rate": "V12",
    "entitlement": "V12 base",
    CAP_ROOM: "V12 cap",
    "held": "V12 hold",
    "policy_version": "V23",
}


def _shown(decided: Taken | Decision, subsidy_fen: int) -> dict[str, object]:
    return {
        "eligible": yes_no(decided.eligible),
        "rate": percent(decided.rate),
        "entitlement": yuan(decided.entitlement_fen),
        CAP_ROOM: yuan(decided.cap_room_fen),
        "held": yuan(subsidy_fen),
        "policy_version": decided.policy_version,
    }


def _made_of(inputs: dict[str, Any]) -> Iterator[str]:
    """What a step was made of, in words; what says nothing is left out."""
    for name, value in inputs.items():
        if value not in (None, "", []):
            yield f"{text_or(f'explanation.input.{name}', name)} {_value(name, value)}"


def _value(name: str, value: Any) -> str:
    if name.endswith(_FEN):
        return yuan(value)
    if name == "rate":
        return percent(Decimal(value)) or ""
    if isinstance(value, bool):
        return yes_no(value)
    return "; ".join(map(_plain, value)) if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> str:
    """What is kept in both languages is said in the page's."""
    return say(Text(**value)) if isinstance(value, dict) else str(value)


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
