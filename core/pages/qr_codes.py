"""QR codes as pictures within a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.late import LateModule

if TYPE_CHECKING:
    import segno
else:
    segno = LateModule("segno")


def qr_code(data: str) -> str:
    """The address of the picture, an SVG in a data URI, that a telephone reads ``data`` from."""
    return segno.make(data, error="m").svg_data_uri(scale=5, border=4, light="white")
