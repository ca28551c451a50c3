"""Instruments in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump, validate

from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
    TextField,
    grounds_field,
)
from core.http.paging import DEFAULT_LIMIT, MAX_LIMIT
from core.http.schemas import fault
from instruments.queries.catalogue import FACETS, Sort
from instruments.queries.nearby import MOST_TRIED
from instruments.rules.interruptions import InterruptionKind
from instruments.rules.listing import Obligation
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind, PriceUnit, ValueBand
from instruments.schemas.fields import FlagField
from instruments.schemas.suggestions import AnsweredSchema
from instruments.service.listings import Decision
from instruments.states import ListingState

PROSE = 10_000
NAME = 300
MAX_DEFECTS = 50
ALL_FACETS = frozenset({"all", "true", "1"})
NO_FACETS = frozenset({"none", "false", "0", ""})


class SearchSchema(CursorSchema):
    """A search of the catalogue."""

    q = TextField(
        min_length=0, max_length=200, load_default="", metadata={"description": "Words to look for, in any language."}
    )
    city = TextField(max_length=6, metadata={"description": "Six-digit code of the city."})
    county = TextField(max_length=6, metadata={"description": "Six-digit code of the county."})
    category = TextField(
        max_length=NAME, metadata={"description": "Category, or 2, 4 or 6 digits of the national classes."}
    )
    provider = IdField(metadata={"description": "Number of the provider."})
    funding = EnumField(Funding, metadata={"description": "Who paid for it."})
    kind = EnumField(InstrumentKind, metadata={"description": "Instrument, facility, or service unit."})
    value_band = EnumField(ValueBand, metadata={"description": "Step of the value, as the facet of that name counts."})
    iot_sensor = FlagField(metadata={"description": "Whether it carries an IoT sensor."})
    vouchers = FlagField(
        metadata={"description": "Whether it is open to vouchers: others may use it by a published service."}
    )
    instant = FlagField(
        metadata={
            "description": "Whether a published service on it has a standing consent: orders are accepted at once."
        }
    )
    min_price_fen = FenField(metadata={"description": "Least price of a published service in fen."})
    max_price_fen = FenField(metadata={"description": "Greatest price of a published service in fen."})
    price_unit = EnumField(PriceUnit, metadata={"description": "What that price buys; any unit by default."})
    near = TextField(
        max_length=6,
        metadata={"description": "Six-digit code of a county: with sort=near its own come first, then its city's."},
    )
    state = EnumField(
        ListingState,
        metadata={"description": "Another listing state, of what one may look into; by default published ones."},
    )
    min_value_fen = FenField(metadata={"description": "Least value in fen."})
    max_value_fen = FenField(metadata={"description": "Greatest value in fen."})
    free_from = InstantField(metadata={"description": "Start of a time to be open and free throughout; with free_to."})
    free_to = InstantField(metadata={"description": "End of that time, at most seven days later."})
    sort = EnumField(Sort, metadata={"description": "Order; relevance with q, else newest, by default."})
    facets = TextField(
        min_length=0,
        max_length=200,
        load_default="all",
        metadata={"description": f"Facets wanted, with commas: {', '.join(FACETS)}; all (default) or none."},
    )


class ProviderSchema(Schema):
    """Whose it is."""

    id = IdField(required=True, metadata={"description": "Number of the provider."})
    name = TextField(required=True, max_length=1000, metadata={"description": "Its name."})
    city = TextField(required=True, allow_none=True, metadata={"description": "Its city; null outside the province."})
    in_province = fields.Boolean(required=True, metadata={"description": "Whether it sits in the province."})


def _text(description: str, limit: int = NAME, **kwargs: Any) -> TextField:
    return TextField(min_length=0, max_length=limit, metadata={"description": description}, **kwargs)


class InstrumentFieldsSchema(Schema):
    """What a provider says about an instrument."""

    name = TextField(max_length=NAME, metadata={"description": "Name."})
    kind = EnumField(InstrumentKind, metadata={"description": "Instrument, facility, or service unit."})
    name_en = _text("Name in English.")
    model = _text("Model (规格型号).")
    maker = _text("Maker (生产制造商).")
    category_code = TextField(
        min_length=0,
        max_length=6,
        validate=validate.Regexp(r"^([0-9]{6})?$", error=fault("invalid")),
        metadata={"description": "Six digits of the national instrument classes, or empty."},
    )
    category = _text("Category in words.")
    value_fen = FenField(allow_none=True, metadata={"description": "Original value (原值) of one unit in fen."})
    funding = EnumField(Funding, metadata={"description": "Who paid for it (S4)."})
    specifications = _text("Main technical figures.", PROSE)
    functions = _text("What it can do.", PROSE)
    description = _text("Anything else.", PROSE)
    address = _text("Where it stands.")
    county = TextField(
        min_length=0,
        max_length=6,
        validate=validate.Regexp(r"^([0-9]{6})?$", error=fault("invalid")),
        metadata={"description": "Six-digit code of the county where it stands, or empty."},
    )
    acquired_on = DayField(allow_none=True, metadata={"description": "When it was bought."})
    accepted_on = DayField(allow_none=True, metadata={"description": "When it was accepted; starts the term of S13."})
    changed_on = DayField(
        allow_none=True, metadata={"description": "When what is said changed; starts the term of S14."}
    )
    external_use = EnumField(ExternalUse, metadata={"description": "Whether others may use it."})
    iot_sensor = FlagField(metadata={"description": "Whether it carries an IoT sensor (S4)."})
    duty_free = FlagField(metadata={"description": "Whether it was imported free of duty (S5)."})
    duty_free_record = _text("Its compliance record for opening a duty-free import (S5).")
    reference_price_fen = FenField(allow_none=True, metadata={"description": "Reference price in fen; no offer."})
    reference_price_unit = EnumField(PriceUnit, allow_none=True, metadata={"description": "What that price buys."})


class NewInstrumentSchema(InstrumentFieldsSchema):
    """A new instrument; only the name is needed for a draft."""

    name = TextField(required=True, max_length=NAME, metadata={"description": "Name."})
    external_id = TextField(
        max_length=200, metadata={"description": "The provider's own id, unique to it; made where left out."}
    )


class PutInstrumentSchema(InstrumentFieldsSchema):
    """An instrument stated whole; what is left out is blank."""

    name = TextField(required=True, max_length=NAME, metadata={"description": "Name."})


class InstrumentSummarySchema(Schema):
    """An instrument in a list."""

    id = IdField(required=True, metadata={"description": "Number of the instrument."})
    external_id = TextField(required=True, metadata={"description": "The provider's own id."})
    kind = EnumField(InstrumentKind, required=True, metadata={"description": "Instrument, facility, service unit."})
    name = TextField(required=True, metadata={"description": "Name."})
    name_en = _text("Name in English.", required=True)
    model = _text("Model.", required=True)
    maker = _text("Maker.", required=True)
    category_code = _text("National instrument class.", required=True)
    category = _text("Category.", required=True)
    value_fen = FenField(required=True, allow_none=True, metadata={"description": "Value in fen; null if unknown."})
    funding = EnumField(Funding, required=True, metadata={"description": "Who paid for it."})
    address = _text("Where it stands.", required=True)
    county = _text("Code of its county, or empty.", required=True)
    city = _text("Code of its city, or empty.", required=True)
    external_use = EnumField(ExternalUse, required=True, metadata={"description": "Whether others may use it."})
    iot_sensor = fields.Boolean(required=True, metadata={"description": "Whether it carries an IoT sensor."})
    reference_price_fen = FenField(required=True, allow_none=True, metadata={"description": "Reference price in fen."})
    reference_price_unit = EnumField(
        PriceUnit, required=True, allow_none=True, metadata={"description": "What that price buys."}
    )
    state = EnumField(ListingState, required=True, metadata={"description": "State of its listing."})
    provider = fields.Nested(ProviderSchema, required=True, metadata={"description": "Whose it is."})


class ListingSchema(Schema):
    """How the listing stands; shown to the owner and to authorities."""

    obligation = EnumField(Obligation, required=True, metadata={"description": "Whether it must be listed (S4)."})
    defects = fields.List(
        fields.Nested(ReasonSchema), required=True, metadata={"description": "What is to be mended, such as a sensor."}
    )
    advice = fields.List(
        fields.Nested(ReasonSchema), required=True, metadata={"description": "What the measure encourages."}
    )
    accepted_on = DayField(required=True, allow_none=True, metadata={"description": "When it was accepted."})
    due_on = DayField(required=True, allow_none=True, metadata={"description": "Last day to list it (S13)."})
    changed_on = DayField(required=True, allow_none=True, metadata={"description": "When it last changed."})
    update_due_on = DayField(required=True, allow_none=True, metadata={"description": "Last day to update it (S14)."})
    secrecy_exempted_on = DayField(
        required=True, allow_none=True, metadata={"description": "When its exemption for secrecy was filed (S23)."}
    )
    submitted_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was submitted."})
    reviewed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was reviewed."})
    opinion = _text("The reviewer's opinion.", PROSE, required=True)
    returned_defects = fields.List(
        TextField(), required=True, metadata={"description": "The defects for which it was returned."}
    )
    reasons = grounds_field("What its review and an exemption rest on; empty before.")


class InstrumentSchema(InstrumentSummarySchema):
    """An instrument with everything said about it."""

    specifications = _text("Main technical figures.", PROSE, required=True)
    functions = _text("What it can do.", PROSE, required=True)
    description = _text("Anything else.", PROSE, required=True)
    acquired_on = DayField(required=True, allow_none=True, metadata={"description": "When it was bought."})
    duty_free = fields.Boolean(required=True, metadata={"description": "Whether it was imported free of duty."})
    duty_free_record = _text("Its compliance record (S5).", required=True)
    created_at = InstantField(required=True, metadata={"description": "When it was entered."})
    updated_at = InstantField(required=True, metadata={"description": "When it was last changed."})
    published_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was published."})
    listing = fields.Nested(
        ListingSchema,
        required=True,
        allow_none=True,
        metadata={"description": "How the listing stands; null for the public."},
    )

    @pre_dump
    def flatten(self, shown: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The instrument's own fields beside its listing."""
        names = [name for name in self.fields if name != "listing"]
        return {**{name: getattr(shown["instrument"], name) for name in names}, "listing": shown["listing"]}


