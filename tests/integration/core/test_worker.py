"""The worker: every period once, whoever claims it, and nothing from a leader that was overtaken."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from core import clock, outbox
from core.db import db, guard_commits, session, transaction
from core.worker import MAX_ATTEMPTS, Job, JobRun, Leadership, LeadershipLost, Worker, due_periods
from tests.databases import Database
from tests.support.settling import settle

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=clock.SHANGHAI).astimezone(UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Broken(Exception):
    """What a job or handler fails with."""


def daily(run: Callable[[datetime, datetime], None]) -> Job:
    return Job("daily", "0 6 * * *", run)


def worker(app: Flask, *jobs: Job, **handlers: Callable[[Mapping[str, Any], datetime], None]) -> Worker:
    return Worker(app, jobs=jobs, handlers={topic: [handler] for topic, handler in handlers.items()}, poll=0.02)


def runs() -> list[JobRun]:
    session().rollback()
    return list(session().scalars(select(JobRun).order_by(JobRun.period)))


@contextmanager
def running(made: Worker) -> Iterator[Worker]:
    """The worker in a thread of its own; stopped at the end, and its thread really over."""
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        yield made
    finally:
        made.stop()
        thread.join(timeout=30)
        assert not thread.is_alive()


def until(condition: Callable[[], bool], *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


# -- periods -------------------------------------------------------------------------------------------------------


def test_missed_periods_are_caught_up_oldest_first(committed_app: Flask) -> None:
    """Three days back, each once, at the time it was due in Shanghai."""
    seen: list[datetime] = []
    made = worker(committed_app, daily(lambda now, period: seen.append(period)))
    assert made.tick(NOON) == 3
    assert [clock.today(period).day for period in seen] == [28, 1, 2]
    assert {period.astimezone(clock.SHANGHAI).hour for period in seen} == {6}
    assert made.tick(NOON + MINUTE) == 0
    assert made.tick(NOON + DAY) == 1
    assert worker(committed_app, daily(lambda now, period: seen.append(period))).tick(NOON + DAY) == 0
    assert len(seen) == 4


def test_frequent_work_is_done_once_for_all_that_was_missed(committed_app: Flask) -> None:
    """Not 864 times for three days of every five minutes."""
    seen: list[datetime] = []
    made = worker(committed_app, Job("often", "*/5 * * * *", lambda now, period: seen.append(period)))
    assert made.tick(NOON) == 1
    assert seen == [NOON.replace(second=0)]
    assert made.tick(NOON + 4 * MINUTE) == 0
    assert made.tick(NOON + 5 * MINUTE) == 1


def test_frequent_work_keeps_one_row_however_long_it_runs(committed_app: Flask) -> None:
    """The row of the latest period moves on, so that the table does not grow by a row a minute (0117)."""
    seen: list[datetime] = []
    made = worker(committed_app, Job("often", "* * * * *", lambda now, period: seen.append(period)))
    for minutes in range(5):
        made.tick(NOON + minutes * MINUTE)
    due = NOON.replace(second=0)
    assert seen == [due + minutes * MINUTE for minutes in range(5)]
    (run,) = runs()
    assert (run.period, run.finished_at, run.attempts) == (due + 4 * MINUTE, NOON + 4 * MINUTE, 1)
    another = worker(committed_app, *made.jobs.values())
    assert another.tick(NOON + 4 * MINUTE) == 0, "done already"
    assert another.tick(NOON + DAY) == 1, "once for all that was missed"
    (run,) = runs()
    assert run.period == due + DAY


def test_work_that_a_full_disk_hinders_is_tried_until_there_is_room(committed_app: Flask) -> None:
    """Whether it is the disk of the files or that of the database; no attempt is counted."""
    left = 2 * MAX_ATTEMPTS

    def often(now: datetime, period: datetime) -> None:
        nonlocal left
        left -= 1
        if left >= 0 and left % 2:
            raise OSError(errno.ENOSPC, "no room")
        if left >= 0:
            session().execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$"))

    made = worker(committed_app, Job("often", "*/15 * * * *", often))
    moments = [NOON + n * MINUTE for n in range(left)]
    assert [made.tick(moment) for moment in moments] == [1] * len(moments)
    (run,) = runs()
    assert (run.attempts, run.finished_at) == (0, None)
    assert "DiskFull" in (run.error or "")
    assert made.tick(NOON + len(moments) * MINUTE) == 1
    (run,) = runs()
    assert (run.attempts, run.error) == (1, None)


def test_frequent_work_that_fails_is_tried_again_and_then_superseded(committed_app: Flask) -> None:
    """Its error stands until a later try succeeds; of two workers one claims each period."""
    failing = True

    def often(now: datetime, period: datetime) -> None:
        if failing:
            raise Broken("no luck")

    made = worker(committed_app, Job("often", "*/5 * * * *", often))
    due, moments = NOON.replace(second=0), [NOON + n * MINUTE for n in range(5)]
    assert [made.tick(moment) for moment in moments] == [1] * MAX_ATTEMPTS + [0] * (len(moments) - MAX_ATTEMPTS)
    (run,) = runs()
    assert (run.attempts, run.finished_at, run.error) == (MAX_ATTEMPTS, None, "Broken: no luck")
    session().rollback()
    assert made._claim(made.jobs["often"], due + 5 * MINUTE, NOON + 5 * MINUTE)
    assert worker(committed_app, *made.jobs.values()).tick(NOON + 5 * MINUTE) == 0, "under way elsewhere"
    failing = False
    assert made.tick(NOON + 10 * MINUTE) == 1
    (run,) = runs()
    assert (run.period, run.attempts, run.error) == (due + 10 * MINUTE, 1, None)


def test_two_workers_claim_each_period_once(committed_app: Flask) -> None:
    """Side by side in threads, as after a split: the unique row decides."""
    seen: list[datetime] = []
    barrier = threading.Barrier(2)

    def slow(now: datetime, period: datetime) -> None:
        seen.append(period)
        time.sleep(0.2)

    def work(_: int) -> int:
        with committed_app.app_context():
            barrier.wait()
            return worker(committed_app, daily(slow)).tick(NOON)

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(work, range(2)))
    assert sum(done) == 3
    assert len(seen) == len(set(seen)) == 3


def test_a_failed_period_is_tried_again_up_to_the_limit(committed_app: Flask) -> None:
    """After a rest; then it is left with its error, and the next one gets its turn."""
    tried: list[datetime] = []

    def broken(now: datetime, period: datetime) -> None:
        tried.append(period)
        raise Broken("no luck")

    made = worker(committed_app, daily(broken))
    moments = [NOON + n * MINUTE for n in range(MAX_ATTEMPTS + 3)]
    assert [made.tick(moment) for moment in moments] == [3] * MAX_ATTEMPTS + [0] * 3
    assert len(tried) == 3 * MAX_ATTEMPTS
    assert {(run.attempts, run.finished_at, run.error) for run in runs()} == {(MAX_ATTEMPTS, None, "Broken: no luck")}
    assert made.tick(NOON + DAY) == 1


def test_a_failed_period_rests_and_then_succeeds(committed_app: Flask) -> None:
    """What it wrote before failing is gone, its error is forgotten."""
    failures = [Broken(), Broken()]
    tried: list[datetime] = []

    def recovering(now: datetime, period: datetime) -> None:
        tried.append(now)
        with transaction():
            outbox.emit("done", {}, now=now)
            if failures:
                raise failures.pop()

    made = worker(committed_app, Job("once", "0 6 2 3 *", recovering))
    for half_minutes in range(6):
        made.tick(NOON + half_minutes * MINUTE / 2)
    assert tried == [NOON, NOON + MINUTE, NOON + 2 * MINUTE]
    (run,) = runs()
    assert (run.attempts, run.error) == (3, None)
    assert run.finished_at == NOON + 2 * MINUTE
    assert session().scalar(text("SELECT count(*) FROM outbox_event")) == 1


def test_one_failing_job_holds_up_no_other(committed_app: Flask) -> None:
    """Jobs are tried one by one."""
    seen: list[datetime] = []

    def broken(now: datetime, period: datetime) -> None:
        raise Broken

    made = worker(committed_app, Job("a", "0 6 * * *", broken), Job("b", "0 6 * * *", lambda n, p: seen.append(p)))
    made.tick(NOON)
    assert len(seen) == 3


def test_a_retry_under_way_is_not_claimed_by_another(committed_app: Flask) -> None:
    """The error of the first try must not invite a second worker in."""
    entered, release = threading.Event(), threading.Event()
    attempts: list[int] = []

    def job(now: datetime, period: datetime) -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise Broken
        entered.set()
        release.wait(30)

    once = Job("once", "0 6 2 3 *", job)
    worker(committed_app, once).tick(NOON)

    def retry() -> int:
        with committed_app.app_context():
            return worker(committed_app, once).tick(NOON + MINUTE)

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(retry)
        assert entered.wait(30)
        assert worker(committed_app, once).tick(NOON + MINUTE) == 0
        release.set()
        assert under_way.result() == 1
    assert len(attempts) == 2


def test_what_a_dead_leader_left_is_taken_up_by_the_next(committed_app: Flask) -> None:
    """A claim without an end belongs to whoever has a higher fencing number."""
    made = worker(committed_app, Job("once", "0 6 2 3 *", lambda now, period: None))
    assert made._claim(made.jobs["once"], due_periods(made.jobs["once"], NOON)[0], NOON)
    assert worker(committed_app, *made.jobs.values()).tick(NOON) == 0
    session().rollback()
    with leading():
        assert worker(committed_app, *made.jobs.values()).tick(NOON) == 1
    assert runs()[0].attempts == 2


# -- leading -------------------------------------------------------------------------------------------------------


@contextmanager
def leading() -> Iterator[Leadership]:
    found = Leadership.seek()
    assert found is not None
    try:
        yield found
    finally:
        found.release()


def test_one_leads_at_a_time(committed_app: Flask) -> None:
    """The lock is exclusive, is given back, and each term has a higher number."""
    with leading() as first:
        assert Leadership.seek() is None
        number = first.fencing
    with leading() as second:
        assert second.fencing > number


def test_an_overtaken_leader_cannot_commit(committed_app: Flask, database: Database) -> None:
    """Paused while another took over: what it was about to write is rolled back."""
    with leading() as first:
        remove = guard_commits(first.check)
        try:
            with transaction():
                outbox.emit("before", {}, now=NOON)
            with database.connect() as other:
                other.execute("UPDATE worker_leader SET fencing = fencing + 1")
            with pytest.raises(LeadershipLost), transaction():
                outbox.emit("after", {}, now=NOON)
        finally:
            remove()
    assert session().scalars(text("SELECT topic FROM outbox_event")).all() == ["before"]


def test_without_the_guard_an_overtaken_leader_would_commit(committed_app: Flask, database: Database) -> None:
    """The counter-test."""
    with leading():
        with database.connect() as other:
            other.execute("UPDATE worker_leader SET fencing = fencing + 1")
        with transaction():
            outbox.emit("after", {}, now=NOON)
    assert session().scalars(text("SELECT topic FROM outbox_event")).all() == ["after"]


def test_the_guard_binds_the_leader_only(committed_app: Flask, database: Database) -> None:
    """Other threads of the process go on."""
    with leading() as first:
        remove = guard_commits(first.check)
        try:
            with database.connect() as other:
                other.execute("UPDATE worker_leader SET fencing = fencing + 1")

            def write() -> None:
                with committed_app.app_context(), transaction():
                    outbox.emit("elsewhere", {}, now=NOON)

            with ThreadPoolExecutor(1) as pool:
                pool.submit(write).result()
        finally:
            remove()
    assert session().scalars(text("SELECT topic FROM outbox_event")).all() == ["elsewhere"]


def test_nobody_takes_over_while_the_leader_commits(committed_app: Flask) -> None:
    """The row is held from the check to the commit; who seeks meanwhile fails without keeping the lock."""
    with leading() as first, transaction() as current:
        first.check(current)
        first.release()
        with pytest.raises(OperationalError):
            Leadership.seek()
    with leading() as next_one:
        assert next_one.fencing > first.fencing


def test_a_second_worker_stands_by_and_takes_over(committed_app: Flask) -> None:
    """When the first one is gone, the second leads and the work goes on."""
    leaders: list[str] = []

    def named(name: str) -> Worker:
        return worker(committed_app, Job(name, "* * * * *", lambda now, period: leaders.append(name)))

    with running(named("second")) as second, running(named("first")) as first:
        until(lambda: bool(leaders))
        time.sleep(0.3)
        (leader,) = set(leaders)
        (first if leader == "first" else second).stop()
        until(lambda: len(set(leaders)) == 2)


def test_a_worker_goes_on_after_its_connections_were_cut(committed_app: Flask, database: Database) -> None:
    """It seeks the lead anew, with a higher number."""

    def number() -> int:
        with database.connect() as owner:
            (found,) = owner.execute("SELECT fencing FROM worker_leader").fetchone() or (0,)
            return int(found)

    with running(worker(committed_app, daily(lambda now, period: None))):
        until(lambda: number() == 1)
        with database.connect(autocommit=True) as owner:
            until(lambda: cut(owner))
        until(lambda: number() > 1)


def cut(owner: Any) -> bool:
    """End every connection of the workers."""
    found = owner.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchone()
    return bool(found[0])


def test_stop_ends_the_worker_and_frees_the_lock(committed_app: Flask) -> None:
    """Within the present piece of work."""
    done = threading.Event()
    with running(worker(committed_app, Job("a", "* * * * *", lambda now, period: done.set()))):
        assert done.wait(30)
    with leading() as free:
        assert free.fencing > 1


# -- events --------------------------------------------------------------------------------------------------------


def test_events_are_delivered_by_the_running_worker(committed_app: Flask) -> None:
    """In order, each once, each in a transaction that its handler may write in."""
    seen: list[int] = []

    def handle(payload: Mapping[str, Any], now: datetime) -> None:
        with_key = {"number": payload["number"]}
        outbox.emit("handled", with_key, now=now)
        seen.append(payload["number"])

    with transaction():
        for number in range(3):
            outbox.emit("counted", {"number": number}, now=NOON)
        outbox.emit("nobody's", {}, now=NOON)
    with running(worker(committed_app, counted=handle)):
        until(lambda: len(seen) == 3)
    assert seen == [0, 1, 2]
    session().rollback()
    assert session().scalar(text("SELECT count(*) FROM outbox_event WHERE topic = 'handled'")) == 3


def test_a_failing_handler_leaves_the_event(committed_app: Flask) -> None:
    """Nothing of it is kept, nothing overtakes it, jobs go on, and after a rest it is tried again."""
    failures = [Broken()]
    seen: list[str] = []

    def handle(payload: Mapping[str, Any], now: datetime) -> None:
        outbox.emit("handled", {}, now=now)
        if failures:
            raise failures.pop()
        seen.append(payload["name"])

    with transaction():
        outbox.emit("named", {"name": "first"}, now=NOON)
        outbox.emit("named", {"name": "second"}, now=NOON)
    settle()
    made = worker(committed_app, daily(lambda now, period: None), named=handle)
    assert made.tick(NOON) == 3
    assert seen == []
    assert made.tick(NOON + MINUTE / 2) == 0
    session().rollback()
    assert session().scalar(text("SELECT count(*) FROM outbox_event WHERE topic = 'handled'")) == 0
    assert made.tick(NOON + MINUTE) >= 2
    assert seen == ["first", "second"]


def test_the_pool_is_left_in_order(committed_app: Flask) -> None:
    """No connection keeps the leader's lock after its term."""
    for _ in range(3):
        with leading():
            pass
    with db.engine.connect() as connection:
        held = connection.scalar(
            text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )
    assert held == 0
