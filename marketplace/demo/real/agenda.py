"""What happens when: entries of the story in the order of its clock, whoever wrote them down first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from core import clock

Action = Callable[[], None]


@dataclass
class Agenda:
    """Actions with the instant each happens at."""

    entries: list[tuple[datetime, int, Action]] = field(default_factory=list)

    def at(self, day: date, hour: int, action: Action) -> None:
        """Note an action for an hour of a day in Shandong; equal hours keep the order in which they were noted."""
        instant = datetime.combine(day, time(hour), clock.SHANGHAI)
        self.entries.append((instant, len(self.entries), action))

    def run(self) -> None:
        """Let everything happen, the clock standing still during each."""
        for instant, _, action in sorted(self.entries, key=lambda entry: entry[:2]):
            with clock.at(instant):
                action()
