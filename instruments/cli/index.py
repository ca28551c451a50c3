"""The search index on the command line: build it, compare it with the table, see how it stands."""

from __future__ import annotations

import json
import time

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core import clock
from instruments.service.index_check import compare, published_count, status
from instruments.service.indexing import build_index

index = AppGroup("index", help="The search index beside the database.")


@index.command("build")
def build_command() -> None:
    """Build this machine's index from the table and put it in force.

    Searches go on with the old one meanwhile, and edits are taken in; run it whenever `check` names a difference.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    begun = time.monotonic()
    with bar:
        task = bar.add_task("search index", total=published_count())
        made, count = build_index(now=clock.now(), heed=lambda done: bar.update(task, completed=done))
    click.echo(f"{made.name}: {count} documents in {time.monotonic() - begun:.1f} s")


@index.command("check")
def check_command() -> None:
    """Compare the index with the table, both ways; exit 1 naming the instruments that differ."""
    found = compare()
    for kind, numbers in (
        ("not in the index", found.missing),
        ("not in the table", found.left_over),
        ("differ", found.different),
    ):
        if numbers:
            click.echo(f"{kind}: {', '.join(map(str, numbers))}")
    if found.unusable:
        click.echo(f"no index to compare: {found.unusable}")
    else:
        click.echo(f"{found.documents} documents, {found.rows} published instruments, {found.faults} differences")
    if found.unusable or found.faults:
        raise SystemExit(1)


@index.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status_command(*, as_json: bool) -> None:
    """Say which index is in force, how many documents it holds, and for how long its next change has waited."""
    found = status()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        click.echo(f"{name}: {'-' if value is None else value}")
