"""What the index holds of a published instrument: one document, made from one row of :data:`ROWS`.

Words are the tokens of ``instruments.rules.search``, so that what finds a row in the database finds its document.
``mark`` is a digest of everything indexed: by it the index is compared with the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import text
from tantivy import Document, Schema, SchemaBuilder

from instruments.rules.classes import CODE_LENGTHS
from instruments.rules.pinyin import pinyin_tokens
from instruments.rules.schedules import schedule
from instruments.rules.search import normalise, part_tokens, tokens
from instruments.rules.terms import ExternalUse, PriceUnit, value_band

LAYOUT = 5
"""Raised with every change of what documents hold: an index of another layout is built anew."""

NO_VALUE = -1
LONGEST_BEGINNING = 16
"""Characters of a name whose beginnings are terms of their own."""
BLANK = "_"
"""Stands for a blank within a term; no normalised word has it."""
BETWEEN = "\x1f"
"""Stands between the titles of services in :data:`ROWS`."""
KEPT_TEXTS = 50_000

ROWS = """
    SELECT i.id, i.name, i.name_en, i.model, array_to_string(i.tokens, ' ') AS tokens, i.city, i.county, i.category,
           i.category_code, i.provider_id, i.funding, i.kind, i.external_use, i.value_fen, i.iot_sensor, offered.prices,
           offered.instant, offered.titles, o.name AS provider,
           (SELECT string_agg(h.weekday || '-' || h.opens_minute || '-' || h.closes_minute, ','
                              ORDER BY h.weekday, h.opens_minute)
              FROM opening_hours AS h WHERE h.instrument_id = i.id) AS week,
           (SELECT string_agg(n.first_day || ' ' || n.last_day || ' ' || coalesce(
                   (SELECT string_agg(h.weekday || '-' || h.opens_minute || '-' || h.closes_minute, ','
                                      ORDER BY h.weekday, h.opens_minute)
                      FROM season_hours AS h WHERE h.season_id = n.id), ''), ';' ORDER BY n.first_day)
              FROM opening_season AS n WHERE n.instrument_id = i.id) AS seasons
      FROM instrument AS i
      JOIN organisation AS o ON o.id = i.provider_id
      LEFT JOIN LATERAL (
           SELECT string_agg(s.price_unit || ' ' || s.price_fen, ',' ORDER BY s.id) AS prices,
                  bool_or(s.consent_id IS NOT NULL) AS instant, string_agg(DISTINCT s.title, E'\n') AS titles
             FROM service_instrument AS t JOIN service AS s ON s.id = t.service_id
            WHERE t.instrument_id = i.id AND s.state = 'published') AS offered ON true
     WHERE i.state = 'published'
