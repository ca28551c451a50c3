"""What a file's row makes of what is already known: a blank never erases, anything said overwrites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from instruments.rules.imports.rows import NATIONAL_LIMITS, NATIONAL_STEP_FEN, InstrumentRow, ServiceRow
from instruments.rules.search import part_tokens, tokens
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind

PROSE_SEARCHED = 200
"""Characters of longer texts that count for search; the rest would swell the index more than it helps."""

INSTRUMENT_FIELDS = (
    "kind",
    "name",
    "name_en",
    "model",
    "maker",
    "category_code",
    "category",
    "value_fen",
    "funding",
    "specifications",
    "functions",
    "description",
    "address",
    "county",
    "acquired_on",
    "accepted_on",
    "external_use",
    "iot_sensor",
    "duty_free",
    "duty_free_record",
    "reference_price_fen",
    "reference_price_unit",
)
SAID_OF_SERVICES = (
    "kind",
    "title",
    "content",
    "process",
    "equipment",
    "standard",
    "price_fen",
    "price_unit",
    "phone",
    "turnaround_days",
)
SERVICE_FIELDS = (*SAID_OF_SERVICES, "by_negotiation")
"""What a row makes of a service: one that states a price is not priced by negotiation."""
_BLANK = {"", None, Funding.UNKNOWN, ExternalUse.UNKNOWN}


def merged_instrument(row: InstrumentRow, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields of an instrument after a row; ``known`` is what stood there, None for a new one."""
    found = _merged(row, known, INSTRUMENT_FIELDS)
    found["iot_sensor"] = bool(found["iot_sensor"])
    found["duty_free"] = bool(found["duty_free"])
    found["category"] = found["category"] or found["category_code"]
    found["tokens"] = instrument_tokens(found)
    return found


def merged_service(row: ServiceRow, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields of a service after a row."""
    found = _merged(row, known, SAID_OF_SERVICES)
    found["by_negotiation"] = False
    found["tokens"] = service_tokens(found)
    return found


def instrument_tokens(fields: Mapping[str, Any]) -> list[str]:
    """What an instrument can be found by."""
    names = ("name", "name_en", "model", "maker", "category", "category_code")
    prose = (fields[name][:PROSE_SEARCHED] for name in ("functions", "description"))
    found = tokens([*(fields[name] for name in names), *prose])
    return [*found, *part_tokens(fields[name] for name in ("name", "model"))]


def service_tokens(fields: Mapping[str, Any]) -> list[str]:
    """What a service can be found by."""
    prose = (fields[name][:PROSE_SEARCHED] for name in ("content", "equipment", "standard"))
    return tokens([fields["title"], *prose])


def cut(text: str, limit: int) -> str:
    """The beginning of a text as a cell of a national template holds it."""
    return "\n".join(text.splitlines())[:limit].strip()


def _merged(row: InstrumentRow | ServiceRow, known: Mapping[str, Any] | None, names: tuple[str, ...]) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in names}
    if known is None:
        return said
    return {name: known[name] if _keeps(row, name, value, known) else value for name, value in said.items()}


def _keeps(row: InstrumentRow | ServiceRow, name: str, said: Any, known: Mapping[str, Any]) -> bool:
    """Whether what is known stays: nothing is said, or only what is known already, more roughly."""
    if said in _BLANK:
        return True
    return isinstance(row, InstrumentRow) and row.is_national and _says_roughly(row, name, said, known[name])


def _says_roughly(row: InstrumentRow, name: str, said: Any, known: Any) -> bool:
    """Whether a national template says what is known as well as it can: sums in steps of 100 yuan, texts cut short, the
    place in front of the address, facilities as fiscal, and no difference between open and open on request."""
    match name:
        case "value_fen":
            return known is not None and known - known % NATIONAL_STEP_FEN == said
        case "address":
            return bool(said == cut(row.place + known.removeprefix(row.place), NATIONAL_LIMITS[name]))
        case "funding":
            return row.kind is InstrumentKind.FACILITY and known is Funding.PARTLY_FISCAL
        case "external_use":
            return said is ExternalUse.OPEN and known is ExternalUse.ON_REQUEST
    return name in NATIONAL_LIMITS and said == cut(known, NATIONAL_LIMITS[name])