class InstrumentChangesQuerySchema(Schema):
    """From where on."""

    changed_since = InstantField(metadata={"description": "Begin at the first change since then; without a cursor."})
    cursor = TextField(max_length=60, metadata={"description": "next_cursor of the answer before."})
    limit = CountField(
        minimum=1, maximum=MAX_LIMIT, load_default=DEFAULT_LIMIT, metadata={"description": "Items at most."}
    )


class InstrumentChangeSchema(Schema):
    """An instrument that was changed."""

    id = IdField(required=True, metadata={"description": "Number of the instrument."})
    provider_id = IdField(required=True, metadata={"description": "Number of its provider."})
    external_id = TextField(required=True, metadata={"description": "The provider's own id."})
    updated_at = InstantField(required=True, metadata={"description": "When it was last changed."})
    public = fields.Boolean(required=True, metadata={"description": "Whether it stands in the public catalogue."})
    version = TextField(required=True, allow_none=True, metadata={"description": "Its version, the ETag."})
    instrument = fields.Nested(
        InstrumentSummarySchema,
        required=True,
        allow_none=True,
        metadata={"description": "As it is; null where the reader may not see it any longer, so that copies drop it."},
    )


class InstrumentChangesSchema(Schema):
    """Changes in the order in which they were made."""

    items = fields.List(
        fields.Nested(InstrumentChangeSchema),
        required=True,
        metadata={"description": "Each instrument at its latest change."},
    )
    next_cursor = TextField(required=True, metadata={"description": "Where to go on, at the end too: then later."})
    more = fields.Boolean(required=True, metadata={"description": "Whether there is more to fetch at once."})


