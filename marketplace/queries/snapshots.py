"""Reads of yearly evaluations: before publication each its own, afterwards everybody (V20)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import visible_organisations
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from marketplace.models import (
    EvaluationComment,
    EvaluationLine,
    EvaluationPublication,
    EvaluationReply,
    EvaluationSnapshot,
)
from marketplace.permissions import may_read_evaluations

_READS_ALL = frozenset({Role.PROVINCE, Role.AUDITOR})
_READS_ITS_CITY = frozenset({Role.CITY_BUREAU, Role.CITY_FINANCE})
_PUBLISHED = select(EvaluationPublication.snapshot_id)


class EvaluationSnapshotMissing(NotFound):
    """There is no such yearly evaluation for this actor."""

    code = "evaluation_snapshot_missing"


class EvaluationLineMissing(NotFound):
    """There are no such figures for this actor."""

    code = "evaluation_line_missing"


class EvaluationCommentMissing(NotFound):
    """There is no such comment for this actor."""

    code = "evaluation_comment_missing"


def visible_snapshots(actor: Actor) -> Select[tuple[EvaluationSnapshot]]:
    """What is published, for everybody; all for those who read evaluations."""
    found = select(EvaluationSnapshot).options(joinedload(EvaluationSnapshot.publication))
    return found if may_read_evaluations(actor) else found.where(EvaluationSnapshot.id.in_(_PUBLISHED))


def find_snapshot(snapshot_id: int, *, actor: Actor) -> EvaluationSnapshot:
    """A yearly evaluation the actor may see; raises :class:`EvaluationSnapshotMissing`."""
    snapshot = session().scalar(visible_snapshots(actor).where(EvaluationSnapshot.id == snapshot_id))
    if snapshot is None:
        raise EvaluationSnapshotMissing
    return snapshot


def snapshot_of(year: int) -> EvaluationSnapshot | None:
    """The evaluation of a year, if it is frozen."""
    return session().scalar(select(EvaluationSnapshot).where(EvaluationSnapshot.year == year))


def visible_lines(actor: Actor, *, snapshot_id: int | None = None) -> Select[tuple[EvaluationLine]]:
    """Lines the actor may see: of itself, of its city, all; all of what is published."""
    found = select(EvaluationLine).where(_sees_lines(actor))
    return found if snapshot_id is None else found.where(EvaluationLine.snapshot_id == snapshot_id)


def find_line(line_id: int, *, actor: Actor) -> EvaluationLine:
    """A line the actor may see, with its comments and their answers; raises :class:`EvaluationLineMissing`."""
    found = visible_lines(actor).where(EvaluationLine.id == line_id)
    line = session().scalar(
        found.options(
            joinedload(EvaluationLine.snapshot).joinedload(EvaluationSnapshot.publication),
            selectinload(EvaluationLine.comments).joinedload(EvaluationComment.reply),
        )
    )
    if line is None:
        raise EvaluationLineMissing
    return line


def find_comment(comment_id: int, *, actor: Actor) -> EvaluationComment:
    """A comment on a line that the actor may see; raises :class:`EvaluationCommentMissing`."""
    lines = visible_lines(actor).with_only_columns(EvaluationLine.id)
    comment = session().scalar(
        select(EvaluationComment)
        .where(EvaluationComment.id == comment_id, EvaluationComment.line_id.in_(lines))
        .options(joinedload(EvaluationComment.line), joinedload(EvaluationComment.reply))
    )
    if comment is None:
        raise EvaluationCommentMissing
    return comment


def unanswered_comments(snapshot_id: int) -> int:
    """How many comments on a yearly evaluation wait for their answer."""
    waiting = (
        select(func.count(EvaluationComment.id))
        .join(EvaluationLine, EvaluationLine.id == EvaluationComment.line_id)
        .outerjoin(EvaluationReply, EvaluationReply.comment_id == EvaluationComment.id)
        .where(EvaluationLine.snapshot_id == snapshot_id, EvaluationReply.id.is_(None))
    )
    return session().scalar(waiting) or 0


def _sees_lines(actor: Actor) -> ColumnElement[bool]:
    published = EvaluationLine.snapshot_id.in_(_PUBLISHED)
    if not may_read_evaluations(actor):
        return published
    if actor.role in _READS_ALL:
        return true()
    seen = select(Organisation.id).where(visible_organisations(actor))
    found = or_(published, EvaluationLine.organisation_id.in_(seen))
    return or_(found, EvaluationLine.city == actor.city) if actor.role in _READS_ITS_CITY else found
