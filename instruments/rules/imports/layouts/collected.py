"""Lists that others keep in a form of their own and that were worth reading as they are.

A layout is told by its headers alone. Ids of lists that name no owner get a prefix of their own, so that two such lists
of one organisation never meet.
"""

from __future__ import annotations

import re

from instruments.rules.imports.cells import Cells
from instruments.rules.imports.layouts.base import Context, Layout
from instruments.rules.imports.layouts.own import ID_LIMIT, NAME_LIMIT, PROSE_LIMIT
from instruments.rules.imports.rows import InstrumentRow
from instruments.rules.terms import ExternalUse, PriceUnit

CHINESE = re.compile(r"[\u4e00-\u9fff]")
MAKER_AND_MODEL = re.compile(r"(?P<maker>.*?公司|[^；，,\n]*(?=[；，,\n]))[\s；，,]*(?P<model>.*)", re.DOTALL)

UNIVERSITY = {
    "equipment_id": "external_id",
    "name": "name",
    "category_general": "category_general",
    "category_detail": "category_detail",
    "org_name": "provider_name",
    "prefecture": "prefecture",
    "address_raw": "address",
    "external_use": "external_use",
    "fee_band": "fee_band",
    "source_url": "source_url",
}
UNIVERSITY_USE = {
    "可": ExternalUse.OPEN,
    "要相談": ExternalUse.ON_REQUEST,
    "不可": ExternalUse.CLOSED,
    "不明": ExternalUse.UNKNOWN,
}
FEE_BANDS = frozenset({"不明", "有料", "無料"})

SHARING_SITE = {
    "id": "external_id",
    "name": "name",
    "original_price": "value",
    "firm_model": "firm_model",
    "parameter": "specifications",
    "functional_use": "functions",
    "status": "status",
    "price_value": "price",
    "price_type": "price_unit",
}
SHARING_SITE_UNITS = {"hour": PriceUnit.HOUR, "day": PriceUnit.DAY, "times": PriceUnit.TIME}

LABORATORY = {
    "id": "external_id",
    "inscode": "code",
    "insname": "name",
    "standard": "model",
    "measue_range": "measuring_range",
    "grade": "grade",
    "product": "maker",
    "recent_correct_date": "calibrated_on",
    "next_correct_date": "calibration_due_on",
    "validflag": "valid",
}

CLEANROOM = {
    "name": "name",
    "doi": "doi",
    "technique": "category",
    "manufacturer": "maker",
    "modelnumber": "model",
    "serialnumber": "serial",
    "status": "status",
    "acquisitiondate": "acquired_on",
    "description": "description",
    "capabilities": "functions",
    "facility": "provider_name",
    "location": "address",
}


def read_university(cells: Cells, context: Context) -> InstrumentRow:
    """A crawled list of Japanese universities' shared equipment; fees are given as a band only and not taken."""
    band = cells.raw("fee_band")
    if band and band not in FEE_BANDS:
        cells.fault("import_choice_unknown", "fee_band", value=band, allowed="、".join(sorted(FEE_BANDS)))
    general, detail = cells.text("category_general"), cells.text("category_detail")
    return InstrumentRow(
        line=cells.line,
        external_id=cells.text("external_id", limit=ID_LIMIT, required=True),
        name=cells.text("name", limit=NAME_LIMIT, required=True),
        category=(detail or general)[:NAME_LIMIT],
        provider_name=cells.text("provider_name", limit=NAME_LIMIT, required=True),
        address=" ".join(part for part in (cells.raw("prefecture"), cells.raw("address")) if part)[:NAME_LIMIT],
        external_use=cells.choice("external_use", UNIVERSITY_USE, blank=ExternalUse.UNKNOWN),
    )


