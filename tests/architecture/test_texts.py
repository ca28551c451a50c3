"""The catalogue: every text that code asks for exists in both languages, with the same parameters in each."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

from core.errors import DomainError
from core.texts import ROOT, catalogue
from marketplace.app import create_app
from tests.architecture.test_sources import sources

CALLS = {"reason": "reason.{}", "text": "{}", "fault": "field.{}"}
KEY = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")
QUOTES_CHINESE = {"reason.import_yes_no_malformed"}
"""English texts that must show what to write in a Chinese column."""
OWN_TONGUE = {"site.other_language"}
"""The other language is named in itself, as everywhere."""
CHINESE = re.compile("[\u4e00-\u9fff]")


def asked_for() -> Iterator[tuple[str, str]]:
    """Every literal key in a call of the catalogue, and where it stands."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            key, first = CALLS.get(node.func.id), node.args[0]
            if key is None or not isinstance(first, ast.Constant) or not isinstance(first.value, str):
                continue
            if node.func.id != "text" or KEY.fullmatch(first.value):
                yield key.format(first.value), f"{path}:{node.lineno}"


def descendants(cls: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in cls.__subclasses__():
        yield child
        yield from descendants(child)


def parameters(text: str) -> set[str]:
    return {name.partition(".")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_asked_for_exists() -> None:
    """A missing text would be an error of its own just where an error is to be explained."""
    missing = [f"{key} ({where})" for key, where in asked_for() if key not in catalogue()]
    assert missing == []


def test_every_error_has_its_sentence() -> None:
    """Each class has a code of its own or its base's, a text, and a docstring for the OpenAPI."""
    assert create_app is not None  # importing the application loads every error there is
    ours = [each for each in descendants(DomainError) if not each.__module__.startswith("tests")]
    assert len(ours) > 50
    assert [each.__name__ for each in ours if f"error.{each.code}" not in catalogue()] == []
    assert [each.__name__ for each in ours if not (each.__doc__ or "").strip()] == []


def test_both_languages_say_the_same() -> None:
    """Each text is Chinese in Chinese, has no Chinese in English, and takes the same parameters in both."""
    different = [key for key, text in catalogue().items() if parameters(text.zh) != parameters(text.en)]
    assert different == []
    rest = {key: text for key, text in catalogue().items() if key not in QUOTES_CHINESE | OWN_TONGUE}
    untranslated = [key for key, text in rest.items() if not CHINESE.search(text.zh) or CHINESE.search(text.en)]
    assert untranslated == []


def test_templates_take_their_texts_from_the_catalogue() -> None:
    """No Chinese stands in a template itself."""
    found = [
        str(path.relative_to(ROOT)) for path in ROOT.glob("*/templates/**/*.html") if CHINESE.search(path.read_text())
    ]
    assert found == []
