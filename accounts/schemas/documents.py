"""Organisations' documents as the API shows them."""

from __future__ import annotations

from accounts.kinds import CertificationDecision, DocumentKind
from accounts.states import DocumentState
from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
    grounds_field,
)


class NewOrganisationDocumentSchema(Schema):
    """A document and what it shows."""

    kind = EnumField(DocumentKind, required=True, metadata={"description": "What the document shows."})
    title = TextField(
        min_length=0,
        load_default="",
        max_length=100,
        metadata={
            "description": "Tells several of one kind apart, such as two qualifications; a newer document takes the "
            "place of the one of its kind and title."
        },
    )
    valid_until = DayField(
        load_default=None, allow_none=True, metadata={"description": "Its last day; null where it has none."}
    )
    file = UploadField(required=True, metadata={"description": "PDF, PNG, JPEG, OFD or XML; its content decides."})


class OrganisationDocumentSchema(Schema):
    """A document of an organisation."""

    id = IdField(required=True, metadata={"description": "Number of the document."})
    organisation_id = IdField(required=True, metadata={"description": "Whose it is."})
    kind = EnumField(DocumentKind, required=True, metadata={"description": "What it shows."})
    title = TextField(required=True, metadata={"description": "What tells it apart from others of its kind."})
    state = EnumField(
        DocumentState, required=True, metadata={"description": "Only a certified one may stand for a new upload."}
    )
    valid_until = DayField(required=True, allow_none=True, metadata={"description": "Its last day, if it has one."})
    filename = TextField(required=True, attribute="file.filename", metadata={"description": "Name of the file."})
    media_type = TextField(required=True, attribute="file.media_type", metadata={"description": "By its content."})
    size_bytes = CountField(required=True, attribute="file.size_bytes", metadata={"description": "Its size."})
    sha256 = TextField(required=True, attribute="file.sha256", metadata={"description": "Its checksum."})
    added_at = InstantField(required=True, metadata={"description": "When it was handed in."})
    decided_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was certified or refused, if it was."}
    )
    opinion = TextField(required=True, metadata={"description": "What the authority said of it."})
    reasons = grounds_field("What its certification rests on, or why there is none any more; empty before.")


class OrganisationDocumentQuerySchema(CursorSchema):
    """Which documents are wanted."""

    state = EnumField(DocumentState, metadata={"description": "Only documents in this state."})
    organisation_id = IdField(metadata={"description": "Only this organisation's."})


class CertificationSchema(Schema):
    """What the authority says about a document."""

    decision = EnumField(
        CertificationDecision,
        required=True,
        metadata={"description": "Certify, or refuse; refusing a certified one takes the certification back."},
    )
    valid_until = DayField(
        load_default=None,
        allow_none=True,
        metadata={"description": "With `certify`: its last day; what it says itself by default."},
    )
    opinion = TextField(
        min_length=0, load_default="", max_length=2000, metadata={"description": "Why; required to refuse."}
    )