class FacetValueSchema(Schema):
    """One value of a facet."""

    value = _text("The value to filter by.", required=True)
    label = _text("What to show.", 1000, required=True)
    label_en = _text("The same in English; null where there is none.", 1000, required=True, allow_none=True)
    count = CountField(required=True, metadata={"description": "How many instruments of the result have it."})


class WithoutSchema(Schema):
    """How many a search would find if one filter were dropped."""

    filters = fields.List(
        TextField(), required=True, metadata={"description": "The filter, with what goes together with it."}
    )
    total = CountField(required=True, metadata={"description": "How many the search would find then."})


class NearbySchema(Schema):
    """What is near a search that found nothing."""

    without = fields.List(
        fields.Nested(WithoutSchema),
        required=True,
        metadata={"description": f"Each filter that stands in the way alone; at most {MOST_TRIED} are tried."},
    )
    cities = fields.List(
        fields.Nested(FacetValueSchema),
        required=True,
        metadata={"description": "Where the same is found in other cities, if one was asked for."},
    )
    names = fields.List(
        TextField(max_length=1000), required=True, metadata={"description": "Names like the words looked for."}
    )


class _Facets(fields.Dict):
    """Facets are written as they are counted: hundreds of values field by field would take longer than the search."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value


class SearchResultSchema(AnsweredSchema):
    """A page of a search, with the exact total and facets that follow the filters."""

    items = fields.List(
        fields.Nested(InstrumentSummarySchema), required=True, metadata={"description": "The items of this page."}
    )
    next_cursor = TextField(
        required=True,
        allow_none=True,
        metadata={
            "description": "Give it as cursor to get the next page, also where this one is short; null at the end."
        },
    )
    total = CountField(required=True, metadata={"description": "How many there are in all."})
    total_is_estimate = fields.Boolean(
        required=True,
        metadata={"description": "Whether total and facets are estimates: of a free time, beyond 10,000 matches."},
    )
    facets = _Facets(
        keys=fields.String(),
        values=fields.List(fields.Nested(FacetValueSchema)),
        required=True,
        metadata={"description": "The most frequent values of each facet with exact counts, unless estimates."},
    )
    nearby = fields.Nested(
        NearbySchema,
        required=True,
        allow_none=True,
        metadata={"description": "What is near, where nothing was found; else null."},
    )


class ListingReviewSchema(Schema):
    """What the bureau decides."""

    decision = EnumField(Decision, required=True, metadata={"description": "approve, or return for correction."})
    opinion = TextField(
        min_length=0, max_length=2000, load_default="", metadata={"description": "The reviewer's opinion."}
    )
    defects = fields.List(
        TextField(max_length=500, metadata={"description": "A defect."}),
        load_default=list,
        validate=validate.Length(max=MAX_DEFECTS, error=fault("length", min=0, max=MAX_DEFECTS)),
        metadata={"description": "Every defect, where it is returned."},
    )


class ListingSuspensionSchema(Schema):
    """Why it is out of service, and until about when."""

    note = TextField(
        min_length=0,
        max_length=2000,
        load_default="",
        metadata={"description": "Why; those with bookings are told, and it is needed where there are any."},
    )
    expected_back_on = DayField(
        load_default=None, allow_none=True, metadata={"description": "On which day it may be back; no promise."}
    )


class ListingRetirementSchema(Schema):
    """Why it is retired."""

    note = TextField(
        min_length=0,
        max_length=2000,
        load_default="",
        metadata={"description": "Why; those with bookings are told, and it is needed where there are any."},
    )


class InterruptionSchema(Schema):
    """Why an instrument is out of service."""

    kind = EnumField(InterruptionKind, required=True, metadata={"description": "suspended, or retired for good."})
    note = TextField(required=True, min_length=0, metadata={"description": "Why; empty where nothing is said."})
    expected_back_on = DayField(
        required=True, allow_none=True, metadata={"description": "On which day it may be back; null if not told."}
    )
    began_at = InstantField(required=True, metadata={"description": "Since when."})


class ListingNoteSchema(Schema):
    """Why."""

    note = TextField(
        min_length=0, max_length=2000, load_default="", metadata={"description": "Why; kept in the audit trail."}
    )
