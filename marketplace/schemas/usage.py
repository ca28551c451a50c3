"""What an order used of instruments, in."""

from __future__ import annotations

from core.http import IdField
from instruments.schemas.usage import UsedSchema


class OrderUseSchema(UsedSchema):
    """One use of an instrument for an order."""

    instrument_id = IdField(required=True, metadata={"description": "An instrument that the ordered service rests on."})
