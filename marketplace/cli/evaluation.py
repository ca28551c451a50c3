"""``flask vouchers evaluation``: the evaluation of a year, shown and taken without the web (V20)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
from flask.cli import with_appcontext
from rich.console import Console
from rich.table import Table

from accounts.queries.users import actor_of
from accounts.service.tokens import sign_in, sign_out
from core import clock
from core.errors import DomainError
from core.texts import text
from marketplace.models import EvaluationLine, EvaluationSnapshot
from marketplace.queries.snapshots import snapshot_of
from marketplace.reports.evaluation.figures import Figure, Measure
from marketplace.reports.evaluation.frozen import figures_in, owner_of
from marketplace.service.snapshots import freeze_evaluation

WIDTH = 160
ADDRESS = "command line"
as_json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")

evaluation = click.Group("evaluation", help="The evaluation of a year (V20).")


class NothingFrozen(click.ClickException):
    """No evaluation of the year was taken yet."""


@evaluation.command("show")
@click.argument("year", type=int)
@as_json_option
@with_appcontext
def show(year: int, as_json: bool) -> None:
    """Show the evaluation of YEAR as it was taken: who was evaluated, every figure, its digest."""
    snapshot = snapshot_of(year)
    if snapshot is None:
        raise NothingFrozen(text("evaluation.cli.nothing", year=year).both())
    _print(snapshot, as_json=as_json)


@evaluation.command("take")
@click.argument("year", type=int)
@click.option("--officer", required=True, help="User name of the officer of the province who takes it.")
@click.option("--otp", help="The officer's one-time code, where an app is set up for it.")
@click.password_option(confirmation_prompt=False, help="The officer's password; asked for where it is not given.")
@as_json_option
@with_appcontext
def take(year: int, officer: str, otp: str | None, password: str, as_json: bool) -> None:
    """Take the evaluation of the completed YEAR, once and for good, as an officer who proves who that is."""
    now = clock.now()
    try:
        proof = sign_in(username=officer, password=password, otp=otp, address=ADDRESS, now=now)
        actor = actor_of(officer)
        try:
            snapshot = freeze_evaluation(year=year, actor=actor, now=now)
        finally:
            sign_out(token=proof.token, actor=actor, now=now)
    except DomainError as refused:
        raise click.ClickException(str(refused)) from refused
    _print(snapshot, as_json=as_json)


def _print(snapshot: EvaluationSnapshot, *, as_json: bool) -> None:
    facts = {
        "year": snapshot.year,
        "taken_at": snapshot.taken_at.isoformat(),
        "comment_by": snapshot.comment_by.isoformat(),
        "published_at": None if snapshot.publication is None else snapshot.publication.published_at.isoformat(),
        "definitions": snapshot.definitions,
        "digest": snapshot.digest,
    }
    lines = sorted(snapshot.lines, key=lambda each: each.id)
    if as_json:
        evaluated = [{"evaluated": owner_of(each), **each.figures} for each in lines]
        click.echo(json.dumps({**facts, "lines": evaluated}, ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(f"{name}: {'-' if value is None else value}" for name, value in facts.items()))
    table = Table(title=text("page.evaluation_year.title").both())
    for key in ("column.evaluated", "column.measure", "figure.n", "figure.hits", "figure.share", "figure.median_days"):
        table.add_column(text(key).both(), justify="left" if key.startswith("column.") else "right")
    for line in lines:
        for measure, figure in _counted(line):
            name = text(measure.text_key).both()
            table.add_row(line.figures["name"], name, str(figure.n), *_shown(measure, figure))
    Console(width=max(WIDTH, Console().width)).print(table)


def _counted(line: EvaluationLine) -> Iterator[tuple[Measure, Figure]]:
    """The measures of somebody that have a case."""
    return ((measure, figure) for measure, figure in figures_in(line) if figure.n)


def _shown(measure: Measure, figure: Figure) -> tuple[str, str, str]:
    """Hits, share and median of a figure, as far as the measure has them."""
    hits = str(figure.hits) if measure.has_hits else "-"
    share = f"{figure.share:.1%}" if measure.has_hits and figure.share is not None else "-"
    days: Any = figure.median_days if measure.timed else None
    return hits, share, "-" if days is None else f"{days}"
