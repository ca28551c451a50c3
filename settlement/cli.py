"""``flask settlement``: what the worker does at each cut-off, and taking in what banks answer, by hand."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import click

from accounts.queries.users import actor_of
from core import clock
from core.errors import DomainError
from core.money import fen_to_yuan
from core.permissions import SYSTEM, Actor
from settlement.models import SettlementBatch
from settlement.queries.programmes import programmes
from settlement.queries.suspense import batch_of_number
from settlement.service import bank_returns, bank_statements, batches
from settlement.steps.batches import NothingToSettle

settlement = click.Group("settlement", help="Pay runs.")


@settlement.command("run")
@click.option("--cutoff", required=True, type=click.DateTime(formats=["%Y-%m-%d"]), help="The cut-off, YYYY-MM-DD.")
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
        f"{batch.number}: {batch.line_count} lines, CNY {fen_to_yuan(batch.total_fen)} ({batch.state.value}); "
        f"waiting: {batch.waiting_count}, CNY {fen_to_yuan(batch.waiting_fen)}"
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
        seen = bank_returns.preview_return(batch_id=batch_id, content=file.read_bytes(), actor=actor, now=now)
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
        seen = bank_statements.preview_statement(content=file.read_bytes(), actor=actor, now=now)
        counts = f"new {seen.told_count}, suspense {len(seen.unmatched)}"
        return f"{seen.kind}: {counts}, known {seen.known_count}, undecided {seen.undecided_count}"
    with file.open("rb") as stream:
        made = bank_statements.record_statement(
            stream=stream, filename=file.name, actor=actor, now=now, limit_bytes=file.stat().st_size
        )
    return f"statement {made.id}: new {made.told_count}, suspense {made.suspense_count}"


COMMANDS: list[click.Command] = [settlement]