def read_sharing_site(cells: Cells, context: Context) -> InstrumentRow:
    """A Chinese university's sharing site. Values name their unit (360万元); a bare number is refused, because 57 yuan
    or 57万元 decides whether the instrument must be listed (S4). Names without any Chinese are the site's test entries.
    """
    name = cells.text("name", limit=NAME_LIMIT, required=True)
    if name and not CHINESE.search(name):
        cells.fault("import_name_implausible", "name", value=name)
    maker, model = maker_and_model(cells.text("firm_model"))
    price = cells.yuan("price")
    said_unit = bool(cells.raw("price_unit"))
    unit = cells.choice("price_unit", SHARING_SITE_UNITS, blank=PriceUnit.TIME) if said_unit else None
    if (price is None) == said_unit:
        cells.fault("import_price_without_unit" if unit is None else "import_unit_without_price", "price")
    return InstrumentRow(
        line=cells.line,
        external_id=prefixed("site", cells),
        name=name,
        maker=maker[:NAME_LIMIT],
        model=model[:NAME_LIMIT],
        value_fen=cells.money_in_words("value"),
        specifications=cells.text("specifications", limit=PROSE_LIMIT),
        functions=cells.text("functions", limit=PROSE_LIMIT),
        reference_price_fen=price,
        reference_price_unit=unit,
    )


def read_laboratory(cells: Cells, context: Context) -> InstrumentRow:
    """A laboratory's inventory. An instrument its keeper marked as no longer valid is refused."""
    if cells.raw("valid") == "0":
        cells.fault("import_marked_invalid", "valid")
    for column in ("calibrated_on", "calibration_due_on"):
        cells.day(column)
    measures = (cells.raw("measuring_range"), cells.raw("grade"))
    return InstrumentRow(
        line=cells.line,
        external_id=prefixed("lab", cells),
        name=cells.text("name", limit=NAME_LIMIT, required=True),
        model=cells.text("model", limit=NAME_LIMIT),
        maker=cells.text("maker", limit=NAME_LIMIT),
        specifications="\n".join(part for part in measures if part)[:PROSE_LIMIT],
        description=cells.text("code", limit=NAME_LIMIT),
    )


def read_cleanroom(cells: Cells, context: Context) -> InstrumentRow:
    """A US clean room's tools, which have a DOI or a serial number at best; else the name tells them apart."""
    name = cells.text("name", limit=NAME_LIMIT, required=True)
    category = cells.text("category", limit=NAME_LIMIT)
    return InstrumentRow(
        line=cells.line,
        external_id=(cells.raw("doi") or cells.raw("serial") or name)[:ID_LIMIT],
        name=name,
        model=cells.text("model", limit=NAME_LIMIT),
        maker=cells.text("maker", limit=NAME_LIMIT),
        category="" if category == "?" else category,
        provider_name=cells.text("provider_name", limit=NAME_LIMIT, required=True),
        description=cells.text("description", limit=PROSE_LIMIT),
        functions=cells.text("functions", limit=PROSE_LIMIT),
        address=cells.text("address", limit=NAME_LIMIT),
        acquired_on=cells.day("acquired_on"),
    )


def prefixed(prefix: str, cells: Cells) -> str:
    """The list's own id behind the layout's prefix."""
    found = cells.text("external_id", limit=ID_LIMIT, required=True)
    return f"{prefix}:{found}" if found else ""


def maker_and_model(text: str) -> tuple[str, str]:
    """Parts of a cell that names the maker before the model: 日本日立公司；H-7650, 普析通用 TAS-990 (model only)."""
    match = MAKER_AND_MODEL.fullmatch(text)
    maker, model = (match["maker"], match["model"]) if match else ("", text)
    return maker.strip(), model.replace("*_", "").strip(" ，；\n")


UNIVERSITY_CRAWL = Layout(
    name="university_crawl",
    columns=UNIVERSITY,
    required=frozenset({"external_id", "name", "provider_name", "external_use", "fee_band"}),
    read=read_university,
    ignored=frozenset({"org_type", "region", "eqnet_url", "eqnet_equipment_id", "crawled_at"}),
)
UNIVERSITY_SHARING_SITE = Layout(
    name="university_sharing_site",
    columns=SHARING_SITE,
    required=frozenset({"external_id", "name", "value", "firm_model", "price", "price_unit"}),
    read=read_sharing_site,
    ignored=frozenset({"publisher_id"}),
)
LABORATORY_INVENTORY = Layout(
    name="laboratory_inventory",
    columns=LABORATORY,
    required=frozenset({"external_id", "code", "name", "model", "valid"}),
    read=read_laboratory,
    ignored=frozenset({"codename", "correct_company", "correct_cycle", "remark"}),
)
CLEANROOM_TOOLS = Layout(
    name="cleanroom_tools",
    columns=CLEANROOM,
    required=frozenset({"name", "category", "maker", "model", "provider_name"}),
    read=read_cleanroom,
    ignored=frozenset({"room", "completiondate", "award"}),
)
