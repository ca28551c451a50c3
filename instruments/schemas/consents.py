"""Standing consents in and out."""

from __future__ import annotations

from marshmallow import fields

from core.http import IdField, InstantField, Schema


class NewConsentSchema(Schema):
    """What a provider accepts ahead."""

    direct_deduction = fields.Boolean(
        load_default=False,
        metadata={"description": "Orders in direct deduction too; those paid in full are always meant (V16)."},
    )


class ConsentSchema(Schema):
    """A provider's standing consent to orders of a service."""

    id = IdField(required=True, metadata={"description": "Number of the consent; orders accepted by it name it."})
    service_id = IdField(required=True, metadata={"description": "The service."})
    direct_deduction = fields.Boolean(
        required=True, metadata={"description": "Whether orders in direct deduction are meant too."}
    )
    given_at = InstantField(required=True, metadata={"description": "From when on it is in force."})
    revoked_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was taken back; null while in force."}
    )
