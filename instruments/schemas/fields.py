"""Fields of this package: truth values, times of day, lists of facet names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from core.http import FlagField as PlainFlagField
from core.http.schemas import fault
from instruments.rules.opening import MINUTES_A_DAY

_TIME = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")


class FlagField(PlainFlagField):
    """true or false; in a query string or form the words, or 1 and 0."""

    words = {**PlainFlagField.words, "1": True, "0": False}


class TimeOfDayField(fields.Field[int]):
    """A time of day ``HH:MM`` in Asia/Shanghai, 00:00 to 24:00, as minutes after midnight."""

    default_error_messages = {
        "required": fault("required"),
        "null": fault("null"),
        "invalid": fault("not_a_time"),
    }

    def __init__(self, **kwargs: Any) -> None:
        described = {"type": "string", "pattern": "^([01][0-9]|2[0-4]):[0-5][0-9]$", "example": "08:30"}
        kwargs["metadata"] = {**described, **kwargs.get("metadata", {})}
        super().__init__(**kwargs)

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value // 60:02d}:{value % 60:02d}"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        match = _TIME.fullmatch(value) if isinstance(value, str) else None
        minutes = int(match[1]) * 60 + int(match[2]) if match else MINUTES_A_DAY + 1
        if minutes > MINUTES_A_DAY:
            raise self.make_error("invalid")
        return minutes
