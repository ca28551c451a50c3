"""The national classes out."""

from __future__ import annotations

from marshmallow import fields, validate

from core.http import Schema, TextField
from core.http.schemas import fault


class ClassesQuerySchema(Schema):
    """Whose classes."""

    under = TextField(
        min_length=0,
        max_length=4,
        load_default="",
        validate=validate.Regexp(r"^([0-9]{2}|[0-9]{4})?$", error=fault("invalid")),
        metadata={"description": "Two or four digits of the class to look into; left out, the broadest ones."},
    )


class ClassSchema(Schema):
    """A class."""

    digits = TextField(required=True, metadata={"description": "Its digits: two, four or six, as category takes them."})
    name = TextField(required=True, metadata={"description": "Its name."})
    name_en = TextField(min_length=0, required=True, metadata={"description": "Its name in English, or empty."})


class ClassesSchema(Schema):
    """Classes of one level, in order of their digits."""

    items = fields.List(fields.Nested(ClassSchema), required=True, metadata={"description": "The classes."})
