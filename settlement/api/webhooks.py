"""What the gateway itself calls: outside bearer tokens, believed for its signature alone."""

from __future__ import annotations

from typing import Any

import structlog
from flask import request

from core import clock
from core.http import Blueprint, Schema, TextField, allow, problems
from core.permissions import everyone
from settlement.gateways import gateway_is_on
from settlement.service.gateway_events import EventUnreadable, SignatureRefused, process_event, take_event
from settlement.service.online import Unreachable

log = structlog.get_logger()

webhooks = Blueprint(
    "gateway-webhooks", __name__, url_prefix="/gateway-webhooks", description="What the payment gateway tells."
)
SIGNATURE = "Stripe-Signature"


class EventTakenSchema(Schema):
    """The call is stored."""

    result = TextField(required=True, metadata={"description": "stored, or known where it came before."})


@webhooks.route("/stripe", methods=["POST"])
@allow(everyone)
@problems(SignatureRefused, EventUnreadable)
@webhooks.response(200, EventTakenSchema)
@webhooks.doc(
    parameters=[
        {
            "name": SIGNATURE,
            "in": "header",
            "required": True,
            "description": "The gateway's signature over the time and the exact bytes of the body.",
            "schema": {"type": "string"},
        }
    ]
)
def stripe() -> dict[str, Any]:
    """An event of Stripe

    Stored as it came and acted upon once, in any order: what it says is not believed, the gateway is asked. Answered as
    soon as it is stored; where the gateway does not answer then, the worker asks later.
    """
    body = request.get_data(cache=True)
    stored = take_event(body=body, signature=request.headers.get(SIGNATURE, ""), now=clock.now())
    if stored is None:
        return {"result": "known"}
    if gateway_is_on():
        try:
            process_event(stored, now=clock.now())
        except Unreachable as lost:
            log.warning("gateway_unreachable", event=stored, why=str(lost))
    return {"result": "stored"}
