"""Reviews of purchases: the list, one with what the catalogue held against it, and its steps (S27)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Response, render_template

from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, EmptySchema, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import moment, t, term, yuan
from core.pages.links import place
from core.pages.tables import Lead, choice
from core.permissions import Permission, authorise
from instruments.models import DuplicatePurchaseReview, PurchaseSearch
from instruments.pages.forms import county_options
from instruments.permissions import is_buyer, may_ask_for_purchase, may_decide_purchases, may_read_purchases
from instruments.policy import city_names, county_names, purchase_policy
from instruments.queries.purchases import find_purchase_review, purchase_reviews
from instruments.schemas.purchases import PurchaseDecisionSchema, PurchaseFieldsSchema, read_search
from instruments.service import purchases as service
from instruments.states import PURCHASE_REVIEW, PurchaseReviewState

HUNDRED = Decimal(100)

purchase_pages = Pages(
    "purchase_pages",
    __name__,
    url_prefix="/duplicate-purchase-reviews",
    navigation=(NavEntry("purchases", "purchase_pages.index", "catalogue", may_read_purchases, order=50),),
    links={
        "duplicate_purchase_review": ("purchase_pages.one", "review_id"),
        "duplicate_purchase_reviews": ("purchase_pages.index", ""),
        "purchase_review_new": ("purchase_pages.new", ""),
    },
)


@dataclass(frozen=True, slots=True)
class Row:
    """A review as the list shows it."""

    review: DuplicatePurchaseReview
    buyer: str
    city: str


def _rows(found: Sequence[DuplicatePurchaseReview]) -> list[Row]:
    names, cities = organisation_names({each.organisation_id for each in found}), _cities()
    return [Row(each, names[each.organisation_id], cities.get(each.city or "", "")) for each in found]


def _cities() -> dict[str, str]:
    return city_names(clock.today(clock.now()))


REVIEWS = Table(
    name="duplicate-purchase-reviews",
    key=DuplicatePurchaseReview.id,
    default_sort="-purchase",
    empty="page.purchases.empty",
    prepare=_rows,
    filters=[
        Filter("q", lambda query, value: query.where(DuplicatePurchaseReview.name.icontains(value, autoescape=True))),
        choice("state", DuplicatePurchaseReview.state, PurchaseReviewState),
        Filter(
            "city",
            lambda query, value: query.where(DuplicatePurchaseReview.city == value),
            options=lambda: list(_cities().items()),
        ),
        Filter("need_year", lambda query, value: query.where(DuplicatePurchaseReview.year == int(value[:4]))),
    ],
    columns=[
        Column(
            "purchase",
            lambda row: row.review.number,
            sort=DuplicatePurchaseReview.id,
            link=lambda row: link_to("duplicate_purchase_review", row.review.id),
        ),
        Column("purchase_name", lambda row: row.review.name, sort=DuplicatePurchaseReview.name),
        Column("buyer", lambda row: row.buyer),
        Column("city", lambda row: row.city, sort=DuplicatePurchaseReview.city),
        Column("value", lambda row: row.review.value_fen, kind="money", sort=DuplicatePurchaseReview.value_fen),
        Column(
            "provincial_money",
            lambda row: row.review.provincial_fen,
            kind="money",
            sort=DuplicatePurchaseReview.provincial_fen,
        ),
        Column("comparables", lambda row: len(row.review.searched.comparables), kind="number"),
        Column("state", lambda row: row.review.state, kind="state", sort=DuplicatePurchaseReview.state),
        Column("asked_at", lambda row: row.review.asked_at, kind="moment", sort=DuplicatePurchaseReview.asked_at),
    ],
    lead=Lead("purchase_review_new", "page.purchase_new.title", may_ask_for_purchase),
)


@purchase_pages.get("")
@allow(may_read_purchases)
def index() -> Any:
    """The purchases in sight; the same list as a file."""
    actor = current_actor()
    new = {"label": t("page.purchase_new.title"), "href": place("purchase_review_new"), "primary": True}
    actions = [new] if may_ask_for_purchase(actor) else []
    return table_page(REVIEWS, purchase_reviews(actor), title="page.purchases.title", actions=actions)


@purchase_pages.route("/new", methods=["GET", "POST"])
@allow(may_ask_for_purchase)
def new() -> Response:
    """A buyer states what it is about to buy."""

    def effect(given: dict[str, Any]) -> Done:
        made = service.ask_for_review(fields=given, actor=current_actor(), now=clock.now())
        return Done(link_to("duplicate_purchase_review", made.id), "page.purchase_new.done")

    least = purchase_policy(clock.today(clock.now())).review_min_fen
    facts = [("fact.purchase_review_from", yuan(least))]
    return form_page(_form("purchase_new"), effect=effect, back=place("duplicate_purchase_reviews"), facts=facts)


@purchase_pages.get("/<int:review_id>")
@allow(may_read_purchases)
def one(review_id: int) -> str:
    """A purchase with what the catalogue held against it, what the province says, and what may be done."""
    review = find_purchase_review(review_id, actor=current_actor())
    return render_template(
        "instruments/purchase.html",
        review=review,
        facts=_facts(review),
        rounds=[_shown(each) for each in reversed(review.searches)],
        shared=set(review.share_ids),
        link_to=link_to,
        actions=list(_actions(review)),
    )


@purchase_pages.route("/<int:review_id>/decision", methods=["GET", "POST"])
@allow(may_decide_purchases)
def decide(review_id: int) -> Response:
    """The province decides."""
    review = find_purchase_review(review_id, actor=current_actor())
    found = [
        (str(each["id"]), " · ".join(filter(None, (each["name"], each["model"], each["provider"]))))
        for each in review.searched.comparables
    ]
    form = Form(
        PurchaseDecisionSchema,
        name="purchase_decision",
        widgets={"decision": "radio"},
        options={"instrument_ids": found} if found else {},
        leave_out=[] if found else ["instrument_ids"],
    )
    return _sent(review, form, service.decide_purchase)


@purchase_pages.route("/<int:review_id>/resubmission", methods=["GET", "POST"])
@allow(may_ask_for_purchase)
def hand_in_again(review_id: int) -> Response:
    """The buyer mends what was returned."""
    review = _own(review_id)

    def act(*, review_id: int, actor: Any, now: Any, **fields: Any) -> None:
        service.hand_in_again(review_id=review_id, fields=fields, actor=actor, now=now)

    initial = {name: getattr(review, name) for name in PurchaseFieldsSchema().fields}
    return _sent(review, _form("purchase_resubmission", initial), act)


@purchase_pages.route("/<int:review_id>/withdrawal", methods=["GET", "POST"])
@allow(may_ask_for_purchase)
def withdraw(review_id: int) -> Response:
    """The buyer takes it back."""
    return _sent(_own(review_id), Form(EmptySchema, name="purchase_withdrawal", ends=True), service.withdraw_purchase)


def _own(review_id: int) -> DuplicatePurchaseReview:
    review = find_purchase_review(review_id, actor=current_actor())
    authorise(current_actor(), is_buyer, review)
    return review


def _form(name: str, initial: Mapping[str, Any] | None = None) -> Form:
    labels = {each: t(f"form.purchase_new.{each}") for each in PurchaseFieldsSchema().fields}
    return Form(PurchaseFieldsSchema, name=name, initial=initial, labels=labels, options={"county": county_options()})


def _sent(review: DuplicatePurchaseReview, form: Form, act: Callable[..., object]) -> Response:
    here = link_to("duplicate_purchase_review", review.id)

    def effect(given: dict[str, Any]) -> Done:
        act(review_id=review.id, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    facts = [("column.purchase", review.number), ("column.purchase_name", review.name)]
    if review.opinion:
        facts.append(("fact.purchase_opinion", review.opinion))
    return form_page(form, effect=effect, back=here, facts=facts)


def _facts(review: DuplicatePurchaseReview) -> list[tuple[str, object]]:
    county = county_names(clock.today(clock.now())).get(review.county, review.county)
    return [
        ("column.purchase", review.number),
        ("column.buyer", organisation_names({review.organisation_id})[review.organisation_id]),
        ("form.purchase_new.name", review.name),
        ("form.purchase_new.category", review.category),
        ("form.purchase_new.specifications", review.specifications),
        ("form.purchase_new.value_fen", yuan(review.value_fen)),
        ("form.purchase_new.provincial_fen", yuan(review.provincial_fen)),
        ("form.purchase_new.funding_source", review.funding_source),
        ("form.purchase_new.county", county),
        ("form.purchase_new.why", review.why),
        ("column.asked_at", moment(review.asked_at)),
    ]


def _shown(kept: PurchaseSearch) -> dict[str, Any]:
    """A round's search in words."""
    read, cities = read_search(kept), _cities()
    looks = [
        {**each, "by": term(each["by"]), "words": " · ".join(filter(None, (each["category"], each["q"])))}
        for each in read["looks"]
    ]
    found = [
        {
            **each,
            "city": cities.get(each["city"], ""),
            "found_by": "、".join(term(by) for by in each["found_by"]),
            "booked_rate": None if each["booked_rate"] is None else f"{each['booked_rate'] * HUNDRED:.1f}%",
        }
        for each in read["comparables"]
    ]
    return {"search": kept, "looks": looks, "comparables": found}


def _actions(review: DuplicatePurchaseReview) -> Iterator[dict[str, Any]]:
    """The steps that its state allows to who reads."""
    actor, open_steps = current_actor(), PURCHASE_REVIEW.actions(review.state)
    offered: list[tuple[str, str, Permission, dict[str, Any]]] = [
        ("justify", "decision", may_decide_purchases, {"primary": True}),
        ("resubmit", "resubmission", may_ask_for_purchase & is_buyer, {"primary": True}),
        ("withdraw", "withdrawal", may_ask_for_purchase & is_buyer, {"danger": True}),
    ]
    for step, page, allowed, more in offered:
        if step in open_steps and allowed(actor, review):
            at = f"{link_to('duplicate_purchase_review', review.id)}/{page}"
            yield {"label": t(f"page.purchase_{page}.title"), "href": at, **more}
