"""Organisations, their figures and bank accounts as the API shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from accounts.kinds import IncubatorLevel, InstitutionKind, OrganisationKind, VerificationDecision
from accounts.rules.registration import BankDetails, NewOrganisation
from accounts.states import BankAccountState
from core.http import (
    CountField,
    CursorSchema,
    EnumField,
    FenField,
    FlagField,
    IdField,
    InstantField,
    Schema,
    TextField,
    grounds_field,
)

YEAR_MIN, YEAR_MAX = 1980, 2200


class OrganisationSummarySchema(Schema):
    """An organisation in a few words."""

    id = IdField(required=True, metadata={"description": "Number of the organisation."})
    kind = EnumField(OrganisationKind, required=True, metadata={"description": "What it is to the scheme."})
    name = TextField(required=True, metadata={"description": "Its registered name."})
    uscc = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "Unified social credit code; null for teams and where none is registered."},
    )
    county = TextField(
        required=True, allow_none=True, metadata={"description": "Six-digit code of its county, if any."}
    )
    city = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "Six-digit code of its city; null outside the province and for its authorities."},
    )
    in_province = FlagField(required=True, metadata={"description": "Whether it sits in the province."})


class OrganisationSchema(OrganisationSummarySchema):
    """An organisation."""

    institution_kind = EnumField(
        InstitutionKind,
        required=True,
        allow_none=True,
        metadata={"description": "What a provider is (V10); null for others."},
    )
    incubator_level = EnumField(
        IncubatorLevel,
        required=True,
        allow_none=True,
        metadata={"description": "Who recognised an incubator (V9); null for others."},
    )
    incubator_id = IdField(
        required=True, allow_none=True, metadata={"description": "A team's incubator; null for others."}
    )
    legal_representative = TextField(
        required=True, metadata={"description": "Legal representative; empty if not stated."}
    )
    phone = TextField(required=True, metadata={"description": "Phone; empty if not stated."})
    address = TextField(required=True, metadata={"description": "Address; empty if not stated."})
    has_sharing_rules = FlagField(
        required=True, metadata={"description": "Whether a provider has sharing rules of its own (V10)."}
    )
    has_rd_base = FlagField(
        required=True, metadata={"description": "Whether an enterprise declared an R&D base (V8(3))."}
    )
    fiscal = FlagField(required=True, metadata={"description": "Whether a provider is built with fiscal money (V13)."})
    rd_need = TextField(required=True, metadata={"description": "A team's need for tests (V9); empty for others."})
    created_at = InstantField(required=True, metadata={"description": "When it was entered."})


class NewOrganisationSchema(Schema):
    """An authority or incubator; members register themselves with POST /memberships."""

    kind = EnumField(OrganisationKind, required=True, metadata={"description": "What it is to the scheme."})
    name = TextField(required=True, max_length=200, metadata={"description": "Its name."})
    uscc = TextField(max_length=40, metadata={"description": "Unified social credit code, if it has one."})
    county = TextField(max_length=6, metadata={"description": "Six-digit county code; required of incubators."})
    city = TextField(
        max_length=6, metadata={"description": "Six-digit city code; required of a city's bureau or finance bureau."}
    )
    incubator_level = EnumField(
        IncubatorLevel, metadata={"description": "Who recognised the incubator; required of incubators."}
    )
    legal_representative = TextField(
        min_length=0, load_default="", max_length=100, metadata={"description": "Legal representative."}
    )
    phone = TextField(min_length=0, load_default="", max_length=40, metadata={"description": "Phone."})
    address = TextField(min_length=0, load_default="", max_length=300, metadata={"description": "Address."})

    @post_load
    def _entered(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"entered": NewOrganisation(**data)}


class OrganisationQuerySchema(CursorSchema):
    """Which organisations to list."""

    kind = EnumField(OrganisationKind, metadata={"description": "Only this kind."})
    q = TextField(max_length=100, metadata={"description": "Only those whose name holds this text."})


class FiguresSchema(Schema):
    """An enterprise's figures of one accounting year (V8(1))."""

    year = CountField(
        required=True,
        minimum=YEAR_MIN,
        maximum=YEAR_MAX,
        metadata={"description": "A completed accounting year."},
    )
    staff = CountField(required=True, maximum=10_000_000, metadata={"description": "Number of staff."})
    revenue_fen = FenField(required=True, metadata={"description": "Revenue of that year in fen."})
    orderly_finances = FlagField(
        required=True,
        metadata={"description": "Whether a proper finance function and orderly management are declared (V8(2))."},
    )


