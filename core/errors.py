"""Errors as classes: one sentence each, with reasons. HTTP status exists only at the edge (core.http)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from core.policy import article_name
from core.texts import Text, text


@dataclass(frozen=True)
class Reason:
    """One ground of an answer: a code, the article it rests on (or None), a text, and the field it is about."""

    code: str
    article: str | None
    text: Text
    field: str | None = None

    @property
    def named(self) -> str | None:
        """The article as the province's measure numbers it."""
        return None if self.article is None else article_name(self.article)

    def as_json(self) -> dict[str, Any]:
        """The reason as the API shows it; ``text`` is Chinese, ``text_en`` English."""
        shown = {"code": self.code, "article": self.named, "text": self.text.zh, "text_en": self.text.en}
        return shown if self.field is None else {**shown, "field": self.field}


def reason(code: str, *, article: str | None = None, field: str | None = None, **params: object) -> Reason:
    """A reason whose text is ``reason.<code>`` of the catalogue."""
    return Reason(code, article, text(f"reason.{code}", **params), field)


@dataclass(frozen=True)
class Way:
    """Where whoever was refused goes on: a page by its place and the number it is about, the same as a path of the API
    below its base, and what is to be filled in there. Its words are ``way.<place>`` of the catalogue."""

    place: str
    record_id: int
    path: str
    typed: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """The way as the API shows it."""
        said = text(f"way.{self.place}")
        return {"path": self.path, "text": said.zh, "text_en": said.en}


class DomainError(Exception):
    """Something the service refuses, with a code, a text in both languages and its reasons.

    Subclasses set ``code``; the text is ``error.<code>`` of the catalogue with ``params`` filled in. One that says all
    there is sets ``article``, or is raised with it: it is its own reason then. ``extra`` are further members of the
    problem document, such as a new quote; ``ways`` are where one goes on from here.
    """

    code: ClassVar[str] = ""
    article: ClassVar[str | None] = None

    def __init__(
        self,
        *,
        reasons: Sequence[Reason] = (),
        article: str | None = None,
        extra: Mapping[str, object] | None = None,
        ways: Sequence[Way] = (),
        **params: object,
    ) -> None:
        self.ways = tuple(ways)
        self.extra = {**(extra or {}), **({"ways": [each.as_json() for each in ways]} if ways else {})}
        self.text = text(f"error.{self.code}", **params)
        rests_on = article or self.article
        own = () if rests_on is None else (Reason(self.code, rests_on, self.text),)
        self.reasons = tuple(reasons) or own
        super().__init__(self.text.both())

    @property
    def own_reason(self) -> Reason | None:
        """The reason that says the same as the error itself, if one does: it is said once, with its article."""
        return next((each for each in self.reasons if each.text == self.text), None)

    @property
    def further_reasons(self) -> list[Reason]:
        """The reasons that say more than the error itself."""
        return [each for each in self.reasons if each.text != self.text]

    def __str__(self) -> str:
        own = "" if self.own_reason is None else f" ({self.own_reason.named})"
        further = (f"{each.field or each.code}: {each.text.both()}" for each in self.further_reasons)
        return "\n".join([f"{self.text.both()}{own}", *further])


class Malformed(DomainError):
    """The request cannot be read."""

    code = "malformed"


class Unauthenticated(DomainError):
    """Nobody is signed in."""

    code = "unauthenticated"


class Forbidden(DomainError):
    """The actor may not do this."""

    code = "forbidden"


class NotFound(DomainError):
    """There is no such record for this actor: missing and foreign ones answer alike."""

    code = "not_found"


class Conflict(DomainError):
    """The present state does not allow this."""

    code = "conflict"


class PreconditionFailed(DomainError):
    """The record is not what the caller's condition asks for."""

    code = "precondition_failed"


class TooLarge(DomainError):
    """The upload is over the limit."""

    code = "too_large"


class WrongMediaType(DomainError):
    """The upload is of a type the service does not take."""

    code = "wrong_media_type"


class Refused(DomainError):
    """The input is understood and refused: faults or policy."""

    code = "refused"


class TooManyAttempts(DomainError):
    """Too many attempts in too short a time."""

    code = "too_many_attempts"


class Busy(DomainError):
    """Somebody else holds what this needs; it may be tried again."""

    code = "busy"


class NoRoom(DomainError):
    """There is no room left to keep what this brings; it may be tried again once there is."""

    code = "no_room"


def refuse_first(found: Sequence[DomainError]) -> None:
    """Raise the first of several refusals with the reasons of all of them, so that every fault is named at once."""
    if found:
        found[0].reasons = tuple(each for refusal in found for each in refusal.reasons)
        raise found[0]


def refuse_all(reasons: Sequence[Reason], *, error: type[DomainError] = Refused) -> None:
    """Raise ``error`` with all reasons at once where there are any."""
    if reasons:
        raise error(reasons=reasons)
