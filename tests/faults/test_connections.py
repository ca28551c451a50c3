"""Connections that are cut while a commit is under way, processes that stand still, and several at once."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from core.failpoints import Stop
from core.worker import LEADER_LOCK
from tests.faults.cutting import CutAt, cutting
from tests.faults.recovery import LATER, broken, changed, damaged, resumed, rows, shown
from tests.faults.story import Step, Story
from tests.faults.warm import Call, Moment, Round, Through
from tests.support.fake_stripe import Fault

pytestmark = pytest.mark.slow


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a name short enough for a socket."""
    with TemporaryDirectory(prefix="cut", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("name", "cut_at"),
    [
        ("booking", CutAt.BEFORE),
        ("transfer", CutAt.DURING),
        ("export", CutAt.AFTER),
    ],
)
def test_a_connection_cut_during_commit(story: Story, short: Path, name: str, cut_at: CutAt) -> None:
    """The outcome is unknown to whoever asked: 503, and the same key tells it."""
    step = story.begin(name)
    with cutting(story.stage.database.url, short, cut_at):
        told = story.warm.run(Through(step.work, str(short))).answer
    assert told is not None
    assert (told.status, json.loads(told.body)["code"]) == (503, "busy")
    with story.stage.looking() as look:
        found = story.stage.counts(look)
    was_done = found == step.after
    assert was_done or found == step.before
    assert cut_at is CutAt.DURING or was_done is (cut_at is CutAt.AFTER)
    again = story.warm.run(step.work).answer
    assert again is not None
    assert again.replayed is was_done
    assert shown(again, exact=was_done) == shown(step.answer, exact=was_done)
    require_sound(story, step)


def test_a_connection_cut_while_what_was_read_is_ended(story: Story, short: Path) -> None:
    """The answer is made already, and is not taken back."""
    work = story.begin("acceptance").work
    assert isinstance(work, Call)
    read = replace(work, path=work.path.removesuffix("/acceptance"), method="GET")
    with cutting(story.stage.database.url, short, CutAt.READING) as cuts:
        told = story.warm.run(Through(read, str(short))).answer
    assert told is not None
    assert (told.status, json.loads(told.body)["state"]) == (200, "placed")
    assert cuts


@pytest.mark.parametrize("place", ["core.worker.claimed", "settlement.batch.sealed"])
def test_a_leader_that_stood_still_is_fenced(story: Story, place: str) -> None:
    """Its connection is lost meanwhile and another one leads; what it goes on with is not committed. One batch."""
    step = story.begin("cutoff")
    paused = story.warm.start(step.work, Moment(place), stop=Stop.PAUSE)
    until(lambda: "T" in state_of(paused))
    with story.stage.database.connect(autocommit=True) as owner:
        held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
        ended = f"SELECT pg_terminate_backend(pid) FROM ({held}) leader"
        assert owner.execute(ended.encode(), (LEADER_LOCK,)).fetchall() == [(True,)]
        until(lambda: owner.execute(held.encode(), (LEADER_LOCK,)).fetchone() is None)
    assert story.warm.run(resumed(step.work, 1)).answer is not None
    os.kill(paused, signal.SIGCONT)
    assert story.warm.wait(paused).answer is None, "an overtaken leader went on as if it led"
    # Where the paused one held the queue, the second could not have it and tries again.
    assert story.warm.run(resumed(step.work, 2)).answer is not None
    require_sound(story, step)


def test_two_at_once_make_one_batch(story: Story) -> None:
    """With the same key and with another one, each from a process of its own."""
    step = story.begin("preparation")
    assert isinstance(step.work, Call)
    works = [step.work, step.work, replace(step.work, key="another"), replace(step.work, key="a third")]
    started = [story.warm.start(work) for work in works]
    answers = [story.warm.wait(pid).answer for pid in started]
    assert [each and each.status for each in answers] == [201] * len(works)
    assert len({json.loads(each.body)["id"] for each in answers if each}) == 1
    with story.stage.looking() as look:
        end = story.stage.counts(look)
        assert broken(look, changed(step.before, end)) == []
        assert rows(end)["settlement_batch"] == rows(step.after)["settlement_batch"]


def test_a_gateway_that_never_answers_holds_nothing(story: Story) -> None:
    """While it is waited for no transaction is open; the outcome is unknown, asked for later, and charged once."""
    step = story.begin("online")
    story.fake.faults.append(Fault.SILENT)
    asked_before = len(story.fake.requests)
    waiting = story.warm.start(step.work)
    until(lambda: len(story.fake.requests) > asked_before)
    with story.stage.database.connect(autocommit=True) as owner:
        open_ones = (
            "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (xact_start IS NOT NULL OR state <> 'idle')"
        )
        assert owner.execute(open_ones).fetchall() == []
    told = story.warm.wait(waiting).answer
    assert told is not None
    assert (told.status, json.loads(told.body)["payment"]["state"]) == (201, "unknown")
    assert story.warm.run(Round(step.work.at + LATER, ("gateway",))).answer is not None
    with story.stage.looking() as look:
        states = look.execute("SELECT state FROM payment ORDER BY id DESC LIMIT 1").fetchall()
        assert states == [("created",)]
        assert broken(look, changed(step.before, story.stage.counts(look))) == []
    assert len(story.fake.intents) == 1


def require_sound(story: Story, step: Step) -> None:
    """All is as it is when nothing happens on the way."""
    with story.stage.looking() as look:
        end = story.stage.counts(look)
        assert rows(end) == rows(step.after), changed(rows(step.after), rows(end))
        assert broken(look, changed(step.before, end)) == []
        assert damaged(story, look) == []


def state_of(pid: int) -> str:
    """What a process does: T where it stands still."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
