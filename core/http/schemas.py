"""Marshmallow fields that answer in both languages and let nothing through that the database would refuse."""

from __future__ import annotations

import inspect
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, Self

from marshmallow import RAISE, ValidationError, fields, pre_dump, validate
from marshmallow import Schema as MarshmallowSchema
from werkzeug.datastructures import FileStorage

from core.errors import Reason
from core.texts import Text, text
from core.wording import hides_something, is_blank, is_storable

MAX_ID = 2**63 - 1
MAX_SUM_FEN = 10**15
"""The largest single sum the API takes: CNY 10,000,000,000,000.00."""


def fault(key: str, **params: object) -> str:
    """A message ``field.<key>`` in both languages, as marshmallow carries it."""
    return text(f"field.{key}", **params).both()


def split_fault(message: str) -> Text:
    """The two languages of a message made by :func:`fault`; a foreign message stands for both."""
    zh, found, en = message.partition(" / ")
    return Text(zh, en) if found else Text(message, message)


# marshmallow's own fields answer in both languages too.
fields.Field.default_error_messages |= {
    "required": fault("required"),
    "null": fault("null"),
    "validator_failed": fault("invalid"),
}
fields.Boolean.default_error_messages |= {"invalid": fault("not_boolean")}
fields.List.default_error_messages |= {"invalid": fault("not_list")}
fields.Mapping.default_error_messages |= {"invalid": fault("type")}
fields.Nested.default_error_messages |= {"type": fault("type")}


class Schema(MarshmallowSchema):
    """Refuses unknown fields and names every fault at once."""

    error_messages = {"unknown": fault("unknown"), "type": fault("type")}

    class Meta:
        unknown = RAISE
        ordered = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """The first paragraph of the docstring describes the schema in the OpenAPI document."""
        super().__init_subclass__(**kwargs)
        said = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0]
        cls.Meta = type("Meta", (cls.Meta,), {"description": " ".join(said.split())})  # type: ignore[assignment,misc]

    def __deepcopy__(self, known: dict[int, Any]) -> Self:
        """Itself: smorest copies what it documents with each decorator, and no schema changes once it is made."""
        return self


@cache
def shared(schema: type[Schema]) -> Schema:
    """The one schema of its class for all routes: it keeps nothing of what it reads, and its fields take memory."""
    return schema()


