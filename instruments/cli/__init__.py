"""Commands of the catalogue."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core import clock
from core.errors import DomainError
from instruments.cli.index import index
from instruments.rules.imports.layouts.own import INSTRUMENT_COLUMNS, SERVICE_COLUMNS
from instruments.service.alarms import keep_alarms
from instruments.service.classes import import_classes
from instruments.service.imports import Report, import_file
from instruments.service.readings import derive_anew

instruments = AppGroup("instruments", help="The catalogue.")


@instruments.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would happen; nothing is written.")
@click.option("--provider", metavar="NAME_OR_USCC", help="Whose the rows are; else the owners the file names.")
def import_command(file: Path, dry_run: bool, provider: str | None) -> None:
    """Import instruments or priced services from a CSV, XLSX or XLS in any layout the service knows.

    New records are drafts. Running it again changes nothing that the file does not change. Refused rows are listed with
    line and reasons; the exit code is 0 unless the file is refused as a whole.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    try:
        with file.open("rb") as stream, bar:
            task = bar.add_task(file.name, total=None)
            report = import_file(
                stream=stream,
                provider=provider,
                dry_run=dry_run,
                now=clock.now(),
                progress=lambda so_far: bar.update(task, completed=so_far.outcome.read, total=so_far.total),
            )
    except DomainError as refused:
        click.echo(str(refused), err=True)
        raise SystemExit(1) from refused
    _print(report, dry_run=dry_run)


@instruments.command("template")
@click.option("--services", "of_services", is_flag=True, help="The template of priced services.")
@click.option("--english", is_flag=True, help="English headers.")
def template_command(of_services: bool, english: bool) -> None:
    """Print the header line of an import template, to be filled in as CSV."""
    template = SERVICE_COLUMNS if of_services else INSTRUMENT_COLUMNS
    click.echo(",".join(template.keys() if english else template.values()))


@instruments.command("derive-running")
@click.option("--from", "since", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--to", "until", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Included.")
def derive_command(since: datetime, until: datetime) -> None:
    """Derive anew from the readings of sensors when instruments ran, day by day; running it again changes nothing."""
    days = derive_anew(since=clock.start_of_day(since.date()), until=clock.end_of_day(until.date()), now=clock.now())
    click.echo(f"derived {days} days of sensors")


@instruments.command("keep-alarms")
def alarms_command() -> None:
    """Open, tell and close alarms about mandatory instruments without a reading, as the worker does every morning;
    running it again changes nothing."""
    click.echo(f"{keep_alarms(now=clock.now())} alarms and reminders changed")


@instruments.command("import-classes")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def classes_command(file: Path) -> None:
    """Replace the national network's classes of instruments by those of a CSV, XLSX or XLS with code, name, name_en.

    Facets, filters and pages show their names from then on. A file with any fault is refused whole, every fault named.
    """
    try:
        with file.open("rb") as stream:
            taken = import_classes(stream=stream)
    except DomainError as refused:
        click.echo(str(refused), err=True)
        raise SystemExit(1) from refused
    click.echo(f"new {taken.new}, changed {taken.changed}, gone {taken.gone}, unchanged {taken.unchanged}")


def _print(report: Report, *, dry_run: bool) -> None:
    outcome = report.outcome
    for row in outcome.refused:
        reasons = "; ".join(each.text.both() for each in row.reasons)
        click.echo(f"line {row.line} [{row.external_id or '-'}]: {reasons}")
    if report.ignored:
        click.echo(f"columns not used: {', '.join(' '.join(header.split()) for header in report.ignored)}")
    click.echo(f"layout: {', '.join(report.layouts)}{' (dry run, nothing written)' if dry_run else ''}")
    click.echo(
        f"read {outcome.read}, new {outcome.new}, changed {outcome.changed}, unchanged {outcome.unchanged}, "
        f"repeated {outcome.repeated}, refused {len(outcome.refused)}"
    )


instruments.add_command(index)

COMMANDS: list[click.Command] = [instruments]
