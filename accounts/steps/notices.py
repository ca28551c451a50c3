"""Telling an organisation that something waits for it or has happened, and when what waited is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from accounts.kinds import MailRhythm
from accounts.models import MailSetting, Notice, User
from accounts.permissions import Role
from accounts.rules.mails import mail_about
from core.db import require_transaction
from core.mail import enqueue
from core.pages.links import path_of


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is told: the text ``notice.<key>`` with ``params``, about a record, with the page to go to.

    A ``task`` waits for who is told, perhaps until ``due_on``. ``entry_id`` is the entry of the audit trail it
    tells of.
    """

    key: str
    subject_kind: str
    subject_id: int
    entry_id: int
    task: bool = False
    due_on: date | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    link: tuple[str, int] | None = None


def notify(
    message: Message, *, organisation_id: int, role: Role | None, user_id: int | None = None, now: datetime
) -> Notice:
    """Tell the users of an organisation, those of one role in it or one of them; by mail too whoever wants each notice
    at once."""
    current = require_transaction()
    kind, number = message.link or (None, None)
    notice = Notice(
        organisation_id=organisation_id,
        role=role,
        user_id=user_id,
        key=message.key,
        params=dict(message.params),
        task=message.task,
        due_on=message.due_on,
        subject_kind=message.subject_kind,
        subject_id=message.subject_id,
        link_kind=kind,
        link_id=number,
        entry_id=message.entry_id,
        raised_at=now,
    )
    current.add(notice)
    current.flush()
    mail_notice(notice, cause=f"notice:{notice.id}", now=now)
    return notice


def settle_tasks(*, subject_kind: str, subject_id: int, now: datetime) -> None:
    """What waited about a record waits no more: it has moved on."""
    require_transaction().execute(
        update(Notice)
        .where(
            Notice.subject_kind == subject_kind,
            Notice.subject_id == subject_id,
            Notice.task,
            Notice.settled_at.is_(None),
        )
        .values(settled_at=now)
    )


def mail_notice(notice: Notice, *, cause: str, now: datetime) -> None:
    """Write the mails of those who want each notice at once."""
    for setting in _wanting(notice):
        mail = mail_about(
            notice.key,
            params=notice.params,
            due_on=notice.due_on,
            path=path_of(notice.link_kind, notice.link_id),
            language=setting.language,
        )
        enqueue(
            key=f"{cause}:{setting.user_id}",
            recipient=setting.address,
            subject=mail.subject,
            body=mail.body,
            user_id=setting.user_id,
            now=now,
        )


def _wanting(notice: Notice) -> Sequence[MailSetting]:
    found = (
        select(MailSetting)
        .join(User, User.id == MailSetting.user_id)
        .where(
            User.organisation_id == notice.organisation_id,
            User.active,
            MailSetting.confirmed_at.is_not(None),
            MailSetting.rhythm == MailRhythm.EACH,
        )
    )
    if notice.user_id is not None:
        found = found.where(User.id == notice.user_id)
    if notice.role is not None:
        found = found.where(User.role == notice.role)
    return require_transaction().scalars(found.order_by(MailSetting.id)).all()
