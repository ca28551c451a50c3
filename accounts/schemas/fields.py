"""Fields of this package: passwords, and truth values that are nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from accounts.rules.users import PASSWORD_MAX_LENGTH
from core.http import TextField
from core.http.schemas import fault


class PasswordField(TextField):
    """A password: text whose blanks count."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["metadata"] = {"format": "password", **kwargs.get("metadata", {})}
        super().__init__(max_length=PASSWORD_MAX_LENGTH, load_only=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        super()._deserialize(value, attr, data, **kwargs)
        return str(value)


class FlagField(fields.Boolean):
    """true or false; in a query string the words."""

    default_error_messages = {
        "required": fault("required"),
        "null": fault("null"),
        "invalid": fault("not_flag"),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in {"true", "false"}:
            return bool(value == "true")
        raise self.make_error("invalid")
