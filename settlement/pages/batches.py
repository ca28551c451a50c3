"""Settlement batches: the list, a new one, one with its payouts and their claims, and the sheet that is stamped
(V17 pay)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for

from accounts.queries.names import organisation_names, usernames
from core import clock
from core.db import session
from core.errors import NotFound
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.money import in_capitals
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
    term,
)
from core.pages.language import current_language, t, yuan
from core.pages.links import source_link
from core.pages.tables import choice
from settlement import permissions
from settlement.models import BatchLine, BatchPayout, SettlementBatch
from settlement.pages.batch_parts import NETTINGS, batch_events, next_actions, return_columns, who
from settlement.pages.payable_parts import correction_page
from settlement.pages.schedule import is_scheduled, latest_scheduled
from settlement.pages.words import cutoff_words, programme_options, programme_words, source_words
from settlement.queries import batches as queries
from settlement.queries import desk
from settlement.queries.funds import find_fund, funds_of_year
from settlement.queries.payables import stuck_in
from settlement.rules.exports import ExportFormat
from settlement.rules.exports.printed import PRINTED_PAYOUTS
from settlement.rules.payout_ids import end_to_end_id
from settlement.schemas.batches import NewBatchSchema
from settlement.service import batches as service
from settlement.service import payables as payable_service
from settlement.states import BatchState, PayableState, PayoutOutcome

batches = Pages(
    "batch_pages",
    __name__,
    url_prefix="/settlement-batches",
    navigation=(NavEntry("batches", "batch_pages.index", "money", permissions.may_read_batches, order=20),),
    links={"batch": ("batch_pages.one", "batch_id")},
)

PAST_CUTOFFS = 4
"""So many cut-offs that are over may be chosen beside the next one."""
SHEET_PAYOUTS = PRINTED_PAYOUTS
"""A longer batch is stamped by its sums; its payouts are in the files."""
SILENT = "silent"
"""The filter's word for payouts the bank has not reported on."""
RETURNS, NETTED = "returns", "nettings"
"""Lists within pages, by which their files are asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """A batch as the table shows it."""

    batch: SettlementBatch
    prepared_by: str
    approved_by: str | None


def _rows(found: Sequence[SettlementBatch]) -> list[Row]:
    users = [user for each in found for user in (each.prepared_by, each.approved_by) if user is not None]
    names = usernames(users)
    return [
        Row(each, who(each.prepared_by, names), who(each.approved_by, names) if each.approved_at else None)
        for each in found
    ]


BATCHES = Table(
    name="settlement-batches",
    key=SettlementBatch.id,
    default_sort="-batch",
    empty="page.batches.empty",
    prepare=_rows,
    filters=[choice("state", SettlementBatch.state, BatchState)],
    columns=[
        Column(
            "batch",
            lambda row: row.batch.number,
            sort=SettlementBatch.id,
            link=lambda row: link_to("batch", row.batch.id),
        ),
        Column("cutoff", lambda row: row.batch.cutoff, kind="day", sort=SettlementBatch.cutoff),
        Column("payout_count", lambda row: row.batch.payout_count, kind="number", sort=SettlementBatch.payout_count),
        Column("line_count", lambda row: row.batch.line_count, kind="number", sort=SettlementBatch.line_count),
        Column("total", lambda row: row.batch.total_fen, kind="money", sort=SettlementBatch.total_fen),
        Column("prepared_by", lambda row: row.prepared_by),
        Column("approved_by", lambda row: row.approved_by),
        Column("prepared_at", lambda row: row.batch.prepared_at, kind="moment", sort=SettlementBatch.prepared_at),
        Column("state", lambda row: row.batch.state, kind="state", sort=SettlementBatch.state),
    ],
)


def _by_outcome(query: Any, value: str) -> Any:
    said = queries.said_last()
    return query.where(said.is_(None) if value == SILENT else said == PayoutOutcome(value))


PAYOUTS = Table(
    name="batch-payouts",
    key=BatchPayout.payout_no,
    default_sort="payout_no",
    empty="page.batch.no_payouts",
    prepare=queries.with_outcomes,
    filters=[
        Filter("q", lambda query, value: query.where(BatchPayout.holder_name.icontains(value, autoescape=True))),
        Filter(
            "outcome",
            _by_outcome,
            options=lambda: [
                (SILENT, t("page.batch.silent")),
                *((member.value, term(member)) for member in PayoutOutcome),
            ],
        ),
    ],
    columns=[
        Column(
            "payout_no",
            lambda row: row.payout.payout_no,
            kind="number",
            sort=BatchPayout.payout_no,
            link=lambda row: url_for(
                "batch_pages.payout", batch_id=row.payout.batch_id, payout_no=row.payout.payout_no
            ),
        ),
        Column("holder_name", lambda row: row.payout.holder_name, sort=BatchPayout.holder_name),
        Column("bank_name", lambda row: row.payout.bank_name, sort=BatchPayout.bank_name),
        Column("account_number", lambda row: row.payout.account_number),
        Column("line_count", lambda row: row.payout.line_count, kind="number", sort=BatchPayout.line_count),
        Column("netted", lambda row: row.payout.netted_fen or None, kind="money", sort=BatchPayout.netted_fen),
        Column("amount", lambda row: row.payout.amount_fen, kind="money", sort=BatchPayout.amount_fen),
        Column("outcome", lambda row: row.said.outcome, kind="state"),
        Column("bank_reason", lambda row: row.said.reason, beneath=True),
        Column("value_date", lambda row: row.said.value_date, kind="day"),
    ],
)

CLAIMS = Table(
    name="payout-claims",
    key=BatchLine.line_no,
    default_sort="line_no",
    empty="page.payout.no_claims",
    columns=[
        Column(
            "line_no",
            lambda line: line.line_no,
            kind="number",
            sort=BatchLine.line_no,
            link=lambda line: link_to("payable", line.payable_id),
        ),
        Column(
            "what_for",
            lambda line: source_words(line.source),
            link=lambda line: source_link(line.source),
        ),
        Column("attempt", lambda line: line.attempt, kind="number", sort=BatchLine.attempt),
        Column("amount", lambda line: line.amount_fen, kind="money", sort=BatchLine.amount_fen),
    ],
)


@batches.get("")
@allow(permissions.may_read_batches)
def index() -> Any:
    """Batches, the latest first, discarded ones too."""
    actions = []
    if permissions.may_prepare_batch(current_actor()):
        actions = [{"label": t("page.batch_prepare.title"), "href": url_for("batch_pages.prepare"), "primary": True}]
    return table_page(BATCHES, queries.batches(), title="page.batches.title", actions=actions)


@batches.route("/new", methods=["GET", "POST"])
@allow(permissions.may_prepare_batch)
def prepare() -> Response:
    """Prepare the batch of a cut-off, or open the live one there is."""

    def effect(given: dict[str, Any]) -> Done:
        made = service.prepare(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("batch", made.id), "page.batch_prepare.done", {"number": made.number})

    choices = _cutoff_choices()
    programmes = programme_options()
    form = Form(
        NewBatchSchema,
        name="batch_prepare",
        options={"cutoff": choices, "programme": programmes},
        initial={"cutoff": choices[0][0]},
        leave_out=() if programmes else ("programme",),
    )
    return form_page(form, effect=effect, back=url_for("batch_pages.index"), confirms=True, facts=_what_would_be_paid())


@batches.get("/<int:batch_id>")
@allow(permissions.may_read_batches)
def one(batch_id: int) -> Any:
    """One batch: its seal and sums, its payouts, the bank's answers, what is next."""
    actor = current_actor()
    batch = queries.find_batch(batch_id)
    returns = queries.all_returns(batch)
    names = usernames(
        user for user in (batch.prepared_by, batch.approved_by, *(each.recorded_by for each in returns)) if user
    )
    told = return_columns(names)
    file = list_file(f"bank-returns-{batch.number}", told, returns, of=RETURNS)
    if file is not None:
        return file
    silent = queries.open_payout_count(batch) if batch.state is BatchState.EXPORTED else 0
    return table_page(
        PAYOUTS,
        queries.payouts_of(batch),
        title="page.batch.title",
        template="settlement/batch.html",
        batch=batch,
        fund=find_fund(batch.fund_id),
        programme=programme_words(batch.programme),
        names=names,
        prepared_by=who(batch.prepared_by, names),
        returns=returns,
        return_columns=told,
        return_files=export_links(RETURNS),
        silent=silent,
        early=batch.is_early and batch.state is not BatchState.DISCARDED and is_scheduled(batch.cutoff),
        same_person=_same_person(batch),
        actions=list(next_actions(batch, silent=silent, actor=actor)),
        events=batch_events(batch),
    )


