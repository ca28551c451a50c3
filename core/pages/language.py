"""Chinese first, English one click away: the language of a request, and every text in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask import g, session

from core.clock import SHANGHAI
from core.errors import Reason
from core.money import yuan_text
from core.texts import Text, catalogue, text

CHINESE = "zh"
ENGLISH = "en"
LANGUAGES = {CHINESE: "zh-CN", ENGLISH: "en"}
"""The languages of the pages, with the value of the ``lang`` attribute."""

_SESSION_KEY = "lang"


def current_language() -> str:
    """``zh`` unless the reader chose ``en``."""
    if "language" not in g:
        wanted = session.get(_SESSION_KEY)
        g.language = wanted if wanted in LANGUAGES else CHINESE
    return str(g.language)


def choose_language(code: str) -> None:
    """Remember a language in the session; unknown codes are Chinese."""
    session[_SESSION_KEY] = code if code in LANGUAGES else CHINESE


def say(said: Text | Reason | Mapping[str, Any]) -> str:
    """A text, a reason or a stored reason in the language of the request."""
    if isinstance(said, Text):
        return said.en if current_language() == ENGLISH else said.zh
    if isinstance(said, Reason):
        return say(said.text)
    return str(said["text_en"] if current_language() == ENGLISH else said["text"])


def said_together(reasons: Sequence[Reason]) -> str:
    """What a decision rests on in one line, each sentence after its article; empty before there is one."""
    return " ".join(f"{each.named} {say(each)}" for each in reasons)


def t(key: str, /, **params: object) -> str:
    """The text of a key in the language of the request."""
    return say(text(key, **params))


def term(member: StrEnum) -> str:
    """The word for a member of an enum: ``term.<EnumName>.<value>`` of the catalogue."""
    return t(f"term.{type(member).__name__}.{member.value}")


def has_text(key: str) -> bool:
    """Whether the catalogue knows a key."""
    return key in catalogue()


def text_or(key: str, otherwise: str) -> str:
    """The text of a key, or what stands for it where the catalogue knows none."""
    return t(key) if has_text(key) else otherwise


def yes_no(value: object) -> str:
    """Whether something is so, in a word."""
    return t("yes" if value else "no")


def yuan(fen: int | None, *, signed: bool = False) -> str:
    """A sum as people read it: ``¥1,234.56``; a dash for none."""
    if fen is None:
        return "—"
    sign = "−" if fen < 0 else "+" if signed and fen > 0 else ""
    return f"{sign}¥{yuan_text(abs(fen))}"


def day(value: date | None) -> str:
    """A date as ``2026-03-02``; a dash for none."""
    return "—" if value is None else value.isoformat()


def moment(value: datetime | None) -> str:
    """An instant as ``2026-03-02 09:00`` in Asia/Shanghai; a dash for none."""
    return "—" if value is None else f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
