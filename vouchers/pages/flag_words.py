"""The flags of a claim in words a reviewer can act on: what is suspected, on what evidence, what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from flask import url_for

from core.money import yuan_text
from core.pages import link_to
from core.pages.language import say, t
from core.permissions import Actor
from core.texts import Text
from vouchers.models import Claim, ClaimFlag
from vouchers.pages.comparing import field_label, shown_value
from vouchers.permissions import may_read_flags
from vouchers.queries.flags import ShownFlag, shown_flags
from vouchers.queries.material_kinds import material_text
from vouchers.rules.flags import FlagKind
from vouchers.service.flags import may_decide

_SHOWN = 12
"""Digits of a checksum that a reader can compare."""


@dataclass(frozen=True)
class Line:
    """One sentence of evidence, perhaps with the page of the record it speaks of."""

    text: str
    href: str | None = None


@dataclass(frozen=True)
class FlagView:
    """A flag as a page shows it. ``decide_url`` is None for readers and where the claim is past deciding."""

    flag: ClaimFlag
    title: str
    lines: list[Line]
    decide_url: str | None


def flag_views(claim: Claim, *, actor: Actor) -> list[FlagView]:
    """The flags of a claim for an official, the first before the others; nothing for anybody else."""
    if not may_read_flags(actor):
        return []
    return [flag_view(each, claim, actor=actor) for each in shown_flags(claim, actor=actor)]


def flag_view(shown: ShownFlag, claim: Claim, *, actor: Actor) -> FlagView:
    """One flag with its evidence in sentences."""
    flag = shown.flag
    decide_url = url_for("claim_flag_pages.decide", claim_id=claim.id, flag_id=flag.id)
    return FlagView(
        flag=flag,
        title=t(f"flag.{flag.kind}"),
        lines=list(_SAID[flag.kind](shown.evidence)),
        decide_url=decide_url if may_decide(claim, actor=actor) else None,
    )


def _relation(evidence: Mapping[str, Any]) -> Iterator[Line]:
    when = {(True, True): "both", (True, False): "gone", (False, True): "since"}
    yield Line(t(f"evidence.relation.{when[evidence['at_order'], evidence['today']]}"))
    if "user_holds_percent" in evidence:
        user, provider = (f"{float(evidence[f'{side}_holds_percent']):g}" for side in ("user", "provider"))
        yield Line(t("evidence.holdings", user=user, provider=provider))
    for name in ("same_controller", "same_legal_representative"):
        if evidence.get(name):
            yield Line(t(f"evidence.{name}"))


def _shared(evidence: Mapping[str, Any]) -> Iterator[Line]:
    yield from _relation(evidence)
    if "shared" in evidence:
        yield Line(t("evidence.shared", value=evidence["shared"]))


def _account(evidence: Mapping[str, Any]) -> Iterator[Line]:
    yield from _relation(evidence)
    if "shared" in evidence:
        yield Line(t("evidence.account", digits=evidence["shared"]))


def _split(evidence: Mapping[str, Any]) -> Iterator[Line]:
    for order in evidence["orders"]:
        said = t(
            "evidence.split.order",
            number=order["order_id"],
            day=date.fromisoformat(order["placed_on"]),
            title=order["title"],
            amount=yuan_text(order["contract_fen"]),
        )
        yield Line(said, link_to("order", order["order_id"]))
    if "limit_orders" in evidence:
        counted = {"count": len(evidence["orders"]), "limit": evidence["limit_orders"]}
        yield Line(t("evidence.split.count", days=evidence["within_days"], **counted))
    yield Line(
        t(
            "evidence.split.total",
            total=yuan_text(evidence["total_fen"]),
            entitlement=yuan_text(evidence["entitlement_fen"]),
        )
    )
    sums = {"watched": yuan_text(evidence["watched_fen"]), "cap": yuan_text(evidence["annual_cap_fen"])}
    for crossed in evidence["crossed"]:
        yield Line(t(f"evidence.split.{crossed}", **sums))


def _price(evidence: Mapping[str, Any]) -> Iterator[Line]:
    yield Line(t("evidence.price.unit", price=yuan_text(evidence["unit_price_fen"])))
    for name in ("published", "usual"):
        if name in evidence:
            against = evidence[name]
            yield Line(
                t(
                    f"evidence.price.{name}",
                    price=yuan_text(against["price_fen"]),
                    ratio=against["ratio"],
                    services=against.get("services", 0),
                )
            )
    yield Line(t("evidence.price.limit", ratio=evidence["limit_ratio"]))


def _cost(evidence: Mapping[str, Any]) -> Iterator[Line]:
    price, cost = yuan_text(evidence["unit_price_fen"]), yuan_text(evidence["cost_fen"])
    yield Line(t("evidence.cost", price=price, cost=cost, basis=evidence["cost_basis"]))


def _hours(evidence: Mapping[str, Any]) -> Iterator[Line]:
    for name in ("charged", "booked", "logged"):
        if evidence[name] is not None:
            yield Line(t(f"evidence.hours.{name}", hours=evidence[name]))


def _completion(evidence: Mapping[str, Any]) -> Iterator[Line]:
    delivered, completed = (date.fromisoformat(evidence[f"{name}_on"]) for name in ("delivered", "completed"))
    days = {"days": evidence["days"], "limit": evidence["limit_days"]}
    yield Line(t("evidence.completion", delivered=delivered, completed=completed, **days))


def _document(evidence: Mapping[str, Any]) -> Iterator[Line]:
    kind = say(material_text(evidence["kind"]))
    yield Line(t("evidence.document", kind=kind, checksum=evidence["sha256"][:_SHOWN]))
    hidden = 0
    for other in evidence["elsewhere"]:
        if other["claim_id"] is None:
            hidden += 1
            continue
        as_kind = say(material_text(other["kind"]))
        yield Line(
            t("evidence.document.in", number=other["claim_id"], kind=as_kind), link_to("claim", other["claim_id"])
        )
    if hidden:
        yield Line(t("evidence.document.elsewhere", count=hidden))


def _burst(evidence: Mapping[str, Any]) -> Iterator[Line]:
    begins, ends = date.fromisoformat(evidence["from"]), date.fromisoformat(evidence["to"])
    yield Line(t(f"evidence.burst.{evidence['deadline']}", claims=evidence["claims"], begins=begins, ends=ends))
    yield Line(t("evidence.burst.usual", usual=evidence["usual_claims"], days=evidence["days"]))


def _invoice(evidence: Mapping[str, Any]) -> Iterator[Line]:
    said = {name: shown_value(evidence[name]) or "—" for name in ("expected", "stated")}
    field = field_label(evidence["field"])
    yield Line(t("evidence.invoice", field=field, number=evidence["invoice_number"], **said))
    yield Line(say(Text(evidence["reason"]["text"], evidence["reason"]["text_en"])))


_SAID: Mapping[FlagKind, Callable[[Mapping[str, Any]], Iterator[Line]]] = MappingProxyType(
    {
        FlagKind.ONE_WAY_HOLDING: _relation,
        FlagKind.MUTUAL_HOLDING: _relation,
        FlagKind.SUBSIDIARY: _relation,
        FlagKind.CO_BUILT: _relation,
        FlagKind.COMMON_CONTROL: _relation,
        FlagKind.SHARED_PHONE: _shared,
        FlagKind.SHARED_ADDRESS: _shared,
        FlagKind.SHARED_BANK_ACCOUNT: _account,
        FlagKind.SPLIT_ORDERS: _split,
        FlagKind.PRICE_DEVIATION: _price,
        FlagKind.PRICE_ABOVE_COST: _cost,
        FlagKind.HOURS_DEVIATION: _hours,
        FlagKind.LATE_COMPLETION: _completion,
        FlagKind.SAME_DOCUMENT: _document,
        FlagKind.BURST: _burst,
        FlagKind.INVOICE_DIFFERS: _invoice,
    }
)
