"""The accounts that pay and the tables of their banks: versions, one with its preview, proposing and deciding."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request, url_for

from accounts.queries.names import usernames
from accounts.states import ProposalState
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.language import t
from core.pages.tables import choice
from core.permissions import Actor
from settlement import permissions
from settlement.models import PayingAccount
from settlement.pages.words import all_programmes, programme_words
from settlement.queries.payers import find_paying_account, in_force, paying_accounts, sample_payouts
from settlement.queries.programmes import own_programme
from settlement.rules.exports.layout import PURPOSE
from settlement.rules.exports.preview import preview, refusal
from settlement.rules.payers import EVERY_OTHER
from settlement.schemas.payers import NewPayingAccountSchema, PayingAccountReviewSchema
from settlement.service import payers as service

payers = Pages(
    "payer_pages",
    __name__,
    url_prefix="/paying-accounts",
    navigation=(NavEntry("paying_accounts", "payer_pages.index", "money", permissions.may_read_payers, order=45),),
    links={"paying_account": ("payer_pages.one", "account_id")},
)

ACCOUNTS = Table(
    name="paying-accounts",
    key=PayingAccount.id,
    default_sort="-number",
    empty="page.paying_accounts.empty",
    filters=[choice("state", PayingAccount.state, ProposalState)],
    columns=[
        Column(
            "number",
            lambda account: account.id,
            sort=PayingAccount.id,
            link=lambda account: link_to("paying_account", account.id),
        ),
        Column("programme", lambda account: _fund_words(account.programme)),
        Column("bank_name", lambda account: account.bank_name),
        Column("account_number", lambda account: account.account_number),
        Column("valid_from", lambda account: account.valid_from, kind="day", sort=PayingAccount.valid_from),
        Column("state", lambda account: account.state, kind="state", sort=PayingAccount.state),
        Column("proposed_at", lambda account: account.proposed_at, kind="moment", sort=PayingAccount.proposed_at),
    ],
)


@payers.get("")
@allow(permissions.may_read_payers)
def index() -> Any:
    """All versions, the latest first."""
    actions = []
    if permissions.may_propose_payer(current_actor()):
        actions = [{"label": t("page.paying_account_new.title"), "href": url_for("payer_pages.new"), "primary": True}]
    return table_page(ACCOUNTS, paying_accounts(), title="page.paying_accounts.title", actions=actions)


@payers.route("/new", methods=["GET", "POST"])
@allow(permissions.may_propose_payer)
def new() -> Response:
    """Propose a version; it begins with what holds, or with the version that is named."""
    now = clock.now()
    before = request.args.get("after", type=int)
    programme = own_programme(clock.today(now))
    held = find_paying_account(before) if before is not None else in_force(programme, now=now)

    def effect(given: dict[str, Any]) -> Done:
        made = service.propose(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("paying_account", made.id), "page.paying_account_new.done")

    form = Form(
        NewPayingAccountSchema,
        name="paying_account_new",
        initial={"programme": programme, "purpose": PURPOSE, **_as_given(held), "valid_from": clock.today(now)},
        options={"programme": [*all_programmes(), (EVERY_OTHER, t("programme.every_other"))]},
    )
    return form_page(form, effect=effect, back=url_for("payer_pages.index"), confirms=True)


@payers.get("/<int:account_id>")
@allow(permissions.may_read_payers)
def one(account_id: int) -> str:
    """One version, with the first lines of a file by it."""
    account = find_paying_account(account_id)
    payouts = sample_payouts(account, on=clock.today(clock.now()))
    faulty = refusal(account.payer, account.layout, payouts)
    current = in_force(account.programme, now=clock.now())
    return render_template(
        "settlement/paying_account.html",
        account=account,
        facts=_facts(account),
        layout=_layout(account),
        is_in_force=current is not None and current.id == account.id,
        preview="" if faulty else preview(account.payer, account.layout, payouts),
        faults=faulty.reasons if faulty else [],
        actions=list(_actions(account, actor=current_actor())),
    )


@payers.route("/<int:account_id>/decision", methods=["GET", "POST"])
@allow(permissions.may_decide_payer)
def decide(account_id: int) -> Response:
    """Another person decides."""
    account = find_paying_account(account_id)
    here = link_to("paying_account", account_id)

    def effect(given: dict[str, Any]) -> Done:
        service.decide(account_id=account_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.paying_account_decision.done")

    form = Form(PayingAccountReviewSchema, name="paying_account_decision")
    return form_page(form, effect=effect, back=here, confirms=True, facts=[*_facts(account), *_layout(account)])


def _as_given(account: PayingAccount | None) -> dict[str, Any]:
    """A version as the form takes it; nothing of it where there is none."""
    if account is None:
        return {}
    names = ("programme", "holder_name", "bank_name", "cnaps_code", "account_number", "bic")
    table = ("separator", "amount", "encoding", "lacking", "purpose")
    return {name: getattr(account, name) for name in (*names, *table)} | {"columns": account.column_lines}


def _facts(account: PayingAccount) -> list[tuple[str, Any]]:
    named = usernames(user for user in (account.proposed_by, account.reviewed_by) if user)
    return [
        ("column.programme", _fund_words(account.programme)),
        ("fact.holder_name", account.holder_name),
        ("fact.bank_name", account.bank_name),
        ("fact.cnaps_code", account.cnaps_code),
        ("fact.account_number", account.account_number),
        ("column.bic", account.bic),
        ("column.valid_from", account.valid_from),
        ("field_label.cause", account.cause),
        ("column.account_proposed_by", named.get(account.proposed_by or 0)),
        ("column.reviewed_by", named.get(account.reviewed_by or 0)),
    ]


def _layout(account: PayingAccount) -> list[tuple[str, Any]]:
    return [
        ("field_label.columns", " · ".join(account.column_lines)),
        ("field_label.separator", term(account.separator)),
        ("field_label.amount_unit", term(account.amount)),
        ("field_label.encoding", term(account.encoding)),
        ("field_label.lacking", term(account.lacking)),
        ("field_label.purpose", account.purpose),
    ]


def _actions(account: PayingAccount, *, actor: Actor) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    waits = account.state is ProposalState.PROPOSED
    if waits and permissions.may_decide_payer(actor) and permissions.not_its_proposer(actor, account):
        href = url_for("payer_pages.decide", account_id=account.id)
        found.append({"label": t("page.paying_account_decision.title"), "href": href, "primary": True})
    if permissions.may_propose_payer(actor):
        href = url_for("payer_pages.new", after=account.id)
        found.append({"label": t("page.paying_account_new.title"), "href": href})
    return found


def _fund_words(programme: str) -> str:
    return t("programme.every_other") if programme == EVERY_OTHER else programme_words(programme)
