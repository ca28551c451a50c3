"""Notices to the user signed in, and where mail about them goes."""

from __future__ import annotations

from typing import Any

from accounts import service
from accounts.api.me import me
from accounts.kinds import MailLanguage, MailRhythm
from accounts.models import MailSetting, Notice
from accounts.permissions import signed_in
from accounts.queries.notices import NoticeMissing, ShownNotice, mail_setting, own_notices, shown
from accounts.schemas.notices import (
    MailCodeSchema,
    MailSettingSchema,
    NoticeQuerySchema,
    NoticeSchema,
    ReadNoticesSchema,
    ShownMailSettingSchema,
)
from accounts.service.notices import MailAddressRefused, MailCodeRefused, MailCodeTooSoon
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems

notices = Blueprint(
    "notices", __name__, url_prefix="/notices", description="What waits for whom, and what has happened."
)

_NEVER_SAID = {"address": None, "rhythm": MailRhythm.OFF, "language": MailLanguage.ZH, "confirmed_at": None}


@notices.route("", methods=["GET"])
@allow(signed_in)
@notices.arguments(NoticeQuerySchema, location="query")
@notices.response(200, page_schema(NoticeSchema))
def list_notices(given: dict[str, Any]) -> dict[str, Any]:
    """Notices to the user's organisation and role, the newest first"""
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    actor = current_actor()
    page = page_of(own_notices(actor, **given), cursor=cursor, limit=limit, key=Notice.id, descending=True)
    return {**page, "items": shown(page["items"], actor=actor)}


@notices.route("/<int:notice_id>/reading", methods=["POST"])
@allow(signed_in)
@problems(NoticeMissing)
@idempotent
@notices.response(201, NoticeSchema)
def read(notice_id: int) -> ShownNotice:
    """Note that one has read a notice"""
    actor = current_actor()
    notice = service.notices.read_notice(notice_id=notice_id, actor=actor, now=clock.now())
    return shown([notice], actor=actor)[0]


@notices.route("/readings", methods=["POST"])
@allow(signed_in)
@idempotent
@notices.response(201, ReadNoticesSchema)
def read_all() -> dict[str, int]:
    """Note that one has read them all"""
    return {"count": service.notices.read_all(actor=current_actor(), now=clock.now())}


@me.route("/mail", methods=["GET"])
@allow(signed_in)
@me.response(200, ShownMailSettingSchema)
def show_mail() -> MailSetting | dict[str, Any]:
    """Where and how often this user wants mail"""
    return mail_setting(current_actor().user_id or 0) or _NEVER_SAID


@me.route("/mail", methods=["POST"])
@allow(signed_in)
@problems(MailAddressRefused, MailCodeTooSoon)
@idempotent
@me.arguments(MailSettingSchema)
@me.response(201, ShownMailSettingSchema)
def set_mail(given: dict[str, Any]) -> MailSetting:
    """Say where and how often one wants mail

    A new address is sent a code first; nothing else goes there before the code is told.
    """
    return service.notices.set_mail(**given, actor=current_actor(), now=clock.now())


@me.route("/mail/confirmation", methods=["POST"])
@allow(signed_in)
@problems(MailCodeRefused)
@me.arguments(MailCodeSchema)
@me.response(201, ShownMailSettingSchema)
def confirm_mail(given: dict[str, str]) -> MailSetting:
    """Prove the address with its code

    Takes no Idempotency-Key: a wrong code must be counted although the call is refused.
    """
    return service.notices.confirm_mail(**given, actor=current_actor(), now=clock.now())
