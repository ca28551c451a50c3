"""Needs the province may not meet (V16 out)."""

from __future__ import annotations

from marketplace.models import UnmetNeed
from marketplace.notifications.recipients import of, office
from marketplace.notifications.rules.told import Subject, news, task

_USER = of("organisation_id")

UNMET_NEED = Subject(
    UnmetNeed,
    "unmet_need",
    {
        "state": (task("unmet_need.answer", office),),
        "respond": (news("unmet_need.answered", _USER),),
        "conclude": (news("unmet_need.closed", _USER),),
        "withdraw": (news("unmet_need.withdrawn", office),),
    },
)
