"""A made-up catalogue of any size: Chinese names built of what instruments do, how and on what, with model numbers.

Deterministic: the same count gives the same rows. How often the words of the bench's questions occur is set here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from instruments.rules.merging import instrument_tokens
from marketplace.demo.province import demo_uscc
from tests.bench.rows import columns_of, copy_row


def _words(text: str) -> list[str]:
    return text.split()


BROAD = "分析"
"""In 42% of all rows, in what they say they are for."""
BROAD_SHARE = 0.42
RARE = "同步辐射"
RARE_EVERY = 25_000
PROVIDERS = 200
BOOKABLE_EVERY = 5
"""Every so many instruments have opening hours; the others are asked for by telephone."""
FIRST_USCC = 700_000
LISTED = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)

HOW = _words("""
    气相色谱 液相色谱 超高效液相 离子色谱 毛细管电泳 场发射 环境 冷冻 共聚焦 双光子 傅里叶变换 近红外 拉曼 原子吸收
    原子荧光 电感耦合等离子体 辉光放电 激光剥蚀 热重 差示扫描 动态 静态 高温 低温 多功能 全自动 便携式 三维 四维 超声
    微波 真空 电子束 聚焦离子束
""")
WHAT = _words("""
    质谱仪 联用仪 扫描电镜 透射电镜 显微镜 衍射仪 光谱仪 能谱仪 核磁共振波谱仪 流变仪 粒度仪 万能试验机 疲劳试验机
    硬度计 测序仪 流式细胞仪 离心机 反应釜 镀膜机 刻蚀机 探针台 示波器 风洞 振动台 发酵罐 冻干机 切片机 工作站
    成像系统 测量机
""")
USED_FOR = _words("材料 药物 食品 水质 土壤 金属 高分子 细胞 蛋白 电池 半导体 陶瓷 纤维 油品 矿物")
ACTS = _words("测试 检测 表征 制备 加工 观察 计量 筛选")
MAKERS = _words("东岳仪器 海岱科学 泰山精密 黄河光电 Norwind Keystone Arden Meridian Halden Sorrel")
SERIES = ("QX", "TOF-", "HR", "MS", "SEM-", "Zeta ", "Orion ", "LC-", "GX", "D")
FUNDINGS = ("fiscal", "partly_fiscal", "private")


class Catalogue(NamedTuple):
    """What rows refer to: providers with the county each sits in, and counties with their cities."""

    providers: list[tuple[int, str, str]]


def make_providers(connection: psycopg.Connection, *, model: int, counties: list[tuple[str, str]]) -> Catalogue:
    """Copies of a provider, spread over the counties, which come with their cities."""
    return Catalogue(
        [
            (
                copy_row(
                    connection,
                    "organisation",
                    model,
                    name=f"第{n}研究院",
                    uscc=demo_uscc(FIRST_USCC + n),
                    county=county,
                    city=city,
                ),
                county,
                city,
            )
            for n in range(PROVIDERS)
            for county, city in [counties[n * 7 % len(counties)]]
        ]
    )


def instruments(count: int, catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """The rows as the table takes them, without numbers of their own."""
    chance = random.Random(20260105)
    for n in range(count):
        provider, county, city = catalogue.providers[chance.randrange(len(catalogue.providers))]
        how, what = chance.choice(HOW), chance.choice(WHAT)
        row: dict[str, Any] = {
            "provider_id": provider,
            "external_id": f"bench-{n}",
            "name": f"{chance.choice(USED_FOR)}{how}{what}",
            "name_en": "",
            "model": f"{chance.choice(SERIES)}{chance.randrange(100, 9900)}{chance.choice('ABCX')}",
            "maker": chance.choice(MAKERS),
            "category": what,
            "category_code": f"{HOW.index(how) % 12 + 1:02}{WHAT.index(what) % 10 + 1:02}{chance.randrange(1, 6):02}",
            "functions": f"{chance.choice(USED_FOR)}{_act(n, chance)}",
            "description": f"可测{chance.choice(USED_FOR)}与{chance.choice(USED_FOR)}，第{n}号",
            "value_fen": int(chance.lognormvariate(17.5, 1.0)),
            "funding": chance.choice(FUNDINGS),
            "county": county,
            "city": city,
            "iot_sensor": chance.random() < 0.3,
            "accepted_on": date(2020, 1, 1) + timedelta(days=chance.randrange(2000)),
        }
        row["tokens"] = instrument_tokens(row)
        yield row


def fill(connection: psycopg.Connection, *, model: int, count: int, catalogue: Catalogue) -> None:
    """Copy the rows in, published; whatever a row does not say is that of the model instrument. Every fifth is open on
    working days."""
    columns = columns_of(connection, "instrument")
    listed = ", ".join(columns)
    (kept,) = connection.execute("SELECT row_to_json(i) FROM instrument AS i WHERE id = %s", (model,)).fetchone() or (
        {},
    )
    usual = {name: kept[name] for name in columns}
    usual |= {"review_defects": "[]", "published_at": LISTED, "created_at": LISTED, "updated_at": LISTED}
    with connection.cursor() as cursor, cursor.copy(f"COPY instrument ({listed}) FROM STDIN") as copy:
        for row in instruments(count, catalogue):
            copy.write_row([row.get(name, usual[name]) for name in columns])
    connection.execute(
        "INSERT INTO opening_hours (instrument_id, weekday, opens_minute, closes_minute)"
        " SELECT id, weekday, 480, 1080 FROM instrument, generate_series(1, 5) AS weekday"
        " WHERE external_id LIKE 'bench-%%' AND id %% %s = 0",
        (BOOKABLE_EVERY,),
    )


def _act(n: int, chance: random.Random) -> str:
    if n % RARE_EVERY == 0:
        return RARE
    return BROAD if chance.random() < BROAD_SHARE else chance.choice(ACTS)
