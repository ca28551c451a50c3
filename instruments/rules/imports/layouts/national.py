"""The national network's reporting templates (重大科研基础设施和大型科研仪器国家网络管理平台), headers and field rules.

The templates repeat their rule in brackets after each header (最多500字, 单位万元、保留小数点后两位 …). Contact
columns are known and left out: personal data has no place in an open catalogue.
"""

from __future__ import annotations

from instruments.rules.imports.cells import Cells
from instruments.rules.imports.layouts.base import Context, Layout, OtherList
from instruments.rules.imports.layouts.own import ID_LIMIT, NAME_LIMIT, class_code
from instruments.rules.imports.rows import NATIONAL_LIMITS, InstrumentRow
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind

SPECIFICATION_LIMIT = NATIONAL_LIMITS["specifications"]
FUNCTION_LIMIT = NATIONAL_LIMITS["functions"]
SERVICE_LIMIT = NATIONAL_LIMITS["description"]
MOST_SUBJECTS = 4
CUSTOMS_NUMBER_DIGITS = 18
CUSTOMS_ITEM_DIGITS = 2

PLACE = {"安放地址-省": "province", "安放地址-市": "city", "安放地址-区县": "county", "安放地址-街道": "street"}
CONTACT = frozenset({"联系人", "电话", "电子邮箱", "通讯地址", "邮政编码", "图片", "审核状态", "审核原因"})

INSTRUMENT = {
    "所在单位仪器编号": "external_id",
    "仪器编号": "national_id",
    "仪器设备名称": "name",
    "英文名称": "name_en",
    "所属单位内部门": "department",
    "所在单位内部门": "department",
    "所属单位": "provider_name",
    "仪器分类编码": "category_code",
    "设备仪器来源": "origin",
    "是否在海关监管年限内": "customs",
    "原值": "value",
    "产地国别": "nation",
    "生产制造商": "maker",
    "建账日期": "acquired_on",
    "仪器设备类别": "breadth",
    "规格型号": "model",
    "主要技术指标": "specifications",
    "主要功能": "functions",
    "主要学科领域": "subjects",
    "主要购置经费来源": "funding",
    "服务内容": "services",
    "年运行机时": "hours",
    "用户须知": "notice",
    "参考收费标准": "fees",
    "年对外服务机时": "outside_hours",
    "进口报关单编号": "customs_number",
    "进口报关单项号": "customs_item",
    "海关放行日期": "released_on",
    **PLACE,
}
FACILITY = {
    "所属单位科学装置编号": "external_id",
    "装置名称": "name",
    "英文名称": "name_en",
    "建设经费": "value",
    "验收通过日期": "accepted_on",
    "科学技术中心": "specifications",
    "主要功能": "functions",
    "主要学科领域": "subjects",
    "服务内容": "services",
    "对外开放共享规定": "notice",
    "依托单位": "provider_name",
    **PLACE,
}
SERVICE_UNIT = {
    "所在单位仪器编号": "external_id",
    "所属单位": "provider_name",
    "服务单元名称": "name",
    "成立日期": "acquired_on",
    "服务单元类别": "breadth",
    "主要功能": "functions",
    "主要学科领域": "subjects",
    "服务内容": "services",
    "对外开放共享规定": "notice",
    "参考收费标准": "fees",
    "共享模式": "sharing",
    **PLACE,
}

SOURCE_FISCAL = frozenset({"中央财政资金", "地方财政资金"})
SOURCE_WORDS = SOURCE_FISCAL | {"单位自有资金", "其他资金"}
ORIGIN_WORDS = frozenset({"购置", "研制", "赠送", "其他"})
BREADTH_WORDS = frozenset({"通用", "专用"})
SHARING_WORDS = {"内部共享": ExternalUse.CLOSED, "外部共享": ExternalUse.OPEN, "不共享": ExternalUse.CLOSED}


def read_instrument(cells: Cells, context: Context) -> InstrumentRow:
    """A row of 大型科研仪器 or of 核心仪器设备清单."""
    one_of(cells, "origin", ORIGIN_WORDS)
    one_of(cells, "breadth", BREADTH_WORDS)
    subjects(cells)
    digits(cells, "customs_number", CUSTOMS_NUMBER_DIGITS)
    digits(cells, "customs_item", CUSTOMS_ITEM_DIGITS)
    cells.day("released_on")
    for column in ("notice", "fees"):
        cells.text(column, limit=SPECIFICATION_LIMIT)
    return InstrumentRow(
        line=cells.line,
        external_id=cells.text("external_id", limit=ID_LIMIT, required=True),
        name=cells.text("name", limit=NAME_LIMIT, required=True),
        name_en=cells.text("name_en", limit=NAME_LIMIT),
        model=cells.text("model", limit=NAME_LIMIT),
        maker=cells.text("maker", limit=NAME_LIMIT),
        category_code=class_code(cells, "category_code"),
        value_fen=cells.ten_thousand_yuan("value"),
        funding=funding(cells),
        provider_name=cells.text("provider_name", limit=NAME_LIMIT),
        specifications=cells.text("specifications", limit=SPECIFICATION_LIMIT),
        functions=cells.text("functions", limit=FUNCTION_LIMIT),
        description=cells.text("services", limit=SERVICE_LIMIT),
        address=address(cells),
        county=county(cells, context),
        is_national=True,
        place=place(cells),
        acquired_on=cells.day("acquired_on"),
        duty_free=cells.yes("customs"),
        duty_free_record=cells.raw("customs_number"),
    )


