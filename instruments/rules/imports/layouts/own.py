"""The service's own templates, in Chinese and in English (docs/import.md describes every column)."""

from __future__ import annotations

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from core.kinds import ServiceKind
from instruments.rules.imports.cells import Cells
from instruments.rules.imports.layouts.base import Context, Layout, normal_header, place_code
from instruments.rules.imports.rows import InstrumentRow, ServiceRow
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind, PriceUnit

INSTRUMENT_COLUMNS = {
    "external_id": "外部编号",
    "name": "仪器名称",
    "kind": "类型",
    "name_en": "英文名称",
    "model": "规格型号",
    "maker": "生产制造商",
    "category_code": "仪器分类编码",
    "category": "仪器分类",
    "value_yuan": "原值（元）",
    "funding": "经费来源",
    "provider_name": "所属单位",
    "provider_uscc": "统一社会信用代码",
    "specifications": "主要技术指标",
    "functions": "主要功能",
    "description": "简介",
    "address": "安放地址",
    "county": "区县代码",
    "acquired_on": "购置日期",
    "accepted_on": "验收日期",
    "external_use": "对外开放",
    "iot_sensor": "物联网传感器",
    "duty_free": "免税进口",
    "duty_free_record": "免税合规备案",
    "price_yuan": "参考价格（元）",
    "price_unit": "计价单位",
}
"""English header → Chinese header of the instrument template, in the order of the columns."""

SERVICE_COLUMNS = {
    "external_id": "外部编号",
    "title": "服务名称",
    "kind": "服务类型",
    "content": "服务内容",
    "process": "服务流程",
    "equipment": "使用仪器",
    "standard": "依据标准",
    "price_yuan": "价格（元）",
    "price_unit": "计价单位",
    "phone": "联系电话",
    "turnaround_days": "承诺周期（工作日）",
}
"""English header → Chinese header of the service template."""

KIND_WORDS = {
    "instrument": InstrumentKind.INSTRUMENT,
    "科研仪器": InstrumentKind.INSTRUMENT,
    "facility": InstrumentKind.FACILITY,
    "科研设施": InstrumentKind.FACILITY,
    "service_unit": InstrumentKind.SERVICE_UNIT,
    "服务单元": InstrumentKind.SERVICE_UNIT,
}
FUNDING_WORDS = {
    "fiscal": Funding.FISCAL,
    "财政资金": Funding.FISCAL,
    "partly_fiscal": Funding.PARTLY_FISCAL,
    "部分财政资金": Funding.PARTLY_FISCAL,
    "private": Funding.PRIVATE,
    "自有资金": Funding.PRIVATE,
}
UNIT_WORDS = {
    "hour": PriceUnit.HOUR,
    "小时": PriceUnit.HOUR,
    "day": PriceUnit.DAY,
    "天": PriceUnit.DAY,
    "time": PriceUnit.TIME,
    "次": PriceUnit.TIME,
    "sample": PriceUnit.SAMPLE,
    "样品": PriceUnit.SAMPLE,
}
USE_WORDS = {
    "open": ExternalUse.OPEN,
    "是": ExternalUse.OPEN,
    "on_request": ExternalUse.ON_REQUEST,
    "需协商": ExternalUse.ON_REQUEST,
    "closed": ExternalUse.CLOSED,
    "否": ExternalUse.CLOSED,
}
SERVICE_KIND_WORDS = {
    "工业设计": ServiceKind.INDUSTRIAL_DESIGN,
    "工艺设计": ServiceKind.PROCESS_DESIGN,
    "集成电路设计": ServiceKind.IC_DESIGN,
    "新产品与工艺合作研发": ServiceKind.JOINT_DEVELOPMENT,
    "新技术委托开发": ServiceKind.COMMISSIONED_DEVELOPMENT,
    "技术解决方案": ServiceKind.TECHNICAL_SOLUTION,
    "中试及工程化": ServiceKind.PILOT_ENGINEERING,
    "新产品检验": ServiceKind.PRODUCT_INSPECTION,
    "指标测试": ServiceKind.INDICATOR_TEST,
    "新产品性能测试": ServiceKind.PERFORMANCE_TEST,
    "标准系统定制": ServiceKind.STANDARD_CUSTOMISATION,
    "集成电路封装测试": ServiceKind.IC_PACKAGING_TEST,
    "委托分析": ServiceKind.COMMISSIONED_ANALYSIS,
    "委托实验": ServiceKind.COMMISSIONED_EXPERIMENT,
    "机时共享": ServiceKind.MACHINE_TIME,
    **{kind.value: kind for kind in ServiceKind},
}

NAME_LIMIT = 300
ID_LIMIT = 200
PROSE_LIMIT = 10_000


