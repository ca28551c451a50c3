"""A provider's standing consent to orders of a service: giving it, and taking it back."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, request, url_for

from accounts.queries.names import usernames
from core import clock
from core.http import allow, current_actor
from core.pages import Done, EmptySchema, Form, Pages, form_page, link_to
from core.pages.language import moment, t
from core.pages.submission import SEE_OTHER
from core.permissions import authorise
from instruments.models import Service, ServiceConsent
from instruments.permissions import may_manage, may_offer
from instruments.queries.consents import ConsentMissing, consent_in_force
from instruments.queries.instruments import find_service
from instruments.schemas.consents import NewConsentSchema
from instruments.service import consents as service

consent_pages = Pages("consent_pages", __name__, url_prefix="/services/<int:service_id>/consent")


@consent_pages.route("", methods=["GET", "POST"])
@allow(may_offer)
def give(service_id: int) -> Response:
    """Accept orders ahead; where that is done already, the way leads to taking it back."""
    own, here = _own(service_id), link_to("service", service_id)
    if request.method == "GET" and own.consent_id is not None:
        return make_response(redirect(url_for("consent_pages.revoke", service_id=service_id), SEE_OTHER))

    def effect(given: dict[str, Any]) -> Done:
        service.give_consent(service_id=service_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.consent.done")

    form = Form(NewConsentSchema, name="consent")
    return form_page(form, effect=effect, back=here, facts=[("column.title", own.title)])


@consent_pages.route("/revocation", methods=["GET", "POST"])
@allow(may_offer)
def revoke(service_id: int) -> Response:
    """Be asked about every order again."""
    own, here = _own(service_id), link_to("service", service_id)
    consent = consent_in_force(own)
    if consent is None:
        raise ConsentMissing

    def effect(_given: dict[str, Any]) -> Done:
        service.revoke_consent(service_id=service_id, consent_id=consent.id, actor=current_actor(), now=clock.now())
        return Done(here, "page.consent_revocation.done")

    facts = [("column.title", own.title), *consent_facts(own, is_owner=True)]
    return form_page(Form(EmptySchema, name="consent_revocation"), effect=effect, back=here, facts=facts)


def consent_facts(offered: Service, *, is_owner: bool) -> list[tuple[str, str]]:
    """How orders of a service are accepted; its owner is told who gave the consent and when."""
    consent = consent_in_force(offered)
    if consent is None:
        return [("fact.acceptance", t("acceptance.on_request"))]
    way = t("acceptance.instant_both" if consent.direct_deduction else "acceptance.instant_full")
    return [("fact.acceptance", way), *([("fact.consent", _given(consent))] if is_owner else [])]


def _given(consent: ServiceConsent) -> str:
    who = usernames([consent.given_by])[consent.given_by]
    return t("consent.given", number=consent.id, at=moment(consent.given_at), who=who)


def _own(service_id: int) -> Service:
    found = find_service(service_id, actor=current_actor())
    authorise(current_actor(), may_manage, found)
    return found
