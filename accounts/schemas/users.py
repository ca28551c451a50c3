"""Tokens and users as the API shows them."""

from __future__ import annotations

from marshmallow import fields

from accounts.permissions import Role
from accounts.rules.codes import MAX_WRITTEN
from accounts.schemas.fields import PasswordField
from accounts.schemas.organisations import OrganisationSummarySchema
from core.http import CursorSchema, EnumField, FlagField, IdField, InstantField, Schema, TextField


class SignInSchema(Schema):
    """A user name and its password."""

    username = TextField(required=True, max_length=64, metadata={"description": "The user name, in any case."})
    password = PasswordField(required=True, metadata={"description": "The password."})
    otp = TextField(
        max_length=MAX_WRITTEN,
        metadata={
            "description": "The code of the authenticator app, or a recovery code; needed once an app is set up."
        },
    )


class IssuedTokenSchema(Schema):
    """A bearer token; it is shown this once."""

    token = TextField(required=True, metadata={"description": "Give it as `Authorization: Bearer <token>`."})
    expires_at = InstantField(required=True, metadata={"description": "When it stops working."})


class UserSchema(Schema):
    """A user."""

    id = IdField(required=True, metadata={"description": "Number of the user."})
    username = TextField(required=True, metadata={"description": "The user name, in lower case."})
    role = EnumField(Role, required=True, metadata={"description": "What the user may do."})
    organisation_id = IdField(required=True, metadata={"description": "The user's organisation."})
    active = FlagField(required=True, metadata={"description": "Whether the user may sign in."})
    created_at = InstantField(required=True, metadata={"description": "When the user was made."})


class MeSchema(Schema):
    """Who is signed in."""

    user = fields.Nested(UserSchema, required=True, metadata={"description": "The user."})
    organisation = fields.Nested(
        OrganisationSummarySchema,
        required=True,
        attribute="organisation_today",
        metadata={"description": "The user's organisation, where it sits today."},
    )
    roles = fields.List(
        EnumField(Role, metadata={"description": "A role."}),
        required=True,
        metadata={"description": "The user's roles; at present always one."},
    )
    acts_for = fields.List(
        IdField(metadata={"description": "An organisation."}),
        required=True,
        metadata={"description": "Organisations the user acts for: its own, and an incubator's teams."},
    )


class NewUserSchema(Schema):
    """A further user of an organisation."""

    organisation_id = IdField(required=True, metadata={"description": "The user's organisation."})
    role = EnumField(Role, required=True, metadata={"description": "A role of that kind of organisation."})
    username = TextField(
        required=True, max_length=64, metadata={"description": "3 to 64 letters, digits or . _ @ -; any case."}
    )
    password = PasswordField(required=True, metadata={"description": "10 to 128 characters."})


class UserQuerySchema(CursorSchema):
    """Which users to list."""

    organisation_id = IdField(metadata={"description": "Only users of this organisation."})
    role = EnumField(Role, metadata={"description": "Only users of this role."})


class PasswordChangeSchema(Schema):
    """A change of one's own password."""

    present = PasswordField(required=True, metadata={"description": "The present password."})
    wanted = PasswordField(required=True, metadata={"description": "The new one, 10 to 128 characters."})
