"""The process is killed at every step of an order's money and of what puts it right: all or nothing, and asked again it
ends as if nothing was.

Each time in a child of a warm process, on a database and files put back to the state before the step. Then another
process goes on: after each failpoint, and wherever else no equal state was gone on from yet. With ``FAULTS=all``
(``make faults``) it goes on from every place, and every place there is is taken.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from core.failpoints import FAILPOINTS
from tests.faults.recovery import LATER, broken, changed, damaged, resumed, rows, shown
from tests.faults.story import REMEDIES, STEPS, Step, Story, World
from tests.faults.warm import SQL, Call, Moment, Round

pytestmark = pytest.mark.slow

AT_LEAST = 350
"""Places at which the process is killed in every run of the tests."""
ONE_READ_IN, ONE_WRITING_IN = 4, 4
COMMITTED = "core.transaction.committed"
EVERYWHERE = {name for name in FAILPOINTS if name.startswith("core.")} - {COMMITTED}
"""Failpoints on the way of every request."""
OF_THE_INDEX = {name for name in FAILPOINTS if name.startswith("instruments.index.")}
"""No order passes them; what writes the index is killed in ``integration/instruments/test_index_kills.py``."""
ONLINE = {"online", "webhook", "refund"}
"""Steps after which the worker asks the gateway about what is open."""
EVERYTHING = os.environ.get("FAULTS") == "all"


def places(step: Step) -> Iterator[Moment]:
    """Where the process is killed in a step.

    Without ``FAULTS=all`` at every failpoint and every statement that writes or locks, and of those that read, which
    change nothing, at every fourth. Once something is committed, when every kill needs its database anew, those places
    are left out at which nothing has changed since the place before: reads, and failpoints passed before. Remedies are
    asked for and kept like all the steps before them: killed at their own failpoints and at every fourth writing.
    """
    committed, read, written = False, 0, 0
    for moment, words in step.answer.passed:
        reads = moment.place == SQL and words.startswith("SELECT") and " FOR " not in words
        writes = moment.place == SQL and not reads
        read, written = read + reads, written + writes
        known = moment.place not in (SQL, COMMITTED) and moment.passing > 1
        if step.name in REMEDIES:
            seldom = reads or (writes and written % ONE_WRITING_IN) or moment.place in EVERYWHERE
        else:
            seldom = (reads and read % ONE_READ_IN) or (committed and (reads or known))
        if EVERYTHING or not seldom:
            yield moment
        committed = committed or moment.place == COMMITTED


def test_there_are_enough_places_and_every_failpoint_is_among_them(story: Story) -> None:
    killed_at = [moment.place for step in story.steps.values() for moment in places(step)]
    assert len(killed_at) >= AT_LEAST
    assert set(killed_at) == {SQL, *FAILPOINTS} - OF_THE_INDEX


@pytest.mark.parametrize("name", [*STEPS, *REMEDIES])
def test_killed_anywhere(story: Story, name: str) -> None:
    """Nothing changes but at commits, and whoever comes afterwards finds or makes what an undisturbed run makes."""
    step = story.steps[name]
    known, tried = step.before, set[World]()
    story.begin(name)
    untouched = story.world(step.before)
    as_kept = True
    for moment in places(step):
        if not as_kept and (moment.place == COMMITTED or known != step.before):
            story.begin(name)  # what the killed ones took from sequences would show in what is committed
        assert story.warm.run(step.work, moment).signal == signal.SIGKILL, moment
        with story.stage.looking() as look:
            found = story.stage.counts(look)
        if moment.place != COMMITTED:
            assert found == known, (moment, changed(known, found))
        known, world = found, story.world(found)
        go_on = world not in tried or moment.place not in {SQL, *story.gone_on_from} or EVERYTHING
        if go_on:
            story.gone_on_from.add(moment.place)
            require_recovery(story, step, moment, was_done=found == step.after)
            tried.add(world)
        as_kept = go_on or world != untouched
        if as_kept:
            story.begin(name)
    assert known == step.after, changed(known, step.after)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("booking", Moment("vouchers.hold.granted"), Moment(COMMITTED)),
        ("online", Moment("settlement.gateway.told"), Moment("settlement.gateway.taken")),
        ("cutoff", Moment("settlement.batch.sealed"), Moment("settlement.batch.committed")),
        ("export", Moment("core.files.durable", 2), Moment("settlement.export.recorded", 3)),
        ("answer", Moment("settlement.return.posted"), Moment("core.files.written")),
        ("late_return", Moment(COMMITTED), Moment("core.idempotency.taken")),
        ("corrected_recovery", Moment("settlement.clawback.reopened"), Moment("settlement.clawback.reversed")),
    ],
)
def test_killed_again_while_going_on(story: Story, name: str, first: Moment, second: Moment) -> None:
    """Who goes on is killed as well, where the work comes so far again; the third one ends it as if nothing was."""
    step = story.begin(name)
    assert story.warm.run(step.work, first).signal == signal.SIGKILL
    again = story.warm.run(resumed(step.work), second)
    assert again.signal == (0 if first.place == COMMITTED else signal.SIGKILL), second
    with story.stage.looking() as look:
        was_done = story.stage.counts(look) == step.after
    require_recovery(story, step, second, was_done=was_done, times=2)


def require_recovery(story: Story, step: Step, moment: Moment, *, was_done: bool, times: int = 1) -> None:
    """Another process is asked for the same; afterwards all is as without the kill."""
    again = story.warm.run(resumed(step.work, times)).answer
    assert again is not None, moment
    if isinstance(step.work, Call):
        assert again.status == step.answer.status, (moment, again.body)
        assert shown(again, exact=was_done) == shown(step.answer, exact=was_done), moment
        assert again.replayed or not was_done, moment
    if step.name in ONLINE:
        assert story.warm.run(Round(step.work.at + LATER, ("gateway",))).answer is not None, moment
    with story.stage.looking() as look:
        end = story.stage.counts(look)
        assert rows(end) == rows(step.after), (moment, changed(rows(step.after), rows(end)))
        assert broken(look, changed(step.before, end)) == [], moment
        assert damaged(story, look) == [], moment
