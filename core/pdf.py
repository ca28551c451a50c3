"""PDFs from templates and data: the same data give the same bytes, on every machine and without a network.

A template is a Typst file below ``<package>/templates/pdf``. What people typed reaches it as data and is set as plain
text; no source is ever put together from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config import PROJECT
from core.late import LateModule
from core.pdf_fonts import in_print
from core.texts import catalogue

if TYPE_CHECKING:
    import typst
else:
    typst = LateModule("typst")

FONTS = PROJECT / "core" / "static" / "fonts"
FONT_FILES = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")

NO_MOMENT = 0
"""Typst's clock, in seconds since 1970: a template that asks for today's date gets the same one for ever."""

TURNS_OF_DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
WITHOUT_TURNS = dict.fromkeys(map(ord, TURNS_OF_DIRECTION))
"""A name with one of them could show the sum beside it backwards."""


class PdfFontsMissing(Exception):
    """The fonts that PDFs embed have not been built."""

    def __init__(self) -> None:
        super().__init__(f"{FONTS} is missing or incomplete: run `make setup`")


def render_pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of a template: ``vouchers/summary`` is the file ``vouchers/templates/pdf/summary.typ``.

    `data` is what JSON holds; the template reads it by ``data()`` of ``/core/templates/pdf/official.typ``. Raises
    PdfFontsMissing.
    """
    package, name = template.split("/")
    said = json.dumps(data, ensure_ascii=False, allow_nan=False)
    return typst.compile(
        PROJECT / package / "templates" / "pdf" / f"{name}.typ",
        root=PROJECT,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={
            "data": in_print(said.translate(WITHOUT_TURNS), _font_files()),
            "page-of": catalogue()["pdf.page_of"].zh,
        },
        timestamp=NO_MOMENT,
    )


def _font_files() -> tuple[Path, ...]:
    found = tuple(FONTS / name for name in FONT_FILES)
    if not all(each.is_file() for each in found):
        raise PdfFontsMissing
    return found


@cache
def _fonts() -> typst.Fonts:
    """Our own fonts and no others, so that no machine's fonts change a page."""
    _font_files()
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
