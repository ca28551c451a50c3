"""The access table as the tests read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.integration.access.cast import CAST, OFFICES, ROLES, VISITOR

TABLE = Path(__file__).with_name("table.yaml")
OTHERS = "others"


@dataclass(frozen=True)
class Trial:
    """A route tried on records: who gets it done, who is refused, what is sent."""

    through: frozenset[str]
    at: dict[str, Any] = field(default_factory=dict)
    send: dict[str, Any] | None = None
    form: dict[str, Any] | None = None
    file: str | None = None
    query: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    instead: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One method of one route: the roles it is open to, its trials, and whether it is a decision of an office."""

    method: str
    rule: str
    roles: frozenset[str]
    trials: tuple[Trial, ...]
    no_decision: str | None = None
    reasons_under: str | None = None
    about_nobody: str | None = None

    @property
    def decides(self) -> bool:
        """Whether it is a decision of an office: what only offices change, unless the table says why not."""
        return self.method != "GET" and self.roles <= OFFICES and self.no_decision is None

    @property
    def users(self) -> list[str]:
        """Everybody the route is open to."""
        return [user for user, role in CAST.items() if role in self.roles]


def read_table(path: Path = TABLE) -> dict[str, Row]:
    """Every row by ``METHOD rule``."""
    return {name: _row(name, entry) for name, entry in yaml.safe_load(path.read_text("utf-8")).items()}


def _row(name: str, entry: dict[str, Any]) -> Row:
    method, rule = name.split(" ", 1)
    roles = _roles(entry.get("roles", ""))
    users = frozenset(user for user, role in CAST.items() if role in roles)
    trials = [_trial(trial, users) for trial in entry.get("trials", [{"through": "all"}])]
    return Row(
        method,
        rule,
        roles,
        tuple(trials),
        entry.get("no_decision"),
        entry.get("reasons_under"),
        entry.get("about_nobody"),
    )


def _trial(entry: dict[str, Any], users: frozenset[str]) -> Trial:
    through = users if entry["through"] == "all" else frozenset(entry["through"].split())
    refused = dict(entry.get("refused", {}))
    if OTHERS in refused:
        code = refused.pop(OTHERS)
        refused |= dict.fromkeys(users - through, code)
    instead = dict(entry.get("instead", {}))
    if OTHERS in instead:
        instead = dict.fromkeys(users - through, instead[OTHERS]) | instead
        del instead[OTHERS]
    unknown = (through | set(refused)) - users
    if unknown:
        raise ValueError(f"not of the route's roles: {sorted(unknown)}")
    return Trial(**{**entry, "through": through, "refused": refused, "instead": instead})


def _roles(named: str) -> frozenset[str]:
    if named == "everyone":
        return ROLES
    if named == "signed_in":
        return ROLES - {VISITOR}
    roles = frozenset(named.split())
    if not roles <= ROLES:
        raise ValueError(f"no roles: {sorted(roles - ROLES)}")
    return roles
