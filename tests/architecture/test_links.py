"""Every link of the documents leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.config import PROJECT

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
DOCUMENTS = [*sorted(PROJECT.glob("*.md")), *sorted((PROJECT / "docs").rglob("*.md"))]


def anchors_of(document: Path) -> set[str]:
    """The anchors of a document's headings, as they are shown on the usual forges."""
    headings = re.findall(r"^#+ +(.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_documents_in_both_languages() -> None:
    """The two READMEs, and the pages they lead to."""
    names = {str(document.relative_to(PROJECT)) for document in DOCUMENTS}
    assert {"README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md"} <= names
    assert {"docs/rules.md", "docs/api.md", "docs/ledger.md", "docs/operations.md"} <= names


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(PROJECT)))
def test_every_relative_link_exists(document: Path) -> None:
    """Files and folders beside the document, and headings where a link names one."""
    text = CODE.sub("", document.read_text("utf-8"))
    for link in LINK.findall(text):
        if "://" in link or link.startswith("mailto:"):
            continue
        target, _, anchor = link.partition("#")
        found = document if not target else document.parent / target
        assert found.exists(), link
        assert not anchor or anchor in anchors_of(found), link
