"""``flask vouchers``: what can be asked without the web."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from core import policy
from core.errors import DomainError
from core.money import yuan_text
from core.policy import PolicyRefused, load_pack
from core.texts import text
from vouchers.queries.spot_checks import replay_of
from vouchers.rules.simulation import Comparison, Side, Simulation
from vouchers.schemas.case import CaseRefused, answer_line, read_labelled_case

TOP_FIRMS = 10
WIDTH = 120

cases_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class SideUnreadable(click.ClickException):
    """``--from`` or ``--to`` names no pack that can be read, or no day."""


@click.command("quote")
@click.option("--input", "cases", required=True, type=cases_file, help="Quote cases, one JSON object a line (UTF-8).")
def quote(cases: Path) -> None:
    """Answer quote cases, one JSON answer a line; blank lines are no cases and get no answer."""
    pack = policy.current()
    for line in _lines(cases):
        answer = json.dumps(answer_line(line, pack=pack), ensure_ascii=False)
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


@click.command("simulate")
@click.option("--from", "before", required=True, help="FOLDER, FOLDER@DAY, or DAY of the province's own pack.")
@click.option("--to", "after", required=True, help="The same, for the policy it is compared with.")
@click.option("--cases", required=True, type=cases_file, help="Quote cases; `firm` and `controller` may name whose.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def simulate(before: str, after: str, cases: Path, as_json: bool) -> None:
    """Judge the same cases by two policies: firms that gain and lose, money, caps reached, in all and by city.

    Without a day each case is judged by the policy of its own day. Cases of one `controller`, or else of one `firm`,
    use up one yearly cap in the order in which they stand. A line that is no case of both packs is told on the error
    output and counted; where no line is a case the command exits with 1. No database is asked.
    """
    simulation = Simulation(before=_side(before), after=_side(after))
    for number, line in enumerate(_lines(cases), 1):
        try:
            case_before, labels = read_labelled_case(line, number=number, pack=simulation.before.pack)
            case_after, _ = read_labelled_case(line, number=number, pack=simulation.after.pack)
        except CaseRefused as refused:
            simulation.faults += 1
            click.echo(f"{number}: {refused}", err=True)
            continue
        simulation.add(case_before, case_after, labels=labels)
    if as_json:
        click.echo(json.dumps(simulation.as_json(), ensure_ascii=False, indent=2))
    else:
        _print(simulation)
    if simulation.faults and not simulation.total.cases:
        raise click.exceptions.Exit(1)


def _lines(cases: Path) -> Iterator[bytes]:
    """The lines of a file that are no blank ones, without the mark some programs put at the beginning."""
    with cases.open("rb") as lines:
        for number, line in enumerate(lines):
            case = line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
            if case.strip():
                yield case


def _side(named: str) -> Side:
    folder, _, day = named.rpartition("@") if "@" in named else (named, "", "")
    on = _day(day) if day else None
    if on is None and not day:
        own = _day(folder)
        if own is not None:
            return Side(policy.current(), own)
    if day and on is None:
        raise SideUnreadable(text("simulate.no_day", day=day).both())
    try:
        return Side(policy.current() if not folder else load_pack(Path(folder)), on)
    except PolicyRefused as refused:
        raise SideUnreadable(str(refused)) from refused


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _print(simulation: Simulation) -> None:
    console = Console(width=max(WIDTH, Console().width))
    total, caps = simulation.total, simulation.caps_reached
    table = Table(title=text("simulate.title").both())
    for key in ("simulate.what", "simulate.before", "simulate.after", "simulate.difference"):
        table.add_column(text(key).both(), justify="left" if key == "simulate.what" else "right")
    _row(table, "simulate.subsidy", total.before.subsidy_fen, total.after.subsidy_fen, money=True)
    _row(table, "simulate.eligible", total.before.eligible, total.after.eligible)
    _row(table, "simulate.cap_limited", total.before.capped, total.after.capped)
    _row(table, "simulate.caps_reached", len(caps["before"]), len(caps["after"]))
    for article in sorted({*total.before.refused, *total.after.refused}):
        before, after = total.before.refused[article], total.after.refused[article]
        table.add_row(text("simulate.refused", article=article).both(), str(before), str(after), f"{after - before:+d}")
    console.print(table)
    counts = {"cases": total.cases, "faulty": simulation.faults}
    console.print(text("simulate.counts", **counts).both(), markup=False)
    unchanged = len(simulation.firms) - simulation.gaining - simulation.losing
    firms = {"gaining": simulation.gaining, "losing": simulation.losing, "unchanged": unchanged}
    console.print(text("simulate.firms", **firms).both(), markup=False)
    console.print(_by_city(simulation))
    changed = Table(text("simulate.firm").both(), text("simulate.difference").both(), title=text("simulate.top").both())
    for firm, fen in simulation.most_changed(TOP_FIRMS):
        changed.add_row(firm, _signed(fen))
    console.print(changed)


def _by_city(simulation: Simulation) -> Table:
    table = Table(title=text("simulate.by_city").both())
    for key in ("city", "cases", "before", "after", "difference"):
        table.add_column(text(f"simulate.{key}").both(), justify="left" if key == "city" else "right")
    names = {each["code"]: each["name"] for each in simulation.after.pack.at(date.max)["places.cities"]}
    for city, group in sorted(simulation.cities.items()):
        table.add_row(names.get(city, city), str(group.cases), *_sums(group))
    return table


def _sums(group: Comparison) -> tuple[str, str, str]:
    before, after = group.before.subsidy_fen, group.after.subsidy_fen
    return yuan_text(before), yuan_text(after), _signed(after - before)


def _row(table: Table, key: str, before: int, after: int, *, money: bool = False) -> None:
    shown = (yuan_text(before), yuan_text(after), _signed(after - before)) if money else None
    table.add_row(text(key).both(), *(shown or (str(before), str(after), f"{after - before:+d}")))


def _signed(fen: int) -> str:
    return f"{'+' if fen > 0 else ''}{yuan_text(fen)}"


spot_check = click.Group("spot-check", commands=[replay], help="Draws of confirmed claims.")
policies = click.Group("policy", commands=[simulate], help="Policy packs: checking one, and what a change would do.")
vouchers = click.Group(
    "vouchers",
    commands=[quote, spot_check, policies],
    help="Entitlement: quotes without touching the database; draws, policy packs, yearly evaluations.",
)

COMMANDS: list[click.Command] = [vouchers]
