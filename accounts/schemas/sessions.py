"""Sessions, second factors and recoveries as the API shows them."""

from __future__ import annotations

from marshmallow import fields

from accounts.rules.codes import MAX_WRITTEN
from accounts.schemas.fields import PasswordField
from core.http import FlagField, IdField, InstantField, Schema, TextField


class UserSessionSchema(Schema):
    """A browser signed in."""

    id = IdField(required=True, metadata={"description": "Number of the session."})
    created_at = InstantField(required=True, metadata={"description": "When it was signed in."})
    last_seen_at = InstantField(
        required=True, metadata={"description": "When it was last used, to within some minutes."}
    )
    expires_at = InstantField(required=True, metadata={"description": "When it ends, however much it is used."})
    address = TextField(required=True, metadata={"description": "The network address it was signed in from."})
    agent = TextField(required=True, metadata={"description": "What the browser calls itself."})


class OwnPasswordSchema(Schema):
    """The password once more, before the account's protection changes."""

    password = PasswordField(required=True, metadata={"description": "The present password."})


class StartedFactorSchema(Schema):
    """What an authenticator app must be told; it is shown this once."""

    secret = TextField(required=True, metadata={"description": "The secret in base 32, to type in."})
    uri = TextField(required=True, metadata={"description": "The otpauth address, to show as a QR code."})


class FactorConfirmationSchema(Schema):
    """A code of the app."""

    code = TextField(required=True, max_length=MAX_WRITTEN, metadata={"description": "The six digits the app shows."})


class FactorRemovalSchema(Schema):
    """Password and code."""

    password = PasswordField(required=True, metadata={"description": "The present password."})
    code = TextField(
        required=True, max_length=MAX_WRITTEN, metadata={"description": "The app's code, or a recovery code."}
    )


class RecoveryCodesSchema(Schema):
    """Codes that stand in for the app, once each; they are shown this once."""

    recovery_codes = fields.List(
        TextField(metadata={"description": "A code."}),
        required=True,
        metadata={"description": "To be kept on paper."},
    )


class NewPasswordRecoverySchema(Schema):
    """Leave to set a new password."""

    reset_second_factor = FlagField(
        load_default=False,
        metadata={"description": "Its use also removes the authenticator app, for whoever lost it too."},
    )


class IssuedPasswordRecoverySchema(Schema):
    """A recovery code; it is shown this once."""

    code = TextField(required=True, metadata={"description": "To be handed to the user in person or by telephone."})
    expires_at = InstantField(required=True, metadata={"description": "Until when it may be used."})


class PasswordRecoverySchema(Schema):
    """A new password in the place of a forgotten one."""

    username = TextField(required=True, max_length=64, metadata={"description": "The user name, in any case."})
    code = TextField(
        required=True, max_length=MAX_WRITTEN, metadata={"description": "The code the administrator gave."}
    )
    password = PasswordField(required=True, metadata={"description": "The new password, 10 to 128 characters."})
