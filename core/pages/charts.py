"""Charts as SVG made by the server: geometry here, drawing in ``components/charts.html``.

Every chart is shown with its figures as a table beneath, for those who read or hear rather than see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640
"""The width of the drawing area in SVG units; the picture scales to its place."""

_LABEL_WIDTH = 150
_VALUE_WIDTH = 110
_ROW_HEIGHT = 26
_LINE_HEIGHT = 220
_MARGIN = 30
_LABELS = 12
_POINTS_APART = 62


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its value, and the value as people read it."""

    label: str
    value: int
    shown: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class BarChart:
    """Horizontal bars on one scale; ``unit`` is the heading of the figures."""

    title: str
    category: str
    unit: str
    bars: Sequence[Bar]

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def height(self) -> int:
        return max(1, len(self.bars)) * _ROW_HEIGHT

    def placed(self) -> list[tuple[Bar, int, int, int, int]]:
        """Each bar with x, y, width and height; negative values have no length."""
        most = max((bar.value for bar in self.bars), default=0)
        room = WIDTH - _LABEL_WIDTH - _VALUE_WIDTH
        return [
            (
                bar,
                _LABEL_WIDTH,
                number * _ROW_HEIGHT + 4,
                max(bar.value, 0) * room // most if most > 0 else 0,
                _ROW_HEIGHT - 8,
            )
            for number, bar in enumerate(self.bars)
        ]


@dataclass(frozen=True, slots=True)
class Line:
    """One point of a line: its label, its value, and the value as people read it."""

    label: str
    value: int
    shown: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """One line over time, from the left to the right."""

    title: str
    category: str
    unit: str
    points: Sequence[Line]

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def height(self) -> int:
        return _LINE_HEIGHT

    @property
    def baseline(self) -> int:
        return _LINE_HEIGHT - _MARGIN

    @property
    def dot(self) -> int:
        """How large a point is drawn: smaller where they stand close."""
        return 4 if len(self.points) <= _POINTS_APART else 1

    def labels(self, number: int) -> bool:
        """Whether a point has its label beneath: as many of them as there is room for."""
        return number % -(-len(self.points) // _LABELS) == 0

    def placed(self) -> list[tuple[Line, int, int]]:
        """Each point with x and y."""
        most = max((point.value for point in self.points), default=0)
        steps = max(1, len(self.points) - 1)
        room = self.baseline - _MARGIN
        return [
            (
                point,
                _MARGIN + number * (WIDTH - 2 * _MARGIN) // steps,
                self.baseline - (max(point.value, 0) * room // most if most > 0 else 0),
            )
            for number, point in enumerate(self.points)
        ]

    def polyline(self) -> str:
        """The points as an SVG ``points`` attribute."""
        return " ".join(f"{x},{y}" for _, x, y in self.placed())


@dataclass(frozen=True, slots=True)
class MoneyPart:
    """One part of a money bar. ``kind`` is voucher, self_pay, room, used, held or other."""

    kind: str
    label: str
    fen: int


@dataclass(frozen=True, slots=True)
class MoneyBar:
    """Sums that make up a whole, drawn to scale: who pays what of a fee, or what is left of a cap."""

    title: str
    parts: Sequence[MoneyPart]

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def total_fen(self) -> int:
        return sum(part.fen for part in self.parts)

    def placed(self) -> list[tuple[MoneyPart, int, int]]:
        """Each part with x and width; the last one ends at the full width."""
        total = self.total_fen
        placed: list[tuple[MoneyPart, int, int]] = []
        before = 0
        for part in self.parts:
            start = before * WIDTH // total if total > 0 else 0
            before += part.fen
            end = before * WIDTH // total if total > 0 else 0
            placed.append((part, start, end - start))
        return placed
