"""The yearly evaluation, frozen: what was counted, what the evaluated say about it, and its publication (V20)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, identity_key


class EvaluationSnapshot(Model):
    """The evaluation of a year as it was counted. Never changed.

    ``inputs`` are the period, the day it was counted on and the terms of the policy, ``definitions`` the version of
    what the figures mean. ``digest`` is the SHA-256 of inputs, definitions and every line in a fixed order.
    """

    __tablename__ = "evaluation_snapshot"

    id: Mapped[int] = identity_key()
    year: Mapped[int] = mapped_column(SmallInteger, unique=True)
    definitions: Mapped[int] = mapped_column(SmallInteger)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[str] = mapped_column(Text)
    comment_by: Mapped[date] = mapped_column(Date)
    taken_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    taken_at: Mapped[datetime] = mapped_column(UTC)

    lines: Mapped[list[EvaluationLine]] = relationship(order_by="EvaluationLine.id", viewonly=True)
    publication: Mapped[EvaluationPublication | None] = relationship(viewonly=True)


class EvaluationLine(Model):
    """The figures of one provider or one city in a snapshot. Never changed."""

    __tablename__ = "evaluation_line"
    __table_args__ = (
        UniqueConstraint("snapshot_id", "organisation_id", name="uq_evaluation_line_organisation"),
        UniqueConstraint("snapshot_id", "city", name="uq_evaluation_line_city"),
        Index("ix_evaluation_line_organisation_id", "organisation_id"),
    )

    id: Mapped[int] = identity_key()
    snapshot_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("evaluation_snapshot.id"))
    organisation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    city: Mapped[str | None] = mapped_column(Text)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)

    snapshot: Mapped[EvaluationSnapshot] = relationship(viewonly=True)
    comments: Mapped[list[EvaluationComment]] = relationship(order_by="EvaluationComment.id", viewonly=True)


class EvaluationComment(Model):
    """What the evaluated say about their line, within the term. Never changed."""

    __tablename__ = "evaluation_comment"
    __table_args__ = (Index("ix_evaluation_comment_line_id", "line_id"),)

    id: Mapped[int] = identity_key()
    line_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("evaluation_line.id"))
    text: Mapped[str] = mapped_column(Text)
    filed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    filed_at: Mapped[datetime] = mapped_column(UTC)

    line: Mapped[EvaluationLine] = relationship(viewonly=True)
    reply: Mapped[EvaluationReply | None] = relationship(viewonly=True)


class EvaluationReply(Model):
    """What the province answers to a comment. Never changed."""

    __tablename__ = "evaluation_reply"

    id: Mapped[int] = identity_key()
    comment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("evaluation_comment.id"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    replied_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    replied_at: Mapped[datetime] = mapped_column(UTC)


class EvaluationPublication(Model):
    """A snapshot is public from here on. Never changed."""

    __tablename__ = "evaluation_publication"

    snapshot_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("evaluation_snapshot.id"), primary_key=True, autoincrement=False
    )
    published_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    published_at: Mapped[datetime] = mapped_column(UTC)
