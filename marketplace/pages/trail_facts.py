"""What went with an entry of the audit trail, in words: sums in yuan, yes and no, the words of the states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from accounts.kinds import AdverseKind, OrganisationKind
from accounts.permissions import Role
from core.pages import term
from core.pages.language import has_text, moment, say, t, yes_no, yuan
from core.texts import Text
from marketplace.reports.trail import kept
from marketplace.rules.contracts import ContractPoint, standard_text
from vouchers.queries.material_kinds import material_text
from vouchers.rules.facts import PaymentMode

ENUMS: Mapping[str, tuple[type[StrEnum], ...]] = MappingProxyType(
    {
        "payment_mode": (PaymentMode,),
        "role": (Role,),
        "kind": (AdverseKind, OrganisationKind),
    }
)
"""The enums that a fact may be of, by its name."""

_LABELS = ("fact_of_trail.{}", "column.{}", "fact.{}", "field_label.{}", "term.Declaration.{}", "term.ContractPoint.{}")
_SUM = "_fen"


def details(data: Mapping[str, Any]) -> str:
    """The facts of an entry, each with its name, as one line."""
    return _facts(dict(kept(data)))


def _facts(data: Mapping[str, Any]) -> str:
    colon, semicolon = say(Text("：", ": ")), say(Text("；", "; "))
    return semicolon.join(f"{_label(name)}{colon}{_value(name, value)}" for name, value in data.items())


def _label(name: str) -> str:
    """The word for a fact; one that has none yet stands for itself."""
    stems = dict.fromkeys((name, name.removesuffix(_SUM)))
    known = (pattern.format(stem) for stem in stems for pattern in _LABELS)
    return next((t(key) for key in known if has_text(key)), name)


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return yes_no(value)
    if value is None:
        return "—"
    if isinstance(value, Mapping):
        if "text" in value and "text_en" in value:
            return say(value)
        inner = _facts(value)
        return say(Text(f"（{inner}）", f"({inner})"))
    if isinstance(value, list | tuple):
        return say(Text("、", ", ")).join(_value(name, each) for each in value)
    if isinstance(value, int) and name.endswith(_SUM):
        return yuan(value)
    return _word(name, str(value))


def _word(name: str, value: str) -> str:
    for enum in ENUMS.get(name, ()):
        if value in list(enum):
            return term(enum(value))
    if name in list(ContractPoint):
        return say(standard_text(ContractPoint(name), value) or Text(value, value))
    if name == _KIND:
        return say(material_text(value))
    return _label(value) if name in _NAMES else _when(value)


_KIND = "kind"
"""A fact of several sorts: what is no enum above is a kind of material, which the policy names."""

_NAMES = frozenset({"changed", "fields"})
"""Facts that are names of facts."""


def _when(value: str) -> str:
    """A moment as it is read; everything else as it stands."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if found.tzinfo is None else moment(found)