class NewFiguresSchema(FiguresSchema):
    """Figures as they are stated, or corrected by the bureau."""

    why = TextField(
        min_length=0,
        load_default="",
        max_length=500,
        metadata={"description": "Why they are corrected; required where the bureau changes stated ones."},
    )


class StatedFiguresSchema(FiguresSchema):
    """Figures on record."""

    stated_at = InstantField(required=True, metadata={"description": "When they were stated."})


class FiguresCorrectionSchema(Schema):
    """A correction of stated figures by the bureau, with what stood there before."""

    year = CountField(required=True, metadata={"description": "The accounting year."})
    at = InstantField(required=True, metadata={"description": "When it was made."})
    why = TextField(required=True, metadata={"description": "The bureau's ground."})
    staff = CountField(required=True, metadata={"description": "Staff as it was stated before."})
    revenue_fen = FenField(required=True, metadata={"description": "Revenue in fen as it was stated before."})
    orderly_finances = FlagField(required=True, metadata={"description": "What was declared before."})


class StatedFiguresListSchema(Schema):
    """The figures of every year stated."""

    items = fields.List(
        fields.Nested(StatedFiguresSchema), required=True, metadata={"description": "The latest year first."}
    )
    corrections = fields.List(
        fields.Nested(FiguresCorrectionSchema),
        required=True,
        metadata={"description": "What the bureau corrected, the latest first."},
    )


class BankDetailsSchema(Schema):
    """Where an organisation wants to be paid."""

    holder_name = TextField(
        required=True,
        max_length=200,
        metadata={"description": "Holder; the organisation's own name, except for a team."},
    )
    bank_name = TextField(required=True, max_length=200, metadata={"description": "Name of the bank's branch."})
    cnaps_code = TextField(required=True, max_length=20, metadata={"description": "CNAPS code (联行号), 12 digits."})
    account_number = TextField(
        required=True, max_length=40, metadata={"description": "Account number, 8 to 32 digits."}
    )

    @post_load
    def _details(self, data: dict[str, Any], **_: Any) -> BankDetails:
        return BankDetails(**data)


class BankAccountSchema(Schema):
    """A bank account on record."""

    id = IdField(required=True, metadata={"description": "Number of the account."})
    organisation_id = IdField(required=True, metadata={"description": "Whose it is."})
    state = EnumField(
        BankAccountState,
        required=True,
        metadata={"description": "Whether it may be paid to: only while verified."},
    )
    holder_name = TextField(required=True, metadata={"description": "Holder."})
    bears_owners_name = fields.Boolean(
        required=True,
        metadata={"description": "Whether that is what its owner is called now; if not, name the account anew."},
    )
    bank_name = TextField(required=True, metadata={"description": "Bank."})
    cnaps_code = TextField(required=True, metadata={"description": "CNAPS code (联行号)."})
    account_number = TextField(required=True, metadata={"description": "Account number."})
    named_at = InstantField(required=True, metadata={"description": "When it was named."})
    verified_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was verified or refused, if it was."}
    )
    reasons = grounds_field("What its verification or refusal rests on; empty before.")


class BankAccountListSchema(Schema):
    """Every account an organisation named."""

    items = fields.List(fields.Nested(BankAccountSchema), required=True, metadata={"description": "The latest first."})


class BankAccountVerificationSchema(Schema):
    """What the authority says about a pending account."""

    decision = EnumField(VerificationDecision, required=True, metadata={"description": "Verify or refuse."})
    opinion = TextField(
        min_length=0, load_default="", max_length=2000, metadata={"description": "Why; required to refuse."}
    )
