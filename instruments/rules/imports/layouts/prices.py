"""A Chinese institute's list of priced test services, in yuan per sample."""

from __future__ import annotations

import hashlib

from core.kinds import ServiceKind
from instruments.rules.imports.cells import Cells
from instruments.rules.imports.layouts.base import Context, Layout
from instruments.rules.imports.layouts.own import NAME_LIMIT, PROSE_LIMIT
from instruments.rules.imports.rows import ServiceRow
from instruments.rules.terms import PriceUnit

PRICE_LIST = {
    "test_item_name": "title",
    "test_condition": "condition",
    "unit_price": "price",
    "test_code": "code",
    "test_standard": "standard",
    "group_id": "group",
}
NOTHING = frozenset({"", "-", "/"})


def read_price(cells: Cells, context: Context) -> ServiceRow:
    """A line of the list.

    The institute gives one code to several conditions (CPG02 to four depths), so a service is known by code, item
    and condition together. A price of zero is no price: V14 lets nothing be offered without one.
    """
    title = cells.text("title", required=True)
    if title in NOTHING - {""}:
        cells.fault("import_name_implausible", "title", value=title)
    condition = cells.text("condition", limit=PROSE_LIMIT)
    standard = cells.text("standard", limit=PROSE_LIMIT)
    price = cells.yuan("price")
    if not cells.raw("price"):
        cells.fault("import_cell_missing", "price")
    if price == 0:
        cells.fault("import_price_zero", "price")
    shown = "" if condition in NOTHING else condition
    return ServiceRow(
        line=cells.line,
        external_id=identity(cells.raw("code"), title, condition),
        title=(f"{title} {shown}".strip() if shown else title).replace("\n", " ")[:NAME_LIMIT],
        kind=ServiceKind.COMMISSIONED_ANALYSIS,
        content="\n".join(part for part in (title, shown) if part),
        standard="" if standard in NOTHING else standard,
        equipment=title,
        price_fen=price or 0,
        price_unit=PriceUnit.SAMPLE,
    )


def identity(code: str, title: str, condition: str) -> str:
    """The code with a fingerprint of item and condition."""
    mark = hashlib.blake2b(f"{title}\x1f{condition}".encode(), digest_size=6).hexdigest()
    return f"{code}#{mark}"


INSTITUTE_PRICE_LIST = Layout(
    name="institute_price_list",
    columns={header.replace(" ", ""): column for header, column in PRICE_LIST.items()},
    required=frozenset({"title", "condition", "price", "code"}),
    read=read_price,
    ignored=frozenset({"department_id"}),
)
