"""One consolidated return: what a defect is about, what changed since, and what a later return may still name.

Nobody is sent round twice: a second return names only what was changed since the first, or what it named and is not
mended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from accounts.kinds import DocumentKind, StandardDefect, Subject
from accounts.rules.registration import Application, figures_year
from core.errors import Reason, reason
from core.texts import Text, text

DOCUMENT = "document_"
_FIGURES = ("figures_year", "staff", "revenue_fen", "orderly_finances")
_NOT_COMPARED = frozenset({"kind", "truthful", *_FIGURES})


@dataclass(frozen=True, slots=True)
class Finding:
    """A defect as the reviewer names it: from the catalogue, in words of its own, or both."""

    about: Subject
    standard: StandardDefect | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What stood in one round and what stands in the next."""

    about: Subject
    before: Any
    after: Any


def document_subject(kind: DocumentKind) -> Subject:
    """What a defect of a document is about; kinds that no registration brings stand for others."""
    own = f"{DOCUMENT}{kind.value}"
    return Subject(own) if own in set(Subject) else Subject.DOCUMENT_OTHER


def snapshot(
    application: Application, documents: Collection[tuple[DocumentKind, str, str]], *, on: date
) -> dict[str, Any]:
    """What is submitted in a round, by subject; ``documents`` are kind, checksum and file name of each.

    A year of figures that was left out is the one they are kept for, so that the next round does not seem to change it.
    """
    stated = {**asdict(application), "figures_year": figures_year(application, on=on)}
    shown: dict[str, Any] = {name: _plain(value) for name, value in stated.items() if name not in _NOT_COMPARED}
    shown[Subject.FIGURES.value] = {name: stated[name] for name in _FIGURES}
    for kind in DocumentKind:
        files = [[checksum, filename] for each, checksum, filename in documents if each is kind]
        if files:
            shown.setdefault(document_subject(kind).value, []).extend(files)
    return shown


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What changed between two rounds, in the order of the form."""
    return [
        Difference(subject, before.get(subject.value), after.get(subject.value))
        for subject in Subject
        if before.get(subject.value) != after.get(subject.value)
    ]


def return_faults(
    findings: Sequence[Finding], *, named_before: Sequence[Subject] | None, changed: Collection[Subject]
) -> list[Reason]:
    """Why a return may not name what it names; ``named_before`` is None where nothing was returned before."""
    if named_before is None:
        return []
    allowed = {*named_before, *changed}
    late = dict.fromkeys(each.about for each in findings if each.about not in allowed)
    return [reason("defect_named_late", article="V15", field="findings", about=_word(about)) for about in late]


def resubmission_faults(named_before: Sequence[Finding], changed: Collection[Subject]) -> list[Reason]:
    """Documents that were named as missing must be there before it goes back to its reviewer."""
    return [
        reason("document_still_missing", article="V15", field=about.value, about=_word(about))
        for about in dict.fromkeys(each.about for each in named_before if each.standard is StandardDefect.MISSING)
        if about.value.startswith(DOCUMENT) and about not in changed
    ]


def _word(about: Subject) -> Text:
    return text(f"term.Subject.{about.value}")


def _plain(value: Any) -> Any:
    return value.value if hasattr(value, "value") else value
