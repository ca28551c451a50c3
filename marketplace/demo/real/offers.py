"""What the two providers offer: listings reviewed and public, services of the price list completed and published."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from core.kinds import ServiceKind
from instruments.rules.terms import ExternalUse, Funding, PriceUnit
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.real import cast
from marketplace.demo.real.deals import Member, Offered

OPENS, CLOSES = "08:00", "20:00"
TURNAROUND_DAYS = 5
LISTED_AT_HOME, LISTED_OUTSIDE = 12, 4
OFFERED_FROM_LIST, OFFERED_BY_HOUR = 60, 4
LEAST_PRICE_FEN, GREATEST_PRICE_FEN = 10_000, 1_000_000
LEAST_VALUE_FEN = 30_000_000


@dataclass(frozen=True)
class Catalogue:
    """What can be ordered. ``dear`` is the dearest service of the list, for orders that reach the yearly cap."""

    listed: Sequence[Offered]
    by_hour: Sequence[Offered]
    outside: Sequence[Offered]
    dear: Offered
    listings_returned: int
    zero_prices_refused: int


def offer_everything(client: DemoClient, home: Member, outside: Member, *, seed: int) -> Catalogue:
    """List instruments, have them reviewed, then complete and publish services that rest on them."""
    chance = random.Random(seed)  # noqa: S311 - a story, the same each time
    at_home = _list_instruments(client, home, LISTED_AT_HOME, chance)
    abroad = _list_instruments(client, outside, LISTED_OUTSIDE, chance)
    drafts = [each for each in _drafts(client, home) if _is_usable(each)]
    chosen = chance.sample(drafts, OFFERED_FROM_LIST)
    dear = max(drafts, key=lambda each: (int(each["price_fen"]), int(each["id"])))
    zero_refused = _zero_price_is_refused(client, home, drafts[0])
    return Catalogue(
        listed=[_publish(client, home, each, [chance.choice(at_home)["id"]]) for each in chosen if each != dear],
        by_hour=[
            _offer_time(client, home, instrument, chance.randrange(20_000, 60_000, 1_000))
            for instrument in at_home[:OFFERED_BY_HOUR]
        ],
        outside=[_offer_outside(client, outside, each, chance) for each in abroad],
        dear=_publish(client, home, dear, [at_home[0]["id"]]),
        listings_returned=1,
        zero_prices_refused=zero_refused,
    )


def _list_instruments(client: DemoClient, owner: Member, wanted: int, chance: random.Random) -> list[Json]:
    """Complete imported drafts, submit them and have them approved; the first is returned once."""
    drafts = list(client.pages(owner.username, "/instruments", provider=owner.organisation_id, state="draft"))
    chosen = chance.sample(sorted(drafts, key=lambda each: int(each["id"])), wanted)
    reviewer = cast.bureau_of(owner.city)
    for number, instrument in enumerate(chosen):
        path = f"/instruments/{instrument['id']}"
        said: Json = {
            "category": instrument["category"] or "分析仪器",
            "funding": Funding.FISCAL.value,
            "value_fen": instrument["value_fen"] or chance.randrange(LEAST_VALUE_FEN, 10 * LEAST_VALUE_FEN, 100_000),
            "external_use": ExternalUse.OPEN.value,
        }
        client.patch(owner.username, path, said)
        client.put(owner.username, f"{path}/opening-hours", {"hours": _every_day()})
        client.post(owner.username, f"{path}/listing")
        if number == 0 and owner.city is not None:
            defects = {"decision": "return", "opinion": "请补充", "defects": ["未装物联网传感器"]}
            client.post(reviewer, f"{path}/listing-review", defects)
            client.patch(owner.username, path, {"iot_sensor": True})
            client.post(owner.username, f"{path}/listing")
        client.post(reviewer, f"{path}/listing-review", {"decision": "approve", "opinion": "同意入网"})
    return chosen


def _every_day() -> list[Json]:
    return [{"weekday": weekday, "opens": OPENS, "closes": CLOSES} for weekday in range(1, 8)]


def _drafts(client: DemoClient, owner: Member) -> list[Json]:
    found = client.pages(owner.username, "/services", provider=owner.organisation_id, state="draft")
    return sorted(found, key=lambda each: int(each["id"]))


def _is_usable(service: Json) -> bool:
    price_fen = service["price_fen"]
    return price_fen is not None and LEAST_PRICE_FEN <= price_fen <= GREATEST_PRICE_FEN


def _zero_price_is_refused(client: DemoClient, owner: Member, draft: Json) -> int:
    """A price of zero is none (V14); returns how often that was said."""
    client.patch(owner.username, f"/services/{draft['id']}", {"price_fen": 0}, expect=HTTPStatus.UNPROCESSABLE_ENTITY)
    return 1


def _publish(client: DemoClient, owner: Member, draft: Json, instrument_ids: list[int]) -> Offered:
    """Say what V14 asks for and the list left out, then publish."""
    path = f"/services/{draft['id']}"
    said = {
        "process": "预约、送样、测试、出具结果",
        "phone": "0535-2109000",
        "turnaround_days": TURNAROUND_DAYS,
        "instrument_ids": instrument_ids,
    }
    client.patch(owner.username, path, said)
    published = client.post(owner.username, f"{path}/publication")
    return Offered(published["id"], published["title"], owner, published["price_fen"])


def _offer_time(client: DemoClient, owner: Member, instrument: Json, price_fen: int) -> Offered:
    """Machine time of an instrument, by the hour."""
    made = _new_service(
        client,
        owner,
        instrument,
        title=f"{instrument['name']} 机时共享",
        kind=ServiceKind.MACHINE_TIME,
        price_fen=price_fen,
        unit=PriceUnit.HOUR,
    )
    return Offered(made["id"], made["title"], owner, price_fen, instrument["id"])


def _offer_outside(client: DemoClient, owner: Member, instrument: Json, chance: random.Random) -> Offered:
    """Tests on an instrument from outside, at its reference price where it names one."""
    price_fen = int(instrument["reference_price_fen"] or 0) or chance.randrange(30_000, 90_000, 1_000)
    made = _new_service(
        client,
        owner,
        instrument,
        title=f"{instrument['name']} 委托实验",
        kind=ServiceKind.COMMISSIONED_EXPERIMENT,
        price_fen=price_fen,
        unit=PriceUnit.TIME,
    )
    return Offered(made["id"], made["title"], owner, price_fen)


def _new_service(
    client: DemoClient,
    owner: Member,
    instrument: Json,
    *,
    title: str,
    kind: ServiceKind,
    price_fen: int,
    unit: PriceUnit,
) -> Json:
    body = {
        "title": title,
        "kind": kind.value,
        "content": title,
        "process": "预约、到场或送样、测试、出具结果",
        "equipment": instrument["name"],
        "price_fen": price_fen,
        "price_unit": unit.value,
        "phone": "0535-2109000",
        "turnaround_days": TURNAROUND_DAYS,
        "instrument_ids": [instrument["id"]],
    }
    made = client.post(owner.username, "/services", body)
    return client.post(owner.username, f"/services/{made['id']}/publication")