@batches.get("/<int:batch_id>/payouts/<int:payout_no>")
@allow(permissions.may_read_batches)
def payout(batch_id: int, payout_no: int) -> Any:
    """One payout: where it goes, the claims beneath it, what is kept back and what the bank said."""
    batch = queries.find_batch(batch_id)
    found = queries.find_payout(batch, payout_no)
    nettings = queries.nettings_of([found])[payout_no]
    file = list_file(f"nettings-{end_to_end_id(batch.number, payout_no)}", NETTINGS, nettings, of=NETTED)
    if file is not None:
        return file
    return table_page(
        CLAIMS,
        queries.lines_of(batch, payout_no=payout_no),
        title="page.payout.title",
        template="settlement/payout.html",
        batch=batch,
        payout=found,
        name=end_to_end_id(batch.number, payout_no),
        said=queries.with_outcomes([found])[0].said,
        payee=organisation_names([found.payee_id])[found.payee_id],
        nettings=nettings,
        netting_columns=NETTINGS,
        netting_files=export_links(NETTED),
        actions=_payout_actions(found),
    )


@batches.route("/<int:batch_id>/payouts/<int:payout_no>/correction", methods=["GET", "POST"])
@allow(permissions.may_correct_payable)
def correct_payout(batch_id: int, payout_no: int) -> Response:
    """Put all claims of a failed or returned payout back into the queue at once."""
    batch = queries.find_batch(batch_id)
    found = queries.find_payout(batch, payout_no)
    here = url_for("batch_pages.payout", batch_id=batch_id, payout_no=payout_no)

    def effect(given: dict[str, Any]) -> Done:
        payable_service.correct_payout(
            batch_id=batch_id, payout_no=payout_no, **given, actor=current_actor(), now=clock.now()
        )
        return Done(here, "page.payable_correction.done")

    return correction_page(
        found,
        effect=effect,
        back=here,
        amount_fen=found.gross_fen,
        bank_reason=queries.with_outcomes([found])[0].said.reason,
    )


