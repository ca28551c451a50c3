"""Who is trained or approved for instruments."""

from __future__ import annotations

from instruments.models import Qualification
from marketplace.notifications.recipients import of
from marketplace.notifications.rules.told import Subject, news, task

USER, PROVIDER = of("organisation_id"), of("provider_id")

QUALIFICATION = Subject(
    Qualification,
    "qualification",
    {
        "ask": (task("qualification.decide", PROVIDER),),
        "qualify": (news("qualification.granted", USER),),
        "refuse": (news("qualification.refused", USER),),
        "withdraw": (),
        "revoke": (news("qualification.revoked", USER),),
    },
)
