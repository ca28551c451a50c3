"""Money on statements that matched nothing: the list, one entry, and what two persons say it is (V17 pay)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, render_template, url_for

from accounts.queries.names import organisation_names, usernames
from core import clock
from core.audit import history
from core.http import allow, current_actor
from core.pages import (
    Column,
    Done,
    EmptySchema,
    Event,
    Form,
    NavEntry,
    Pages,
    Table,
    form_page,
    link_to,
    table_page,
    term,
)
from core.pages.language import t, yuan
from core.pages.tables import choice
from core.permissions import Actor
from settlement import permissions
from settlement.models import BankSuspense, Clawback
from settlement.queries.clawbacks import find_clawback, paid_back_by
from settlement.queries.suspense import find_suspense
from settlement.queries.suspense import suspense as all_suspense
from settlement.schemas.suspense import DecliningSchema, ProposalSchema
from settlement.service import suspense as service
from settlement.states import SuspenseState

suspense = Pages(
    "suspense_pages",
    __name__,
    url_prefix="/suspense-entries",
    navigation=(NavEntry("suspense", "suspense_pages.index", "money", permissions.may_read_suspense, order=25),),
    links={"suspense": ("suspense_pages.one", "suspense_id")},
)

Act = Callable[[dict[str, Any]], Any]

ENTRIES = Table(
    name="suspense-entries",
    key=BankSuspense.id,
    default_sort="-number",
    empty="page.suspense.empty",
    filters=[choice("state", BankSuspense.state, SuspenseState)],
    columns=[
        Column(
            "number", lambda entry: entry.id, sort=BankSuspense.id, link=lambda entry: link_to("suspense", entry.id)
        ),
        Column("value_date", lambda entry: entry.value_date, kind="day", sort=BankSuspense.value_date),
        Column("moved", lambda entry: entry.signed_fen, kind="money", sort=BankSuspense.amount_fen),
        Column("party_name", lambda entry: entry.party_name),
        Column("bank_text", lambda entry: entry.text),
        Column("state", lambda entry: entry.state, kind="state", sort=BankSuspense.state),
        Column("resolution", lambda entry: entry.resolution, kind="term"),
        Column("recorded_at", lambda entry: entry.recorded_at, kind="moment", sort=BankSuspense.recorded_at),
    ],
)


@suspense.get("")
@allow(permissions.may_read_suspense)
def index() -> Any:
    """What matched nothing, the latest first."""
    return table_page(ENTRIES, all_suspense(), title="page.suspense.title", actions=[_statements()])


@suspense.get("/<int:suspense_id>")
@allow(permissions.may_read_suspense)
def one(suspense_id: int) -> str:
    """One entry: what the bank says of it, what it is said to be, and by whom."""
    entry = find_suspense(suspense_id)
    return render_template(
        "settlement/suspense.html",
        entry=entry,
        facts=_facts(entry),
        said=_said(entry),
        actions=list(_actions(entry, actor=current_actor())),
        events=_events(entry),
    )


@suspense.route("/<int:suspense_id>/proposal", methods=["GET", "POST"])
@allow(permissions.may_explain_suspense)
def propose(suspense_id: int) -> Response:
    """Say what it is."""
    clawbacks = _clawbacks(find_suspense(suspense_id))
    return _step(
        suspense_id,
        Form(
            ProposalSchema,
            name="suspense_proposal",
            options={"clawback_id": clawbacks},
            fixed={} if clawbacks else {"clawback_id": None},
        ),
        lambda given: service.propose(suspense_id=suspense_id, **given, actor=current_actor(), now=clock.now()),
    )


@suspense.route("/<int:suspense_id>/declining", methods=["GET", "POST"])
@allow(permissions.may_settle_suspense)
def decline(suspense_id: int) -> Response:
    """Say that it is not so."""
    return _step(
        suspense_id,
        Form(DecliningSchema, name="suspense_declining"),
        lambda given: service.decline(suspense_id=suspense_id, **given, actor=current_actor(), now=clock.now()),
    )


@suspense.route("/<int:suspense_id>/settlement", methods=["GET", "POST"])
@allow(permissions.may_settle_suspense)
def settle(suspense_id: int) -> Response:
    """Confirm what another person said it is."""
    return _step(
        suspense_id,
        Form(EmptySchema, name="suspense_settlement"),
        lambda _given: service.settle(suspense_id=suspense_id, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


def _step(suspense_id: int, form: Form, act: Act, *, confirms: bool = False) -> Response:
    entry = find_suspense(suspense_id)
    here = link_to("suspense", suspense_id)

    def effect(given: dict[str, Any]) -> Done:
        act(given)
        return Done(here, f"page.{form.name}.done")

    facts = [*_facts(entry), *_said(entry)]
    return form_page(form, effect=effect, back=here, confirms=confirms, facts=facts)


def _clawbacks(entry: BankSuspense) -> list[tuple[str, str]]:
    """The clawbacks that the entry may have been paid back for, as they are chosen among."""
    if not entry.credit:
        return []
    found = paid_back_by(entry.amount_fen, actor=current_actor())
    names = organisation_names(each.payee_id for each in found)
    return [(str(each.id), _clawback(each, names[each.payee_id])) for each in found]


def _clawback(clawback: Clawback, payee: str) -> str:
    open_sum = yuan(clawback.payable_back_fen)
    return t("page.suspense_proposal.clawback", number=clawback.id, payee=payee, open=open_sum)


def _statements() -> dict[str, Any]:
    return {"label": t("page.bank_statements.title"), "href": url_for("bank_statement_pages.index")}


def _facts(entry: BankSuspense) -> list[tuple[str, Any]]:
    return [
        ("column.moved", yuan(entry.signed_fen)),
        ("column.value_date", entry.value_date),
        ("column.party_name", entry.party_name or None),
        ("column.party_account", entry.party_account or None),
        ("column.end_to_end_id", entry.end_to_end_id or None),
        ("column.bank_reference", entry.reference or None),
        ("column.bank_text", entry.text or None),
        ("column.file_line", entry.line),
    ]


def _said(entry: BankSuspense) -> list[tuple[str, Any]]:
    if entry.resolution is None:
        return []
    named = usernames(user for user in (entry.proposed_by, entry.settled_by) if user)
    about = []
    if entry.clawback_id is not None:
        clawback = find_clawback(entry.clawback_id, actor=current_actor())
        payee = organisation_names([clawback.payee_id])[clawback.payee_id]
        about = [("column.recovered_for", _clawback(clawback, payee))]
    return [
        ("column.resolution", term(entry.resolution)),
        ("column.payout_name", entry.payout_name),
        *about,
        ("column.note", entry.note),
        ("column.proposed_by", named.get(entry.proposed_by or 0)),
        ("column.settled_by", named.get(entry.settled_by or 0)),
    ]


def _actions(entry: BankSuspense, *, actor: Actor) -> Iterator[dict[str, Any]]:
    if entry.state is SuspenseState.OPEN and permissions.may_explain_suspense(actor):
        yield _button(entry, "propose", "suspense_proposal", primary=True)
    elif entry.state is SuspenseState.PROPOSED and permissions.may_settle_suspense(actor):
        if permissions.not_its_proposer(actor, entry):
            yield _button(entry, "settle", "suspense_settlement", primary=True)
        yield _button(entry, "decline", "suspense_declining", primary=False)


def _button(entry: BankSuspense, endpoint: str, name: str, *, primary: bool) -> dict[str, Any]:
    href = url_for(f"suspense_pages.{endpoint}", suspense_id=entry.id)
    return {"label": t(f"page.{name}.title"), "href": href, "primary": primary}


def _events(entry: BankSuspense) -> list[Event]:
    return [
        Event(t(f"event.suspense.{each.action}"), at=each.at, note=each.data.get("note"))
        for each in history(BankSuspense.__tablename__, entry.id)
    ]
