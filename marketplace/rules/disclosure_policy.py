"""The terms of disclosure on application that are in force on a day, read from the policy pack."""

from __future__ import annotations

from datetime import date

from core.policy import PolicyPack
from core.texts import Text
from marketplace.rules.annual_reports import TERM
from marketplace.rules.disclosure import DisclosureTerms


def disclosure_terms(pack: PolicyPack, day: date) -> DisclosureTerms:
    """The terms of a day, or of the nearest one that the pack covers."""
    edition = pack.nearest(day, term=TERM)
    return DisclosureTerms(
        answer_working_days=edition["disclosure.answer_working_days"],
        extension_working_days=edition["disclosure.extension_working_days"],
        consultation_working_days=edition["disclosure.consultation_working_days"],
        reminder_days=edition["disclosure.reminder_days"],
        grounds={row["code"]: Text(row["zh"], row["en"]) for row in edition["disclosure.refusal_grounds"]},
        consulted_grounds=frozenset(edition["disclosure.consulted_grounds"]),
        number=edition["disclosure.application_number"],
    )
