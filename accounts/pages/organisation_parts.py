"""Parts of the page of an organisation: what is on record about it, and what may be entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from accounts.kinds import OrganisationKind
from accounts.models import (
    AdverseRecord,
    BankAccount,
    BeneficiaryFigures,
    ControllerTenure,
    Holding,
    JointEstablishment,
    Membership,
    Organisation,
)
from accounts.permissions import (
    may_add_document,
    may_create_user,
    may_enter_standing,
    may_name_bank_account,
    may_read_standing,
    may_renew_figures,
    may_request_change,
    may_state_figures,
    may_verify_bank_account,
)
from accounts.queries.bank import bank_accounts
from accounts.queries.controllers import tenures
from accounts.queries.memberships import membership_of
from accounts.queries.names import names_in_sight
from accounts.queries.organisations import FiguresCorrection, all_figures, figures_corrections
from accounts.queries.relations import relations_of
from accounts.queries.renewals import may_be_handed_in
from accounts.queries.standing import adverse_records
from accounts.rules.adverse import WITH_PERIOD
from accounts.rules.registration import last_completed_year
from accounts.states import BankAccountState
from core import clock
from core.pages.language import t
from core.permissions import Actor


@dataclass(frozen=True, slots=True)
class Relation:
    """A holding or joint establishment as the page shows it; an organisation the reader may not know has no name."""

    described: str
    other: str | None
    entry: Holding | JointEstablishment
    ending: str
    annulment: str


@dataclass(frozen=True, slots=True)
class Record:
    """Everything on record about an organisation."""

    membership: Membership | None
    figures: Sequence[BeneficiaryFigures]
    corrections: Sequence[FiguresCorrection]
    tenures: Sequence[ControllerTenure]
    bank_accounts: Sequence[BankAccount]
    adverse_records: Sequence[AdverseRecord]
    relations: Sequence[Relation]
    may_verify: bool
    may_end: bool
    user_id: int | None

    def ends(self, entry: AdverseRecord | Holding | JointEstablishment) -> bool:
        """Whether who reads may say when an entry ended: of a kind that ends, and not over."""
        ended = entry.until is not None or entry.annulled_at is not None
        return self.may_end and not ended and (not isinstance(entry, AdverseRecord) or entry.kind in WITH_PERIOD)

    def annuls(self, entry: AdverseRecord | Holding | JointEstablishment) -> bool:
        """Whether who reads may annul an entry: what somebody else entered."""
        own = entry.entered_by is not None and entry.entered_by == self.user_id
        return self.may_end and entry.annulled_at is None and not own

    def pending(self, account: BankAccount) -> bool:
        """Whether an account waits for its verification."""
        return account.state is BankAccountState.PENDING


def record_of(organisation: Organisation, *, actor: Actor) -> Record | None:
    """What is on record, or None for whoever may not read it."""
    if not may_read_standing(actor):
        return None
    return Record(
        membership=membership_of(organisation.id),
        figures=all_figures(organisation.id),
        corrections=figures_corrections(organisation.id),
        tenures=tenures(organisation.id),
        bank_accounts=bank_accounts(organisation.id),
        adverse_records=adverse_records(organisation.id),
        relations=_relations(organisation, actor),
        may_verify=may_verify_bank_account(actor, organisation),
        may_end=may_enter_standing(actor, organisation),
        user_id=actor.user_id,
    )


def _relations(organisation: Organisation, actor: Actor) -> list[Relation]:
    holdings, pairs = relations_of(organisation.id, actor=actor)
    others = {_other(each, organisation.id) for each in holdings} | {_other(each, organisation.id) for each in pairs}
    names = names_in_sight(others, actor=actor)
    shown = [
        Relation(
            described=t(
                "page.organisation.holds" if each.holder_id == organisation.id else "page.organisation.is_held",
                percent=f"{each.percent.normalize():f}",
            ),
            other=names.get(_other(each, organisation.id)),
            entry=each,
            ending=url_for("standing_pages.end_holding", holding_id=each.id),
            annulment=url_for("standing_pages.annul_holding", holding_id=each.id),
        )
        for each in holdings
    ]
    return shown + [
        Relation(
            described=t("term.Relation.co_built"),
            other=names.get(_other(each, organisation.id)),
            entry=each,
            ending=url_for("standing_pages.end_joint_establishment", pair_id=each.id),
            annulment=url_for("standing_pages.annul_joint_establishment", pair_id=each.id),
        )
        for each in pairs
    ]


def _other(relation: Holding | JointEstablishment, organisation_id: int) -> int:
    one, other = relation.sides
    return other if one == organisation_id else one


_ENTRIES = (
    ("figures_pages", "state", "figures", may_state_figures),
    ("renewal_pages", "renew", "renewal_new", may_renew_figures),
    ("change_pages", "request_change", "change_new", may_request_change),
    ("bank_pages", "name", "bank_account_new", may_name_bank_account),
    ("document_pages", "hand_in", "document_new", may_add_document),
    ("controller_pages", "set_controller", "controller_set", may_enter_standing),
    ("standing_pages", "enter_adverse_record", "adverse_record_new", may_enter_standing),
    ("standing_pages", "enter_holding", "holding_new", may_enter_standing),
    ("standing_pages", "enter_joint_establishment", "joint_establishment_new", may_enter_standing),
    ("user_pages", "create", "user_new", may_create_user),
)
_OF_ENTERPRISES = {"figures", "renewal_new"}
_NOT_OF_TEAMS = {"controller_set"}
_OF_MEMBERS = {
    "bank_account_new",
    "controller_set",
    "adverse_record_new",
    "holding_new",
    "joint_establishment_new",
}
_MEMBERS = {OrganisationKind.ENTERPRISE, OrganisationKind.TEAM, OrganisationKind.PROVIDER}


def actions_of(organisation: Organisation, *, actor: Actor) -> list[dict[str, Any]]:
    """Buttons for what whoever reads may enter about it."""
    return [
        {
            "label": t(f"page.{form}.title"),
            "href": url_for(f"{pages}.{view}", organisation_id=organisation.id),
        }
        for pages, view, form, permission in _ENTRIES
        if permission(actor, organisation) and _fits(form, organisation.kind) and _is_due(form, organisation)
    ]


def _fits(form: str, kind: OrganisationKind) -> bool:
    if form in _OF_ENTERPRISES:
        return kind is OrganisationKind.ENTERPRISE
    if form in _NOT_OF_TEAMS and kind is OrganisationKind.TEAM:
        return False
    return form not in _OF_MEMBERS or kind in _MEMBERS


def _is_due(form: str, organisation: Organisation) -> bool:
    """Figures of a year that a bureau has before it or has seen are nothing to hand in again."""
    if form != "renewal_new":
        return True
    return may_be_handed_in(organisation.id, last_completed_year(clock.today(clock.now())))
