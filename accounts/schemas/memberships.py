"""Registrations and their reviews as the API shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from accounts.kinds import (
    DocumentKind,
    InstitutionKind,
    MemberKind,
    OrganisationKind,
    ReviewDecision,
    StandardDefect,
    Subject,
)
from accounts.rules.registration import Application
from accounts.rules.rounds import DOCUMENT, Finding
from accounts.rules.users import Credentials
from accounts.schemas.fields import PasswordField
from accounts.schemas.organisations import (
    YEAR_MAX,
    YEAR_MIN,
    BankAccountSchema,
    BankDetailsSchema,
    OrganisationSchema,
    OrganisationSummarySchema,
    StatedFiguresSchema,
)
from accounts.states import MembershipState
from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    FlagField,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
    TextField,
    UploadField,
    grounds_field,
)
from core.http.schemas import fault

MAX_DEFECTS = 100


class StatementSchema(Schema):
    """What an applicant states; which of it is required depends on the kind."""

    name = TextField(max_length=200, metadata={"description": "Registered name; a team's own name."})
    uscc = TextField(
        max_length=40,
        metadata={
            "description": "Unified social credit code; required of enterprises and of providers in the province. "
            "A team that has one registers as an enterprise (V9)."
        },
    )
    county = TextField(
        max_length=6,
        metadata={
            "description": "Six-digit county code (GB/T 2260). Enterprises: in the province. Providers: anywhere in "
            "mainland China; outside the province it vets them. Teams sit with their incubator and give none."
        },
    )
    legal_representative = TextField(
        max_length=100, metadata={"description": "Legal representative; required of enterprises and providers."}
    )
    phone = TextField(max_length=40, metadata={"description": "Phone."})
    address = TextField(max_length=300, metadata={"description": "Address."})
    institution_kind = EnumField(
        InstitutionKind,
        metadata={
            "description": "What a provider is (V10). In the province university, institute, laboratory or "
            "platform_host."
        },
    )
    has_sharing_rules = FlagField(
        metadata={"description": "A provider has sharing rules of its own; required in the province (V10)."}
    )
    fiscal = FlagField(metadata={"description": "A provider is built with fiscal money (V13)."})
    has_rd_base = FlagField(metadata={"description": "An enterprise has an R&D base (V8(3))."})
    rd_need = TextField(max_length=2000, metadata={"description": "A team's need for tests; required of teams (V9)."})
    controller = TextField(
        max_length=200, metadata={"description": "Actual controller as the enterprise declares it, for the reviewer."}
    )
    figures_year = CountField(
        minimum=YEAR_MIN,
        maximum=YEAR_MAX,
        metadata={"description": "Year of the figures; the last completed one if not given."},
    )
    staff = CountField(maximum=10_000_000, metadata={"description": "Number of staff; required of enterprises."})
    revenue_fen = FenField(metadata={"description": "Revenue of that year in fen; required of enterprises."})
    orderly_finances = FlagField(
        metadata={"description": "Proper finance function and orderly management (V8(2)); required of enterprises."}
    )
    bank_account = fields.Nested(
        BankDetailsSchema,
        metadata={"description": "Where to be paid; verified with the approval. It may follow later."},
    )


class RegistrationSchema(StatementSchema):
    """A registration: an enterprise or provider by itself, a team by its incubator."""

    kind = EnumField(MemberKind, required=True, metadata={"description": "What registers."})
    name = TextField(required=True, max_length=200, metadata={"description": "Registered name; a team's own name."})
    username = TextField(
        required=True,
        max_length=64,
        metadata={"description": "Name of the first user: 3 to 64 letters, digits or . _ @ -; any case."},
    )
    password = PasswordField(required=True, metadata={"description": "Its password, 10 to 128 characters."})
    truthful = FlagField(
        required=True, metadata={"description": "The applicant declares the statements truthful; must be true."}
    )

    submit = FlagField(
        load_default=True,
        metadata={
            "description": "Whether it goes to its reviewer at once. A draft waits for its documents and is handed in "
            "with POST /memberships/{id}/submission."
        },
    )

    @post_load
    def _application(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        credentials = Credentials(username=data.pop("username"), password=data.pop("password"))
        kind, submit = OrganisationKind(data.pop("kind").value), data.pop("submit")
        uploads = {name: data.pop(name) for name in [*data] if name.startswith(DOCUMENT)}
        given = {"application": Application(kind=kind, **data), "credentials": credentials, "submit": submit}
        return {**given, "uploads": uploads} if uploads else given


class ResubmissionSchema(StatementSchema):
    """What is corrected; what is not given stays as it is."""

    @post_load
    def _changes(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"changes": data}


class MembershipDocumentSchema(Schema):
    """A document handed in with a registration."""

    id = IdField(required=True, metadata={"description": "Number of the document."})
    kind = EnumField(DocumentKind, required=True, metadata={"description": "What it shows."})
    filename = TextField(required=True, attribute="file.filename", metadata={"description": "Name of the file."})
    media_type = TextField(required=True, attribute="file.media_type", metadata={"description": "Its type."})
    size_bytes = CountField(required=True, attribute="file.size_bytes", metadata={"description": "Its size."})
    sha256 = TextField(required=True, attribute="file.sha256", metadata={"description": "Its checksum."})
    added_at = InstantField(required=True, metadata={"description": "When it was added."})


class FindingSchema(Schema):
    """A defect: what it is about, from the catalogue, in words of its own, or both."""

    about = EnumField(
        Subject, required=True, metadata={"description": "The field or document it is about; `general` for the whole."}
    )
    standard = EnumField(
        StandardDefect, load_default=None, allow_none=True, metadata={"description": "What is usually wrong."}
    )
    note = TextField(
        min_length=0,
        load_default="",
        max_length=500,
        metadata={"description": "In words; required without `standard`."},
    )

    @validates_schema
    def _said(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("standard") is None and not data.get("note"):
            raise ValidationError(fault("required"), "note")

    @post_load
    def _finding(self, data: dict[str, Any], **_: Any) -> Finding:
        return Finding(**data)


class NamedDefectSchema(Schema):
    """A defect as it was named, and whether what it is about has been changed since."""

    round = CountField(required=True, metadata={"description": "In which round it was named, from 1."})
    about = EnumField(Subject, required=True, metadata={"description": "The field or document it is about."})
    standard = EnumField(
        StandardDefect, required=True, allow_none=True, metadata={"description": "From the catalogue; null if not."}
    )
    note = TextField(min_length=0, required=True, metadata={"description": "In words; empty if not."})
    changed = FlagField(
        required=True, metadata={"description": "Whether what it is about was changed since; false while returned."}
    )


class DifferenceSchema(Schema):
    """What changed between the last round and this one."""

    about = EnumField(Subject, required=True, metadata={"description": "The field or document."})
    before = fields.Raw(required=True, allow_none=True, metadata={"description": "What stood there; null if nothing."})
    after = fields.Raw(required=True, allow_none=True, metadata={"description": "What stands there; null if nothing."})


class SuspensionSchema(Schema):
    """A suspension."""

    id = IdField(required=True, metadata={"description": "Number of the suspension."})
    since = DayField(required=True, metadata={"description": "Its first day."})
    until = DayField(
        required=True, allow_none=True, metadata={"description": "First day it no longer holds; null while open."}
    )
    article = TextField(required=True, allow_none=True, metadata={"description": "The article it rests on, if named."})
    reason = TextField(required=True, metadata={"description": "Why."}, max_length=2000)
    reasons = grounds_field("What it rests on.")
    began_at = InstantField(required=True, allow_none=True, metadata={"description": "When it began, if it did."})
    ended_at = InstantField(required=True, allow_none=True, metadata={"description": "When it ended, if it did."})


class MembershipHistoryEntrySchema(Schema):
    """One step of a membership."""

    at = InstantField(required=True, metadata={"description": "When."})
    action = TextField(required=True, metadata={"description": "What was done."})
    actor_role = TextField(required=True, metadata={"description": "In which role."})
    from_state = TextField(required=True, allow_none=True, metadata={"description": "The state before."})
    to_state = TextField(required=True, allow_none=True, metadata={"description": "The state after."})


class MembershipSummarySchema(Schema):
    """A membership in a list."""

    id = IdField(required=True, metadata={"description": "Number of the membership."})
    kind = EnumField(OrganisationKind, required=True, metadata={"description": "enterprise, team or provider."})
    state = EnumField(MembershipState, required=True, metadata={"description": "Where it stands."})
    submitted_at = InstantField(required=True, metadata={"description": "When it was last submitted."})
    reviewed_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was last reviewed, if it was."}
    )
    organisation = fields.Nested(OrganisationSummarySchema, required=True, metadata={"description": "Whose it is."})


class MembershipSchema(Schema):
    """A membership with everything its reviewer needs."""

    id = IdField(required=True, attribute="membership.id", metadata={"description": "Number of the membership."})
    kind = EnumField(
        OrganisationKind,
        required=True,
        attribute="membership.kind",
        metadata={"description": "enterprise, team or provider."},
    )
    state = EnumField(MembershipState, required=True, metadata={"description": "Where it stands today."})
    controller = TextField(
        required=True,
        attribute="membership.declared_controller",
        metadata={"description": "Actual controller as declared; empty if not."},
    )
    submitted_at = InstantField(
        required=True, attribute="membership.submitted_at", metadata={"description": "When it was last submitted."}
    )
    article = TextField(
        required=True, attribute="membership.article", metadata={"description": "The article its review rests on."}
    )
    reviewed_at = InstantField(
        required=True,
        allow_none=True,
        attribute="membership.reviewed_at",
        metadata={"description": "When it was last reviewed, if it was."},
    )
    opinion = TextField(
        required=True, attribute="membership.opinion", metadata={"description": "The reviewer's opinion."}
    )
    defects = fields.List(
        TextField(metadata={"description": "A defect."}),
        required=True,
        attribute="membership.defects",
        metadata={"description": "What must be corrected, all at once."},
    )
    organisation = fields.Nested(OrganisationSchema, required=True, metadata={"description": "Whose it is."})
    figures = fields.Nested(
        StatedFiguresSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The latest figures stated; null where there are none."},
    )
    bank_account = fields.Nested(
        BankAccountSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The account waiting to be verified, else the one in use."},
    )
    documents = fields.List(
        fields.Nested(MembershipDocumentSchema),
        required=True,
        attribute="membership.documents",
        metadata={"description": "Documents handed in."},
    )
    required_documents = fields.List(
        EnumField(DocumentKind, metadata={"description": "A document."}),
        required=True,
        metadata={"description": "What its kind of member brings (V15)."},
    )
    missing_documents = fields.List(
        EnumField(DocumentKind, metadata={"description": "A document."}),
        required=True,
        metadata={"description": "Which of them nobody handed in, all at once; of a member, what it still owes."},
    )
    owed_until = DayField(
        required=True,
        allow_none=True,
        attribute="membership.owed_until",
        metadata={"description": "Last day for documents that were missing at the approval; null where none were."},
    )
    round = CountField(required=True, metadata={"description": "How often it was submitted; 0 for a draft."})
    findings = fields.List(
        fields.Nested(NamedDefectSchema),
        required=True,
        metadata={"description": "Every defect of the last return, by field or document."},
    )
    differences = fields.List(
        fields.Nested(DifferenceSchema),
        required=True,
        metadata={"description": "What the present round changed against the one before."},
    )
    suspensions = fields.List(
        fields.Nested(SuspensionSchema), required=True, metadata={"description": "Every suspension, the latest first."}
    )
    reasons = grounds_field(
        "What its last review rests on, and the suspension that holds or ended last; empty before the first review."
    )
    notes = fields.List(
        fields.Nested(ReasonSchema),
        required=True,
        metadata={"description": "What the reviewer should look at; none of it decides by itself."},
    )
    history = fields.List(
        fields.Nested(MembershipHistoryEntrySchema),
        required=True,
        metadata={"description": "What happened, oldest first."},
    )
    actions = fields.List(
        TextField(metadata={"description": "An action."}),
        required=True,
        metadata={"description": "What its state allows, whoever may do it."},
    )


class MembershipQuerySchema(CursorSchema):
    """Which memberships to list."""

    state = EnumField(MembershipState, metadata={"description": "Only this state; `submitted` is the queue."})
    kind = EnumField(MemberKind, metadata={"description": "Only this kind."})
    in_province = FlagField(metadata={"description": "Only those in the province, or only those outside."})


class MembershipReviewSchema(Schema):
    """A reviewer's decision."""

    decision = EnumField(ReviewDecision, required=True, metadata={"description": "Approve or return."})
    opinion = TextField(
        min_length=0, load_default="", max_length=2000, metadata={"description": "The reviewer's opinion."}
    )
    defects = fields.List(
        TextField(max_length=500, metadata={"description": "A defect."}),
        load_default=list,
        validate=validate.Length(max=MAX_DEFECTS, error=fault("length", min=0, max=MAX_DEFECTS)),
        metadata={"description": "What must be corrected; only with `return`, all at once."},
    )
    findings = fields.List(
        fields.Nested(FindingSchema),
        load_default=list,
        validate=validate.Length(max=MAX_DEFECTS, error=fault("length", min=0, max=MAX_DEFECTS)),
        metadata={
            "description": "The same by field or document. A later return names only what was changed since, or "
            "what is still not mended."
        },
    )


class MembershipSuspensionSchema(Schema):
    """Why a member is suspended, and from when to when."""

    opinion = TextField(required=True, max_length=2000, metadata={"description": "Why."})
    article = TextField(
        load_default=None,
        allow_none=True,
        max_length=20,
        metadata={"description": "The article it rests on, such as V8(2)."},
    )
    since = DayField(
        load_default=None, allow_none=True, metadata={"description": "Its first day; today where none is given."}
    )
    until = DayField(
        load_default=None,
        allow_none=True,
        metadata={"description": "First day on which it no longer holds; without one it lasts until resumed."},
    )


class MembershipOpinionSchema(Schema):
    """Why something is done."""

    opinion = TextField(required=True, max_length=2000, metadata={"description": "Why."})


class NewMembershipDocumentSchema(Schema):
    """A document and what it shows."""

    kind = EnumField(DocumentKind, required=True, metadata={"description": "What the document shows."})
    file = UploadField(required=True, metadata={"description": "PDF, PNG, JPEG, OFD or XML."})