class TextField(fields.String):
    """Text of ``min_length`` to ``max_length`` characters, trimmed and composed (NFC). Text of which nothing can
    be seen is empty; control characters, lone surrogates and characters that hide or turn text are refused."""

    default_error_messages: dict[str, Any] = {
        "invalid": fault("not_text"),
        "invalid_utf8": fault("not_text"),
        "hidden": fault("hidden_characters"),
    }

    def __init__(self, *, min_length: int = 1, max_length: int = 500, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_length = min_length
        self.max_length = max_length
        bounds = validate.Length(min=min_length, max=max_length, error=fault("length", min=min_length, max=max_length))
        self.validators.insert(0, bounds)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not is_storable(value):
            raise self.make_error("invalid")
        if is_blank(value):
            return ""
        if hides_something(value):
            raise self.make_error("hidden")
        return unicodedata.normalize("NFC", value).strip()


class _WholeNumber(fields.Integer):
    """A whole number within bounds; text is taken only from query strings and forms."""

    default_error_messages: dict[str, Any] = {"invalid": fault("not_whole"), "too_large": fault("not_whole")}

    def __init__(self, *, minimum: int, maximum: int, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)
        self.minimum = minimum
        self.maximum = maximum
        self.validators.insert(0, validate.Range(minimum, maximum, error=fault("range", min=minimum, max=maximum)))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self.make_error("invalid")


class FenField(_WholeNumber):
    """Money in fen, a whole number from ``minimum`` (0) to 10**15."""

    def __init__(self, *, minimum: int = 0, maximum: int = MAX_SUM_FEN, **kwargs: Any) -> None:
        super().__init__(minimum=minimum, maximum=maximum, **kwargs)


class IdField(_WholeNumber):
    """The number of a record."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(minimum=1, maximum=MAX_ID, **kwargs)


class CountField(_WholeNumber):
    """A whole number from ``minimum`` (0) to ``maximum`` (2,000,000,000)."""

    def __init__(self, *, minimum: int = 0, maximum: int = 2_000_000_000, **kwargs: Any) -> None:
        super().__init__(minimum=minimum, maximum=maximum, **kwargs)


class DecimalField(fields.Field[Decimal]):
    """An exact decimal number with at most ``places`` decimals, in JSON as a number or text, given back as text."""

    default_error_messages: dict[str, Any] = {"invalid": fault("not_decimal")}

    def __init__(
        self,
        *,
        places: int = 2,
        minimum: Decimal = Decimal(0),
        maximum: Decimal = Decimal(10**9),
        **kwargs: Any,
    ) -> None:
        kwargs["metadata"] = {
            "type": "string",
            "pattern": r"^-?[0-9]+(\.[0-9]+)?$",
            **kwargs.get("metadata", {}),
        }
        super().__init__(**kwargs)
        self.places = places
        self.minimum = minimum
        self.maximum = maximum

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else format(value.normalize(), "f")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.make_error("invalid")
        if isinstance(value, str) and len(value) > 40:
            raise self.make_error("invalid")
        try:
            number = Decimal(str(value))
        except InvalidOperation as broken:
            raise self.make_error("invalid") from broken
        if not number.is_finite():
            raise self.make_error("invalid")
        if not self.minimum <= number <= self.maximum:
            raise ValidationError(fault("range", min=self.minimum, max=self.maximum))
        if number != round(number, self.places):
            raise ValidationError(fault("decimals", places=self.places))
        return number


class DayField(fields.Date):
    """A calendar date ``YYYY-MM-DD`` in Asia/Shanghai."""

    default_error_messages: dict[str, Any] = {"invalid": fault("not_a_date")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", value):
            raise self.make_error("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError as broken:
            raise self.make_error("invalid") from broken


class InstantField(fields.AwareDateTime):
    """An instant in ISO 8601 with its offset from UTC, given back in UTC."""

    default_error_messages: dict[str, Any] = {
        "invalid": fault("not_an_instant"),
        "invalid_awareness": fault("not_an_instant"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not re.match(r"(19|20|21)[0-9]{2}-", value):
            raise self.make_error("invalid")
        try:
            instant = datetime.fromisoformat(value)
        except ValueError as broken:
            raise self.make_error("invalid") from broken
        if instant.tzinfo is None:
            raise self.make_error("invalid")
        return instant.astimezone(UTC)


class EnumField(fields.Field[StrEnum]):
    """One value of a StrEnum, by its value."""

    def __init__(self, enum: type[StrEnum], **kwargs: Any) -> None:
        values = [member.value for member in enum]
        kwargs["metadata"] = {"type": "string", "enum": values, **kwargs.get("metadata", {})}
        if kwargs.get("allow_none"):
            kwargs["metadata"]["enum"] = [*values, None]
        super().__init__(**kwargs)
        self.enum = enum

    def _serialize(self, value: StrEnum | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> StrEnum:
        try:
            return self.enum(value)
        except ValueError as unknown:
            known = ", ".join(member.value for member in self.enum)
            raise ValidationError(fault("one_of", known=known)) from unknown


class FlagField(fields.Boolean):
    """true or false; in a query string or form the ``words``."""

    default_error_messages = {"invalid": fault("not_flag")}
    words: Mapping[str, bool] = {"true": True, "false": False}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in self.words:
            return self.words[value]
        raise self.make_error("invalid")


class UploadField(fields.Field[FileStorage]):
    """A file of a multipart form."""

    default_error_messages = {"invalid": fault("not_file")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs["metadata"] = {"type": "string", "format": "binary", **kwargs.get("metadata", {})}
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> FileStorage:
        if not isinstance(value, FileStorage):
            raise self.make_error("invalid")
        return value


class ReasonSchema(Schema):
    """One ground of an answer."""

    code = TextField(required=True, metadata={"description": "What it is, as a stable name."})
    article = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "The article it rests on, such as V12; null where none is meant."},
    )
    text = TextField(required=True, metadata={"description": "The sentence in Chinese."}, max_length=5000)
    text_en = TextField(required=True, metadata={"description": "The sentence in English."}, max_length=5000)
    field = TextField(metadata={"description": "The input it is about, where there is one."})

    @pre_dump
    def flatten(self, shown: Any, **_: Any) -> Any:
        """A reason of the service as it is shown; one that was stored is shown already."""
        return shown.as_json() if isinstance(shown, Reason) else shown


class GroundSchema(ReasonSchema):
    """One ground of an officer's decision, with what it was taken on."""

    inputs = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "What the decision was taken on, by name; the sentence names all of it.",
            "additionalProperties": True,
        },
    )


def grounds_field(
    said: str = "What its decisions rest on, the earliest first; empty before the first.",
    *,
    attribute: str | None = None,
) -> fields.Field[Any]:
    """``reasons`` of a record that an officer decides on; ``attribute`` is where it has them if not there."""
    return fields.List(fields.Nested(GroundSchema), required=True, attribute=attribute, metadata={"description": said})
