"""``flask settlement``: what the worker does at each cut-off, and taking in what banks answer, by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

import click

from accounts.queries.users import actor_of
from core import clock
from core.errors import DomainError
from core.money import yuan_text
from core.permissions import SYSTEM, Actor
from settlement.models import SettlementBatch
from settlement.payers import PayingAccountsUnreadable
from settlement.queries.ledger import PostingLine
from settlement.queries.programmes import programmes
from settlement.queries.statement_files import statement_json, statement_of, statement_pdf, statement_xlsx
from settlement.queries.statements import find_party
from settlement.queries.suspense import batch_of_number
from settlement.rules.statements import period_of
from settlement.service import bank_returns, bank_statements, batches
from settlement.service import payers as payer_service
from settlement.steps.batches import NothingToSettle

settlement = click.Group("settlement", help="Pay runs.")
DAY = click.DateTime(formats=["%Y-%m-%d"])


@settlement.command("run")
@click.option("--cutoff", required=True, type=DAY, help="The cut-off, YYYY-MM-DD.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def run(cutoff: datetime, as_json: bool) -> None:
    """Prepare the batch of a cut-off, or show the live one there is already; an answer for each programme that pays."""
    now = clock.now()
    for programme in programmes(clock.today(now)):
        _run(cutoff.date(), programme, as_json=as_json, now=now)


def _run(cutoff: date, programme: str, *, as_json: bool, now: datetime) -> None:
    try:
        batch = batches.prepare(cutoff=cutoff, programme=programme, actor=SYSTEM, now=now)
    except NothingToSettle as nothing:
        click.echo(_nothing(nothing, as_json=as_json))
    except DomainError as refused:
        raise click.ClickException(str(refused)) from refused
    else:
        click.echo(_shown(batch, as_json=as_json))


def _nothing(nothing: NothingToSettle, *, as_json: bool) -> str:
    if as_json:
        reasons = [reason.as_json() for reason in nothing.reasons]
        return json.dumps({"batch": None, "lines": 0, "total_fen": 0, "reasons": reasons}, ensure_ascii=False)
    return str(nothing)


def _shown(batch: SettlementBatch, *, as_json: bool) -> str:
    facts = {
        "batch": batch.id,
        "number": batch.number,
        "programme": batch.programme,
        "cutoff": batch.cutoff.isoformat(),
        "state": batch.state.value,
        "lines": batch.line_count,
        "total_fen": batch.total_fen,
        "waiting": batch.waiting_count,
        "waiting_fen": batch.waiting_fen,
        "content_sha256": batch.content_sha256,
    }
    if as_json:
        return json.dumps(facts, ensure_ascii=False)
    return (
        f"{batch.number}: lines: {batch.line_count}, CNY {yuan_text(batch.total_fen)} ({batch.state.value}); "
        f"waiting: {batch.waiting_count}, CNY {yuan_text(batch.waiting_fen)}"
    )


@settlement.command("take-return")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--batch", "number", help="The number of the batch it answers; without it, it is a statement.")
@click.option("--user", "username", required=True, help="The user who hands it in.")
@click.option("--dry-run", is_flag=True, help="Only tell what it would do.")
def take_return(file: Path, number: str | None, username: str, dry_run: bool) -> None:
    """Take in a bank's answer to a batch, or a statement of several, as a user of finance."""
    now = clock.now()
    try:
        click.echo(_taken(file, number, actor=actor_of(username), dry_run=dry_run, now=now))
    except DomainError as refused:
        raise click.ClickException(str(refused)) from refused


