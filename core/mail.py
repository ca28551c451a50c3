"""Mail as an outbox: a mail is a row written with the change it tells of, and sent afterwards until it is taken.

No network call happens within a transaction: an attempt is noted and committed, the mail is sent, and what came of it
is noted. A process that dies in between sends again, under the same Message-ID, so that the second copy is known as
one. Without ``MAIL_SERVER`` mails are written as files below ``VAR_DIR/mail``.
"""

from __future__ import annotations

import hashlib
import smtplib
from datetime import datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from typing import Any

import structlog
from flask import Flask, current_app
from flask_mailman import EmailMessage
from flask_mailman import Mail as Mailman
from sqlalchemy import BigInteger, Index, SmallInteger, Text, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core.config import MailSettings
from core.db import Model, require_transaction, transaction
from core.types import UTC, Enumerated, identity_key

log = structlog.get_logger()

MAX_ATTEMPTS = 12
FIRST_REST = timedelta(minutes=2)
LONGEST_REST = timedelta(hours=6)
"""How long a mail that was not taken rests: twice as long each time, up to this."""
PERMANENT = 500
"""From this SMTP code on a refusal is for good."""
SENDING_TIMEOUT_SECONDS = 20


class MailState(StrEnum):
    """Where a mail stands."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Mail(Model):
    """One mail to one person. ``key`` names its cause, so that one cause never makes two mails."""

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_next_attempt_at", "next_attempt_at", postgresql_where=text("state = 'waiting'")),)

    id: Mapped[int] = identity_key()
    key: Mapped[str] = mapped_column(Text, unique=True)
    recipient: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[MailState] = mapped_column(Enumerated(MailState))
    created_at: Mapped[datetime] = mapped_column(UTC)
    attempts: Mapped[int] = mapped_column(SmallInteger)
    next_attempt_at: Mapped[datetime] = mapped_column(UTC)
    sent_at: Mapped[datetime | None] = mapped_column(UTC)
    error: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(BigInteger)


def init_mail(app: Flask, settings: MailSettings) -> None:
    """Tell the mail library how this installation sends."""
    app.config.update(
        MAIL_BACKEND="smtp" if settings.server else "file",
        MAIL_SERVER=settings.server or "",
        MAIL_PORT=settings.port,
        MAIL_USE_TLS=settings.security == "starttls",
        MAIL_USE_SSL=settings.security == "tls",
        MAIL_USERNAME=settings.username,
        MAIL_PASSWORD=settings.password,
        MAIL_DEFAULT_SENDER=settings.sender,
        MAIL_FILE_PATH=settings.folder,
        MAIL_TIMEOUT=SENDING_TIMEOUT_SECONDS,
    )
    Mailman(app)


def enqueue(*, key: str, recipient: str, subject: str, body: str, user_id: int | None, now: datetime) -> None:
    """Have a mail sent once this transaction has committed; a second one of the same key is left out."""
    values = {
        "key": key,
        "recipient": recipient,
        "subject": " ".join(subject.split()),
        "body": body,
        "state": MailState.WAITING,
        "created_at": now,
        "attempts": 0,
        "next_attempt_at": now,
        "user_id": user_id,
    }
    require_transaction().execute(insert(Mail).values(values).on_conflict_do_nothing(index_elements=[Mail.key]))


def send_waiting(*, now: datetime) -> int:
    """Send every mail whose time has come, each once; returns how many were taken."""
    taken = 0
    while (mail := _begin_next(now=now)) is not None:
        error, is_permanent = _send(mail)
        _note(mail["id"], error=error, is_permanent=is_permanent, now=now)
        taken += error is None
    return taken


def _begin_next(*, now: datetime) -> dict[str, Any] | None:
    """Note an attempt at the next mail and give what is to be sent; None where nothing waits."""
    with transaction() as current:
        mail = current.scalars(
            select(Mail)
            .where(Mail.state == MailState.WAITING, Mail.next_attempt_at <= now)
            .order_by(Mail.next_attempt_at, Mail.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if mail is None:
            return None
        mail.attempts += 1
        mail.next_attempt_at = now + min(FIRST_REST * 2 ** (mail.attempts - 1), LONGEST_REST)
        return {name: getattr(mail, name) for name in ("id", "key", "recipient", "subject", "body")}


def _send(mail: dict[str, Any]) -> tuple[str | None, bool]:
    """Hand a mail to the server; what it said where it did not take it, and whether that is for good."""
    sender = str(current_app.config["MAIL_DEFAULT_SENDER"])
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message_id = f"<{hashlib.sha256(mail['key'].encode()).hexdigest()[:32]}@{domain}>"
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    try:
        # The library leaves a connection open whose mail was refused; as a context it closes in any case.
        with current_app.extensions["mailman"].get_connection() as connection:
            message = EmailMessage(mail["subject"], mail["body"], sender, [mail["recipient"]], headers=headers)
            connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        return str(refused), bool(codes) and min(codes) >= PERMANENT
    except smtplib.SMTPResponseException as refused:
        return str(refused), isinstance(refused, smtplib.SMTPDataError) and refused.smtp_code >= PERMANENT
    except (smtplib.SMTPException, OSError) as failed:
        return f"{type(failed).__name__}: {failed}", False
    return None, False


def _note(mail_id: int, *, error: str | None, is_permanent: bool, now: datetime) -> None:
    with transaction() as current:
        mail = current.scalars(select(Mail).where(Mail.id == mail_id).with_for_update()).one()
        mail.error = error
        if error is None:
            mail.state, mail.sent_at = MailState.SENT, now
        elif is_permanent or mail.attempts >= MAX_ATTEMPTS:
            mail.state = MailState.FAILED
            log.warning("mail_failed", mail=mail_id, error=error)
