"""The words of the catalogue: kinds, funding, price units."""

from __future__ import annotations

from enum import StrEnum


class InstrumentKind(StrEnum):
    """What is listed: 科研仪器, 科研设施, or a national-network service unit (服务单元)."""

    INSTRUMENT = "instrument"
    FACILITY = "facility"
    SERVICE_UNIT = "service_unit"


class Funding(StrEnum):
    """Who paid for it; fiscal and partly fiscal facilities fall under S2 and S4."""

    FISCAL = "fiscal"
    PARTLY_FISCAL = "partly_fiscal"
    PRIVATE = "private"
    UNKNOWN = "unknown"


class ValueBand(StrEnum):
    """Original values in steps, in yuan, to narrow a search by; no rule hangs on them."""

    UNKNOWN = "unknown"
    UNDER_100K = "under_100k"
    FROM_100K = "from_100k"
    FROM_200K = "from_200k"
    FROM_1M = "from_1m"
    FROM_5M = "from_5m"
    FROM_10M = "from_10m"


BAND_STARTS_FEN = {
    ValueBand.UNDER_100K: 0,
    ValueBand.FROM_100K: 10_000_000,
    ValueBand.FROM_200K: 20_000_000,
    ValueBand.FROM_1M: 100_000_000,
    ValueBand.FROM_5M: 500_000_000,
    ValueBand.FROM_10M: 1_000_000_000,
}
"""The least value of each step in fen, upwards."""


def value_band(value_fen: int | None) -> ValueBand:
    """The step a value in fen belongs to."""
    if value_fen is None:
        return ValueBand.UNKNOWN
    return next(band for band, start in reversed(BAND_STARTS_FEN.items()) if value_fen >= start)


class PriceUnit(StrEnum):
    """What one unit of a price buys."""

    HOUR = "hour"
    DAY = "day"
    TIME = "time"
    SAMPLE = "sample"


TIMED_UNITS = frozenset({PriceUnit.HOUR, PriceUnit.DAY})
"""Prices by time on an instrument, which need a slot; the others need a quantity."""


class PriceGroup(StrEnum):
    """For whom a price is: the provider's own, users of the province, users from outside."""

    OWN = "own"
    IN_PROVINCE = "in_province"
    OUTSIDE = "outside"


class PriceStanding(StrEnum):
    """Whether a version of a price holds on a day."""

    ANNOUNCED = "announced"
    IN_FORCE = "in_force"
    OVER = "over"
    WITHDRAWN = "withdrawn"


class ExternalUse(StrEnum):
    """Whether others than its owner may use it."""

    OPEN = "open"
    ON_REQUEST = "on_request"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class OccupancyKind(StrEnum):
    """Why an instrument is taken for a while."""

    BOOKING = "booking"
    CLOSURE = "closure"
    MAINTENANCE = "maintenance"


class UsePurpose(StrEnum):
    """What an instrument was used for (S19)."""

    ORDER = "order"
    OWN = "own"
    TEACHING = "teaching"
    MAINTENANCE = "maintenance"


class AttendanceKind(StrEnum):
    """Coming to a booking, and leaving it."""

    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"


class TakenKind(StrEnum):
    """What a calendar shows of an instrument's time that is taken; ``buffer`` is kept free around a booking."""

    BOOKING = "booking"
    CLOSURE = "closure"
    MAINTENANCE = "maintenance"
    BUFFER = "buffer"
