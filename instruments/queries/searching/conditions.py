"""The filters of a search as the database reads them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, exists, literal, or_, select

from core.permissions import Actor
from instruments.models import Instrument, Service, ServiceInstrument
from instruments.queries.instruments import in_scope, visible
from instruments.queries.searching.asked import Search
from instruments.queries.searching.freedom import free_throughout
from instruments.rules.classes import is_class
from instruments.rules.search import is_latin, query_parts, query_tokens
from instruments.rules.terms import BAND_STARTS_FEN, ExternalUse, ValueBand
from instruments.states import ListingState, ServiceState


def conditions(wanted: Search, actor: Actor) -> list[ColumnElement[bool]]:
    """Everything a search asks, with what the actor may see."""
    scope = visible(actor) if wanted.state is None else _of_state(wanted.state, actor)
    found: list[ColumnElement[bool]] = [scope]
    if wanted.q.strip():
        found += words_found(wanted.q)
    found += [
        col == value
        for col, value in (
            (Instrument.city, wanted.city),
            (Instrument.county, wanted.county),
            (Instrument.provider_id, wanted.provider),
            (Instrument.funding, wanted.funding),
            (Instrument.kind, wanted.kind),
        )
        if value is not None
    ]
    if wanted.category is not None:
        found.append(_category(wanted.category))
    if wanted.value_band is not None:
        found.append(band() == wanted.value_band.value)
    if wanted.iot_sensor is not None:
        found.append(Instrument.iot_sensor.is_(wanted.iot_sensor))
    if wanted.vouchers is not None:
        found.append(open_to_vouchers() if wanted.vouchers else ~open_to_vouchers())
    if wanted.instant is not None:
        found.append(accepts_at_once() if wanted.instant else ~accepts_at_once())
    if wanted.min_value_fen is not None:
        found.append(Instrument.value_fen >= wanted.min_value_fen)
    if wanted.max_value_fen is not None:
        found.append(Instrument.value_fen <= wanted.max_value_fen)
    if wanted.asks_price:
        found.append(_offered(*_prices(wanted)))
    if wanted.free_from is not None and wanted.free_to is not None:
        among = select(Instrument.id).where(*found)
        found.append(Instrument.id.in_(free_throughout(wanted.free_from, wanted.free_to, among=among)))
    return found


def words_found(q: str) -> list[ColumnElement[bool]]:
    """That an instrument holds every word: as its tokens say, or anywhere in a Latin word of its name or model."""
    words = query_tokens(q)
    if not words:
        return [literal(value=False)]
    plain = [each for each in words if not is_latin(each)]
    latin = [
        or_(Instrument.tokens.contains([each]), Instrument.tokens.contains(query_parts(each)))
        for each in words
        if is_latin(each)
    ]
    return [*([Instrument.tokens.contains(plain)] if plain else []), *latin]


def band() -> ColumnElement[str]:
    """The step of the value, as :func:`instruments.rules.terms.value_band` has it."""
    steps = [(Instrument.value_fen >= start, literal(step.value)) for step, start in reversed(BAND_STARTS_FEN.items())]
    return case(*steps, else_=literal(ValueBand.UNKNOWN.value))


def open_to_vouchers() -> ColumnElement[bool]:
    """Others may use it, and a published service rests on it."""
    return and_(Instrument.external_use != ExternalUse.CLOSED, _offered())


def accepts_at_once() -> ColumnElement[bool]:
    """A published service on it has a standing consent: its orders are accepted as they are placed."""
    return _offered(Service.consent_id.is_not(None))


def _offered(*further: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        exists()
        .where(
            ServiceInstrument.instrument_id == Instrument.id,
            Service.id == ServiceInstrument.service_id,
            Service.state == ServiceState.PUBLISHED,
            *further,
        )
        .correlate(Instrument)
    )


def _prices(wanted: Search) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.min_price_fen is not None:
        found.append(Service.price_fen >= wanted.min_price_fen)
    if wanted.max_price_fen is not None:
        found.append(Service.price_fen <= wanted.max_price_fen)
    if wanted.price_unit is not None:
        found.append(Service.price_unit == wanted.price_unit)
    return found


def _of_state(state: ListingState, actor: Actor) -> ColumnElement[bool]:
    if state is ListingState.PUBLISHED:
        return Instrument.state == state
    return and_(Instrument.state == state, in_scope(actor))


def _category(category: str) -> ColumnElement[bool]:
    if is_class(category):
        return or_(
            Instrument.category_code.between(category, category + "9" * (6 - len(category))),
            Instrument.category == category,
        )
    return Instrument.category == category
