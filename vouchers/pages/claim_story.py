"""A claim as a timeline: what happened, who has it and since when, and what is still to come (V17 order)."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.permissions import Role
from core.audit import AuditEntry
from core.pages import Event
from core.pages.language import say, t, term, text_or
from core.permissions import SYSTEM
from vouchers.queries.claims import Dossier
from vouchers.queries.material_kinds import material_text
from vouchers.states import ClaimState

WAY = ("submission", "review", "summary", "confirmation", "payment")
"""The steps of V17 order; none may be skipped."""

_STANDS_AT = {
    ClaimState.DRAFT: "submission",
    ClaimState.RETURNED: "submission",
    ClaimState.SUBMITTED: "review",
    ClaimState.SENT_BACK: "review",
    ClaimState.CITY_APPROVED: "summary",
    ClaimState.SUMMARISED: "confirmation",
    ClaimState.CONFIRMED: "payment",
}


def claim_events(found: Dossier) -> list[Event]:
    """The whole way of a claim; ended or paid ones have no next step."""
    return [*_past(found), *_ahead(found)]


def role_name(role: str) -> str:
    """The word for the role in which somebody acted."""
    return t("actor.system") if role == SYSTEM.role else term(Role(role))


def _past(found: Dossier) -> Iterator[Event]:
    for entry in found.history:
        yield Event(
            title=text_or(f"event.claim.{entry.action}", entry.action),
            at=entry.at,
            who=role_name(entry.actor_role),
            note=_note(entry),
        )


def _note(entry: AuditEntry) -> str | None:
    """What a person said; the service's own notes are for machines. A material is named."""
    if "kind" in entry.data:
        return say(material_text(entry.data["kind"]))
    said = entry.data.get("note")
    return str(said) if said and entry.to_state and entry.actor_role in _SAY_WHY else None


_SAY_WHY = frozenset({Role.CITY_BUREAU, Role.PROVINCE})


def _ahead(found: Dossier) -> Iterator[Event]:
    if found.waits_for is None:
        return
    stands_at = WAY.index(_STANDS_AT[found.claim.state])
    since = next((entry.at for entry in reversed(found.history) if entry.to_state), None)
    yield Event(
        title=t(f"step.claim.{WAY[stands_at]}"),
        phase="now",
        at=since,
        who=t("timeline.with", who=t(f"waits_for.{found.waits_for}")),
        by=found.due_on,
    )
    for step in WAY[stands_at + 1 :]:
        yield Event(title=t(f"step.claim.{step}"), phase="next", who=t(f"step.claim.{step}.who"))
