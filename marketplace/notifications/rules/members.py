"""Members: registration, papers, figures, changes, residence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import (
    BankAccount,
    BeneficiaryFigures,
    ControllerChange,
    FiguresRenewal,
    MemberChange,
    Membership,
    OrganisationDocument,
    Residence,
    TeamSuccession,
)
from accounts.queries.bank import accounts_to_rename
from accounts.queries.organisations import CORRECT_FIGURES
from accounts.queries.users import bureau_has_another
from core.audit import AuditEntry
from core.db import session
from marketplace.notifications.recipients import Recipients, both, bureau, bureau_of, by_user, of, offices_of, province
from marketplace.notifications.rules.told import Subject, news, task

MEMBER = of("organisation_id")
AUTHORITY = bureau_of("organisation_id")


def _organisation(record: Any) -> int:
    return int(record.organisation_id)


def _new_bureau(change: MemberChange) -> Any:
    return province(change) if change.city is None else bureau(change)


def _who_decides(change: MemberChange) -> Any:
    """Its bureau, and the province where nobody but the one who asks is there."""
    if change.city is None or bureau_has_another(change.city, besides=change.withdrawal_asked_by):
        return _new_bureau(change)
    return [*_new_bureau(change), *province(change)]


def _misnamed(entry: AuditEntry) -> Iterable[BankAccount]:
    """The account that bears the member's former name; verifying another one settles it."""
    of_member = BankAccount.organisation_id == entry.data["organisation_id"]
    return session().scalars(accounts_to_rename().where(of_member))


FORMER_BUREAU: Recipients = offices_of("from_city")
MEMBERSHIP = Subject(
    Membership,
    "membership",
    {
        "submit": (task("membership.review", AUTHORITY),),
        "approve": (news("membership.approved", MEMBER),),
        "return": (task("membership.returned", MEMBER),),
        "suspend": (news("membership.suspended", MEMBER),),
        "resume": (news("membership.resumed", MEMBER),),
        "documents_overdue": (
            task("membership.documents_overdue", MEMBER),
            news("membership.owes_documents", AUTHORITY),
        ),
    },
)
BANK_ACCOUNT = Subject(
    BankAccount,
    "organisation",
    {
        "name": (task("bank_account.verify", AUTHORITY, link_id=_organisation),),
        "verify": (news("bank_account.verified", MEMBER, link_id=_organisation),),
        "refuse": (task("bank_account.refused", MEMBER, link_id=_organisation),),
        "supersede": (),
    },
)

DOCUMENT = Subject(
    OrganisationDocument,
    "organisation",
    {
        "add": (task("document.certify", AUTHORITY, link_id=_organisation),),
        "certify": (news("document.certified", MEMBER, link_id=_organisation),),
        "refuse": (task("document.refused", MEMBER, link_id=_organisation),),
        "supersede": (),
    },
)
RENEWAL = Subject(
    FiguresRenewal,
    "organisation",
    {
        "open": (task("renewal.state", MEMBER, due=lambda renewal: renewal.due_on, link_id=_organisation),),
        "fall_due": (
            task("renewal.overdue", MEMBER, link_id=_organisation),
            news("renewal.not_stated", AUTHORITY, link_id=_organisation),
        ),
        "hand_in": (task("renewal.confirm", AUTHORITY, link_id=_organisation),),
        "confirm": (news("renewal.confirmed", MEMBER, link_id=_organisation),),
        "return": (task("renewal.returned", MEMBER, link_id=_organisation),),
    },
)
FIGURES = Subject(
    BeneficiaryFigures,
    "organisation",
    {CORRECT_FIGURES: (news("figures.corrected", MEMBER, link_id=_organisation),)},
)
CHANGE = Subject(
    MemberChange,
    "organisation",
    {
        "request": (task("change.review", _new_bureau, link_id=_organisation),),
        "approve": (news("change.approved", both(MEMBER, FORMER_BUREAU), link_id=_organisation),),
        "refuse": (news("change.refused", MEMBER, link_id=_organisation),),
        "withdraw": (),
        "ask_withdrawal": (
            task("change.withdrawal", _who_decides, due=lambda change: change.effective_on, link_id=_organisation),
        ),
        "confirm_withdrawal": (news("change.withdrawn", both(MEMBER, FORMER_BUREAU), link_id=_organisation),),
        "keep": (news("change.kept", MEMBER, link_id=_organisation),),
        "lapse_withdrawal": (
            news("change.withdrawal_lapsed", both(MEMBER, FORMER_BUREAU, _new_bureau), link_id=_organisation),
        ),
        "apply": (
            news("change.applied", both(MEMBER, FORMER_BUREAU, _new_bureau), link_id=_organisation),
            task("bank_account.renew", MEMBER, records=_misnamed, link="organisation", link_id=_organisation),
        ),
    },
)
RESIDENCE = Subject(
    Residence,
    None,
    {
        "ask": (task("residence.answer", of("incubator_id")),),
        "accept": (news("residence.accepted", of("enterprise_id")),),
        "decline": (news("residence.declined", of("enterprise_id")),),
        "end": (news("residence.ended", of("enterprise_id", "incubator_id")),),
    },
)
GROUP_CHANGE = Subject(
    ControllerChange,
    "controller_change",
    {
        "propose": (task("group_change.review", province),),
        "approve": (news("group_change.approved", by_user("proposed_by")),),
        "refuse": (news("group_change.refused", by_user("proposed_by")),),
    },
)
SUCCESSION = Subject(
    TeamSuccession,
    "team_succession",
    {
        "propose": (task("succession.review", bureau_of("team_id")),),
        "approve": (news("succession.approved", of("team_id", "enterprise_id")),),
        "refuse": (news("succession.refused", of("team_id")),),
    },
)
