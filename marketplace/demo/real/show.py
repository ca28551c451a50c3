"""Telling the story to whoever watches: progress while it runs, tables at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table

from core.money import yuan_text
from marketplace.demo.real.books import Balance
from marketplace.demo.real.intake import FileCount
from marketplace.demo.real.outcome import Outcome

T = TypeVar("T")


@dataclass(frozen=True)
class Teller:
    """Writes to a console; a quiet one writes nothing."""

    console: Console

    def chapter(self, title: str) -> None:
        """A new part begins."""
        self.console.rule(f"[bold]{title}")

    def say(self, line: str) -> None:
        """One fact."""
        self.console.print(line, highlight=False)

    def following(self, what: str, items: Iterable[T], *, total: int) -> Iterable[T]:
        """The items, with a bar."""
        return track(items, description=what, total=total, console=self.console, transient=True)

    def file(self, count: FileCount) -> None:
        """What became of a file's rows."""
        self.say(
            f"{count.name}: read {count.read}, taken {count.taken}, repeated {count.repeated}, "
            f"refused {count.refused}{_why(count.reasons)}"
        )

    def firms(self, outcome: Outcome) -> None:
        """What became of the firms."""
        refused = sum(outcome.firms_refused.values())
        self.say(
            f"{outcome.firms_read} firms: {outcome.firms_registered} registered and approved by their bureaus "
            f"({outcome.members_returned} after a return), {refused} refused{_why(outcome.firms_refused)}"
        )

    def result(self, outcome: Outcome) -> None:
        """Everything at the end: files, turns, states, books, checks."""
        self.chapter("What became of the files")
        for count in outcome.files:
            self.file(count)
        self.firms(outcome)
        self.chapter("What became of the orders")
        self.console.print(_counts("orders by what befell them", {str(k): n for k, n in outcome.turns.items()}))
        self.console.print(_counts("orders by state", outcome.orders_by_state))
        self.console.print(_counts("claims by state", outcome.claims_by_state))
        self.console.print(_counts("refused, as it must be", outcome.met))
        self.chapter("The books")
        self.console.print(_balances(outcome.balances))
        self._money(outcome)
        for offence in outcome.offences:
            self.say(f"[red]invariant {offence.number} ({offence.name}): {offence.row}")
        self.say(f"verify: {outcome.checks} checks, {len(outcome.offences)} offending rows")

    def _money(self, outcome: Outcome) -> None:
        money = outcome.money
        if money is None:
            return
        facts = {
            "ever held": money.ever_held,
            "held now": money.held,
            "confirmed": money.confirmed,
            "paid": money.paid,
            "returned after payment": money.came_back,
            "owed to payees (waiting)": money.waiting,
            "owed by users (shortfalls)": money.shortfall,
            "shortfalls paid": money.shortfall_paid,
            "refunded to users": money.refunded,
        }
        table = Table("sum", "yuan", title="the story's own sums")
        table.columns[1].justify = "right"
        for name, fen in facts.items():
            table.add_row(name, yuan_text(fen))
        self.console.print(table)


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table("what", "count", title=title)
    table.columns[1].justify = "right"
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(name, str(count))
    table.add_row("[bold]all", f"[bold]{sum(counts.values())}")
    return table


def _balances(balances: Sequence[Balance]) -> Table:
    table = Table("book", "account", "layer", "what it means", "books, yuan", "story, yuan", "", title="by ledger")
    for column in (4, 5):
        table.columns[column].justify = "right"
    for each in balances:
        table.add_row(
            each.book.value,
            each.kind.value,
            each.layer,
            each.means,
            yuan_text(each.booked_fen),
            yuan_text(each.story_fen),
            "[green]agrees" if each.agrees else "[red]DIFFERS",
        )
    return table


def _why(reasons: Mapping[str, int]) -> str:
    if not reasons:
        return ""
    return ": " + ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
