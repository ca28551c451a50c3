"""V15: what a pack asks of members beyond the measure: documents, renewals, suspensions. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.kinds import DocumentKind, OrganisationKind
from accounts.states import MembershipState
from core.errors import Reason, reason

OUTSIDE = "_outside"
"""What is added to a kind of member for one from outside the province."""


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day that comes every year."""

    month: int
    day: int

    def of(self, year: int) -> date:
        """That day in a year."""
        return date(year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class MemberRules:
    """What a pack says of members; a pack that says nothing asks for nothing."""

    documents: Mapping[str, Sequence[str]]
    may_owe: bool
    owed_working_days: int
    figures_due: MonthDay | None
    figures_grace_end: MonthDay | None
    overdue_refuses_orders: bool
    suspension_articles: tuple[str, ...]
    change_days_ahead: int | None = None

    def latest_change(self, today: date) -> date | None:
        """The last day that a change asked for today may begin on; None where the pack bounds none."""
        return None if self.change_days_ahead is None else today + timedelta(days=self.change_days_ahead)

    def required_documents(self, kind: OrganisationKind, *, in_province: bool) -> tuple[DocumentKind, ...]:
        """The documents a kind of member brings with its registration."""
        own = self.documents.get(kind.value, ())
        listed = own if in_province else self.documents.get(kind.value + OUTSIDE, own)
        return tuple(map(DocumentKind, listed))

    def figures_due_on(self, year: int) -> date | None:
        """The last day on which the figures of a year are renewed: one of the year after."""
        return None if self.figures_due is None else self.figures_due.of(year + 1)

    def orders_stop_for(self, year: int, *, on: date) -> bool:
        """Whether an enterprise that has not renewed its figures of ``year`` may order no more on a day."""
        if not self.overdue_refuses_orders or self.figures_grace_end is None:
            return False
        return on > self.figures_grace_end.of(year + 1)


def missing_documents(required: Collection[str], handed_in: Collection[str]) -> list[DocumentKind]:
    """Which of the required kinds nobody handed in, in the order required."""
    return [DocumentKind(kind) for kind in required if kind not in handed_in]


def document_faults(missing: Sequence[DocumentKind]) -> list[Reason]:
    """Every missing document, named at once."""
    return [reason(f"document_missing_{kind.value}", article="V15", field=f"document_{kind.value}") for kind in missing]


def suspension_faults(
    *, article: str | None, known: Collection[str], since: date, until: date | None, today: date
) -> list[Reason]:
    """What is wrong with a suspension from ``since``, its first day, to ``until``, the first day no longer."""
    found = []
    if article is not None and article not in known:
        found.append(
            reason("suspension_article_unknown", article="V15", field="article", known="、".join(sorted(known)))
        )
    if since < today:
        found.append(reason("suspension_in_past", article="V15", field="since"))
    if until is not None and until <= since:
        found.append(reason("period_reversed", field="until"))
    return found


def state_on(state: MembershipState, *, since: date | None, until: date | None, on: date) -> MembershipState:
    """Where a membership stands on a day, whether or not its state has followed yet.

    ``since`` and ``until`` are those of the suspension that runs or is announced; None where there is none.
    """
    if since is None:
        return state
    holds = since <= on and (until is None or on < until)
    if state is MembershipState.APPROVED and holds:
        return MembershipState.SUSPENDED
    if state is MembershipState.SUSPENDED and until is not None and until <= on:
        return MembershipState.APPROVED
    return state
