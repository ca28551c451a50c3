"""State machines as tables. A change that the table does not name cannot happen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from core import audit
from core.db import Model
from core.errors import Conflict
from core.permissions import Actor
from core.texts import Text, catalogue, text

S = TypeVar("S", bound=StrEnum)


class StateForbids(Conflict):
    """The record's state does not allow this action."""

    code = "state_forbids"


class Transitions(Generic[S]):
    """``{(from, action): to}``; ``initial`` is the state of a new record."""

    def __init__(self, table: Mapping[tuple[S, str], S], *, initial: S) -> None:
        self.table = dict(table)
        self.initial = initial

    def target(self, state: S, action: str) -> S | None:
        """The state that ``action`` leads to, or None where it is not allowed."""
        return self.table.get((state, action))

    def actions(self, state: S) -> list[str]:
        """What may be done in a state, sorted."""
        return sorted(action for (origin, action) in self.table if origin == state)

    def names(self) -> set[str]:
        """Every action the table knows."""
        return {action for (_, action) in self.table}


def apply(
    entity: Model,
    action: str,
    *,
    transitions: Transitions[S],
    actor: Actor,
    now: datetime,
    note: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> S:
    """Move ``entity`` along the table and write the audit entry; returns the new state.

    Raises :class:`StateForbids`, naming the present state and what it allows.
    """
    stateful: Any = entity
    before: S = stateful.state
    after = allowed_target(before, action, transitions=transitions)
    stateful.state = after
    kept = {**(data or {}), **({"note": note} if note else {})}
    audit.record(actor=actor, now=now, action=action, subject=entity, from_state=before, to_state=after, data=kept)
    return after


def allowed_target(state: S, action: str, *, transitions: Transitions[S]) -> S:
    """The state that ``action`` leads to; raises :class:`StateForbids`, naming the state and what it allows."""
    target = transitions.target(state, action)
    if target is None:
        raise state_refusal(state, action, transitions=transitions)
    return target


def state_refusal(
    state: S, action: str, *, transitions: Transitions[S], error: type[StateForbids] = StateForbids
) -> StateForbids:
    """The refusal of an action, naming the present state and what it allows in words, and both as codes."""
    allowed = transitions.actions(state)
    words = [action_word(each) for each in allowed]
    shown = Text("、".join(each.zh for each in words), ", ".join(each.en for each in words))
    return error(
        state=_word(f"term.{type(state).__name__}", state),
        action=action_word(action),
        allowed=shown if words else text("state.nothing_more"),
        extra={"state": state.value, "allowed": [str(each) for each in allowed]},
    )


def action_word(action: str) -> Text:
    """The word for an action, ``action.<name>`` of the catalogue."""
    return _word("action", action)


def _word(kind: str, name: str) -> Text:
    """The word of the catalogue; a name without one stands for itself (tests see to it that all of ours have one)."""
    key = f"{kind}.{name}"
    return text(key) if key in catalogue() else Text(str(name), str(name))