"""
OF_THESE = text(f"{ROWS} AND i.id = ANY(:ids)")
ALL = text(ROWS)
IN_ORDER = text(f"{ROWS} AND i.id > :after ORDER BY i.id LIMIT :many")

Row = Sequence[Any]
"""The columns of :data:`ROWS`, in their order."""

WORDS = ("name", "model", "words", "pinyin", "begins", "category_words", "provider_words", "service_words")
OF_FACETS = ("city", "county", "category", "funding", "kind", "value_band", "sensor", "vouchers", "instant")
TERMS = ("whole", "whole_model", *OF_FACETS)
OPENS = "opens"
"""Whether it has any opening hours: without, it is free at no time."""
SCHEDULE = "schedule"
"""By which hours it opens, as ``rules.schedules`` writes them."""
CODES = {length: f"code{length}" for length in CODE_LENGTHS}
NUMBERS = ("id", "provider", "value", "price", "mark")
ORDER_BY_NAME = "by_name"
SHOWN_MODEL, SERVICE = "shown_model", "service"
"""What is suggested as it is written; a service has its title."""


@cache
def schema() -> Schema:
    """The fields: words for finding, terms and numbers for filters, facets and order."""
    builder = SchemaBuilder()
    for name in WORDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    for name in TERMS:
        builder.add_text_field(name, fast=name in OF_FACETS, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(OPENS, tokenizer_name="raw", index_option="basic")
    for name in (*CODES.values(), ORDER_BY_NAME, SHOWN_MODEL, SERVICE, SCHEDULE):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in (*NUMBERS, *(price_field(unit) for unit in PriceUnit)):
        builder.add_integer_field(name, indexed=name in ("id", "provider"), fast=True)
    return builder.build()


def price_field(unit: PriceUnit | None) -> str:
    """Where the prices of a unit are; those of all units without one."""
    return "price" if unit is None else f"price_{unit.value}"


def document(row: Row) -> Document:
    """The document of a row."""
    (
        number, name, name_en, model, words, city, county, category, code, provider, funding, kind, external_use, value,
        sensor, prices, instant, titles, of_provider, week, seasons,
    ) = row  # fmt: skip
    found = Document()
    found.add_integer("id", number)
    found.add_integer("mark", mark(row))
    found.add_integer("provider", provider)
    found.add_integer("value", NO_VALUE if value is None else value)
    hours = schedule(week, seasons)
    if hours:
        found.add_text(SCHEDULE, hours)
    in_name, beginnings, whole = _of_name(name, name_en)
    in_model, whole_model = _of_model(model)
    for field, term in (
        ("words", words),
        ("name", in_name),
        ("begins", beginnings),
        ("pinyin", pinyin_tokens(name)),
        ("whole", whole),
        ("model", in_model),
        ("whole_model", whole_model),
        (ORDER_BY_NAME, name_key(name)),
        (SHOWN_MODEL, model),
        ("category_words", _suggested_by(category)),
        ("provider_words", _suggested_by(of_provider)),
        ("city", city),
        ("county", county),
        ("category", category),
        ("funding", funding),
        ("kind", kind),
        ("value_band", value_band(value).value),
        ("sensor", _flag(sensor)),
        (OPENS, _flag(hours)),
        ("vouchers", _flag(prices is not None and external_use != ExternalUse.CLOSED)),
        ("instant", _flag(instant)),
    ):
        found.add_text(field, term)
    for length, field in CODES.items():
        found.add_text(field, code[:length])
    for title in titles.split(BETWEEN) if titles else ():
        found.add_text(SERVICE, title)
        found.add_text("service_words", " ".join(tokens([title])))
    for offered in prices.split(",") if prices else ():
        unit, _, price = offered.partition(" ")
        found.add_integer("price", int(price))
        found.add_integer(price_field(PriceUnit(unit)), int(price))
    return found


def mark(row: Row) -> int:
    """The digest of a row: 62 bits, as fields of the index hold whole numbers."""
    digest = blake2b(repr(tuple(row)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 2


def name_key(name: str) -> str:
    """A term that sorts as the name does, and that no query language misreads."""
    return "k" + name.encode("utf-8", "surrogatepass").hex()


def name_of_key(key: str) -> str:
    """The name behind :func:`name_key`."""
    return bytes.fromhex(key[1:]).decode("utf-8", "surrogatepass")


def beginning(plain: str) -> str:
    """The term by which a normalised name is found that begins so."""
    return plain[:LONGEST_BEGINNING].replace(" ", BLANK)


@lru_cache(maxsize=KEPT_TEXTS)
def _of_name(name: str, name_en: str) -> tuple[str, str, str]:
    plain = normalise(name)
    found = [*tokens([name, name_en]), *part_tokens([name])]
    beginnings = {beginning(plain[:length]) for length in range(1, LONGEST_BEGINNING + 1)}
    return " ".join(found), " ".join(sorted(beginnings)), plain


@lru_cache(maxsize=KEPT_TEXTS)
def _of_model(model: str) -> tuple[str, str]:
    return " ".join([*tokens([model]), *part_tokens([model])]), normalise(model)


@lru_cache(maxsize=KEPT_TEXTS)
def _suggested_by(shown: str) -> str:
    """What leads to a text while somebody types: its words and its pinyin."""
    return " ".join([*tokens([shown]), pinyin_tokens(shown)])


def _flag(value: object) -> str:
    return "true" if value else "false"
