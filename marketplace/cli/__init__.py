"""Commands that look at or set up the whole service."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from core import clock, policy
from core.cli import told_head
from core.policy import PolicyPack, read_pack
from core.policy_lines import PackLines
from core.texts import text
from core.worker import Worker
from marketplace.cli.evaluation import evaluation
from marketplace.demo.accounts import demo_accounts
from marketplace.demo.province import seed_province
from marketplace.demo.real.command import run as tell_real_story
from marketplace.queries.case_history import ordered_cases
from marketplace.reports.pack_lint import Fault, every_fault
from marketplace.reports.policy_table import PolicyRow, every_row
from marketplace.reports.verification import trace, verify_everything
from vouchers.cli import policies, vouchers

LINT_WIDTH = 140

demo = AppGroup("demo", help="A small invented province to play with.")


@demo.command("seed")
@click.option("--json", "as_json", is_flag=True, help="Print the accounts as JSON.")
def seed(as_json: bool) -> None:
    """Make the demo province where it is not there yet, and print every account with password and role."""
    seed_province(now=clock.now())
    rows = [asdict(account) for account in demo_accounts()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("account", "password", "role", "organisation")
    for row in rows:
        table.add_row(row["username"], row["password"], row["role"], row["organisation"])
    Console(width=max(100, Console().width)).print(table)


@demo.command("real")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def real(folder: Path) -> None:
    """Tell the whole chain on data from outside in FOLDER, on a database without orders; exit 1 if the books differ."""
    raise SystemExit(tell_real_story(_this_app(), folder))


@click.command("verify")
@click.option("--trace", "traced", is_flag=True, help="Say for each row where to go on: pages and queries.")
@click.option("--audit-head", "exported", type=click.File("rb"), help="A head of the audit trail exported earlier.")
@with_appcontext
def verify(*, traced: bool, exported: IO[bytes] | None) -> None:
    """Run every always-true query; exit 1 with the offending rows."""
    checked, offences = verify_everything(None if exported is None else told_head(exported))
    for offence in offences:
        row: dict[str, Any] = offence.row
        shown = json.dumps(row, ensure_ascii=False, default=str)
        click.echo(f"invariant {offence.number} ({offence.name}): {shown}")
        for kind, number in offence.subjects if traced else []:
            click.echo(f"    {trace(kind, number).both()}")
    click.echo(f"{checked} checks, {len(offences)} offending rows")
    if offences:
        raise SystemExit(1)


@click.command("worker")
@with_appcontext
def worker() -> None:
    """The worker process: timer, outbox, background imports. Stops on SIGTERM and Ctrl-C."""
    app = _this_app()
    running = Worker(
        app,
        jobs=app.extensions["jobs"],
        handlers=app.extensions["handlers"],
        followers=app.extensions["followers"],
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.stop())
    running.run()


def _this_app() -> Flask:
    """The application itself, as threads need it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return app


@policies.command("lint")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print values and faults as JSON.")
def lint_policy(folder: Path | None, as_json: bool) -> None:
    """Check the pack in FOLDER (the province's own where none is given) and print it with its references.

    Every fault is named at once, with the file and line it stands in: files and entries that cannot be read, values
    that are missing, unknown or of the wrong shape, days without a value, places, materials and articles that are not
    there. Exit 1 where there is one.
    """
    checked = (folder or policy.folder()).absolute()
    pack, unread = read_pack(checked)
    faults = every_fault(pack, unread)
    if not faults:
        policy.select(checked)
    rows = [] if faults else every_row()
    if as_json:
        click.echo(json.dumps([_as_json(row) for row in rows], ensure_ascii=False, indent=2) if rows else "[]")
    elif rows:
        _print_rows(pack, rows)
    _print_faults(pack.name, faults, PackLines(checked), as_json)
    if faults:
        raise SystemExit(1)
    click.echo(text("policy.lint.clean", pack=pack.name, count=len(pack.history)).both(), err=as_json)


@policies.command("cases")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day of the orders; all where none is given.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the orders.")
@with_appcontext
def write_cases(output: Path, since: datetime | None, until: datetime | None) -> None:
    """Write what was ordered as a case file for `simulate`, without names: firms and controllers are numbers.

    Orders that were declined, lapsed or cancelled are left out.
    """
    count = 0
    with output.open("w", encoding="utf-8") as lines:
        for line in ordered_cases(since=since and since.date(), until=until and until.date()):
            lines.write(f"{line}\n")
            count += 1
    click.echo(text("simulate.written", count=count, file=output.name).both())


def _print_faults(pack: str, faults: list[Fault], lines: PackLines, as_json: bool) -> None:
    """Each fault on a line of its own with where it stands, on the error output where the answer is JSON."""
    for each in faults:
        place = lines.place_of(each.key)
        says = each.says.zh if each.says.zh == each.says.en else each.says.both()
        click.echo(": ".join(part for part in (place, each.key, says) if part), err=as_json)
    if faults:
        click.echo(text("policy.lint.faults", pack=pack, count=len(faults)).both(), err=as_json)


def _print_rows(pack: PolicyPack, rows: list[PolicyRow]) -> None:
    console = Console(width=max(LINT_WIDTH, Console().width))
    table = Table(title=pack.name, show_lines=True)
    for key in ("column.policy_name", "column.since", "column.until", "column.policy_value", "policy.column.reference"):
        table.add_column(text(key).both(), overflow="fold")
    for row in rows:
        until = "" if row.until is None else row.until.isoformat()
        value = row.value.zh if row.value.zh == row.value.en else f"{row.value.zh}\n{row.value.en}"
        table.add_row(f"{row.key}\n{row.name.zh}", row.since.isoformat(), until, escape(value), escape(row.reference))
    console.print(table)


def _as_json(row: PolicyRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name._asdict(),
        "from": row.since.isoformat(),
        "to": None if row.until is None else row.until.isoformat(),
        "value": row.value._asdict(),
        "reference": row.reference,
        "articles": list(row.articles),
        "decided_here": row.decided_here,
    }


vouchers.add_command(evaluation)

COMMANDS: list[click.Command] = [demo, verify, worker]
