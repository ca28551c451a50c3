"""Notices: what waits for whom, what has happened, and where mail about it goes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from flask import Response, url_for
from sqlalchemy import Select

from accounts.kinds import MailLanguage, MailRhythm
from accounts.models import Notice
from accounts.permissions import signed_in
from accounts.queries.notices import ShownNotice, mail_setting, own_notices, shown, unread_count
from accounts.schemas.notices import MailCodeSchema, MailSettingSchema
from accounts.service import notices as service
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, EmptySchema, Filter, Form, NavEntry, Pages, Table, form_page, table_page
from core.pages.language import moment, say, t, term

notices = Pages(
    "notice_pages",
    __name__,
    url_prefix="/notices",
    navigation=(
        NavEntry(
            "notices",
            "notice_pages.index",
            "account",
            signed_in,
            order=5,
            badge=lambda: unread_count(current_actor()),
        ),
    ),
    links={"notices": ("notice_pages.index", "")},
)


class NoticeState(StrEnum):
    """What a notice asks of its reader."""

    WAITING = "waiting"
    SETTLED = "settled"
    INFORMATION = "information"


def _rows(found: Sequence[Notice]) -> Sequence[ShownNotice]:
    return shown(found, actor=current_actor())


def _state(row: ShownNotice) -> NoticeState:
    if not row.notice.task:
        return NoticeState.INFORMATION
    return NoticeState.WAITING if row.is_open else NoticeState.SETTLED


def _by_state(query: Select[Any], value: str) -> Select[Any]:
    wanted = NoticeState(value)
    if wanted is NoticeState.INFORMATION:
        return query.where(~Notice.task)
    done = Notice.settled_at.is_not(None)
    return query.where(Notice.task, done if wanted is NoticeState.SETTLED else ~done)


NOTICES = Table(
    name="notices",
    key=Notice.id,
    default_sort="-raised_at",
    empty="page.notices.empty",
    prepare=_rows,
    filters=[
        Filter("notice_state", _by_state, options=lambda: [(each.value, term(each)) for each in NoticeState]),
    ],
    columns=[
        Column("notice", lambda row: say(row.said), link=lambda row: row.path),
        Column("state", _state, kind="term"),
        Column("due_on", lambda row: row.notice.due_on, kind="day", sort=Notice.due_on),
        Column("raised_at", lambda row: row.notice.raised_at, kind="moment", sort=Notice.raised_at),
        Column("read", lambda row: row.read_at is not None, kind="flag"),
    ],
)


@notices.get("")
@allow(signed_in)
def index() -> Any:
    """What the reader was told, the newest first."""
    actions = [
        {"label": t("page.notices_read.title"), "href": url_for("notice_pages.read_all")},
        {"label": t("page.mail.title"), "href": url_for("notice_pages.mail")},
    ]
    return table_page(NOTICES, own_notices(current_actor()), title="page.notices.title", actions=actions)


@notices.route("/reading", methods=["GET", "POST"])
@allow(signed_in)
def read_all() -> Response:
    """Everything is read."""

    def effect(_given: dict[str, Any]) -> Done:
        count = service.read_all(actor=current_actor(), now=clock.now())
        return Done(_index(), "page.notices_read.done", params={"count": count})

    return form_page(Form(EmptySchema, name="notices_read"), effect=effect, back=_index())


@notices.route("/mail", methods=["GET", "POST"])
@allow(signed_in)
def mail() -> Response:
    """Where and how often mail goes."""
    known = mail_setting(current_actor().user_id or 0)
    initial: dict[str, Any] = {"rhythm": MailRhythm.DAILY, "language": MailLanguage.ZH}
    if known is not None:
        initial = {"address": known.address, "rhythm": known.rhythm, "language": known.language}
    form = Form(MailSettingSchema, name="mail", initial=initial)
    form["address"].attributes |= {"autocomplete": "email", "inputmode": "email"}
    proven = t("page.mail.proven", at=moment(known.confirmed_at)) if known and known.confirmed_at else None

    def effect(given: dict[str, Any]) -> Done:
        setting = service.set_mail(**given, actor=current_actor(), now=clock.now())
        if setting.confirmed_at is None:
            return Done(url_for("notice_pages.confirm_mail"), "page.mail.code_sent")
        return Done(_index(), "page.mail.done")

    facts = [("column.proven", proven or t("page.mail.unproven"))] if known else []
    return form_page(form, effect=effect, back=_index(), facts=facts)


@notices.route("/mail/confirmation", methods=["GET", "POST"])
@allow(signed_in)
def confirm_mail() -> Response:
    """The code that was sent to the address."""
    form = Form(MailCodeSchema, name="mail_confirmation")
    form["code"].attributes["autocomplete"] = "one-time-code"

    def effect(given: dict[str, Any]) -> Done:
        service.confirm_mail(**given, actor=current_actor(), now=clock.now())
        return Done(_index(), "page.mail_confirmation.done")

    return form_page(form, effect=effect, back=url_for("notice_pages.mail"), keyed=False)


def _index() -> str:
    return url_for("notice_pages.index")
