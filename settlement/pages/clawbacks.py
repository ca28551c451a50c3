"""Clawbacks: paid subsidies that must come back (V19, V21)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for
from sqlalchemy import Select

from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import (
    Column,
    Done,
    Filter,
    Form,
    NavEntry,
    Pages,
    Table,
    export_links,
    form_page,
    link_to,
    list_file,
    table_page,
)
from core.pages.language import t, yuan
from core.pages.tables import choice
from core.permissions import Actor
from settlement import permissions
from settlement.models import Clawback, Payable
from settlement.pages.remedy_parts import planned
from settlement.pages.words import source_words
from settlement.queries.clawbacks import find_clawback, nettings_of_clawback, visible_clawbacks
from settlement.queries.payables import find_payable
from settlement.queries.proposals import proposals_about
from settlement.queries.trade import parties_of
from settlement.schemas.debts import NewClawbackSchema, NewRecoverySchema
from settlement.service import clawbacks as service
from settlement.states import ClawbackState, PayableState

clawbacks = Pages(
    "clawback_pages",
    __name__,
    navigation=(NavEntry("clawbacks", "clawback_pages.index", "money", permissions.may_read_clawbacks, order=60),),
    links={"clawback": ("clawback_pages.one", "clawback_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A clawback as the table shows it."""

    clawback: Clawback
    payee: str


def _rows(found: Sequence[Clawback]) -> list[Row]:
    names = organisation_names(each.payee_id for each in found)
    return [Row(each, names[each.payee_id]) for each in found]


OVERDUE = "yes"


def _overdue(query: Select[Any], value: str) -> Select[Any]:
    """Only what should have come back before today."""
    if value != OVERDUE:
        raise ValueError(value)
    return query.where(Clawback.state == ClawbackState.OPEN, Clawback.due_on < clock.today(clock.now()))


CLAWBACKS = Table(
    name="clawbacks",
    key=Clawback.id,
    default_sort="-number",
    empty="page.clawbacks.empty",
    prepare=_rows,
    filters=[
        choice("state", Clawback.state, ClawbackState),
        Filter("overdue", _overdue, options=lambda: [(OVERDUE, t("filter.overdue_clawbacks"))]),
    ],
    columns=[
        Column(
            "number",
            lambda row: row.clawback.id,
            sort=Clawback.id,
            link=lambda row: link_to("clawback", row.clawback.id),
        ),
        Column("payee", lambda row: row.payee),
        Column("amount", lambda row: row.clawback.amount_fen, kind="money", sort=Clawback.amount_fen),
        Column("recovered", lambda row: row.clawback.recovered_fen, kind="money", sort=Clawback.recovered_fen),
        Column("open_sum", lambda row: row.clawback.open_fen, kind="money"),
        Column("misconduct", lambda row: row.clawback.misconduct, kind="flag"),
        Column("state", lambda row: row.clawback.state, kind="state", sort=Clawback.state),
        Column("opened_at", lambda row: row.clawback.opened_at, kind="moment", sort=Clawback.opened_at),
        Column("pay_back_by", lambda row: row.clawback.due_on, kind="day", sort=Clawback.due_on),
    ],
)


NETTED, RECOVERED = "nettings", "recoveries"
"""Lists within the page of a clawback, by which their files are asked for."""
NETTINGS = [
    Column("batch", lambda row: row.batch_number),
    Column("payout_no", lambda row: row.payout_no, kind="number"),
    Column("amount", lambda row: row.amount_fen, kind="money"),
    Column("outcome", lambda row: row.outcome, kind="state"),
]
RECOVERIES = [
    Column("recorded_at", lambda row: row.recorded_at, kind="moment"),
    Column("bank_reference", lambda row: row.reference),
    Column("amount", lambda row: row.amount_fen, kind="money"),
]


@clawbacks.get("/clawbacks")
@allow(permissions.may_read_clawbacks)
def index() -> Any:
    """Clawbacks in sight, the latest first."""
    actor = current_actor()
    return table_page(
        CLAWBACKS, visible_clawbacks(actor), title="page.clawbacks.title", actions=list(_how_to_begin(actor))
    )


