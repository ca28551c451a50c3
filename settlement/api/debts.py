"""Shortfalls and clawbacks over HTTP (V16(1), V21)."""

from __future__ import annotations

from typing import Any

from flask import current_app

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement import permissions
from settlement.api.pursuing import pursued
from settlement.models import Clawback, Shortfall
from settlement.queries.clawbacks import ClawbackMissing, find_clawback, visible_clawbacks
from settlement.queries.payables import PayableMissing, PayableUnnamed
from settlement.queries.payments import payment_view
from settlement.queries.trade import ShortfallMissing, find_shortfall, visible_shortfalls
from settlement.rules.methods import GATEWAY_METHODS
from settlement.schemas.debts import (
    ClawbackDetailSchema,
    ClawbackSchema,
    NewClawbackSchema,
    NewRecoverySchema,
    PaidShortfallSchema,
    ShortfallPaymentSchema,
    ShortfallQuerySchema,
    ShortfallSchema,
)
from settlement.service import clawbacks as clawback_service
from settlement.service import payments as payment_service
from settlement.service import shortfalls as shortfall_service
from settlement.service.clawbacks import SanctionOver, StrangerNamed
from settlement.steps.clawbacks import ClawbackTooLarge, PayableMoving, RecoveryTooLarge
from settlement.steps.gateway import PAYING_ONLINE
from settlement.steps.payments import PaymentExists, PaymentTooLarge

shortfalls = Blueprint(
    "shortfalls", __name__, url_prefix="/shortfalls", description="What users owe of refused deductions."
)
clawbacks = Blueprint("clawbacks", __name__, url_prefix="/clawbacks", description="Paid subsidies that must come back.")


@shortfalls.route("", methods=["GET"])
@allow(permissions.may_read_shortfalls)
@shortfalls.arguments(ShortfallQuerySchema, location="query")
@shortfalls.response(200, page_schema(ShortfallSchema))
def list_shortfalls(given: dict[str, Any]) -> dict[str, Any]:
    """Shortfalls in sight

    What one owes or is owed; all for finance, province and auditor.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(visible_shortfalls(current_actor(), **given), cursor=cursor, limit=limit, key=Shortfall.id)


@shortfalls.route("/<int:shortfall_id>", methods=["GET"])
@allow(permissions.may_read_shortfalls)
@problems(ShortfallMissing)
@shortfalls.response(200, ShortfallSchema)
def show_shortfall(shortfall_id: int) -> Shortfall:
    """A shortfall

    The refused part of a deducted sum.
    """
    return find_shortfall(shortfall_id, actor=current_actor())


@shortfalls.route("/<int:shortfall_id>/payment", methods=["POST"])
@allow(permissions.may_pay_shortfall)
@problems(ShortfallMissing, StateForbids, PaymentTooLarge, PaymentExists, *PAYING_ONLINE)
@pursued("payment")
@idempotent
@shortfalls.arguments(ShortfallPaymentSchema)
@shortfalls.response(201, PaidShortfallSchema)
def pay_shortfall(given: dict[str, Any], shortfall_id: int) -> dict[str, Any]:
    """Confirm a user's transfer, or pay online

    The provider that it is owed to confirms a transfer; with a method the user that owes it begins to pay online.
    Instalments are taken; an open shortfall blocks new direct-deduction orders.
    """
    actor, now, method = current_actor(), clock.now(), given.pop("method")
    payment = None
    if method in GATEWAY_METHODS:
        payment = payment_service.pay_shortfall(
            shortfall_id=shortfall_id,
            amount_fen=given["amount_fen"],
            method=method,
            public_url=current_app.config["PUBLIC_URL"],
            actor=actor,
            now=now,
        )
    else:
        shortfall_service.confirm_payment(shortfall_id=shortfall_id, **given, actor=actor, now=now)
    shortfall = find_shortfall(shortfall_id, actor=actor)
    shown = {name: getattr(shortfall, name) for name in ShortfallSchema().fields}
    return {**shown, "payment": None if payment is None else payment_view(payment)}


@clawbacks.route("", methods=["POST"])
@allow(permissions.may_claw_back)
@problems(PayableMissing, PayableMoving, PayableUnnamed, ClawbackTooLarge, StrangerNamed, SanctionOver)
@idempotent
@clawbacks.arguments(NewClawbackSchema)
@clawbacks.response(201, ClawbackDetailSchema)
def claw_back(given: dict[str, Any]) -> Clawback:
    """Claim a paid subsidy back

    At most what was paid and not returned. Misconduct goes on record and blocks while its sanction lasts.
    """
    return clawback_service.claw_back(**given, actor=current_actor(), now=clock.now())


@clawbacks.route("", methods=["GET"])
@allow(permissions.may_read_clawbacks)
@clawbacks.arguments(CursorSchema, location="query")
@clawbacks.response(200, page_schema(ClawbackSchema))
def list_clawbacks(given: dict[str, Any]) -> dict[str, Any]:
    """Clawbacks in sight

    Payees see their own; province, finance and auditor all.
    """
    return page_of(visible_clawbacks(current_actor()), **given, key=Clawback.id)


@clawbacks.route("/<int:clawback_id>", methods=["GET"])
@allow(permissions.may_read_clawbacks)
@problems(ClawbackMissing)
@clawbacks.response(200, ClawbackDetailSchema)
def show_clawback(clawback_id: int) -> Clawback:
    """A clawback

    Linked to the payout it takes back, with what came back.
    """
    return find_clawback(clawback_id, actor=current_actor())


@clawbacks.route("/<int:clawback_id>/recovery", methods=["POST"])
@allow(permissions.may_record_recovery)
@problems(ClawbackMissing, StateForbids, RecoveryTooLarge)
@idempotent
@clawbacks.arguments(NewRecoverySchema)
@clawbacks.response(201, ClawbackDetailSchema)
def record_recovery(given: dict[str, Any], clawback_id: int) -> Clawback:
    """Record money that came back

    It is in the fund it was paid from again.
    """
    return clawback_service.record_recovery(clawback_id=clawback_id, **given, actor=current_actor(), now=clock.now())
