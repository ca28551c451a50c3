"""What a side signs: the six points, one's own to write as long as the other side has not signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from accounts.queries.names import organisation_names
from core.http import Schema, TextField
from core.pages import Form, term
from core.pages.language import say
from marketplace.models import Order
from marketplace.rules.contracts import ContractPoint, standard_terms, standard_text
from marketplace.schemas.orders import TermsSchema
from marketplace.service.contracts import TermsDiffer

NAME = "order_contract"


class OwnTermsSchema(Schema):
    """The six points as the first to sign wants them."""

    terms = fields.Nested(TermsSchema, required=True)


class SeenTermsSchema(Schema):
    """Which terms of the other side were on the page that was sent."""

    seen = TextField(load_default="", min_length=0, max_length=64)


def sign_form(order: Order) -> Form:
    """The standard contract to change or leave as it is, or a mark of the terms that the other side signed."""
    if order.contract_terms is not None:
        seen = {"seen": _mark(order.contract_terms)}
        return Form(SeenTermsSchema, name=NAME, widgets={"seen": "hidden"}, initial=seen)
    names = organisation_names({order.provider_id, order.beneficiary_id})
    terms = standard_terms(
        title=order.quote.title, provider=names[order.provider_id], beneficiary=names[order.beneficiary_id]
    )
    return Form(OwnTermsSchema, name=NAME, initial={"terms": terms})


def terms_to_sign(order: Order, form: Form, given: Mapping[str, Any]) -> Mapping[str, str]:
    """What was on the page that was sent; raises TermsDiffer where the other side has signed other terms since."""
    if order.contract_terms is None:
        own: Mapping[str, str] = given["terms"]
        return own
    mark = _mark(order.contract_terms)
    if given["seen"] != mark:
        # The page that says so shows the present terms; sending it signs those.
        form["seen"].value = mark
        raise TermsDiffer(extra={"terms": order.contract_terms})
    return order.contract_terms


def six_points(order: Order) -> list[tuple[str, str]]:
    """The terms as signed, each under its heading; none while nobody has signed.

    The standard contract, which is stored in both languages, in that of the reader; terms of their own as they wrote
    them.
    """
    terms = order.contract_terms or {}
    return [(term(point), _read(point, terms[point])) for point in ContractPoint if point in terms]


def _read(point: ContractPoint, stored: str) -> str:
    standard = standard_text(point, stored)
    return stored if standard is None else say(standard)


def _mark(terms: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(terms), sort_keys=True).encode()).hexdigest()
