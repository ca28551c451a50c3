"""Reads of cases: who holds what, and what was prepared about it. For the offices alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, exists, select

from accounts.models import Organisation, User
from core import policy
from core.db import session
from core.permissions import Actor
from vouchers.models import CaseOpinion, Claim, ReviewCase
from vouchers.rules.reviewing import ReviewPolicy, reviewing


@dataclass(frozen=True, slots=True)
class Held:
    """A case somebody holds today."""

    case: ReviewCase
    holder: str
    office: str

    def shown_to(self, actor: Actor) -> str:
        """The holder by name within the office, the office alone to others."""
        return f"{self.office}（{self.holder}）" if actor.organisation_id == self.case.office_id else self.office


@dataclass(frozen=True, slots=True)
class Said:
    """An opinion with the names of who gave it."""

    opinion: CaseOpinion
    author: str
    office: str


def review_policy(on: date) -> ReviewPolicy:
    """What the pack says on a day about the work of offices."""
    return reviewing(policy.current().at(on))


def held_cases(claim_ids: Collection[int], *, on: date) -> dict[int, Held]:
    """Who holds each of these claims on a day; free ones and lapsed holds are not in the answer."""
    if not claim_ids:
        return {}
    found = session().execute(
        select(ReviewCase, User.username, Organisation.name)
        .join(User, User.id == ReviewCase.holder_id)
        .join(Organisation, Organisation.id == ReviewCase.office_id)
        .where(ReviewCase.claim_id.in_(claim_ids), _live(on))
    )
    return {case.claim_id: Held(case, holder, office) for case, holder, office in found.tuples()}


def open_case(claim_id: int) -> ReviewCase | None:
    """The case of a claim that has not ended, perhaps lapsed by now; the claim must be locked."""
    return session().scalar(
        select(ReviewCase)
        .where(ReviewCase.claim_id == claim_id, ReviewCase.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


def lapsed_cases(on: date) -> Sequence[int]:
    """The claims whose case is still open though its last day is over."""
    found = select(ReviewCase.claim_id).where(ReviewCase.ended_at.is_(None), ReviewCase.last_day < on)
    return session().scalars(found.order_by(ReviewCase.claim_id)).all()


def cases_of(claim_id: int) -> Select[tuple[ReviewCase]]:
    """Everybody who held a claim."""
    return select(ReviewCase).where(ReviewCase.claim_id == claim_id)


def opinions_of(claim_id: int) -> Select[tuple[CaseOpinion]]:
    """What was prepared about a claim."""
    return select(CaseOpinion).where(CaseOpinion.claim_id == claim_id)


def said_about(claim_id: int) -> list[Said]:
    """The opinions about a claim with their authors, the latest first."""
    found = session().execute(
        select(CaseOpinion, User.username, Organisation.name)
        .join(User, User.id == CaseOpinion.author_id)
        .join(Organisation, Organisation.id == CaseOpinion.office_id)
        .where(CaseOpinion.claim_id == claim_id)
        .order_by(CaseOpinion.id.desc())
    )
    return [Said(opinion, author, office) for opinion, author, office in found.tuples()]


def is_held(on: date) -> ColumnElement[bool]:
    """Whether anybody holds a claim on a day."""
    return exists().where(ReviewCase.claim_id == Claim.id, _live(on))


def is_held_by(user_id: int | None, *, on: date) -> ColumnElement[bool]:
    """Whether a user holds a claim on a day."""
    return exists().where(ReviewCase.claim_id == Claim.id, ReviewCase.holder_id == user_id, _live(on))


def _live(on: date) -> ColumnElement[bool]:
    return ReviewCase.ended_at.is_(None) & (ReviewCase.last_day >= on)
