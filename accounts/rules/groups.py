"""What is wrong with a proposed change of who is who: groups that merge or split, teams that became enterprises."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from accounts.rules.standing import Running, tenure_faults
from accounts.states import ChangeKind
from core.errors import Reason, reason

CAP = "V12 cap"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFacts:
    """A change of controllers with what is on record about it.

    ``firms`` are the organisations under the controller, each with every tenure on record; ``leaving`` those named to
    leave it. ``dissolved`` are the controllers among the two that were merged into another before.
    """

    kind: ChangeKind
    controller_id: int
    into_id: int | None
    new_name: str
    leaving: Collection[int]
    effective_on: date
    firms: dict[int, Sequence[Running]]
    dissolved: Collection[int]

    @property
    def moving(self) -> list[int]:
        """The firms that get another controller: all of a merged group, those that leave a split one."""
        return sorted(self.firms) if self.kind is ChangeKind.MERGE else sorted(set(self.leaving))


def change_faults(change: ChangeFacts) -> list[Reason]:
    """Every fault of a change: who takes part, and whether it comes after all that is on record."""
    found = _merge_faults(change) if change.kind is ChangeKind.MERGE else _split_faults(change)
    if change.dissolved:
        found.append(reason("controller_merged", article=CAP, field="controller_id"))
    for firm in change.moving:
        known = change.firms.get(firm, ())
        if tenure_faults(since=change.effective_on, known=known):
            found.append(reason("change_before_tenure", article=CAP, field="effective_on", organisation=firm))
    return found


def decision_faults(*, effective_on: date, today: date) -> list[Reason]:
    """A change is carried out on its day or later, never before: nobody knows yet what is used by then."""
    if effective_on > today:
        return [reason("change_not_effective", article=CAP, field="decision", day=effective_on)]
    return []


def _merge_faults(change: ChangeFacts) -> list[Reason]:
    found = []
    if change.into_id is None:
        found.append(reason("merge_into_whom", article=CAP, field="into_id"))
    if change.into_id == change.controller_id:
        found.append(reason("merge_into_itself", article=CAP, field="into_id"))
    if change.leaving or change.new_name:
        found.append(reason("merge_names_no_firms", article=CAP, field="organisation_ids"))
    return found


def _split_faults(change: ChangeFacts) -> list[Reason]:
    found = []
    if change.into_id is not None or not change.new_name:
        found.append(reason("split_needs_new_name", article=CAP, field="new_name"))
    if not change.leaving or not set(change.leaving) <= set(change.firms):
        found.append(reason("split_of_own_firms", article=CAP, field="organisation_ids"))
    elif set(change.leaving) == set(change.firms):
        found.append(reason("split_leaves_nobody", article=CAP, field="organisation_ids"))
    return found
