"""Charts to scale: what is drawn adds up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.pages.charts import WIDTH, Bar, BarChart, Line, LineChart, MoneyBar, MoneyPart

sums = st.lists(st.integers(0, 10**15), min_size=1, max_size=6)


@given(sums)
def test_the_parts_of_a_money_bar_fill_it_without_gap_or_overlap(parts: list[int]) -> None:
    bar = MoneyBar("t", [MoneyPart("voucher", "p", fen) for fen in parts])
    placed = bar.placed()
    ends = [x + width for _, x, width in placed]
    assert [x for _, x, _ in placed] == [0, *ends[:-1]]
    assert ends[-1] == (WIDTH if sum(parts) else 0)
    assert all(width >= 0 for _, _, width in placed)


@given(sums)
def test_bars_stay_within_the_picture_and_the_longest_is_the_largest(values: list[int]) -> None:
    chart = BarChart("t", "c", "u", [Bar(str(value), value, str(value)) for value in values])
    placed = chart.placed()
    assert all(
        x >= 0 and x + width <= WIDTH and y >= 0 and y + height <= chart.height for _, x, y, width, height in placed
    )
    widths = [width for *_, width, _ in placed]
    assert widths.index(max(widths)) == next(i for i, w in enumerate(widths) if w == widths[values.index(max(values))])


def test_a_line_runs_from_left_to_right_and_nothing_is_drawn_below_its_base() -> None:
    chart = LineChart("t", "c", "u", [Line("1", 0, "0"), Line("2", 10, "10"), Line("3", -5, "-5")])
    points = [(x, y) for _, x, y in chart.placed()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert points[0][1] == points[2][1] == chart.baseline
    assert points[1][1] < chart.baseline


def test_charts_without_figures_are_empty_pictures() -> None:
    assert BarChart("t", "c", "u", []).placed() == []
    assert LineChart("t", "c", "u", []).polyline() == ""
    assert MoneyBar("t", [MoneyPart("room", "p", 0)]).placed()[0][1:] == (0, 0)