def _taken(file: Path, number: str | None, *, actor: Actor, dry_run: bool, now: datetime) -> str:
    if number is None:
        return _statement(file, actor=actor, dry_run=dry_run, now=now)
    batch_id = batch_of_number(number).id
    if dry_run:
        with file.open("rb") as content:
            seen = bank_returns.preview_return(batch_id=batch_id, content=content, actor=actor, now=now)
        return f"{seen.kind}: new {len(seen.told)}, known {seen.known_count}, undecided {seen.undecided_count}"
    with file.open("rb") as stream:
        made = bank_returns.record_bank_return(
            batch_id=batch_id,
            stream=stream,
            filename=file.name,
            actor=actor,
            now=now,
            limit_bytes=file.stat().st_size,
        )
    counts = f"paid {made.paid_count}, failed {made.failed_count}, returned {made.returned_count}"
    return f"{number}: bank return {made.part}, {counts}"


def _statement(file: Path, *, actor: Actor, dry_run: bool, now: datetime) -> str:
    if dry_run:
        with file.open("rb") as content:
            seen = bank_statements.preview_statement(content=content, actor=actor, now=now)
        counts = f"new {seen.told_count}, suspense {len(seen.unmatched)}"
        return f"{seen.kind}: {counts}, known {seen.known_count}, undecided {seen.undecided_count}"
    with file.open("rb") as stream:
        made = bank_statements.record_statement(
            stream=stream, filename=file.name, actor=actor, now=now, limit_bytes=file.stat().st_size
        )
    return f"statement {made.id}: new {made.told_count}, suspense {made.suspense_count}"


@settlement.group("payers")
def payers() -> None:
    """The accounts that pay."""


@payers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_payers(file: Path) -> None:
    """Take over an office's file of paying accounts for every fund that has none yet; others take two persons."""
    try:
        taken = payer_service.import_accounts(path=file, now=clock.now())
    except PayingAccountsUnreadable as unreadable:
        raise click.ClickException(str(unreadable)) from unreadable
    for account in taken:
        click.echo(f"{account.programme}: {account.account_number}, {account.bank_name}")
    click.echo(f"taken over: {len(taken)}")


class StatementFormat(StrEnum):
    """What a statement is written as."""

    JSON = "json"
    XLSX = "xlsx"
    PDF = "pdf"


@settlement.command("statement")
@click.option("--party", required=True, help="Whose: organisation:12, city:371700 or province.")
@click.option("--from", "since", type=DAY, help="The first day; left out, New Year of the last.")
@click.option("--to", "until", type=DAY, help="The last day; left out, today.")
@click.option(
    "--format",
    "wanted",
    type=click.Choice([each.value for each in StatementFormat]),
    default=StatementFormat.JSON.value,
)
@click.option("--user", "username", help="The user whose sight it is cut to; without one, all is seen.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; JSON goes to the screen.")
def statement(
    party: str,
    since: datetime | None,
    until: datetime | None,
    wanted: str,
    username: str | None,
    output: Path | None,
) -> None:
    """Write a statement of account: opening, lines, closing."""
    try:
        actor = SYSTEM if username is None else actor_of(username)
        today = clock.today(clock.now())
        whose = find_party(party, actor=actor, on=today)
        period = period_of(since=since and since.date(), until=until and until.date(), today=today)
        if period.until < period.since:
            raise click.BadParameter("a period does not end before it begins", param_hint="--to")
        made = statement_of(whose, period, actor=actor, book=None, kind=None, address=_addresses)
        target = output or Path(f"{made.filename}.{wanted}")
        match StatementFormat(wanted):
            case StatementFormat.JSON if output is None:
                for part in statement_json(made):
                    click.echo(part)
                return
            case StatementFormat.JSON:
                target.write_text("\n".join(statement_json(made)), encoding="utf-8")
            case StatementFormat.XLSX:
                with statement_xlsx(made) as book, target.open("wb") as file:
                    shutil.copyfileobj(book, file)
            case StatementFormat.PDF:
                target.write_bytes(statement_pdf(made))
    except DomainError as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"{target}: lines: {made.count}")


def _addresses(lines: Sequence[PostingLine]) -> dict[int, str]:
    """The page of each line's account: outside a browser there is none whose sight a record's page could be cut to."""
    return {line.id: f"/ledger/accounts/{line.account_kind}/{line.owner}" for line in lines}


COMMANDS: list[click.Command] = [settlement]
