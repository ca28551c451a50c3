"""The catalogue: every text that code asks for exists in both languages, with the same parameters in each."""

from __future__ import annotations

import ast
import gc
import re
import string
from collections.abc import Iterator
from enum import StrEnum

from core.errors import DomainError
from core.states import Transitions
from core.texts import ROOT, catalogue
from marketplace.app import create_app
from tests.architecture.test_sources import sources

CALLS = {"reason": "reason.{}", "ground": "ground.{}", "text": "{}", "fault": "field.{}"}
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


def test_the_sentence_of_a_ground_names_every_input() -> None:
    """What a decision was taken on is read on its page as in the API."""
    told = []
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ground":
                (code,) = node.args
                where = f"{path}:{node.lineno}"
                assert isinstance(code, ast.Constant), where
                assert isinstance(code.value, str), where
                inputs = {each.arg for each in node.keywords} - {"article"}
                told.append(code.value)
                assert parameters(catalogue()[f"ground.{code.value}"].zh) == inputs, where
    assert len(told) > 20


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


FOR_MACHINES = {
    "core/money.py",
    "core/pages/forms.py",
    "core/pages/table_files.py",
    "instruments/pages/asking.py",
    "marketplace/demo/real/payout.py",
    "marketplace/pages/figures.py",
    "marketplace/reports/annual/workbook.py",
    "settlement/queries/statement_files.py",
    "settlement/rules/exports/pain001.py",
    "settlement/rules/exports/preview.py",
    "settlement/rules/exports/treasury.py",
    "settlement/rules/exports/workbook.py",
}
"""What writes sums for files and inputs, which bear no separators."""


def test_sums_in_sentences_are_told_as_people_read_them() -> None:
    """In yuan, with their thousands: bare digits are for files and inputs, fen for the API."""
    bare = {
        path.as_posix()
        for path, tree in sources()
        if any(isinstance(node, ast.Name) and node.id == "fen_to_yuan" for node in ast.walk(tree))
    }
    assert bare <= FOR_MACHINES
    in_fen = re.compile(r"\} ?分(?!钟)|\} fen\b")
    assert [key for key, each in catalogue().items() if in_fen.search(each.zh) or in_fen.search(each.en)] == []


def test_a_sum_that_bears_its_sign_has_no_unit_beside_it() -> None:
    """¥5.00, or 5.00 元: whatever ``yuan`` writes stands alone in its sentence."""
    signed = {
        (asked.args[0].value, given.arg)
        for _, tree in sources()
        for asked in ast.walk(tree)
        if isinstance(asked, ast.Call) and asked.args and isinstance(asked.args[0], ast.Constant)
        for given in asked.keywords
        if isinstance(given.value, ast.Call)
        and isinstance(given.value.func, ast.Name)
        and given.value.func.id == "yuan"
    }
    for path in TEMPLATES:
        for asked in SUMS_ASKED_IN_TEMPLATE.finditer(path.read_text("utf-8")):
            signed |= {(asked["key"], name) for name in SIGNED_IN_TEMPLATE.findall(asked["given"])}
    assert len(signed) > 20
    doubled = [
        key
        for key, name in signed
        if key in catalogue()
        and re.search(rf"\{{{name}\}} ?元|(CNY|¥) ?\{{{name}\}}|\{{{name}\}} yuan", " ".join(catalogue()[key]))
    ]
    assert doubled == []


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


