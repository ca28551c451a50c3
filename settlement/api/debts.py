"""Shortfalls and clawbacks over HTTP (V16(1), V21)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement import permissions
from settlement.models import Clawback, Shortfall
from settlement.queries.clawbacks import ClawbackMissing, find_clawback, visible_clawbacks
from settlement.queries.payables import PayableMissing, PayableUnnamed
from settlement.queries.trade import ShortfallMissing, find_shortfall, visible_shortfalls
from settlement.schemas.debts import (
    ClawbackDetailSchema,
    ClawbackSchema,
    NewClawbackSchema,
    NewRecoverySchema,
    ShortfallPaymentSchema,
    ShortfallQuerySchema,
    ShortfallSchema,
)
from settlement.service import clawbacks as clawback_service
from settlement.service import shortfalls as shortfall_service
from settlement.service.clawbacks import SanctionOver, StrangerNamed
from settlement.steps.clawbacks import ClawbackTooLarge, PayableMoving, RecoveryTooLarge
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
@allow(permissions.may_confirm_shortfall_payment)
@problems(ShortfallMissing, StateForbids, PaymentTooLarge, PaymentExists)
@idempotent
@shortfalls.arguments(ShortfallPaymentSchema)
@shortfalls.response(201, ShortfallSchema)
def confirm_shortfall_payment(given: dict[str, Any], shortfall_id: int) -> Shortfall:
    """Confirm a user's transfer

    By the provider that it is owed to. Instalments are taken; an open shortfall blocks new direct-deduction orders.
    """
    return shortfall_service.confirm_payment(shortfall_id=shortfall_id, **given, actor=current_actor(), now=clock.now())


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
