"""Reading notices, where mail goes, reminders and digests."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from accounts import policy
from accounts.kinds import MailLanguage, MailRhythm
from accounts.models import MailSetting, Notice, NoticeReading
from accounts.permissions import signed_in
from accounts.queries.notices import digest_of, digest_readers, find_notice, mail_setting, own_notices, tasks_due
from accounts.queries.users import user
from accounts.rules import codes
from accounts.rules.mails import Line, mail_code, mail_digest
from accounts.rules.users import email_faults
from accounts.steps.memberships import user_id_of
from accounts.steps.notices import mail_notice
from accounts.steps.second_factors import new_code
from core import audit, clock
from core.db import require_transaction, transaction
from core.errors import Conflict, Refused, TooManyAttempts, reason, refuse_all
from core.mail import enqueue
from core.pages.links import path_of
from core.permissions import Actor, authorise

CODE_VALID_FOR = timedelta(hours=24)
CODE_ATTEMPTS = 5
CODE_AGAIN_AFTER = timedelta(minutes=2)
"""How long it takes until another code is sent, so that nobody is flooded with mail through us."""


class MailAddressRefused(Refused):
    """This is no address mail can go to."""

    code = "mail_address_refused"


class MailCodeRefused(Conflict):
    """The code is wrong, was used or is too old; ask for a new one."""

    code = "mail_code_refused"


class MailCodeTooSoon(TooManyAttempts):
    """A code went out a moment ago."""

    code = "mail_code_too_soon"


def read_notice(*, notice_id: int, actor: Actor, now: datetime) -> Notice:
    """Note that the actor has read a notice; a second time changes nothing."""
    with transaction():
        authorise(actor, signed_in)
        notice = find_notice(notice_id, actor=actor)
        _note_read([notice.id], user_id=user_id_of(actor), now=now)
        return notice


def read_all(*, actor: Actor, now: datetime) -> int:
    """Note that the actor has read everything there is; returns how many were new to him."""
    with transaction() as current:
        authorise(actor, signed_in)
        numbers = current.scalars(own_notices(actor, unread=True).with_only_columns(Notice.id)).all()
        _note_read(list(numbers), user_id=user_id_of(actor), now=now)
        return len(numbers)


def set_mail(*, address: str, rhythm: MailRhythm, language: MailLanguage, actor: Actor, now: datetime) -> MailSetting:
    """Say where and how often one wants mail; to a new address a code goes first, and nothing else until it is told.

    Raises :class:`MailAddressRefused` and :class:`MailCodeTooSoon`.
    """
    with transaction() as current:
        authorise(actor, signed_in)
        refuse_all(email_faults(address), error=MailAddressRefused)
        user_id = user_id_of(actor)
        setting = mail_setting(user_id, lock=True)
        if setting is None:
            setting = MailSetting(user_id=user_id, address="", code_attempts=0, digested_at=now)
            current.add(setting)
        setting.rhythm, setting.language = rhythm, language
        if setting.address != address or setting.confirmed_at is None:
            _send_code(setting, address=address, now=now)
        current.flush()
        audit.record(actor=actor, now=now, action="set", subject=setting, data={"rhythm": rhythm.value})
        return setting


def confirm_mail(*, code: str, actor: Actor, now: datetime) -> MailSetting:
    """Prove that one reads what is sent to the address; raises :class:`MailCodeRefused`.

    A wrong code is counted although the call is refused.
    """
    with transaction():
        authorise(actor, signed_in)
        setting = mail_setting(user_id_of(actor), lock=True)
        if setting is None or setting.code_digest is None:
            raise MailCodeRefused(reasons=[reason("mail_code_none", field="code")])
        setting.code_attempts += 1
        is_open = setting.code_attempts <= CODE_ATTEMPTS and (setting.code_expires_at or now) > now
        is_right = is_open and hmac.compare_digest(setting.code_digest, codes.digest(code))
        if is_right:
            setting.confirmed_at, setting.code_digest, setting.code_expires_at = now, None, None
            audit.record(actor=actor, now=now, action="confirm", subject=setting)
    if not is_right:
        raise MailCodeRefused(reasons=[reason("mail_code_wrong", field="code")])
    return setting


def remind(*, now: datetime) -> int:
    """Recall the open tasks that are due in as many days as the policy names: unread again, and by mail."""
    today = clock.today(now)
    days = [today + timedelta(days=each) for each in policy.reminder_days(today)]
    found = tasks_due(days)
    return sum(_remind(notice_id, now=now) for notice_id in found)


def send_digests(*, now: datetime) -> int:
    """Write the day's digest for everybody who wants one and has something in it; returns how many were written."""
    return sum(_digest(user_id, now=now) for user_id in digest_readers())


def _note_read(numbers: list[int], *, user_id: int, now: datetime) -> None:
    if not numbers:
        return
    rows = [{"notice_id": number, "user_id": user_id, "read_at": now} for number in numbers]
    with_key = insert(NoticeReading).values(rows).on_conflict_do_nothing()
    require_transaction().execute(with_key)


def _send_code(setting: MailSetting, *, address: str, now: datetime) -> None:
    expires_at = setting.code_expires_at
    if expires_at is not None and now < expires_at - CODE_VALID_FOR + CODE_AGAIN_AFTER:
        raise MailCodeTooSoon
    code = new_code()
    setting.address, setting.confirmed_at = address, None
    setting.code_digest, setting.code_expires_at, setting.code_attempts = codes.digest(code), now + CODE_VALID_FOR, 0
    mail = mail_code(code, hours=int(CODE_VALID_FOR.total_seconds() // 3600), language=setting.language)
    enqueue(
        key=f"code:{setting.user_id}:{now.isoformat()}",
        recipient=address,
        subject=mail.subject,
        body=mail.body,
        user_id=setting.user_id,
        now=now,
    )


def _remind(notice_id: int, *, now: datetime) -> bool:
    with transaction() as current:
        notice = current.scalars(
            select(Notice).where(Notice.id == notice_id, Notice.settled_at.is_(None)).with_for_update()
        ).one_or_none()
        if notice is None or (notice.reminded_at is not None and clock.today(notice.reminded_at) == clock.today(now)):
            return False
        notice.reminded_at = now
        current.execute(delete(NoticeReading).where(NoticeReading.notice_id == notice.id))
        mail_notice(notice, cause=f"reminder:{notice.id}:{clock.today(now).isoformat()}", now=now)
        return True


def _digest(user_id: int, *, now: datetime) -> bool:
    with transaction():
        setting = mail_setting(user_id, lock=True)
        if setting is None or setting.rhythm is not MailRhythm.DAILY:
            return False
        found = digest_of(user(user_id).as_actor(), since=setting.digested_at, until=now)
        setting.digested_at = now
        if not found:
            return False
        today = clock.today(now)
        mail = mail_digest(
            [Line(each.key, each.params, each.due_on) for each in found],
            on=today,
            path=path_of("notices", None),
            language=setting.language,
        )
        enqueue(
            key=f"digest:{user_id}:{today.isoformat()}",
            recipient=setting.address,
            subject=mail.subject,
            body=mail.body,
            user_id=user_id,
            now=now,
        )
        return True