def read_instrument(cells: Cells, context: Context) -> InstrumentRow:
    """A row of the instrument template."""
    price, unit = rate(cells, "price_yuan", "price_unit")
    return InstrumentRow(
        line=cells.line,
        external_id=cells.text("external_id", limit=ID_LIMIT, required=True),
        name=cells.text("name", limit=NAME_LIMIT, required=True),
        kind=cells.choice("kind", KIND_WORDS, blank=InstrumentKind.INSTRUMENT),
        name_en=cells.text("name_en", limit=NAME_LIMIT),
        model=cells.text("model", limit=NAME_LIMIT),
        maker=cells.text("maker", limit=NAME_LIMIT),
        category_code=class_code(cells, "category_code"),
        category=cells.text("category", limit=NAME_LIMIT),
        value_fen=cells.yuan("value_yuan"),
        funding=cells.choice("funding", FUNDING_WORDS, blank=Funding.UNKNOWN),
        provider_name=cells.text("provider_name", limit=NAME_LIMIT),
        provider_uscc=credit_code(cells, "provider_uscc"),
        specifications=cells.text("specifications", limit=PROSE_LIMIT),
        functions=cells.text("functions", limit=PROSE_LIMIT),
        description=cells.text("description", limit=PROSE_LIMIT),
        address=cells.text("address", limit=NAME_LIMIT),
        county=place_code(cells, context, "county"),
        acquired_on=cells.day("acquired_on"),
        accepted_on=cells.day("accepted_on"),
        external_use=cells.choice("external_use", USE_WORDS, blank=ExternalUse.UNKNOWN),
        iot_sensor=cells.yes("iot_sensor"),
        duty_free=cells.yes("duty_free"),
        duty_free_record=cells.text("duty_free_record", limit=NAME_LIMIT),
        reference_price_fen=price,
        reference_price_unit=unit,
    )


def read_service(cells: Cells, context: Context) -> ServiceRow:
    """A row of the service template."""
    price, unit = rate(cells, "price_yuan", "price_unit")
    for column in ("price_yuan", "price_unit", "kind"):
        if not cells.raw(column):
            cells.fault("import_cell_missing", column)
    if price == 0:
        cells.fault("import_price_zero", "price_yuan")
    return ServiceRow(
        line=cells.line,
        external_id=cells.text("external_id", limit=ID_LIMIT, required=True),
        title=cells.text("title", limit=NAME_LIMIT, required=True),
        kind=cells.choice("kind", SERVICE_KIND_WORDS, blank=ServiceKind.COMMISSIONED_ANALYSIS),
        content=cells.text("content", limit=PROSE_LIMIT),
        process=cells.text("process", limit=PROSE_LIMIT),
        equipment=cells.text("equipment", limit=PROSE_LIMIT),
        standard=cells.text("standard", limit=PROSE_LIMIT),
        price_fen=price or 0,
        price_unit=unit or PriceUnit.SAMPLE,
        phone=cells.text("phone", limit=NAME_LIMIT),
        turnaround_days=cells.whole("turnaround_days"),
    )


def rate(cells: Cells, price_column: str, unit_column: str) -> tuple[int | None, PriceUnit | None]:
    """A price and what it is for; one without the other is a fault."""
    price = cells.yuan(price_column)
    said_unit = bool(cells.raw(unit_column))
    unit = cells.choice(unit_column, UNIT_WORDS, blank=PriceUnit.SAMPLE) if said_unit else None
    if cells.raw(price_column) and not said_unit:
        cells.fault("import_price_without_unit", unit_column)
    if said_unit and not cells.raw(price_column):
        cells.fault("import_unit_without_price", price_column)
    return price, unit


def class_code(cells: Cells, column: str) -> str:
    """A code of the national instrument classes: six digits in pairs."""
    found = cells.raw(column)
    if found and (len(found) != 6 or not found.isdecimal()):
        cells.fault("import_class_malformed", column, value=found)
    return found


def credit_code(cells: Cells, column: str) -> str:
    """A unified social credit code with a right checksum."""
    found = cells.raw(column)
    if not found:
        return ""
    try:
        return str(uscc.validate(found))
    except ValidationError:
        cells.fault("import_uscc_wrong", column, value=found)
        return found


def _both_languages(template: dict[str, str]) -> dict[str, str]:
    chinese = {normal_header(zh): column for column, zh in template.items()}
    return {**chinese, **{column: column for column in template}}


OWN_INSTRUMENTS = Layout(
    name="own_instruments",
    columns=_both_languages(INSTRUMENT_COLUMNS),
    required=frozenset({"external_id", "name"}),
    read=read_instrument,
)
OWN_SERVICES = Layout(
    name="own_services",
    columns=_both_languages(SERVICE_COLUMNS),
    required=frozenset({"external_id", "title", "price_yuan"}),
    read=read_service,
)
