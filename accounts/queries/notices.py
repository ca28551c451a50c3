"""Reads of notices: one's own, how many are unread, and what is to be mailed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from accounts.kinds import MailRhythm
from accounts.models import MailSetting, Notice, NoticeReading, User
from accounts.rules.mails import sentence
from core.db import session
from core.errors import NotFound
from core.pages.links import path_of
from core.permissions import Actor
from core.texts import Text


class NoticeMissing(NotFound):
    """There is no such notice for this actor."""

    code = "notice_missing"


@dataclass(frozen=True)
class ShownNotice:
    """A notice with whether its reader has read it."""

    notice: Notice
    read_at: datetime | None

    @property
    def said(self) -> Text:
        """What it says, in both languages."""
        return sentence(self.notice.key, self.notice.params)

    @property
    def text(self) -> str:
        """What it says in Chinese."""
        return self.said.zh

    @property
    def text_en(self) -> str:
        """What it says in English."""
        return self.said.en

    @property
    def is_open(self) -> bool:
        """Whether it is a task that still waits."""
        return self.notice.task and self.notice.settled_at is None

    @property
    def path(self) -> str | None:
        """The page to go to."""
        kind, number = self.notice.link_kind, self.notice.link_id
        return None if kind is None or number is None else path_of(kind, number)


def own_notices(actor: Actor, *, waiting: bool | None = None, unread: bool | None = None) -> Select[tuple[Notice]]:
    """The notices to the actor, his organisation and role; only tasks that wait, or only what he has not read."""
    found = select(Notice).where(_told_to(actor))
    if waiting is not None:
        is_open = and_(Notice.task, Notice.settled_at.is_(None))
        found = found.where(is_open if waiting else ~is_open)
    if unread is not None:
        found = found.where(~_read_by(actor) if unread else _read_by(actor))
    return found


def shown(notices: Sequence[Notice], *, actor: Actor) -> list[ShownNotice]:
    """The notices with when the actor read each, in one query."""
    readings = select(NoticeReading.notice_id, NoticeReading.read_at).where(
        NoticeReading.user_id == actor.user_id, NoticeReading.notice_id.in_([each.id for each in notices])
    )
    read = dict(session().execute(readings).tuples().all())
    return [ShownNotice(each, read.get(each.id)) for each in notices]


def unread_count(actor: Actor) -> int:
    """How many notices the actor has not read; those about what is done already do not count."""
    found = (
        select(func.count()).select_from(Notice).where(_told_to(actor), Notice.settled_at.is_(None), ~_read_by(actor))
    )
    return session().scalar(found) or 0


def find_notice(notice_id: int, *, actor: Actor) -> Notice:
    """A notice to the actor; raises :class:`NoticeMissing`."""
    found = session().scalar(select(Notice).where(Notice.id == notice_id, _told_to(actor)))
    if found is None:
        raise NoticeMissing
    return found


def mail_setting(user_id: int, *, lock: bool = False) -> MailSetting | None:
    """Where a user wants mail, if he ever said."""
    found = select(MailSetting).where(MailSetting.user_id == user_id)
    return session().scalar(found.with_for_update() if lock else found)


def digest_readers() -> Sequence[int]:
    """The users who want a digest a day, with a confirmed address."""
    return (
        session()
        .scalars(
            select(MailSetting.user_id)
            .join(User, User.id == MailSetting.user_id)
            .where(MailSetting.rhythm == MailRhythm.DAILY, MailSetting.confirmed_at.is_not(None), User.active)
            .order_by(MailSetting.user_id)
        )
        .all()
    )


def digest_of(actor: Actor, *, since: datetime | None, until: datetime) -> Sequence[Notice]:
    """What was told or recalled to the actor between two instants and is not done: dated tasks first."""
    told = func.coalesce(Notice.reminded_at, Notice.raised_at)
    found = select(Notice).where(_told_to(actor), Notice.settled_at.is_(None), told <= until)
    if since is not None:
        found = found.where(told > since)
    return session().scalars(found.order_by(Notice.due_on.asc().nulls_last(), Notice.id)).all()


def tasks_due(days: Sequence[date]) -> Sequence[int]:
    """The numbers of open tasks that are due on one of these days."""
    return (
        session()
        .scalars(
            select(Notice.id)
            .where(Notice.task, Notice.settled_at.is_(None), Notice.due_on.in_(days))
            .order_by(Notice.id)
        )
        .all()
    )


def _told_to(actor: Actor) -> ColumnElement[bool]:
    of_role = or_(Notice.role.is_(None), Notice.role == actor.role)
    to_him = or_(Notice.user_id.is_(None), Notice.user_id == actor.user_id)
    return and_(Notice.organisation_id == (actor.organisation_id or 0), of_role, to_him)


def _read_by(actor: Actor) -> ColumnElement[bool]:
    return exists().where(NoticeReading.notice_id == Notice.id, NoticeReading.user_id == (actor.user_id or 0))