TEMPLATES = sorted(ROOT.glob("*/templates/**/*.html"))
ASKED_IN_TEMPLATE = re.compile(r"""\bt\(\s*["']([a-z_]+(?:\.[A-Za-z0-9_]+)*)["']\s*[,)]""")
SUMS_ASKED_IN_TEMPLATE = re.compile(r"""\bt\(\s*["'](?P<key>[a-z_.0-9]+)["'],(?P<given>[^}]*\|\s*yuan[^}]*)""")
SIGNED_IN_TEMPLATE = re.compile(r"(\w+)=[^,()]*\|\s*yuan")
CODE_OF_TEMPLATE = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
SPOKEN = re.compile(r"""\s(?:aria-label|alt|title|placeholder|data-confirm|data-label)="([^"]*)\"""")
TAG = re.compile(r"<[^>]*>", re.DOTALL)
ATTRIBUTE = re.compile(r"""\b(?:data-|aria-)[a-z-]+(?:="[^"]*")?|\b[a-z-]+="[^"]*\"""")
"""Attributes that a macro writes stand outside a tag in its own template."""
WORD = re.compile(r"[A-Za-z\u4e00-\u9fff]{2,}")
SAME_IN_ALL_TONGUES = {"CSV", "XLSX", "PDF", "SHA", "nbsp", "iCal"}
PAGE_KEYS = {"Column": "column.{}", "Filter": "filter.{}", "choice": "filter.{}", "NavEntry": "nav.{}", "t": "{}"}


def test_templates_take_their_texts_from_the_catalogue() -> None:
    """The count of words that stand in templates themselves is zero, in texts and in what is read out."""
    written = []
    for path in TEMPLATES:
        bare = CODE_OF_TEMPLATE.sub(" ", path.read_text("utf-8"))
        spoken = SPOKEN.findall(bare)
        words = set(WORD.findall(ATTRIBUTE.sub(" ", TAG.sub(" ", bare)))) | {
            word for each in spoken for word in WORD.findall(each)
        }
        written += [f"{path.relative_to(ROOT)}: {word}" for word in sorted(words - SAME_IN_ALL_TONGUES)]
    assert len(TEMPLATES) > 10
    assert written == []


def test_every_text_a_template_asks_for_exists() -> None:
    """A missing one would turn a page into an error."""
    missing = [
        f"{key} ({path.relative_to(ROOT)})"
        for path in TEMPLATES
        for key in ASKED_IN_TEMPLATE.findall(path.read_text("utf-8"))
        if key not in catalogue()
    ]
    assert missing == []


def test_every_text_a_page_asks_for_exists() -> None:
    """Headings, filters, entries of the menu, titles and buttons of forms, by the name they are given."""
    wanted: list[tuple[str, str]] = []
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            where = f"{path}:{node.lineno}"
            first = node.args[0] if node.args else None
            pattern = PAGE_KEYS.get(node.func.id)
            if pattern and isinstance(first, ast.Constant) and isinstance(first.value, str):
                wanted.append((pattern.format(first.value), where))
            if node.func.id == "Form":
                names = [each.value for each in node.keywords if each.arg == "name"]
                wanted += [
                    (f"page.{name.value}.{part}", where)
                    for name in names
                    if isinstance(name, ast.Constant) and isinstance(name.value, str)
                    for part in ("title", "send")
                ]
    assert len(wanted) > 20
    assert [f"{key} ({where})" for key, where in wanted if key not in catalogue()] == []


def test_every_word_of_an_enum_that_pages_show_exists() -> None:
    """An enum with one word in the catalogue has a word for each of its members."""
    assert create_app is not None
    known = {key.split(".")[1] for key in catalogue() if key.startswith("term.")}
    enums = [each for each in _enums(StrEnum) if each.__name__ in known]
    assert len(enums) > 30
    missing = [
        f"term.{each.__name__}.{member.value}"
        for each in enums
        for member in each
        if f"term.{each.__name__}.{member.value}" not in catalogue()
    ]
    assert missing == []


def _enums(base: type[StrEnum]) -> Iterator[type[StrEnum]]:
    for child in base.__subclasses__():
        if not child.__module__.startswith("tests"):
            yield child
        yield from _enums(child)


def test_every_action_and_state_has_its_word() -> None:
    """A refusal names what is and what may be done in words."""
    assert create_app is not None
    tables = [each for each in gc.get_objects() if isinstance(each, Transitions)]
    ours = [each for each in tables if type(each.initial).__module__.partition(".")[0] != "tests"]
    assert len(ours) > 10
    wanted = {f"action.{name}" for table in ours for name in table.names()}
    wanted |= {f"term.{type(table.initial).__name__}.{state}" for table in ours for state in type(table.initial)}
    assert sorted(wanted - catalogue().keys()) == []
