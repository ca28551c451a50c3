"""The national network's own reporting templates: sheets, groups and headers, word for word.

Source: the templates of the 重大科研基础设施和大型科研仪器国家网络管理平台 (equipment.xls, device.xls, unit.xls).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from instruments.rules.imports.layouts.base import Layout
from instruments.rules.imports.layouts.national import (
    NATIONAL_FACILITIES,
    NATIONAL_INSTRUMENTS,
    NATIONAL_SERVICE_UNITS,
)
from instruments.rules.imports.rows import InstrumentRow
from instruments.rules.terms import InstrumentKind


class NationalList(StrEnum):
    """One of the network's templates, by the name of its file."""

    EQUIPMENT = "equipment"
    DEVICE = "device"
    UNIT = "unit"


@dataclass(frozen=True)
class Template:
    """A sheet with its headers, ``groups`` above some of them by position, and the layout that reads it back."""

    sheet: str
    kind: InstrumentKind
    layout: Layout[InstrumentRow]
    headers: tuple[str, ...]
    groups: Mapping[int, str] = field(default_factory=dict)


_EQUIPMENT = """
仪器编号（（必填，管理系统中的关联仪器编号））
所在单位仪器编号
仪器设备名称
英文名称
所属资源载体类型（选择附属于重大科研基础设施、附属于科学仪器中心、附属于国家重点实验室、附属于国家工程技术研究中心、附属于生物种质资源库馆中的一个按全称填写，没有请空缺不填）
所属资源载体内部编号（所属资源载体类型填写重大科研基础设施、科学仪器中心时，填写所属资源载体内部编号，其他填写名称，没有请空缺不填）
所属单位内部门
仪器分类编码
设备仪器来源（购置、研制、赠送、其他）
是否在海关监管年限内（是/否）
原值（单位万元、保留小数点后两位）
产地国别
生产制造商
建账日期（例：2016-01-01）
仪器设备类别（通用/专用）
规格型号
主要技术指标（最多500字）
主要功能（最多300字）
主要学科领域（如有多个，用逗号分隔，最多填写4个）
主要购置经费来源（中央财政资金、地方财政资金、单位自有资金、其他资金，如有多个，用逗号分隔，最多填写4个）
服务内容（分析测试项目等）（最多200字）
图片（仪器图片的文件名称，jpg格式、1M以内大小）
年运行机时（小时）
用户须知（最多500字）
参考收费标准（最多500字）
预约服务网址
安放地址-省
安放地址-市
安放地址-区县
安放地址-街道（乡镇）
年对外服务机时（小时）
联系人
电话
电子邮箱
通讯地址
邮政编码
进口报关单编号（18位）
进口报关单项号（2位数字）
海关放行日期（例：2016-01-01）
仪器设备在进口报关单上的名称
"""
_DEVICE = """
设施编号（不可修改、新增设施请空缺不填）
所属单位科学装置编号
装置名称（中文）
英文名称
英文简称
装置网站网址
建设经费（单位为万元，保留2位小数）
验收通过日期（例：2016-01-01）
科学技术中心（最多500字）
主要功能（最多300字）
主要学科领域（如有多个，用逗号分隔，最多填写4个）
服务内容(分析测试项目等)（最多200字）
对外开放共享规定（最多500字）
安放地址-省
安放地址-市
安放地址-区县
安放地址-街道（乡镇）
主管部门
依托单位
批复部门
科普视频网址
建设情况（填数字1=》在建，2=》建成）
设施类别(填数字1=》专用研究设施，2=》公共实验设施，3=》公益服务设施)
国内主要单位用户
国外主要单位用户
支撑国家重大科研任务、产生经济社会效益、国际合作成果等
联系人
联系人电话
联系人邮箱
联系人单位
联系人职务
首席科学家-姓名
首席科学家-电话
首席科学家-邮箱
首席科学家-单位
首席科学家-职位
运行负责人-姓名
运行负责人-电话
运行负责人-邮箱
运行负责人-单位
运行负责人-职务
布局图下载网址（下载链接）
关键部件图下载网址（下载链接）
布局图下载网址（下载链接）
实验操作图下载网址（下载链接）
组织管理制度下载网址（下载链接）
开放收费制度下载网址（下载链接）
设施申请制度下载网址（下载链接）
"""
_UNIT = r"""
仪器编号（请空缺不填）
所在单位仪器编号（innerId，唯一标识）
所属单位
服务单元名称
成立日期（例：2016-01-01）
服务单元类别（通用/专用）
主要功能（最多300字）
主要学科领域（如有多个，用全角逗号分隔，最多填写4个）
服务内容（最多200字）
服务的典型成果（简介）
图片（无需填写）
运行状态（正常\待机\偶有故障\故障频繁\待修\待报废）
对外开放共享规定（最多500字）
参考收费标准（最多500字）
预约服务网址
安放地址-省
安放地址-市
安放地址-区县
安放地址-街道（乡镇）
共享模式（内部共享\外部共享\不共享）
联系人
电话
电子邮箱
通讯地址
邮政编码
审核状态（不填）
审核原因（不填）
"""

TEMPLATES: Mapping[NationalList, Template] = {
    NationalList.EQUIPMENT: Template(
        sheet="大型科研仪器",
        kind=InstrumentKind.INSTRUMENT,
        layout=NATIONAL_INSTRUMENTS,
        headers=tuple(_EQUIPMENT.strip().splitlines()),
        groups={
            0: "仪器基本信息",
            31: "联系人信息",
            36: "海关管理",
        },
    ),
    NationalList.DEVICE: Template(
        sheet="重大科研基础设施清单",
        kind=InstrumentKind.FACILITY,
        layout=NATIONAL_FACILITIES,
        headers=tuple(_DEVICE.strip().splitlines()),
        groups={
            0: "仪器基本信息",
            26: "填报联系人信息",
            31: "首席科学家信息",
            35: "运行负责人信息",
            41: "相关文件下载地址",
        },
    ),
    NationalList.UNIT: Template(
        sheet="unit",
        kind=InstrumentKind.SERVICE_UNIT,
        layout=NATIONAL_SERVICE_UNITS,
        headers=tuple(_UNIT.strip().splitlines()),
        groups={},
    ),
}
