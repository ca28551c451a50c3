"""Spot checks: the province draws confirmed claims so that anybody can repeat the draw (V19)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Response, url_for
from marshmallow import fields
from sqlalchemy import func

from accounts.policy import city_names
from accounts.queries.names import known_by_code, organisation_names
from accounts.rules import uscc
from core import clock
from core.http import allow, current_actor
from core.http.schemas import fault
from core.kinds import ServiceKind
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.language import t, yuan
from vouchers.models import Claim, Inspection, SpotCheck
from vouchers.pages.claim_table import cities
from vouchers.pages.inspection_parts import INSPECTED, inspection_rows
from vouchers.permissions import may_draw, may_read_spot_checks
from vouchers.queries.spot_checks import all_spot_checks, inspections_of, replay_of
from vouchers.schemas.spot_checks import NewSpotCheckSchema
from vouchers.service import spot_checks as service

MAX_SHOWN_FRAME = 1000
"""A longer frame is named by its size; the API has all of it."""

spot_checks = Pages(
    "spot_check_pages",
    __name__,
    url_prefix="/spot-checks",
    navigation=(NavEntry("spot_checks", "spot_check_pages.index", "oversight", may_read_spot_checks, order=30),),
    links={"spot_check": ("spot_check_pages.one", "check_id")},
)

SPOT_CHECKS = Table(
    name="spot_checks",
    key=SpotCheck.id,
    default_sort="-spot_check",
    empty="page.spot_checks.empty",
    columns=[
        Column(
            "spot_check", lambda check: check.id, sort=SpotCheck.id, link=lambda check: link_to("spot_check", check.id)
        ),
        Column("drawn_at", lambda check: check.drawn_at, kind="moment", sort=SpotCheck.drawn_at),
        Column("drawn_why", lambda check: check.reason),
        Column("frame", lambda check: len(check.frame), kind="number", sort=func.jsonb_array_length(SpotCheck.frame)),
        Column("drawn", lambda check: len(check.drawn), kind="number", sort=func.jsonb_array_length(SpotCheck.drawn)),
    ],
)

DRAWN = Table(
    name="drawn",
    key=Inspection.id,
    default_sort="claim",
    empty="page.spot_checks.empty",
    prepare=inspection_rows,
    columns=[
        Column("claim", lambda row: row.claim.id, sort=Claim.id, link=lambda row: link_to("claim", row.claim.id)),
        Column("service", lambda row: row.claim.record["title"]),
        *INSPECTED,
        Column("confirmed", lambda row: row.claim.confirmed_fen, kind="money", sort=Claim.confirmed_fen),
    ],
)


class OrganisationByCode(fields.Field[int]):
    """An organisation by the code people know it by, read as its number."""

    default_error_messages: dict[str, Any] = {"unknown": fault("organisation_unknown")}

    def __init__(self) -> None:
        super().__init__(load_default=None, allow_none=True, metadata={"type": "string"})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        code = uscc.normalised(str(value))
        found = None if code is None else known_by_code(code, actor=current_actor())
        if found is None:
            raise self.make_error("unknown")
        return found


SpotCheckFormSchema = NewSpotCheckSchema.from_dict(
    {"provider_id": OrganisationByCode(), "beneficiary_id": OrganisationByCode()}, name="SpotCheckFormSchema"
)
"""What to draw from, its parties named by their codes."""


@spot_checks.get("")
@allow(may_read_spot_checks)
def index() -> Any:
    """Every draw, the latest first."""
    actions = [{"label": t("page.spot_check_new.title"), "href": url_for("spot_check_pages.new"), "primary": True}]
    return table_page(
        SPOT_CHECKS,
        all_spot_checks(),
        title="page.spot_checks.title",
        actions=actions if may_draw(current_actor()) else [],
    )


@spot_checks.route("/new", methods=["GET", "POST"])
@allow(may_draw)
def new() -> Response:
    """Draw from the claims confirmed in a period."""

    def effect(given: dict[str, Any]) -> Done:
        check = service.draw_spot_check(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("spot_check", check.id), "page.spot_check_new.done", {"count": len(check.drawn)})

    form = Form(SpotCheckFormSchema, name="spot_check_new", options={"city": cities()})
    return form_page(form, effect=effect, back=url_for("spot_check_pages.index"), confirms=True)


@spot_checks.get("/<int:check_id>")
@allow(may_read_spot_checks)
def one(check_id: int) -> Any:
    """One draw with what it takes to repeat it, and the claims that were drawn."""
    replay = replay_of(check_id)
    check = replay.check
    return table_page(
        DRAWN,
        inspections_of(check),
        title="page.spot_check.title",
        template="vouchers/spot_check.html",
        check=check,
        replay=replay,
        criteria=list(_criteria_words(check)),
        shows_frame=len(check.frame) <= MAX_SHOWN_FRAME,
    )


def _criteria_words(check: SpotCheck) -> Iterator[tuple[str, str]]:
    """What the frame was narrowed to, in words."""
    given = check.criteria
    names = organisation_names(given[key] for key in ("provider_id", "beneficiary_id") if given.get(key))
    shown: Mapping[str, Callable[[Any], object]] = {
        "confirmed_from": str,
        "confirmed_to": str,
        "city": lambda code: city_names(clock.today(check.drawn_at)).get(code, code),
        "provider_id": names.get,
        "beneficiary_id": names.get,
        "service_kind": lambda kind: term(ServiceKind(kind)),
        "min_confirmed_fen": yuan,
    }
    for key, words in shown.items():
        if given.get(key) is not None:
            yield f"form.spot_check_new.{key}", str(words(given[key]))
