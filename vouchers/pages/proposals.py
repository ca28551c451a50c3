"""What the pages of proposals share: changes of groups, successions of teams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accounts.models import ControllerChange, TeamSuccession
from core.pages.language import day, moment, t, yuan
from vouchers.queries.group_caps import CapEffect

Facts = list[tuple[str, object]]


def decision_button(title: str, href: str) -> list[dict[str, object]]:
    """The way to the decision."""
    return [{"label": t(title), "href": href, "primary": True}]


def effect_lines(effects: Sequence[CapEffect]) -> list[str]:
    """What a change does or did to each cap, a line for each."""
    return [" ".join(_said(effect)) for effect in effects]


def _said(effect: CapEffect) -> Iterator[str]:
    yield t("page.proposal.effect", year=effect.year, moved=yuan(effect.moved_fen))
    if effect.used_after_fen is not None and effect.room_fen is not None:
        yield t("page.proposal.after", used=yuan(effect.used_after_fen), room=yuan(effect.room_fen))
    if effect.freed_fen is not None:
        yield t("page.proposal.freed", sum=yuan(effect.freed_fen))
    if effect.overhang_fen:
        yield t("page.proposal.overhang", sum=yuan(effect.overhang_fen))


def proposal_facts(proposal: ControllerChange | TeamSuccession, *, tells_why: bool = True) -> Facts:
    """Its day, its evidence and its decision. ``tells_why``: whether its reader may know what was said about it."""
    return [
        ("column.effective_on", day(proposal.effective_on)),
        ("column.evidence", proposal.evidence if tells_why else None),
        ("fact.proposed_at", moment(proposal.proposed_at)),
        ("fact.decided_at", None if proposal.reviewed_at is None else moment(proposal.reviewed_at)),
        ("fact.opinion", proposal.opinion or None if tells_why else None),
    ]
