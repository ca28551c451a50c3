"""What templates ask of the styles is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from core.config import PROJECT
from core.pages.assets import STATIC

EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
CLASSES = re.compile(r'class="([^"]*)"')
NO_STYLE_NEEDED = {"site-nav-section"}
"""Names that only say what something is."""


def named_classes() -> Iterator[tuple[Path, str]]:
    """Every class that a template names outright; those put together by an expression are left out."""
    for template in sorted(PROJECT.glob("*/templates/**/*.html")):
        source = EXPRESSION.sub("\x00", template.read_text("utf-8"))
        for found in CLASSES.findall(source):
            for name in found.split():
                if "\x00" not in name:
                    yield template.relative_to(PROJECT), name


def test_every_class_of_a_template_has_its_style() -> None:
    """A misspelt class, or one nobody wrote rules for, is found here."""
    manifest = json.loads((STATIC / "manifest.json").read_text("utf-8"))
    styled = set(re.findall(r"\.(-?[_a-zA-Z][\w-]*)", (STATIC / manifest["app.css"]).read_text("utf-8")))
    missing = [f"{path}: {name}" for path, name in named_classes() if name not in styled | NO_STYLE_NEEDED]
    assert missing == []
