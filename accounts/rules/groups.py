"""What is wrong with a proposed change of who is who: groups that merge or split, teams that became enterprises."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from accounts.rules.standing import CAP, Running, name_faults, same_by, tenure_faults
from accounts.states import ChangeKind
from core.errors import Reason, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFacts:
    """A change of controllers with what is on record about it.

    ``firms`` are the organisations under the controller, each with every tenure on record; ``leaving`` those named to
    leave it. ``dissolved`` are the controllers among the two that were merged into another before. For a naming
    ``firms`` is the one named, and ``has_team`` says that it is none that can have a controller. ``namesakes`` are the
    controllers of the new name, by number with the notes that tell them apart.
    """

    kind: ChangeKind
    controller_id: int | None
    into_id: int | None
    new_name: str
    new_note: str = ""
    leaving: Collection[int]
    effective_on: date
    firms: dict[int, Sequence[Running]]
    dissolved: Collection[int]
    has_team: bool = False
    namesakes: Mapping[int, str] = field(default_factory=dict)

    @property
    def moving(self) -> list[int]:
        """The firms that get another controller: all of a merged group, those that leave a split one, the one named."""
        return sorted(self.firms) if self.kind is ChangeKind.MERGE else sorted(set(self.leaving))


def change_faults(change: ChangeFacts) -> list[Reason]:
    """Every fault of a change: who takes part, and whether it comes after all that is on record."""
    found = _FAULTS[change.kind](change)
    if change.new_name:
        found += name_faults(note=change.new_note, namesakes=change.namesakes, field="new_note")
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
    found = _group_faults(change)
    if change.into_id is None:
        found.append(reason("merge_into_whom", article=CAP, field="into_id"))
    if change.into_id == change.controller_id:
        found.append(reason("merge_into_itself", article=CAP, field="into_id"))
    if change.leaving or change.new_name:
        found.append(reason("merge_names_no_firms", article=CAP, field="organisation_ids"))
    return found


def _split_faults(change: ChangeFacts) -> list[Reason]:
    found = _group_faults(change)
    if change.into_id is not None or not change.new_name:
        found.append(reason("split_needs_new_name", article=CAP, field="new_name"))
    if same_by(change.new_note, change.namesakes) is not None:
        found.append(reason("split_heir_known", article=CAP, field="new_note"))
    if not change.leaving or not set(change.leaving) <= set(change.firms):
        found.append(reason("split_of_own_firms", article=CAP, field="organisation_ids"))
    elif set(change.leaving) == set(change.firms):
        found.append(reason("split_leaves_nobody", article=CAP, field="organisation_ids"))
    return found


def _naming_faults(change: ChangeFacts) -> list[Reason]:
    found = []
    if change.controller_id is not None or len(set(change.leaving)) != 1:
        found.append(reason("naming_of_one_firm", article=CAP, field="organisation_ids"))
    if (change.into_id is None) == (not change.new_name):
        found.append(reason("controller_by_id_or_name", article=CAP, field="new_name"))
    if change.has_team:
        found.append(reason("team_has_no_controller", article=CAP, field="organisation_ids"))
    return found


def _group_faults(change: ChangeFacts) -> list[Reason]:
    if change.controller_id is None:
        return [reason("change_of_which_group", article=CAP, field="controller_id")]
    return []


_FAULTS: Mapping[ChangeKind, Callable[[ChangeFacts], list[Reason]]] = {
    ChangeKind.MERGE: _merge_faults,
    ChangeKind.SPLIT: _split_faults,
    ChangeKind.NAMING: _naming_faults,
}
