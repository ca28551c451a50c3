"""``flask vouchers``: what can be asked without the web."""

from __future__ import annotations

import json
from pathlib import Path

import click

from core import policy
from core.errors import DomainError
from vouchers.queries.spot_checks import replay_of
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


@click.command("replay")
@click.argument("check_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def replay(check_id: int, as_json: bool) -> None:
    """Draw a spot check again out of its stored seed and frame; exit 1 where it differs (V19)."""
    try:
        found = replay_of(check_id)
    except DomainError as refused:
        raise click.ClickException(str(refused)) from refused
    facts = {
        "spot_check": check_id,
        "seed": found.check.seed,
        "frame": len(found.check.frame),
        "frame_sha256": found.frame_sha256,
        "drawn": found.check.drawn,
        "replayed": found.replayed,
        "same": found.same,
    }
    click.echo(json.dumps(facts) if as_json else "\n".join(f"{name}: {value}" for name, value in facts.items()))
    if not found.same:
        raise SystemExit(1)


spot_check = click.Group("spot-check", commands=[replay], help="Draws of confirmed claims.")

vouchers = click.Group(
    "vouchers", commands=[quote, spot_check], help="Entitlement: quotes without touching the database."
)

COMMANDS: list[click.Command] = [vouchers]
