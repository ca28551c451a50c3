"""The file of accounts that pay and of the tables their banks take, as an office writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from core.http import CountField, EnumField, Schema, TextField
from core.http.schemas import fault
from settlement.rules.exports.layout import AmountUnit, BankEncoding, BankField, Delimiter, Lacking
from settlement.rules.exports.pain001 import MAX_ACCOUNT, MAX_ID, MAX_NAME
from settlement.rules.payers import LONGEST_PURPOSE

BIC = re.compile("[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$")
"""A bank's identifier as ISO 9362 has it."""

_DIGITS = re.compile("[0-9]+")


class BankColumnSchema(Schema):
    """A column of a bank's table."""

    field = EnumField(BankField, required=True)
    heading = TextField(required=True, max_length=100)
    longest = CountField(allow_none=True, minimum=1, maximum=9999)


class BankLayoutSchema(Schema):
    """The table one bank takes."""

    columns = fields.List(
        fields.Nested(BankColumnSchema), required=True, validate=validate.Length(min=1, error=fault("too_few", min=1))
    )
    delimiter = EnumField(Delimiter, required=True)
    amount = EnumField(AmountUnit, required=True)
    encoding = EnumField(BankEncoding, required=True)
    lacking = EnumField(Lacking, required=True)
    purpose = TextField(max_length=LONGEST_PURPOSE)


class PayingAccountSchema(Schema):
    """An account that pays, and which of the tables its bank takes."""

    holder_name = TextField(required=True, max_length=MAX_NAME)
    bank_name = TextField(required=True, max_length=MAX_NAME)
    cnaps_code = TextField(
        required=True, max_length=MAX_ID, validate=validate.Regexp(f"({_DIGITS.pattern})$", error=fault("pattern"))
    )
    account_number = TextField(required=True, max_length=MAX_ACCOUNT)
    bic = TextField(validate=validate.Regexp(BIC, error=fault("pattern")))
    bank = TextField(required=True, max_length=100)


class PayingAccountsSchema(Schema):
    """Accounts by the name of their fund, and tables by the name of their bank."""

    accounts = fields.Dict(keys=TextField(), values=fields.Nested(PayingAccountSchema), required=True)
    banks = fields.Dict(keys=TextField(), values=fields.Nested(BankLayoutSchema), required=True)

    @validates_schema
    def _banks_are_known(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        unknown = {
            fund: [fault("one_of", known=", ".join(data["banks"]))]
            for fund, account in data["accounts"].items()
            if account["bank"] not in data["banks"]
        }
        if unknown:
            raise ValidationError({"accounts": unknown})
