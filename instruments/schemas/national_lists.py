"""Which instruments go into which template of the national network."""

from __future__ import annotations

from core.http import EnumField, IdField, Schema
from instruments.rules.national_templates import NationalList
from instruments.states import ListingState


class NationalListQuerySchema(Schema):
    """Which template, and which instruments."""

    list = EnumField(
        NationalList,
        required=True,
        metadata={"description": "The template: equipment (大型科研仪器), device (科研设施) or unit (服务单元)."},
    )
    state = EnumField(
        ListingState,
        load_default=ListingState.PUBLISHED,
        metadata={"description": "State of the listings; published ones by default."},
    )
    provider = IdField(load_default=None, metadata={"description": "Number of one provider alone."})
