"""What a member has stated, read back as an application, and what its reviewer sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from accounts import policy
from accounts.models import BankAccount, BeneficiaryFigures, Membership, Organisation
from accounts.queries.bank import pending_account, verified_account
from accounts.queries.memberships import find_membership
from accounts.queries.organisations import latest_figures
from accounts.queries.standing import adverse_records
from accounts.rules import registration
from accounts.rules.registration import Application, BankDetails
from accounts.states import MEMBERSHIP_TRANSITIONS
from core import audit
from core.audit import AuditEntry
from core.errors import Reason, reason
from core.permissions import Actor


@dataclass(frozen=True, slots=True)
class Dossier:
    """A membership with everything its reviewer needs."""

    membership: Membership
    organisation: Organisation
    figures: BeneficiaryFigures | None
    bank_account: BankAccount | None
    notes: Sequence[Reason]
    history: Sequence[AuditEntry]

    @property
    def actions(self) -> list[str]:
        """What the state allows, whoever may do it."""
        return MEMBERSHIP_TRANSITIONS.actions(self.membership.state)


def dossier(membership_id: int, *, actor: Actor, on: date) -> Dossier:
    """The dossier of a membership the actor may see; a foreign one is missing."""
    return dossier_of(find_membership(membership_id, actor=actor), on=on)


def dossier_of(membership: Membership, *, on: date) -> Dossier:
    """The dossier of a membership already found to be the actor's."""
    notes = registration.notes(application_of(membership), limits=policy.limits(on))
    records = [each for each in adverse_records(membership.organisation_id) if each.annulled_at is None]
    if records:
        notes.append(reason("adverse_records_on_file", article="V8(2)", count=len(records)))
    return Dossier(
        membership=membership,
        organisation=membership.organisation,
        figures=latest_figures(membership.organisation_id),
        bank_account=_account(membership.organisation_id),
        notes=notes,
        history=audit.history("membership", membership.id),
    )


def application_of(membership: Membership) -> Application:
    """What a member states at present, as the rules of registration read it."""
    stated = membership.organisation
    figures = latest_figures(stated.id)
    account = _account(stated.id)
    return Application(
        kind=membership.kind,
        name=stated.name,
        uscc=stated.uscc,
        county=stated.county,
        legal_representative=stated.legal_representative,
        phone=stated.phone,
        address=stated.address,
        institution_kind=stated.institution_kind,
        has_sharing_rules=stated.has_sharing_rules,
        fiscal=stated.fiscal,
        has_rd_base=stated.has_rd_base,
        rd_need=stated.rd_need,
        controller=membership.declared_controller,
        figures_year=None if figures is None else figures.year,
        staff=None if figures is None else figures.staff,
        revenue_fen=None if figures is None else figures.revenue_fen,
        orderly_finances=None if figures is None else figures.orderly_finances,
        bank_account=None if account is None else _details(account),
    )


def _account(organisation_id: int) -> BankAccount | None:
    """The account a reviewer should look at: the one waiting, else the one in use."""
    return pending_account(organisation_id) or verified_account(organisation_id)


def _details(account: BankAccount) -> BankDetails:
    return BankDetails(
        holder_name=account.holder_name,
        bank_name=account.bank_name,
        cnaps_code=account.cnaps_code,
        account_number=account.account_number,
    )
