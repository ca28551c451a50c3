"""Commands that look at or set up the whole service."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from rich.console import Console
from rich.table import Table

from core import clock
from core.worker import Worker
from marketplace.demo.accounts import demo_accounts
from marketplace.demo.province import seed_province
from marketplace.demo.real.command import run as tell_real_story
from marketplace.reports.verification import verify_everything

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
@with_appcontext
def verify() -> None:
    """Run every always-true query; exit 1 with the offending rows."""
    checked, offences = verify_everything()
    for offence in offences:
        row: dict[str, Any] = offence.row
        shown = json.dumps(row, ensure_ascii=False, default=str)
        click.echo(f"invariant {offence.number} ({offence.name}): {shown}")
    click.echo(f"{checked} checks, {len(offences)} offending rows")
    if offences:
        raise SystemExit(1)


@click.command("worker")
@with_appcontext
def worker() -> None:
    """The worker process: timer, outbox, background imports. Stops on SIGTERM and Ctrl-C."""
    app = _this_app()
    running = Worker(app, jobs=app.extensions["jobs"], handlers=app.extensions["handlers"])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.stop())
    running.run()


def _this_app() -> Flask:
    """The application itself, as threads need it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return app


COMMANDS: list[click.Command] = [demo, verify, worker]
