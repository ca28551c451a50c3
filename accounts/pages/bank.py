"""Bank accounts: naming one, and its verification."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from accounts.permissions import (
    authority,
    enterprise,
    incubator,
    may_name_bank_account,
    may_verify_bank_account,
    provider,
)
from accounts.queries.bank import find_bank_account
from accounts.queries.organisations import find_organisation
from accounts.schemas.organisations import BankAccountVerificationSchema, BankDetailsSchema
from accounts.service import bank as service
from core import clock
from core.http import Schema, allow, current_actor
from core.pages import Done, Form, Pages, form_page, link_to
from core.permissions import authorise

bank = Pages("bank_pages", __name__)


class NamedAccountSchema(Schema):
    """A bank account, under the name by which its faults are known."""

    bank_account = fields.Nested(BankDetailsSchema, required=True)


@bank.route("/organisations/<int:organisation_id>/bank-accounts", methods=["GET", "POST"])
@allow(enterprise | provider | incubator)
def name(organisation_id: int) -> Response:
    """Name a new account; the one in use stays until it is verified."""
    organisation = find_organisation(organisation_id, actor=current_actor())
    authorise(current_actor(), may_name_bank_account, organisation)
    here = link_to("organisation", organisation.id)
    form = Form(NamedAccountSchema, name="bank_account_new")

    def effect(given: dict[str, Any]) -> Done:
        service.name_bank_account(
            organisation_id=organisation_id, details=given["bank_account"], actor=current_actor(), now=clock.now()
        )
        return Done(here, "page.bank_account_new.done")

    return form_page(form, effect=effect, back=here, facts=[("column.organisation", organisation.name)])


@bank.route("/bank-accounts/<int:account_id>/verification", methods=["GET", "POST"])
@allow(authority)
def verify(account_id: int) -> Response:
    """Verify or refuse an account that waits."""
    account = find_bank_account(account_id, actor=current_actor())
    authorise(current_actor(), may_verify_bank_account, account.organisation)
    here = link_to("organisation", account.organisation_id)
    form = Form(BankAccountVerificationSchema, name="bank_account_verification", widgets={"decision": "radio"})

    def effect(given: dict[str, Any]) -> Done:
        service.verify_bank_account(account_id=account_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.bank_account_verification.done")

    facts = [
        ("column.organisation", account.organisation.name),
        ("field_label.holder_name", account.holder_name),
        ("field_label.bank_name", account.bank_name),
        ("field_label.cnaps_code", account.cnaps_code),
        ("field_label.account_number", account.account_number),
    ]
    return form_page(form, effect=effect, back=here, facts=facts)
