"""``flask vouchers``: what can be asked without the web."""

from __future__ import annotations

import json
from pathlib import Path

import click

from core import policy
from vouchers.schemas.case import answer_line


@click.command("quote")
@click.option(
    "--input",
    "cases",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Quote cases, one JSON object a line (UTF-8).",
)
def quote(cases: Path) -> None:
    """Answer quote cases, one JSON answer a line; blank lines are no cases and get no answer."""
    pack = policy.current()
    with cases.open("rb") as lines:
        for number, line in enumerate(lines):
            case = line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
            if case.strip():
                answer = json.dumps(answer_line(case, pack=pack), ensure_ascii=False)
                click.echo(answer.encode(errors="backslashreplace"))


vouchers = click.Group("vouchers", commands=[quote], help="Entitlement: quotes without touching the database.")

COMMANDS: list[click.Command] = [vouchers]
