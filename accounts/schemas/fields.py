"""Fields of this package: passwords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.rules.users import PASSWORD_MAX_LENGTH
from core.http import TextField


class PasswordField(TextField):
    """A password: text whose blanks count."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["metadata"] = {"format": "password", **kwargs.get("metadata", {})}
        super().__init__(max_length=PASSWORD_MAX_LENGTH, load_only=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        super()._deserialize(value, attr, data, **kwargs)
        return str(value)
