"""Memberships: registration, review, suspension."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.kinds import DocumentKind, OrganisationKind, StandardDefect, Subject
from accounts.models.organisations import Organisation
from accounts.rules.grounds import VETTING, suspension_ground
from accounts.states import MembershipState
from core.db import Model
from core.files import StoredFile
from core.grounds import Ground
from core.policy import article_name
from core.types import UTC, Enumerated, identity_key


class Membership(Model):
    """The one membership of an organisation (V2, V15). ``defects`` are the reviewer's, as sentences.

    ``required_documents`` are the kinds that its kind of member had to bring when it was approved, ``owed_documents``
    those of them that were missing then; they are owed until ``owed_until``.
    """

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_state_id", "state", "id"),)

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), unique=True)
    kind: Mapped[OrganisationKind] = mapped_column(Enumerated(OrganisationKind))
    state: Mapped[MembershipState] = mapped_column(Enumerated(MembershipState))
    declared_controller: Mapped[str] = mapped_column(Text, default="")
    submitted_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text, default="")
    defects: Mapped[list[str]] = mapped_column(JSONB, default=list)
    required_documents: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    owed_documents: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    owed_until: Mapped[date | None] = mapped_column(Date)
    owed_noted_at: Mapped[datetime | None] = mapped_column(UTC)

    organisation: Mapped[Organisation] = relationship()
    documents: Mapped[list[MembershipDocument]] = relationship(
        back_populates="membership", order_by="MembershipDocument.id"
    )

    @property
    def article(self) -> str:
        """What its review rests on, as the province's measure numbers it."""
        return article_name(VETTING)


class MembershipDocument(Model):
    """A file handed in with a registration."""

    __tablename__ = "membership_document"

    id: Mapped[int] = identity_key()
    membership_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("membership.id"), index=True)
    kind: Mapped[DocumentKind] = mapped_column(Enumerated(DocumentKind))
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    added_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(UTC)

    membership: Mapped[Membership] = relationship(back_populates="documents")
    file: Mapped[StoredFile] = relationship()


class MembershipSubmission(Model):
    """What was submitted in one round, so that the next can be compared with it."""

    __tablename__ = "membership_submission"
    __table_args__ = (UniqueConstraint("membership_id", "round"),)

    id: Mapped[int] = identity_key()
    membership_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("membership.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    stated: Mapped[dict[str, Any]] = mapped_column(JSONB)
    submitted_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime] = mapped_column(UTC)


class MembershipDefect(Model):
    """One defect that a reviewer named in a round: what it is about, from the catalogue or in words of its own."""

    __tablename__ = "membership_defect"

    id: Mapped[int] = identity_key()
    membership_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("membership.id"), index=True)
    round: Mapped[int] = mapped_column(SmallInteger)
    about: Mapped[Subject] = mapped_column(Enumerated(Subject))
    standard: Mapped[StandardDefect | None] = mapped_column(Enumerated(StandardDefect))
    note: Mapped[str] = mapped_column(Text)
    raised_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    raised_at: Mapped[datetime] = mapped_column(UTC)


class Suspension(Model):
    """A suspension of a member: ``since`` is its first day, ``until`` the first day it no longer holds.

    Without ``until`` it lasts until it is ended. ``began_at`` is when the membership's state followed.
    """

    __tablename__ = "suspension"
    __table_args__ = (
        Index("ix_suspension_membership_id", "membership_id"),
        Index("uq_suspension_running", "membership_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[int] = identity_key()
    membership_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("membership.id"))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    article: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(UTC)
    began_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))

    membership: Mapped[Membership] = relationship()

    @property
    def reasons(self) -> list[Ground]:
        """What it rests on."""
        return [suspension_ground(article=self.article, since=self.since, until=self.until, why=self.reason)]
