"""Notices: what waits for somebody or has happened to something of his; and where he wants mail about it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.kinds import MailLanguage, MailRhythm
from accounts.models.users import User
from accounts.permissions import Role
from core.db import Model
from core.types import UTC, Enumerated, identity_key

_OPEN = text("task AND settled_at IS NULL")


class Notice(Model):
    """One notice to the users of an organisation, to those of one role in it, or to one of them.

    ``key`` names its text (``notice.<key>``), ``params`` are filled in. A ``task`` waits for the organisation until it
    is settled, perhaps until ``due_on``; everything else is for information. ``entry_id`` is the entry of the audit
    trail that it tells of. ``link_kind`` and ``link_id`` are the page to go to.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_organisation_id_id", "organisation_id", "id"),
        Index("ix_notice_open_subject", "subject_kind", "subject_id", postgresql_where=_OPEN),
        Index("ix_notice_open_due_on", "due_on", postgresql_where=_OPEN),
        Index(
            "uq_notice_entry_id_key_subject_id_organisation_id_role",
            "entry_id",
            "key",
            "subject_id",
            "organisation_id",
            "role",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    role: Mapped[Role | None] = mapped_column(Enumerated(Role))
    user_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    key: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    task: Mapped[bool] = mapped_column(Boolean)
    due_on: Mapped[date | None] = mapped_column(Date)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    link_kind: Mapped[str | None] = mapped_column(Text)
    link_id: Mapped[int | None] = mapped_column(BigInteger)
    entry_id: Mapped[int] = mapped_column(BigInteger)
    raised_at: Mapped[datetime] = mapped_column(UTC)
    reminded_at: Mapped[datetime | None] = mapped_column(UTC)
    settled_at: Mapped[datetime | None] = mapped_column(UTC)


class NoticeReading(Model):
    """That one user has read one notice."""

    __tablename__ = "notice_reading"

    notice_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("notice.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_account.id"), primary_key=True, autoincrement=False
    )
    read_at: Mapped[datetime] = mapped_column(UTC)


class MailSetting(Model):
    """Where and how often a user wants mail. Nothing but the code goes to an address that is not confirmed."""

    __tablename__ = "mail_setting"

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), unique=True)
    address: Mapped[str] = mapped_column(Text)
    rhythm: Mapped[MailRhythm] = mapped_column(Enumerated(MailRhythm))
    language: Mapped[MailLanguage] = mapped_column(Enumerated(MailLanguage))
    confirmed_at: Mapped[datetime | None] = mapped_column(UTC)
    code_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_expires_at: Mapped[datetime | None] = mapped_column(UTC)
    code_attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    digested_at: Mapped[datetime | None] = mapped_column(UTC)

    user: Mapped[User] = relationship()
