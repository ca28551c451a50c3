"""Bank accounts: named by whoever is to be paid, verified by the authority that knows it."""

from __future__ import annotations

from datetime import datetime

from accounts.kinds import OrganisationKind, VerificationDecision
from accounts.models import BankAccount
from accounts.permissions import may_name_bank_account, may_verify_bank_account
from accounts.queries.bank import find_bank_account
from accounts.queries.organisations import find_organisation, lock_organisation
from accounts.rules.grounds import VETTING
from accounts.rules.registration import BankDetails, bank_faults
from accounts.steps.bank import name_account, refuse_account, verify_account
from accounts.steps.memberships import user_id_of
from core.db import transaction
from core.errors import Refused, reason, refuse_all
from core.permissions import Actor, authorise


class BankAccountRefused(Refused):
    """The bank account has faults; all of them are named."""

    code = "bank_account_refused"


class OpinionMissing(Refused):
    """A refusal must say why."""

    code = "opinion_missing"


def name_bank_account(*, organisation_id: int, details: BankDetails, actor: Actor, now: datetime) -> BankAccount:
    """Name a new account. It is paid to once verified; until then the one verified before stays in use."""
    with transaction():
        owner = find_organisation(organisation_id, actor=actor)
        authorise(actor, may_name_bank_account, owner)
        lock_organisation(owner.id)
        holder = None if owner.kind is OrganisationKind.TEAM else owner.name
        refuse_all(bank_faults(details, holder=holder), error=BankAccountRefused)
        return name_account(organisation=owner, details=details, actor=actor, user_id=user_id_of(actor), now=now)


def verify_bank_account(
    *, account_id: int, decision: VerificationDecision, opinion: str, actor: Actor, now: datetime
) -> BankAccount:
    """Verify or refuse a pending account; whoever named it does not."""
    with transaction():
        account = find_bank_account(account_id, actor=actor, lock=True)
        authorise(actor, may_verify_bank_account, account.organisation)
        user_id = user_id_of(actor)
        if decision is VerificationDecision.VERIFY:
            verify_account(account=account, opinion=opinion, actor=actor, user_id=user_id, now=now)
        elif opinion:
            refuse_account(account=account, opinion=opinion, actor=actor, user_id=user_id, now=now)
        else:
            raise OpinionMissing(reasons=[reason("field_required", article=VETTING, field="opinion")])
        return account
