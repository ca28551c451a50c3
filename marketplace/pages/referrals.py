"""Referrals of fiscal institutions to the department they belong to (S29)."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, url_for

from core import clock
from core.http import Schema, TextField, allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, Form, NavEntry, Pages, form_page, link_to, table_page
from core.pages.language import t
from marketplace.models import Referral
from marketplace.pages.provider_cases import by_code, register, rows, step
from marketplace.permissions import may_read_referrals, may_refer
from marketplace.queries.namings import find_referral, visible_referrals
from marketplace.schemas.namings import LONG, SHORT, ReplySchema, SendingSchema
from marketplace.service import referrals as referral_service
from marketplace.states import ReferralState

referrals = Pages(
    "referral_pages",
    __name__,
    url_prefix="/referrals",
    navigation=(NavEntry("referrals", "referral_pages.index", "oversight", may_read_referrals, order=39),),
    links={"referral": ("referral_pages.referral", "referral_id")},
)

REFERRALS = register(
    Referral,
    ReferralState,
    "organisation",
    Column("department", lambda row: row.record.department, sort=Referral.department),
    Column("sent_on", lambda row: row.record.sent_on, kind="day", sort=Referral.sent_on),
)


class NewReferralFormSchema(Schema):
    """A referral of an institution named by its code."""

    uscc = TextField(required=True, max_length=40)
    department = TextField(required=True, max_length=SHORT)
    facts = TextField(required=True, max_length=LONG)


@referrals.get("")
@allow(may_read_referrals)
def index() -> Any:
    """Referrals, the latest first."""
    actions = [{"label": t("page.referral_new.title"), "href": url_for("referral_pages.refer")}]
    return table_page(
        REFERRALS,
        visible_referrals(current_actor()),
        title="page.referrals.title",
        actions=actions if may_refer(current_actor()) else [],
    )


@referrals.get("/<int:referral_id>")
@allow(may_read_referrals)
def referral(referral_id: int) -> str:
    """One referral with the department's answer."""
    actor = current_actor()
    found = find_referral(referral_id, actor=actor)
    following = {ReferralState.PREPARED: "send", ReferralState.SENT: "reply"}.get(found.state)
    actions = [{"label": t("page.referral.document"), "href": url_for("referral_pages.document", referral_id=found.id)}]
    if following is not None and may_refer(actor):
        href = url_for(f"referral_pages.{following}", referral_id=found.id)
        actions.append({"label": t(f"page.referral_{following}.title"), "href": href})
    return render_template(
        "marketplace/referral.html", referral=found, organisation=rows([found])[0].organisation, actions=actions
    )


@referrals.get("/<int:referral_id>/document")
@allow(may_read_referrals)
def document(referral_id: int) -> Response:
    """The document of a referral."""
    return attachment(find_referral(referral_id, actor=current_actor()).document_file)


@referrals.route("/new", methods=["GET", "POST"])
@allow(may_refer)
def refer() -> Response:
    """Write a referral."""

    def effect(given: dict[str, Any]) -> Done:
        made = referral_service.prepare_referral(
            organisation_id=by_code(given.pop("uscc")),
            naming_id=None,
            **given,
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("referral", made.id), "page.referral_new.done")

    return form_page(
        Form(NewReferralFormSchema, name="referral_new"), effect=effect, back=url_for("referral_pages.index")
    )


@referrals.route("/<int:referral_id>/dispatch", methods=["GET", "POST"])
@allow(may_refer)
def send(referral_id: int) -> Response:
    """The document went out."""
    found = find_referral(referral_id, actor=current_actor())
    form = Form(SendingSchema, name="referral_send")
    return step(link_to("referral", found.id), form, referral_service.send_referral, referral_id=found.id)


@referrals.route("/<int:referral_id>/answer", methods=["GET", "POST"])
@allow(may_refer)
def reply(referral_id: int) -> Response:
    """The department answered."""
    found = find_referral(referral_id, actor=current_actor())
    form = Form(ReplySchema, name="referral_reply")
    return step(link_to("referral", found.id), form, referral_service.answer_referral, referral_id=found.id)
