"""Walking a deal through the HTTP API, step by step, as the people of the demo province do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import clock
from core.db import session
from instruments.models import Service
from marketplace.demo.client import DemoClient, Json

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=clock.SHANGHAI)
"""When the demo province of the tests was made."""

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
DECLARED = {"rd_base": True, "main_business": True}

STEPS = ["acceptance", "contract:provider", "contract:user", "payment", "service-start", "delivery", "completion"]


def ask(client: DemoClient, user: str, service_id: int, **wanted: Any) -> Json:
    """A quote, in direct deduction for one unit unless told otherwise."""
    body = {"service_id": service_id, "payment_mode": "direct_deduction", **wanted}
    if "starts_at" not in body:
        body.setdefault("quantity", "1")
    return client.post(user, "/quotes", body)


def order(client: DemoClient, user: str, service_id: int, **wanted: Any) -> Json:
    """A placed order."""
    return client.post(user, "/orders", {"quote_id": ask(client, user, service_id, **wanted)["id"]})


def walk(
    client: DemoClient,
    placed: Json,
    *,
    user: str,
    provider: str = "provider-jinan",
    until: str = "completion",
    completed_on: str = "2026-03-02",
    quantity: str | None = None,
) -> Json:
    """Take a placed order along :data:`STEPS` up to and including ``until``."""
    path = f"/orders/{placed['id']}"
    for step in STEPS[: STEPS.index(until) + 1]:
        if step == "completion":
            body = {"completed_on": completed_on, "quantity": quantity}
            placed = client.post(user, f"{path}/completion", body)
        elif step == "contract:user":
            placed = client.post(user, f"{path}/contract")
        elif step == "payment" and placed["outstanding_fen"] == 0:
            continue
        else:
            placed = client.post(provider, f"{path}/{step.partition(':')[0]}")
    return placed


def service_id(external_id: str) -> int:
    """The number of a demo service."""
    found = session().scalars(select(Service.id).where(Service.external_id == external_id)).one()
    session().rollback()
    return found
