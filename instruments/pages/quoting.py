"""The way from a service to its quote, which lies in a package above."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import url_for

from core.http import current_actor
from core.pages.blueprint import SIGN_IN
from core.pages.links import links, place
from instruments.models import Instrument, Service
from instruments.pages.asking import Asked
from instruments.permissions import may_ask_for_it
from instruments.states import ListingState, ServiceState

QUOTE_NEW = "quote_new"
"""The page that asks for a quote, registered by the package that gives them."""


NEED_NEW = "unmet_need_new"
"""The page that states a need which nothing found meets, registered by the same package (V16 out)."""


def need_href(question: Asked) -> str | None:
    """Where who reads states that what this search found does not serve; None where it is not for them."""
    if NEED_NEW not in links() or question.faults or not may_ask_for_it(current_actor()):
        return None
    return question.href(at=links()[NEED_NEW][0])


def quote_href(service: Service, instrument: Instrument | None = None) -> str | None:
    """Where who reads gets a quote for a service; visitors sign in first. None where it is not for them."""
    actor = current_actor()
    offered = service.state is ServiceState.PUBLISHED
    bookable = instrument is None or instrument.state is ListingState.PUBLISHED
    if QUOTE_NEW not in links() or not offered or not bookable:
        return None
    wanted = {"service_id": service.id} | ({} if instrument is None else {"instrument_id": instrument.id})
    target = f"{place(QUOTE_NEW)}?{urlencode(wanted)}"
    if not actor.is_signed_in:
        return url_for(links()[SIGN_IN][0], next=target)
    return target if may_ask_for_it(actor) else None
