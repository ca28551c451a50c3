"""Prices by negotiation (V14)."""

from __future__ import annotations

from datetime import date

from marketplace.models import Negotiation
from marketplace.notifications.recipients import of
from marketplace.notifications.rules.told import Subject, news, task

USER = of("beneficiary_id")
PROVIDER = of("provider_id")


def _stands_until(negotiation: Negotiation) -> date | None:
    """The last day of the latest offer."""
    return None if negotiation.latest is None else negotiation.latest.valid_until


NEGOTIATION = Subject(
    Negotiation,
    "negotiation",
    {
        "ask": (task("negotiation.offer", PROVIDER),),
        "make_offer": (task("negotiation.offered", USER, due=_stands_until),),
        "take_back_offer": (news("negotiation.taken_back", USER),),
        "ask_change": (task("negotiation.change", PROVIDER),),
        "agree": (news("negotiation.agreed", PROVIDER),),
        "order": (),
        "expire": (news("negotiation.expired", of("beneficiary_id", "provider_id")),),
        "decline": (news("negotiation.declined", PROVIDER),),
        "refuse": (news("negotiation.refused", USER),),
        "withdraw": (news("negotiation.withdrawn", PROVIDER),),
    },
)
