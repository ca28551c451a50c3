"""What the pages of proposals share: changes of groups, successions of teams."""

from __future__ import annotations

from accounts.models import ControllerChange, TeamSuccession
from core.pages.language import day, moment, t

Facts = list[tuple[str, object]]


def decision_button(title: str, href: str) -> list[dict[str, object]]:
    """The way to the decision."""
    return [{"label": t(title), "href": href, "primary": True}]


def proposal_facts(proposal: ControllerChange | TeamSuccession, *, tells_why: bool = True) -> Facts:
    """Its day, its evidence and its decision. ``tells_why``: whether its reader may know what was said about it."""
    return [
        ("column.effective_on", day(proposal.effective_on)),
        ("column.evidence", proposal.evidence if tells_why else None),
        ("fact.proposed_at", moment(proposal.proposed_at)),
        ("fact.decided_at", None if proposal.reviewed_at is None else moment(proposal.reviewed_at)),
        ("fact.opinion", proposal.opinion or None if tells_why else None),
    ]
