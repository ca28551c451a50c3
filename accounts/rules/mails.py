"""What mails say: one notice, a day's digest, the code that proves an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.kinds import MailLanguage
from core.texts import Text, text

DIGEST_LINES = 50
"""Beyond so many the digest says how many more there are."""


@dataclass(frozen=True)
class Written:
    """Subject and body of a mail."""

    subject: str
    body: str


@dataclass(frozen=True)
class Line:
    """One notice as a digest lists it."""

    key: str
    params: Mapping[str, Any]
    due_on: date | None


def sentence(key: str, params: Mapping[str, Any]) -> Text:
    """What a notice says."""
    return text(f"notice.{key}", **params)


def mail_about(
    key: str, *, params: Mapping[str, Any], due_on: date | None, path: str, language: MailLanguage
) -> Written:
    """The mail about one notice; ``path`` is the whole address to go to."""
    said = _in(sentence(key, params), language)
    parts = [said, _due(due_on, language), path, _in(text("mail.footer"), language)]
    return Written(_in(text("mail.notice.subject", said=said), language), "\n\n".join(part for part in parts if part))


def mail_digest(lines: Sequence[Line], *, on: date, path: str, language: MailLanguage) -> Written:
    """The mail about a day's notices and what is due soon."""
    shown = [_digest_line(line, language) for line in lines[:DIGEST_LINES]]
    if len(lines) > DIGEST_LINES:
        shown.append(_in(text("mail.digest.more", count=len(lines) - DIGEST_LINES), language))
    subject = _in(text("mail.digest.subject", count=len(lines), day=on.isoformat()), language)
    return Written(subject, "\n\n".join(["\n".join(shown), path, _in(text("mail.footer"), language)]))


def mail_code(code: str, *, hours: int, language: MailLanguage) -> Written:
    """The mail with the code that proves an address."""
    return Written(
        _in(text("mail.code.subject"), language), _in(text("mail.code.body", code=code, hours=hours), language)
    )


def _digest_line(line: Line, language: MailLanguage) -> str:
    due = _due(line.due_on, language)
    return f"- {_in(sentence(line.key, line.params), language)}" + (f" ({due})" if due else "")


def _due(due_on: date | None, language: MailLanguage) -> str:
    return "" if due_on is None else _in(text("mail.due", day=due_on.isoformat()), language)


def _in(said: Text, language: MailLanguage) -> str:
    return said.en if language is MailLanguage.EN else said.zh
