"""Sensors, their keys and their readings in and out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from core.http import (
    CountField,
    DecimalField,
    FlagField,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
    TextField,
)
from core.http.problem import field_faults
from core.http.schemas import MAX_ID, fault
from instruments.rules.readings import Reading
from instruments.service.readings import Line

MOST_READINGS = 5_000
MOST_WATTS = Decimal(100_000_000)


class NewSensorSchema(Schema):
    """A sensor."""

    serial = TextField(required=True, max_length=64, metadata={"description": "What it calls itself in its readings."})
    running_from_w = DecimalField(
        places=3,
        minimum=Decimal("0.001"),
        maximum=MOST_WATTS,
        load_default=None,
        allow_none=True,
        metadata={"description": "Watts from which on the instrument runs, if it tells power alone."},
    )


class PlacementSchema(Schema):
    """Where a sensor is from now on."""

    instrument_id = IdField(required=True, metadata={"description": "An instrument of the provider."})
    starts_at = InstantField(load_default=None, metadata={"description": "Since when; now if left out."})


class RemovalSchema(Schema):
    """That a sensor is nowhere."""

    ends_at = InstantField(load_default=None, metadata={"description": "Since when; now if left out."})


class PlacedSchema(Schema):
    """Where a sensor was or is."""

    instrument_id = IdField(required=True, metadata={"description": "The instrument."})
    starts_at = InstantField(required=True, attribute="during.start", metadata={"description": "Since when."})
    ends_at = InstantField(
        required=True, allow_none=True, attribute="during.end", metadata={"description": "Until when; null if still."}
    )


class SensorSchema(Schema):
    """A sensor and where it was."""

    id = IdField(required=True, metadata={"description": "Its number."})
    serial = TextField(required=True, metadata={"description": "What it calls itself."})
    running_from_w = DecimalField(
        places=3, required=True, allow_none=True, metadata={"description": "Watts from which on the instrument runs."}
    )
    placements = fields.List(
        fields.Nested(PlacedSchema), required=True, metadata={"description": "Where it was and is, the latest first."}
    )
    last_reading_at = InstantField(
        required=True, allow_none=True, metadata={"description": "Its last reading; null before the first."}
    )


class NewKeySchema(Schema):
    """A key for readings."""

    label = TextField(required=True, max_length=100, metadata={"description": "What the key is for."})
    instrument_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "For sensors at this instrument alone; for all of the provider's if left out."},
    )


class IngestKeySchema(Schema):
    """A key for readings; its secret is never shown again."""

    id = IdField(required=True, metadata={"description": "Its number."})
    label = TextField(required=True, metadata={"description": "What it is for."})
    prefix = TextField(required=True, metadata={"description": "How it begins."})
    instrument_id = IdField(required=True, allow_none=True, metadata={"description": "The instrument; null for all."})
    issued_at = InstantField(required=True, metadata={"description": "When it was given out."})
    last_used_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was used last, to the minute."}
    )
    ends_at = InstantField(required=True, allow_none=True, metadata={"description": "Since or until when it works."})
    replaces_id = IdField(required=True, allow_none=True, metadata={"description": "The key it replaced."})


class IssuedKeySchema(Schema):
    """A new key, this once with its secret."""

    key = fields.Nested(IngestKeySchema, required=True, metadata={"description": "The key."})
    token = TextField(required=True, metadata={"description": "The bearer token for readings; shown this once."})


class ReadingSchema(Schema):
    """What a sensor says."""

    sensor = TextField(required=True, max_length=64, metadata={"description": "Its serial number."})
    at = InstantField(required=True, metadata={"description": "When."})
    sequence = CountField(
        maximum=MAX_ID, load_default=None, allow_none=True, metadata={"description": "Its own running number."}
    )
    running = FlagField(load_default=None, allow_none=True, metadata={"description": "Whether the instrument runs."})
    power_w = DecimalField(
        places=3,
        maximum=MOST_WATTS,
        load_default=None,
        allow_none=True,
        metadata={"description": "Power in watts; tells whether it runs where `running` is left out."},
    )
    run_seconds = CountField(
        maximum=MAX_ID, load_default=None, allow_none=True, metadata={"description": "Counter of seconds it ran."}
    )
    samples = CountField(
        maximum=MAX_ID, load_default=None, allow_none=True, metadata={"description": "Counter of samples."}
    )


class LinesField(fields.List[Any]):
    """Readings line by line: one that cannot be read is refused by itself, and the others are taken."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.Nested(ReadingSchema), **kwargs)
        self._schema = ReadingSchema()

    def _deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Line]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if not 1 <= len(value) <= MOST_READINGS:
            raise ValidationError(fault("length", min=1, max=MOST_READINGS))
        return [self._line(number, each) for number, each in enumerate(value, start=1)]

    def _line(self, number: int, given: Any) -> Line:
        try:
            read = self._schema.load(given)
        except ValidationError as invalid:
            return Line(number, None, list(field_faults({"": invalid.messages})))
        return Line(number, Reading(serial=read.pop("sensor"), **read))


class ReadingBatchSchema(Schema):
    """Readings of any sensors of the provider, in any order."""

    readings = LinesField(
        required=True, metadata={"description": f"1 to {MOST_READINGS} readings.", "maxItems": MOST_READINGS}
    )


class RefusedLineSchema(Schema):
    """A line that was not taken."""

    line = CountField(required=True, metadata={"description": "Its number, from 1 on."})
    reasons = fields.List(fields.Nested(ReasonSchema), required=True, metadata={"description": "Every reason."})


class TakenBatchSchema(Schema):
    """What came of a batch."""

    batch_id = IdField(required=True, metadata={"description": "Its number."})
    taken = CountField(required=True, metadata={"description": "Readings that were new."})
    duplicates = CountField(required=True, metadata={"description": "Readings that were taken before, and dropped."})
    late = CountField(required=True, metadata={"description": "How many of the new ones came late, and are marked so."})
    refused = fields.List(
        fields.Nested(RefusedLineSchema), required=True, metadata={"description": "Lines that were not taken."}
    )


class RunningQuerySchema(Schema):
    """A period to look at."""

    starts_at = InstantField(required=True, data_key="from", metadata={"description": "Start."})
    ends_at = InstantField(required=True, data_key="to", metadata={"description": "End; at most 92 days later."})


class RanSchema(Schema):
    """A period in which an instrument ran."""

    starts_at = InstantField(required=True, attribute="start", metadata={"description": "Start."})
    ends_at = InstantField(required=True, attribute="end", metadata={"description": "End, not part of it."})


class RunningSchema(Schema):
    """When an instrument ran."""

    running = fields.List(
        fields.Nested(RanSchema), required=True, metadata={"description": "Periods in order of time."}
    )
    hours = DecimalField(required=True, metadata={"description": "Hours it ran in all."})
