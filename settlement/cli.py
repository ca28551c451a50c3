"""``flask settlement``: what the worker does at each cut-off, by hand."""

from __future__ import annotations

import json
from datetime import date, datetime

import click

from core import clock
from core.errors import DomainError
from core.money import fen_to_yuan
from core.permissions import SYSTEM
from settlement.models import SettlementBatch
from settlement.queries.programmes import programmes
from settlement.service import batches
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


COMMANDS: list[click.Command] = [settlement]
