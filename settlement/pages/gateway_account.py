"""A provider's own account at the payment gateway."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, render_template, session, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Done, EmptySchema, Form, NavEntry, Pages, form_page, term
from core.pages.language import t
from settlement import permissions
from settlement.pages.gateway_words import in_words
from settlement.queries.payments import account_at_gateway
from settlement.rules.gateway_words import AccountNeed
from settlement.rules.methods import PaymentMethod
from settlement.service import gateway_accounts as service
from settlement.states import AccountState

gateway_account = Pages(
    "gateway_account_pages",
    __name__,
    url_prefix="/gateway-account",
    navigation=(NavEntry("gateway_account", "gateway_account_pages.one", "money", permissions.may_enrol, order=47),),
)
LINK = "onboarding_link"
"""Where the provider's own session keeps the address; it is good once, for minutes."""


@gateway_account.get("")
@allow(permissions.may_enrol)
def one() -> str:
    """How far the account is, and what the gateway still asks for."""
    account = account_at_gateway(current_actor().organisation_id)
    stage = "none" if account is None else account.state.value
    title = "page.gateway_onboarding.title" if account is None else "page.gateway_account.again"
    return render_template(
        "settlement/gateway_account.html",
        account=account,
        next_words=t(f"page.gateway_account.next.{stage}"),
        methods=[] if account is None else [term(PaymentMethod(each)) for each in account.methods],
        asked=[] if account is None else [in_words(each, of=AccountNeed) for each in account.missing],
        link=session.get(LINK) if account is None or account.state is not AccountState.READY else None,
        actions=[{"label": t(title), "href": url_for("gateway_account_pages.onboard"), "primary": True}],
    )


@gateway_account.route("/onboarding", methods=["GET", "POST"])
@allow(permissions.may_enrol)
def onboard() -> Response:
    """Open it, or go on with what the gateway still asks for."""
    here = url_for("gateway_account_pages.one")

    def effect(_given: dict[str, Any]) -> Done:
        account = service.enrol(actor=current_actor(), now=clock.now())
        back = f"{current_app.config['PUBLIC_URL']}{here}"
        session[LINK] = service.onboard(account.id, return_url=back, now=clock.now())
        return Done(here, "page.gateway_onboarding.done")

    # The gateway is asked on the way, so no transaction may surround this; the account is one however often it is sent.
    return form_page(Form(EmptySchema, name="gateway_onboarding"), effect=effect, back=here, keyed=False)
