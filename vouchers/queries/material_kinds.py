"""The names of what a claim's files prove, as the policy pack has them."""

from __future__ import annotations

from core import policy
from core.texts import Text
from vouchers.rules.policy import MATERIAL_KINDS


def material_text(kind: str) -> Text:
    """The name of a kind that the pack names on any day; one it never named stands for itself."""
    entries = policy.current().history.get(MATERIAL_KINDS, ())
    named = {each["code"]: Text(each["zh"], each["en"]) for entry in entries for each in entry.value}
    return named.get(kind, Text(kind, kind))