@clawbacks.get("/clawbacks/<int:clawback_id>")
@allow(permissions.may_read_clawbacks)
def one(clawback_id: int) -> Any:
    """One clawback: the payout it takes back, and what came back."""
    actor = current_actor()
    clawback = find_clawback(clawback_id, actor=actor)
    nettings = nettings_of_clawback(clawback)
    file = list_file(f"nettings-{clawback_id}", NETTINGS, nettings, of=NETTED) or list_file(
        f"recoveries-{clawback_id}", RECOVERIES, clawback.recoveries, of=RECOVERED
    )
    if file is not None:
        return file
    actions = []
    if clawback.state is ClawbackState.OPEN and permissions.may_record_recovery(actor):
        recover = url_for("clawback_pages.recover", clawback_id=clawback_id)
        actions = [{"label": t("page.clawback_recovery.title"), "href": recover, "primary": True}]
    may_propose = permissions.may_propose_remedy(actor)
    if clawback.state is ClawbackState.OPEN and may_propose:
        actions += [
            {
                "label": t(f"page.clawback_{name}.title"),
                "href": url_for(f"remedy_pages.{name}", clawback_id=clawback_id),
            }
            for name in ("instalments", "write_off")
        ]
    return render_template(
        "settlement/clawback.html",
        row=_rows([clawback])[0],
        clawback=clawback,
        nettings=nettings,
        netting_columns=NETTINGS,
        netting_files=export_links(NETTED),
        recovery_columns=RECOVERIES,
        recovery_files=export_links(RECOVERED),
        reads_batches=permissions.may_read_batches(actor),
        actions=actions,
        may_propose=may_propose,
        plan=planned(clawback),
        proposals=proposals_about(clawback),
    )


@clawbacks.route("/clawbacks/<int:clawback_id>/recovery", methods=["GET", "POST"])
@allow(permissions.may_record_recovery)
def recover(clawback_id: int) -> Response:
    """Record money that came back."""
    clawback = find_clawback(clawback_id, actor=current_actor())
    here = link_to("clawback", clawback_id)

    def effect(given: dict[str, Any]) -> Done:
        service.record_recovery(clawback_id=clawback_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.clawback_recovery.done")

    facts = [("column.payee", _rows([clawback])[0].payee), ("column.open_sum", yuan(clawback.payable_back_fen))]
    form = Form(NewRecoverySchema, name="clawback_recovery")
    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)


@clawbacks.route("/payables/<int:payable_id>/clawback", methods=["GET", "POST"])
@allow(permissions.may_claw_back)
def new(payable_id: int) -> Response:
    """Claim back what was paid for a payable."""
    payable = find_payable(payable_id, actor=current_actor())
    parties = _parties(payable)

    def effect(given: dict[str, Any]) -> Done:
        made = service.claw_back(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("clawback", made.id), "page.clawback_new.done")

    left = payable.paid_fen - payable.clawed_back_fen
    form = Form(
        NewClawbackSchema,
        name="clawback_new",
        fixed={"payable_id": payable_id},
        leave_out=["source"],
        options={"misconduct_by": [(str(number), name) for number, name in parties.items()]},
    )
    facts = [
        ("column.what_for", source_words(payable.source)),
        ("column.payee", parties[payable.payee_id]),
        ("fact.left_to_claw_back", yuan(left)),
    ]
    return form_page(form, effect=effect, back=link_to("payable", payable_id), confirms=True, facts=facts)


def _parties(payable: Payable) -> dict[int, str]:
    """Those against whom misconduct may be recorded, the payee first."""
    wanted = dict.fromkeys([payable.payee_id, *(parties_of(payable.order_id) or ())])
    names = organisation_names(wanted)
    return {number: names[number] for number in wanted}


def _how_to_begin(actor: Actor) -> Iterator[dict[str, Any]]:
    """A clawback begins at the payable that was paid."""
    if permissions.may_claw_back(actor):
        yield {
            "label": t("page.clawbacks.choose"),
            "href": url_for("payable_pages.index", state=PayableState.PAID.value),
        }
