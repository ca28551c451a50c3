"""Relations between beneficiary and provider (V8(4)): some refuse, some are flags for a recorded finding."""

from __future__ import annotations

from core.errors import Reason, reason
from core.texts import text
from vouchers.rules.facts import Enterprise, Provider, Relation, Team
from vouchers.rules.policy import VoucherPolicy

RELATED = "V8(4)"


def relation_faults(beneficiary: Enterprise | Team, provider: Provider, *, policy: VoucherPolicy) -> list[Reason]:
    """The relations that refuse an enterprise; a team is never refused for one."""
    if isinstance(beneficiary, Team):
        return []
    return [
        reason("related_party", article=RELATED, relation=text(f"relation.{relation}"))
        for relation in sorted(set(provider.relations) & policy.refused_relations)
    ]


def relation_flags(beneficiary: Enterprise | Team, provider: Provider, *, policy: VoucherPolicy) -> set[str]:
    """What a reviewer must make a recorded finding about: for a team any relation is a flag."""
    flagged = set(provider.relations) - {Relation.NONE}
    if isinstance(beneficiary, Enterprise):
        flagged &= policy.flagged_relations
    return {relation.value for relation in flagged} | set(provider.observations)
