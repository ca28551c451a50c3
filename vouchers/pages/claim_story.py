"""A claim as a timeline: what happened, who has it and since when, and what is still to come (V17 order)."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.permissions import Role
from core.pages import Event
from core.pages.language import day, say, t, term, text_or, yuan
from core.states import action_word
from core.texts import Text
from core.workdays import Countdown
from vouchers.queries.claim_timelines import ClaimTimeline, Happened, Place, StationPhase
from vouchers.queries.material_kinds import material_text
from vouchers.rules.way import Holder


def claim_events(found: ClaimTimeline) -> list[Event]:
    """The whole way of a claim; ended or paid ones have no next step."""
    return [*_past(found), *_ahead(found)]


def countdown_words(left: Countdown | None) -> str | None:
    """How long there is: days and working days, and whether holidays may still move it."""
    if left is None:
        return None
    if left.overdue:
        said = t("countdown.over", days=-left.days_left)
    elif left.days_left == 0:
        said = t("countdown.today")
    else:
        said = t("countdown.left", days=left.days_left, working_days=left.working_days_left)
    return f"{said} {t('countdown.provisional')}" if left.provisional else said


def _past(found: ClaimTimeline) -> Iterator[Event]:
    for entry in found.entries:
        yield Event(
            title=text_or(f"event.{entry.subject}.{entry.action}", say(action_word(entry.action))),
            at=entry.at,
            who=_who(entry),
            note=_note(entry),
        )


def _who(entry: Happened) -> str:
    """The role, and of one's own people the user name."""
    if entry.holder in (Holder.SYSTEM, Holder.BANK):
        return t(f"holder.{entry.holder}")
    role = term(Role(entry.role))
    return role if entry.username is None else f"{role} · {entry.username}"


def _note(entry: Happened) -> str | None:
    """What a person said, which material it was, which term passed, or on which day something was."""
    if entry.kind is not None:
        return say(material_text(entry.kind))
    if entry.reason is not None:
        return f"{say(Text(entry.reason['text'], entry.reason['text_en']))}（{entry.reason['article']}）"
    if entry.delivered_on is not None and entry.completed_on is not None:
        shown = {"delivered": day(entry.delivered_on), "completed": day(entry.completed_on)}
        return t("timeline.delivered", days=(entry.completed_on - entry.delivered_on).days, **shown)
    if entry.amount_fen is not None:
        return " ".join(_of_clawback(entry))
    if entry.value_date is not None:
        said = t("timeline.value_date", day=day(entry.value_date))
        return said if entry.note is None else f"{said} {entry.note}"
    return entry.note


def _of_clawback(entry: Happened) -> Iterator[str]:
    yield yuan(entry.amount_fen)
    if entry.due_on is not None:
        yield t("timeline.by", day=day(entry.due_on))
    if entry.note is not None:
        yield entry.note


def _ahead(found: ClaimTimeline) -> Iterator[Event]:
    for place in found.stations:
        if place.phase is StationPhase.NOW:
            yield Event(
                title=t(f"step.claim.{place.station}"),
                phase="now",
                at=place.since,
                who=t("timeline.with", who=t(f"holder.{place.holder}")),
                by=None if place.due is None else place.due.last_day,
                note=_urgency(place),
            )
        elif place.phase is StationPhase.NEXT:
            yield Event(title=t(f"step.claim.{place.station}"), phase="next", who=t(f"holder.{place.holder}"))


def _urgency(place: Place) -> str | None:
    return t("timeline.stopped") if place.stopped else countdown_words(place.due)
