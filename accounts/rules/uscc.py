"""The unified social credit code (统一社会信用代码, GB 32100)."""

from __future__ import annotations

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError


def normalised(code: str) -> str | None:
    """The code in its plain form, or None where length, characters or check digit are wrong."""
    try:
        return str(uscc.validate(code))
    except ValidationError:
        return None
