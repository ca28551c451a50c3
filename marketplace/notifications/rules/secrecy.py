"""Exemptions for secrecy (S23)."""

from __future__ import annotations

from instruments.models import SecrecyExemption
from marketplace.notifications.recipients import bureau_of, of, province
from marketplace.notifications.rules.told import Subject, news, task

PROVIDER = of("provider_id")

EXEMPTION = Subject(
    SecrecyExemption,
    "secrecy_exemption",
    {
        "ask": (task("exemption.review", bureau_of("provider_id")),),
        "endorse": (task("exemption.confirm", province), news("exemption.endorsed", PROVIDER)),
        "refuse": (news("exemption.refused", PROVIDER),),
        "withdraw": (),
        "confirm": (news("exemption.filed", PROVIDER), news("exemption.filed", bureau_of("provider_id"))),
        "remind": (task("exemption.renew", PROVIDER, due=lambda exemption: exemption.until),),
        "supersede": (),
        "expire": (news("exemption.over", PROVIDER), news("exemption.over", bureau_of("provider_id"))),
        "end": (news("exemption.ended", PROVIDER), news("exemption.ended", bureau_of("provider_id"))),
    },
)
