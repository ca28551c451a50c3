"""The worker: a timer, the outbox, and work claimed by unique (job, period) rows.

One leader at a time holds a session advisory lock and a fencing number. The number is checked in every transaction
before it commits, so a leader that was paused while another took over can no longer change anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from flask import Flask
from sqlalchemy import BigInteger, Connection, SmallInteger, Text, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.dml import ReturningUpdate

from core import clock, outbox
from core.db import Model, db, guard_commits, session, transaction
from core.failpoints import failpoint
from core.room import lacks_room
from core.types import UTC

log = structlog.get_logger()

LEADER_LOCK = 0x766F7563  # "vouc": the advisory lock of the leader
CATCH_UP = timedelta(days=3)
"""How far back missed periods are looked for; daily work looks at the data itself, so older ones add nothing."""
COLLAPSED = timedelta(hours=1)
"""Work due more often than this is done once for all that was missed."""
OUTBOX_READER = "handlers"
POLL_SECONDS = 1.0
MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(minutes=1)
"""How long a failed period or event rests before it is tried again."""

Handler = Callable[[Mapping[str, Any], datetime], None]


Follower = Callable[[threading.Event], None]
"""Work of this machine alone that goes on beside all else, whether or not its worker leads; returns once the event is
set, and has an application context of its own."""


class LeadershipLost(RuntimeError):
    """Another worker has taken over; what this one was about to commit is rolled back."""


@dataclass(frozen=True)
class Job:
    """Periodic work. ``cron`` is a five-field expression in Asia/Shanghai; ``run(now, period)`` opens transactions of
    its own, and must be safe to repeat for the same period, the instant it was due at."""

    name: str
    cron: str
    run: Callable[[datetime, datetime], None]

    def trigger(self) -> CronTrigger:
        """The times at which the job is due."""
        return CronTrigger.from_crontab(self.cron, timezone=clock.SHANGHAI)

    @property
    def is_frequent(self) -> bool:
        """Whether it is due several times in every hour: then the latest time does for all before it."""
        minutes, *rest = self.cron.split()
        return not minutes.isdecimal() and set(rest) == {"*"}


class JobRun(Model):
    """One period of one job: claimed once, whoever comes first. Of frequent work there is the latest period alone."""

    __tablename__ = "job_run"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[datetime] = mapped_column(UTC, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UTC)
    finished_at: Mapped[datetime | None] = mapped_column(UTC)
    attempts: Mapped[int] = mapped_column(SmallInteger)
    error: Mapped[str | None] = mapped_column(Text)
    fencing: Mapped[int] = mapped_column(BigInteger)


class WorkerLeader(Model):
    """The fencing number of the present leader, in a single row."""

    __tablename__ = "worker_leader"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    fencing: Mapped[int] = mapped_column(BigInteger)


class Leadership:
    """Being the leader: an advisory lock on a connection of its own, and a fencing number above all before."""

    def __init__(self, connection: Connection, fencing: int) -> None:
        self.connection = connection
        self.fencing = fencing
        self.thread = threading.get_ident()

    @classmethod
    def seek(cls) -> Leadership | None:
        """Become the leader, or None while another one is."""
        connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEADER_LOCK}):
            connection.close()
            return None
        try:
            fencing = connection.scalar(text("UPDATE worker_leader SET fencing = fencing + 1 RETURNING fencing"))
        except BaseException:
            # Back in the pool, the connection would hold the lock without anybody leading.
            connection.invalidate()
            connection.close()
            raise
        return cls(connection, int(fencing or 0))

    def confirm(self) -> None:
        """Ask whether the lock is still held: with its connection it is gone, and LeadershipLost is raised."""
        try:
            self.connection.execute(text("SELECT 1"))
        except DBAPIError as gone:
            raise LeadershipLost("the connection that held the lock is gone") from gone

    def check(self, current: Session) -> None:
        """Refuse to commit when somebody else leads; holds the row until the commit, so that none takes over."""
        if threading.get_ident() != self.thread:
            return
        present = current.scalar(text("SELECT fencing FROM worker_leader FOR SHARE"))
        if present != self.fencing:
            raise LeadershipLost(f"fencing number is {present}, not {self.fencing}")

    def release(self) -> None:
        """Give the lock back at once; closing alone would leave it until the server notices."""
        if self.connection.closed:
            return
        try:
            # A connection that was cut has lost the lock already; it cannot be asked anything any more.
            if not self.connection.invalidated:
                self.connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LEADER_LOCK})
        except DBAPIError as gone:
            log.warning("worker_lock_was_lost", error=str(gone.orig))
        finally:
            self.connection.invalidate()
            self.connection.close()


class Worker:
    """Runs due jobs and delivers events while it is the leader; a second one stands by."""

    def __init__(
        self,
        app: Flask,
        *,
        jobs: Sequence[Job],
        handlers: Mapping[str, Sequence[Handler]],
        followers: Sequence[Follower] = (),
        poll: float = POLL_SECONDS,
    ) -> None:
        self.app = app
        self.jobs = {job.name: job for job in jobs}
        self.handlers = handlers
        self.followers = followers
        self.poll = poll
        self.stopping = threading.Event()
        self.wake = threading.Event()
        self._rest: dict[str, datetime] = {}

    def run(self) -> None:
        """Work until :meth:`stop`."""
        beside = [threading.Thread(target=self._follow, args=(each,)) for each in self.followers]
        for each in beside:
            each.start()
        try:
            self._seek_and_lead()
        finally:
            self.stop()
            for each in beside:
                each.join()

    def _follow(self, follower: Follower) -> None:
        with self.app.app_context():
            follower(self.stopping)

    def _seek_and_lead(self) -> None:
        while not self.stopping.is_set():
            try:
                with self.app.app_context():
                    leadership = Leadership.seek()
                    if leadership is not None:
                        self._lead(leadership)
            except SQLAlchemyError as unreachable:
                log.warning("worker_cannot_reach_database", error=str(unreachable))
            self.stopping.wait(self.poll)

    def stop(self) -> None:
        """Finish the present piece of work and return from :meth:`run`."""
        self.stopping.set()
        self.wake.set()

    def tick(self, now: datetime) -> int:
        """Claim and run every period due up to ``now``, then deliver events; returns how many pieces were done."""
        return sum(self._run_due(job, now) for job in self.jobs.values()) + self.deliver(now)

    def deliver(self, now: datetime) -> int:
        """Hand waiting events to their handlers, each event in a transaction of its own; returns how many.

        An event whose handler fails stays the next one, as events keep their order; it is tried again a little later.
        """
        done = 0
        while not self.stopping.is_set() and self._rest.get(OUTBOX_READER, now) <= now:
            try:
                if not self._deliver_next(now):
                    return done
            except (LeadershipLost, DBAPIError):
                raise
            except Exception:
                log.exception("event_failed")
                self._rest[OUTBOX_READER] = now + RETRY_AFTER
                return done
            done += 1
        return done

    def _deliver_next(self, now: datetime) -> bool:
        with transaction():
            events = outbox.take(OUTBOX_READER, limit=1)
            for event in events:
                for handler in self.handlers.get(event.topic, ()):
                    handler(event.payload, now)
                outbox.advance(OUTBOX_READER, event)
        return bool(events)

    def _lead(self, leadership: Leadership) -> None:
        remove = guard_commits(leadership.check)
        self._rest.clear()
        try:
            log.info("worker_leads", fencing=leadership.fencing)
            with self._timer():
                while not self.stopping.is_set():
                    leadership.confirm()
                    with self.app.app_context():
                        self.tick(clock.now())
                    self.wake.wait(self.poll)
                    self.wake.clear()
        except LeadershipLost as lost:
            log.warning("worker_lost_leadership", why=str(lost))
        except Exception:
            log.exception("worker_round_failed")
            self.stopping.wait(self.poll)
        finally:
            remove()
            leadership.release()

    @contextmanager
    def _timer(self) -> Iterator[None]:
        """APScheduler as a timer only: it wakes the loop, which claims the work in the database."""
        timer = BackgroundScheduler(timezone=clock.SHANGHAI)
        for job in self.jobs.values():
            timer.add_job(self.wake.set, job.trigger(), coalesce=True, misfire_grace_time=None)
        timer.start()
        try:
            yield
        finally:
            timer.shutdown(wait=False)

    def _run_due(self, job: Job, now: datetime) -> int:
        """Run every due period of a job. Nothing is asked of the database before the next one or a retry is due."""
        if now < self._rest.get(job.name, now):
            return 0
        done = 0
        following = job.trigger().get_next_fire_time(None, now)
        self._rest[job.name] = following or now + CATCH_UP
        for period in due_periods(job, now):
            if self.stopping.is_set() or not self._claim(job, period, now):
                continue
            failpoint("core.worker.claimed")
            error, counts = None, True
            try:
                job.run(now, period)
            except LeadershipLost:
                raise
            except Exception as failure:
                session().rollback()
                log.exception("job_failed", job=job.name, period=period.isoformat())
                error, counts = f"{type(failure).__name__}: {failure}", not lacks_room(failure)
                self._rest[job.name] = min(self._rest[job.name], now + RETRY_AFTER)
            failpoint("core.worker.ran")
            self._finish(job, period, now, error, counts=counts)
            done += 1
        return done

    def _claim(self, job: Job, period: datetime, now: datetime) -> bool:
        """Claim a period by its unique row; one that failed may be claimed again, up to MAX_ATTEMPTS times in all.
        What a full disk hindered was no attempt.

        The row of frequent work moves on from its period before to this one, so that there are never more of them.
        """
        with transaction() as current:
            fencing = current.scalar(text("SELECT fencing FROM worker_leader"))
            if job.is_frequent and current.execute(_moved_on(job, period, now, fencing)).scalar_one_or_none():
                return True
            claimed = current.execute(
                insert(JobRun)
                .values(job=job.name, period=period, started_at=now, attempts=1, fencing=fencing)
                .on_conflict_do_update(
                    index_elements=[JobRun.job, JobRun.period],
                    set_={"started_at": now, "attempts": JobRun.attempts + 1, "fencing": fencing, "error": None},
                    where=JobRun.finished_at.is_(None)
                    & (JobRun.attempts < MAX_ATTEMPTS)
                    & ((JobRun.fencing < fencing) | JobRun.error.is_not(None)),
                )
                .returning(JobRun.job)
            )
            return claimed.scalar_one_or_none() is not None

    def _finish(self, job: Job, period: datetime, now: datetime, error: str | None, *, counts: bool) -> None:
        """Note how a period went; an attempt that does not count may be made again however often."""
        attempts = JobRun.attempts if counts else JobRun.attempts - 1
        with transaction() as current:
            current.execute(
                update(JobRun)
                .where(JobRun.job == job.name, JobRun.period == period)
                .values(error=error, finished_at=None if error else now, attempts=attempts)
            )


def _moved_on(job: Job, period: datetime, now: datetime, fencing: int | None) -> ReturningUpdate[tuple[str]]:
    """The claim of a period of frequent work by the row of the period before; nothing where the period has a row."""
    latest = select(func.max(JobRun.period)).where(JobRun.job == job.name).scalar_subquery()
    present = select(JobRun.job).where(JobRun.job == job.name, JobRun.period == period)
    return (
        update(JobRun)
        .where(JobRun.job == job.name, JobRun.period == latest, ~exists(present.correlate(None)))
        .values(period=period, started_at=now, finished_at=None, attempts=1, error=None, fencing=fencing)
        .returning(JobRun.job)
        .execution_options(synchronize_session=False)
    )


def due_periods(job: Job, now: datetime) -> list[datetime]:
    """The instants in the catch-up window up to ``now`` at which a job was due and is not yet done, oldest first.

    Work that is due more often than hourly is done once for the latest of them.
    """
    trigger = job.trigger()
    periods: list[datetime] = []
    due = trigger.get_next_fire_time(None, now - (COLLAPSED if job.is_frequent else CATCH_UP))
    while due is not None and due <= now:
        if periods and due - periods[-1] < COLLAPSED:
            periods.pop()
        periods.append(due)
        due = trigger.get_next_fire_time(due, due + timedelta(seconds=1))
    over = JobRun.finished_at.is_not(None) | (JobRun.attempts >= MAX_ATTEMPTS)
    done = set(
        session().scalars(select(JobRun.period).where(JobRun.job == job.name, JobRun.period > now - CATCH_UP, over))
    )
    return [period for period in periods if period not in done]
