"""Who is tied to whom: declared interests, and what officers entered themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, literal, select, true, union_all
from sqlalchemy.orm import joinedload

from accounts import policy
from accounts.kinds import InterestKind
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


def declared_already(
    *,
    user_id: int,
    organisation_id: int | None,
    uscc: str | None,
    kind: InterestKind,
    since: date,
    until: date | None,
) -> UserInterest | None:
    """The declaration in force that says the same."""
    return session().scalar(
        select(UserInterest)
        .where(
            UserInterest.user_id == user_id,
            UserInterest.organisation_id.is_not_distinct_from(organisation_id),
            UserInterest.uscc.is_not_distinct_from(uscc),
            UserInterest.kind == kind,
            UserInterest.since == since,
            UserInterest.until.is_not_distinct_from(until),
            UserInterest.voided_at.is_(None),
        )
        .limit(1)
    )


def involvements(user_id: int, parties: Collection[Organisation], *, on: date) -> dict[int, list[Reason]]:
    """Why a user decides nothing about each of these organisations; those without a ground are not in the answer.

    Grounds are what the user entered in their name (registration, its documents, yearly figures) and interests that
    last or ended within the cooling period. Two queries, however many organisations there are.
    """
    by_id = {each.id: each for each in parties}
    grounds: dict[int, list[Reason]] = defaultdict(list)
    for party, code in sorted(_entered(user_id, by_id)):
        grounds[party].append(reason(code, article=ARTICLE, organisation=by_id[party].name))
    for party, interest in _about(barring_interests(user_id, on=on), by_id):
        grounds[party].append(_ground(by_id[party], interest))
    return dict(grounds)


def ties(interests: Sequence[UserInterest], parties: Collection[Organisation]) -> list[Reason]:
    """What ties whoever has these interests to the organisations."""
    by_id = {each.id: each for each in parties}
    return [_ground(by_id[party], interest) for party, interest in _about(interests, by_id)]


def barring_interests(user_id: int, *, on: date) -> list[UserInterest]:
    """The declared interests of a user that last on a day, or ended within the cooling period before it."""
    declared = session().scalars(
        select(UserInterest)
        .where(UserInterest.user_id == user_id, UserInterest.voided_at.is_(None))
        .order_by(UserInterest.id)
    )
    found = list(declared)
    if not found:
        return []
    cooling_months = policy.interest_cooling_months(on)
    return [each for each in found if bars(since=each.since, until=each.until, on=on, cooling_months=cooling_months)]


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


def _about(interests: Iterable[UserInterest], parties: Mapping[int, Organisation]) -> list[tuple[int, UserInterest]]:
    """Each interest with the party it is about, by number or by its code."""
    by_code = {each.uscc: each.id for each in parties.values() if each.uscc is not None}
    about = [(each.organisation_id if each.uscc is None else by_code.get(each.uscc), each) for each in interests]
    return [(party, each) for party, each in about if party is not None and party in parties]


def _ground(party: Organisation, interest: UserInterest) -> Reason:
    kind = text(f"term.InterestKind.{interest.kind.value}")
    return reason("conflict_interest", article=ARTICLE, organisation=party.name, kind=kind)


def _visible(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.role in _READS_ALL else UserInterest.user_id == actor.user_id
