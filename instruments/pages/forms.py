"""What forms of this package share: choices, and what of a form differs from the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import clock
from core.db import Model
from core.pages.forms import Options
from instruments.policy import city_names, county_names, places


def county_options() -> Options:
    """Every county of the province with its city."""
    on = clock.today(clock.now())
    cities, within = city_names(on), places(on).codes
    return [(code, f"{cities[within[code]]} {name}") for code, name in county_names(on).items()]


def changed(record: Model, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that differ from the record: what is left out of a change stays."""
    return {name: value for name, value in given.items() if getattr(record, name) != value}
