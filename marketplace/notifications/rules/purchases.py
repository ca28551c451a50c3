"""Purchases looked at against the catalogue (S27)."""

from __future__ import annotations

from instruments.models import DuplicatePurchaseReview
from marketplace.notifications.recipients import of, offices_of, province
from marketplace.notifications.rules.told import Subject, news, task

_BUYER = of("organisation_id")
_CITY = offices_of("city")

PURCHASE_REVIEW = Subject(
    DuplicatePurchaseReview,
    "duplicate_purchase_review",
    {
        "ask": (task("purchase.decide", province), news("purchase.asked", _CITY)),
        "resubmit": (task("purchase.decide", province),),
        "return": (task("purchase.mend", _BUYER),),
        "justify": (news("purchase.justified", _BUYER), news("purchase.justified", _CITY)),
        "advise_sharing": (news("purchase.share", _BUYER), news("purchase.share", _CITY)),
        "withdraw": (news("purchase.withdrawn", province),),
    },
)
