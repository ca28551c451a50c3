"""Who is tied to whom: declared interests, and what officers entered themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, literal, select, true, union_all
from sqlalchemy.orm import joinedload

from accounts import policy
from accounts.models import BeneficiaryFigures, Membership, MembershipDocument, Organisation, User, UserInterest
from accounts.permissions import Role
from accounts.rules.interests import bars
from core.db import session
from core.errors import NotFound, Reason, reason
from core.permissions import Actor
from core.texts import text

OFFICERS = frozenset({Role.CITY_BUREAU, Role.PROVINCE, Role.DELEGATED_AGENCY, Role.FINANCE_MAKER, Role.FINANCE_CHECKER})
_READS_ALL = frozenset({Role.ADMIN, Role.AUDITOR})
ARTICLE = "V17 order"


class InterestMissing(NotFound):
    """There is no such interest for this actor."""

    code = "interest_missing"


def visible_interests(actor: Actor, *, user_id: int | None = None) -> Select[tuple[UserInterest]]:
    """One's own interests; everybody's for the administrator and the auditor."""
    found = select(UserInterest).where(_visible(actor))
    return found if user_id is None else found.where(UserInterest.user_id == user_id)


def officers() -> Sequence[User]:
    """Everybody who decides, prepares or pays, by name, with the office."""
    found = select(User).where(User.role.in_(OFFICERS)).options(joinedload(User.organisation)).order_by(User.username)
    return session().scalars(found).all()


def find_interest(interest_id: int, *, actor: Actor, lock: bool = False) -> UserInterest:
    """An interest the actor may see; raises :class:`InterestMissing`."""
    found = visible_interests(actor).where(UserInterest.id == interest_id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    interest = session().scalar(found)
    if interest is None:
        raise InterestMissing
    return interest


def involvements(user_id: int, parties: Collection[Organisation], *, on: date) -> dict[int, list[Reason]]:
    """Why a user decides nothing about each of these organisations; those without a ground are not in the answer.

    Grounds are what the user entered in their name (registration, its documents, yearly figures) and interests that
    last or ended within the cooling period. Two queries, however many organisations there are.
    """
    by_id = {each.id: each for each in parties}
    grounds: dict[int, list[Reason]] = defaultdict(list)
    for party, code in sorted(_entered(user_id, by_id)):
        grounds[party].append(reason(code, article=ARTICLE, organisation=by_id[party].name))
    for party, interest in _interests(user_id, by_id, on=on):
        name, kind = by_id[party].name, text(f"term.InterestKind.{interest.kind.value}")
        grounds[party].append(reason("conflict_interest", article=ARTICLE, organisation=name, kind=kind))
    return dict(grounds)


def _entered(user_id: int, organisation_ids: Iterable[int]) -> set[tuple[int, str]]:
    """Organisations in whose name the user entered something, each with the code of the ground."""
    wanted = list(organisation_ids)
    member, figures = literal("conflict_entered_member"), literal("conflict_stated_figures")
    submitted = select(Membership.organisation_id, member).where(
        Membership.submitted_by == user_id, Membership.organisation_id.in_(wanted)
    )
    documented = (
        select(Membership.organisation_id, member)
        .join(MembershipDocument, MembershipDocument.membership_id == Membership.id)
        .where(MembershipDocument.added_by == user_id, Membership.organisation_id.in_(wanted))
    )
    stated = select(BeneficiaryFigures.organisation_id, figures).where(
        BeneficiaryFigures.stated_by == user_id, BeneficiaryFigures.organisation_id.in_(wanted)
    )
    return {(party, code) for party, code in session().execute(union_all(submitted, documented, stated)).tuples()}


def _interests(user_id: int, parties: dict[int, Organisation], *, on: date) -> list[tuple[int, UserInterest]]:
    by_code = {each.uscc: each.id for each in parties.values() if each.uscc is not None}
    cooling_months = policy.interest_cooling_months(on)
    found = session().scalars(
        select(UserInterest).where(UserInterest.user_id == user_id, UserInterest.voided_at.is_(None))
    )
    about = [
        (by_code.get(each.uscc) if each.uscc is not None else each.organisation_id, each)
        for each in found
        if bars(since=each.since, until=each.until, on=on, cooling_months=cooling_months)
    ]
    return [(party, each) for party, each in about if party is not None and party in parties]


def _visible(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.role in _READS_ALL else UserInterest.user_id == actor.user_id
