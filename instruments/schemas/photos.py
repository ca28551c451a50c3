"""Photos in and out."""

from __future__ import annotations

from marshmallow import fields

from core.http import CountField, IdField, InstantField, Schema, TextField, UploadField
from instruments.service.photos import MOST_PHOTOS

CAPTION = 200


class PhotoFieldsSchema(Schema):
    """What a photo shows, and where it stands."""

    caption = TextField(min_length=0, max_length=CAPTION, metadata={"description": "What it shows, in Chinese."})
    caption_en = TextField(min_length=0, max_length=CAPTION, metadata={"description": "What it shows, in English."})
    position = CountField(
        minimum=1, maximum=MOST_PHOTOS, metadata={"description": "Its place among the others, from 1."}
    )


class NewPhotoSchema(Schema):
    """A photo."""

    file = UploadField(required=True, metadata={"description": "JPEG or PNG, at most 5 MiB."})
    caption = TextField(
        min_length=0,
        max_length=CAPTION,
        load_default="",
        metadata={"description": "What it shows, in Chinese."},
    )
    caption_en = TextField(
        min_length=0,
        max_length=CAPTION,
        load_default="",
        metadata={"description": "What it shows, in English."},
    )


class PhotoSchema(Schema):
    """A photo; its picture is below it as ``/file``."""

    id = IdField(required=True, metadata={"description": "Number of the photo."})
    instrument_id = IdField(required=True, metadata={"description": "Number of the instrument."})
    position = CountField(required=True, metadata={"description": "Its place among the others."})
    caption = TextField(min_length=0, required=True, metadata={"description": "What it shows, in Chinese."})
    caption_en = TextField(min_length=0, required=True, metadata={"description": "What it shows, in English."})
    media_type = TextField(
        required=True, attribute="file.media_type", metadata={"description": "image/jpeg or image/png."}
    )
    size_bytes = CountField(required=True, attribute="file.size_bytes", metadata={"description": "Size of its file."})
    sha256 = TextField(required=True, attribute="file.sha256", metadata={"description": "Checksum of its file."})
    added_at = InstantField(required=True, metadata={"description": "When it was added."})


class PhotosSchema(Schema):
    """All photos of an instrument, in order."""

    items = fields.List(fields.Nested(PhotoSchema), required=True, metadata={"description": "The photos."})
