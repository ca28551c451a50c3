"""Names in bulk: one query for a whole page. Who may see them is the caller's to say."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select

from accounts.kinds import OrganisationKind
from accounts.models import Membership, Organisation, User
from accounts.queries.organisations import visible_organisations
from accounts.states import MembershipState
from core.db import session
from core.permissions import Actor


def organisation_names(ids: Iterable[int]) -> dict[int, str]:
    """The names of organisations by number."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = session().execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted)))
    return dict(found.tuples().all())


def names_in_sight(ids: Iterable[int], *, actor: Actor) -> dict[int, str]:
    """Of these organisations the names of those the actor may know.

    They are those in sight, and providers in good standing, whom the catalogue names to everybody.
    """
    wanted = set(ids)
    if not wanted:
        return {}
    public = select(Membership.organisation_id).where(
        Membership.kind == OrganisationKind.PROVIDER, Membership.state == MembershipState.APPROVED
    )
    found = select(Organisation.id, Organisation.name).where(
        Organisation.id.in_(wanted), or_(visible_organisations(actor), Organisation.id.in_(public))
    )
    return dict(session().execute(found).tuples().all())


def known_by_code(uscc: str, *, actor: Actor) -> int | None:
    """The number of an organisation by its unified social credit code, if the actor may know of it."""
    found = session().scalar(select(Organisation.id).where(Organisation.uscc == uscc))
    return found if found is not None and names_in_sight([found], actor=actor) else None


def usernames(ids: Iterable[int]) -> dict[int, str]:
    """The user names by number."""
    wanted = set(ids)
    if not wanted:
        return {}
    return dict(session().execute(select(User.id, User.username).where(User.id.in_(wanted))).tuples().all())