def read_facility(cells: Cells, context: Context) -> InstrumentRow:
    """A row of 重大科研基础设施清单. These are built with public money, so the funding is fiscal (S2)."""
    subjects(cells)
    cells.text("notice", limit=SPECIFICATION_LIMIT)
    return InstrumentRow(
        line=cells.line,
        external_id=cells.text("external_id", limit=ID_LIMIT, required=True),
        name=cells.text("name", limit=NAME_LIMIT, required=True),
        kind=InstrumentKind.FACILITY,
        name_en=cells.text("name_en", limit=NAME_LIMIT),
        value_fen=cells.ten_thousand_yuan("value"),
        funding=Funding.FISCAL,
        provider_name=cells.text("provider_name", limit=NAME_LIMIT),
        specifications=cells.text("specifications", limit=SPECIFICATION_LIMIT),
        functions=cells.text("functions", limit=FUNCTION_LIMIT),
        description=cells.text("services", limit=SERVICE_LIMIT),
        address=address(cells),
        county=county(cells, context),
        is_national=True,
        place=place(cells),
        accepted_on=cells.day("accepted_on"),
    )


def read_service_unit(cells: Cells, context: Context) -> InstrumentRow:
    """A row of the service-unit template."""
    one_of(cells, "breadth", BREADTH_WORDS)
    subjects(cells)
    for column in ("notice", "fees"):
        cells.text(column, limit=SPECIFICATION_LIMIT)
    return InstrumentRow(
        line=cells.line,
        external_id=cells.text("external_id", limit=ID_LIMIT, required=True),
        name=cells.text("name", limit=NAME_LIMIT, required=True),
        kind=InstrumentKind.SERVICE_UNIT,
        provider_name=cells.text("provider_name", limit=NAME_LIMIT),
        functions=cells.text("functions", limit=FUNCTION_LIMIT),
        description=cells.text("services", limit=SERVICE_LIMIT),
        address=address(cells),
        county=county(cells, context),
        is_national=True,
        place=place(cells),
        acquired_on=cells.day("acquired_on"),
        external_use=cells.choice("sharing", SHARING_WORDS, blank=ExternalUse.UNKNOWN),
    )


def one_of(cells: Cells, column: str, words: frozenset[str]) -> None:
    """A word of a closed list, or blank."""
    found = cells.raw(column)
    if found and found not in words:
        cells.fault("import_choice_unknown", column, value=found, allowed="、".join(sorted(words)))


def subjects(cells: Cells) -> None:
    """At most four subjects, with commas of either width."""
    found = listed(cells.raw("subjects"))
    if len(found) > MOST_SUBJECTS:
        cells.fault("import_too_many", "subjects", found=len(found), limit=MOST_SUBJECTS)


def funding(cells: Cells) -> Funding:
    """Fiscal where all sources are, partly where some are (S2, S4)."""
    found = listed(cells.raw("funding"))
    unknown = [source for source in found if source not in SOURCE_WORDS]
    if unknown:
        allowed = "、".join(sorted(SOURCE_WORDS))
        cells.fault("import_choice_unknown", "funding", value="、".join(unknown), allowed=allowed)
    if not found or unknown:
        return Funding.UNKNOWN
    fiscal = [source in SOURCE_FISCAL for source in found]
    if all(fiscal):
        return Funding.FISCAL
    return Funding.PARTLY_FISCAL if any(fiscal) else Funding.PRIVATE


def digits(cells: Cells, column: str, length: int) -> None:
    """A number of a fixed count of digits, or blank."""
    found = cells.raw(column)
    if found and (len(found) != length or not found.isdecimal()):
        cells.fault("import_digits_wrong", column, value=found, length=length)


def listed(text: str) -> list[str]:
    """The parts of a list separated by commas of either width."""
    parts = text.replace("，", ",").replace("、", ",").split(",")
    return [part.strip() for part in parts if part.strip()]


def address(cells: Cells) -> str:
    """The place as one line."""
    return (place(cells) + cells.raw("street"))[:NAME_LIMIT]


def place(cells: Cells) -> str:
    """Province, city and county as one word."""
    return "".join(cells.raw(column) for column in ("province", "city", "county"))


def county(cells: Cells, context: Context) -> str:
    """The county's code, from the names of city and county; '' outside the province or where not known."""
    name = (cells.raw("city"), cells.raw("county"))
    known = context.places.names
    if context.places.is_province(cells.raw("province")) and known and all(name) and name not in known:
        cells.fault("import_county_unknown", "county", value="".join(name))
    return known.get(name, "")


NATIONAL_INSTRUMENTS = Layout(
    name="national_instruments",
    columns=INSTRUMENT,
    required=frozenset({"external_id", "name", "category_code", "value"}),
    read=read_instrument,
    ignored=CONTACT,
)
NATIONAL_FACILITIES = Layout(
    name="national_facilities",
    columns=FACILITY,
    required=frozenset({"external_id", "name", "value"}),
    read=read_facility,
    ignored=CONTACT,
)
NATIONAL_SERVICE_UNITS = Layout(
    name="national_service_units",
    columns=SERVICE_UNIT,
    required=frozenset({"external_id", "name", "provider_name"}),
    read=read_service_unit,
    ignored=CONTACT,
)
NATIONAL_CENTRES = OtherList(
    name="national_centres", headers=frozenset({"所在单位中心编号", "仪器中心名称", "大型科研仪器数量"})
)
NATIONAL_INCOME = OtherList(
    name="national_income", headers=frozenset({"日期", "凭证编号", "经办人", "设备名称", "付款单位"})
)
