"""Every error and reason of accounts has its sentence in both languages."""

import re

import pytest

import accounts.api  # noqa: F401  (loads every error class of the package)
from core.config import PROJECT
from core.errors import DomainError
from core.texts import catalogue

REASON = re.compile(r'reason\(\s*"([a-z_0-9]+)"')


def errors(base: type[DomainError]) -> list[type[DomainError]]:
    return [found for each in base.__subclasses__() for found in (each, *errors(each))]


def reason_codes() -> set[str]:
    files = (PROJECT / "accounts").rglob("*.py")
    return {code for path in files for code in REASON.findall(path.read_text("utf-8"))}


@pytest.mark.parametrize(
    "error", [each for each in errors(DomainError) if each.__module__.startswith("accounts.")], ids=lambda e: e.__name__
)
def test_every_error_has_a_sentence_and_a_docstring(error: type[DomainError]) -> None:
    assert f"error.{error.code}" in catalogue()
    assert error.__doc__


def test_every_reason_has_a_sentence() -> None:
    codes = reason_codes()

    assert len(codes) > 30
    assert {f"reason.{code}" for code in codes} <= set(catalogue())