def _payout_actions(payout: BatchPayout) -> list[dict[str, Any]]:
    if not permissions.may_correct_payable(current_actor()) or not session().scalar(stuck_in(payout).limit(1)):
        return []
    href = url_for("batch_pages.correct_payout", batch_id=payout.batch_id, payout_no=payout.payout_no)
    return [{"label": t("page.payout.correct"), "href": href, "primary": True}]


@batches.get("/<int:batch_id>/sheet")
@allow(permissions.may_read_batches)
def sheet(batch_id: int) -> str:
    """The list that is printed, signed and stamped: every payout, the sum in figures and in 大写."""
    batch = queries.find_batch(batch_id)
    names = usernames(user for user in (batch.prepared_by, batch.approved_by) if user)
    return render_template(
        "settlement/sheet.html",
        batch=batch,
        fund=find_fund(batch.fund_id),
        programme=programme_words(batch.programme),
        payouts=queries.first_payouts(batch, SHEET_PAYOUTS) if batch.payout_count <= SHEET_PAYOUTS else [],
        capitals=in_capitals(batch.total_fen) if current_language() == "zh" else None,
        prepared_by=who(batch.prepared_by, names),
        approved_by=who(batch.approved_by, names) if batch.approved_at else None,
    )


@batches.get("/<int:batch_id>/files/<ending>")
@allow(permissions.may_read_batches)
def download(batch_id: int, ending: str) -> Response:
    """A file of an exported batch, the same bytes whenever it is fetched."""
    return attachment(queries.exported(batch_id, _format(ending)))


def _format(ending: str) -> ExportFormat:
    try:
        return ExportFormat(ending)
    except ValueError as unknown:
        raise NotFound from unknown


def _same_person(batch: SettlementBatch) -> bool:
    """Whether who reads would approve this batch, had it been prepared by another (invariant 10)."""
    actor = current_actor()
    return (
        batch.state is BatchState.PREPARED
        and permissions.may_approve_batch(actor)
        and not permissions.not_its_preparer(actor, batch)
    )


def _cutoff_choices() -> list[tuple[str, str]]:
    """The next cut-off and the last ones, each with what there is of it already."""
    scheduled = latest_scheduled(clock.today(clock.now()), past=PAST_CUTOFFS)
    taken = desk.live_cutoffs(scheduled[-1].day)
    return [
        (
            each.day.isoformat(),
            t("cutoff.taken", day=cutoff_words(each), number=taken[each.day])
            if each.day in taken
            else cutoff_words(each),
        )
        for each in scheduled
    ]


def _what_would_be_paid() -> list[tuple[str, Any]]:
    due = desk.payables_waiting().get(PayableState.DUE, desk.NOTHING)
    year = clock.today(clock.now()).year
    left = [fund.available_fen for fund in funds_of_year(year)]
    return [
        ("fact.due_count", due.count),
        ("fact.due_sum", yuan(due.fen)),
        ("fact.fund_left", yuan(sum(left)) if left else t("page.batch_prepare.no_fund", year=year)),
    ]
