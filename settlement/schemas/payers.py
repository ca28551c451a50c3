"""Paying accounts, as the API shows them."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import fields, validate

from accounts.kinds import ChangeDecision
from accounts.states import ProposalState
from core.http import CursorSchema, DayField, EnumField, IdField, InstantField, Schema, TextField, grounds_field
from core.http.schemas import fault
from settlement.payers.schema import BIC
from settlement.rules.exports.layout import AmountUnit, BankEncoding, Lacking
from settlement.rules.exports.pain001 import MAX_ACCOUNT, MAX_NAME
from settlement.rules.payers import LONGEST_PURPOSE, Separator

_CNAPS = re.compile("[0-9]{12}$")
MOST_COLUMNS = 30


def _columns(*, attribute: str | None = None) -> fields.Field[Any]:
    return fields.List(
        TextField(max_length=120),
        required=True,
        attribute=attribute,
        validate=validate.Length(min=1, max=MOST_COLUMNS, error=fault("too_few", min=1)),
        metadata={"description": "Columns in their order, each `field=heading` or `field:most characters=heading`."},
    )


class PayingAccountFieldsSchema(Schema):
    """An account that pays, and the table its bank takes."""

    programme = TextField(
        required=True, max_length=100, metadata={"description": "The fund, or `*` for every fund without its own."}
    )
    holder_name = TextField(required=True, max_length=MAX_NAME, metadata={"description": "Whose account it is."})
    bank_name = TextField(required=True, max_length=MAX_NAME, metadata={"description": "Its bank."})
    cnaps_code = TextField(
        required=True,
        max_length=12,
        validate=validate.Regexp(_CNAPS, error=fault("pattern")),
        metadata={"description": "Its bank's CNAPS number of twelve digits."},
    )
    account_number = TextField(required=True, max_length=MAX_ACCOUNT, metadata={"description": "Its number."})
    bic = TextField(
        load_default=None,
        allow_none=True,
        max_length=11,
        validate=validate.Regexp(BIC, error=fault("pattern")),
        metadata={"description": "Its bank's BIC, if there is one."},
    )
    separator = EnumField(Separator, required=True, metadata={"description": "What stands between columns."})
    amount = EnumField(AmountUnit, required=True, metadata={"description": "The unit of sums."})
    encoding = EnumField(BankEncoding, required=True, metadata={"description": "The encoding of the table."})
    lacking = EnumField(Lacking, required=True, metadata={"description": "What becomes of characters it lacks."})
    purpose = TextField(
        required=True,
        max_length=LONGEST_PURPOSE,
        metadata={"description": "What payments are for; `{batch}` and `{claims}` are filled in."},
    )
    valid_from = DayField(required=True, metadata={"description": "Batches prepared from this day on pay from it."})
    cause = TextField(required=True, max_length=2000, metadata={"description": "Why it is proposed."})


class NewPayingAccountSchema(PayingAccountFieldsSchema):
    """A version that is proposed."""

    columns = _columns()


class PayingAccountReviewSchema(Schema):
    """What another person says about it."""

    decision = EnumField(ChangeDecision, required=True, metadata={"description": "Approve or refuse."})
    opinion = TextField(required=True, max_length=2000, metadata={"description": "Why."})


class PayingAccountQuerySchema(CursorSchema):
    """Which versions to list."""

    state = EnumField(ProposalState, metadata={"description": "Only those of this state."})


class PayingAccountSchema(PayingAccountFieldsSchema):
    """One version of an account that pays (V17 pay)."""

    id = IdField(required=True, metadata={"description": "Its number."})
    columns = _columns(attribute="column_lines")
    state = EnumField(ProposalState, required=True, metadata={"description": "Where it stands."})
    opinion = TextField(required=True, min_length=0, metadata={"description": "Why it was decided so."})
    proposed_at = InstantField(required=True, metadata={"description": "When it was proposed."})
    reviewed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was decided."})
    reasons = grounds_field("What the decision rests on; empty before there is one.")


class BankTablePreviewSchema(Schema):
    """The first lines of a file by a version."""

    text = TextField(required=True, min_length=0, metadata={"description": "The heading and some payouts."})
