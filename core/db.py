"""The one session and the one way to open a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar, cast

import structlog
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Connection, MetaData, Table, bindparam, event, insert, inspect, select
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, make_transient_to_detached, scoped_session

from core.failpoints import failpoint
from core.rows import PendingRows
from core.statements import Statement

log = structlog.get_logger()

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

LOST = (DBAPIError, PendingRollbackError)
"""What ending a transaction raises where its connection is gone: just now, or since a statement before."""

_OPEN = "open_transaction"
_WROTE = "wrote"
_CONNECTION = "connection"
_ROWS = "rows_to_append"
_GUARDS: list[Callable[[Session], None]] = []


class Model(DeclarativeBase):
    """Base of every mapped class; constraint names follow one convention so that migrations are stable."""

    metadata = MetaData(naming_convention=NAMING)

    @property
    def concerns(self) -> Mapping[str, Collection[int]]:
        """Rows this record is about beside those its columns ``…_id`` name: ``table.column`` and its values."""
        return {}


class AppendingSession(FlaskSession):
    """The session of the mapping, which writes with each flush also the rows that :func:`append` was given."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what is pending: the mapped records first. After a failure nothing is sent past the session either."""
        try:
            super().flush(objects)
        except BaseException:
            self.info.pop(_CONNECTION, None)
            raise
        rows: PendingRows | None = self.info.get(_ROWS)
        if rows is not None:
            rows.write(_connection(self))


db = SQLAlchemy(model_class=Model, session_options={"class_": AppendingSession})


class NestedTransaction(RuntimeError):
    """A use case opened a second transaction inside its own."""


class HeldTransaction(RuntimeError):
    """Another machine was to be asked while a transaction was open: its locks would be held as long as that takes."""


class TransactionBroken(RuntimeError):
    """The use case inside failed, yet its failure was swallowed and the transaction was to be committed."""


class NoTransaction(RuntimeError):
    """A step that writes was called outside a transaction."""


def session() -> Session:
    """The session of the current application context."""
    scoped: scoped_session[Any] = db.session
    found: Session = scoped.registry()
    return found


M = TypeVar("M", bound=Model)


@contextmanager
def transaction(*, joinable: bool = False) -> Iterator[Session]:
    """Run the block as one database transaction: commit at its end, roll back at any exception.

    A use case opens exactly one. Only the idempotency edge opens a ``joinable`` one around it, so that the key, the
    effect and the stored answer commit together; the use case then joins it, and its failure is the failure of the
    whole, even if it is caught in between. Anything deeper raises :class:`NestedTransaction`.
    """
    current = session()
    outer = current.info.get(_OPEN)
    if outer is None:
        with _own(current, "joinable" if joinable else "owned"):
            yield current
    elif outer == "joinable" and not joinable:
        current.info[_OPEN] = "joined"
        try:
            yield current
            current.flush()
        except BaseException:
            current.info[_OPEN] = "broken"
            raise
        current.info[_OPEN] = "joinable"
    else:
        raise NestedTransaction("a transaction is already open here")


@contextmanager
def _own(current: Session, kind: str) -> Iterator[None]:
    if current.in_transaction():
        _go_on_after_reading(current)
    current.info[_OPEN] = kind
    current.info[_ROWS] = PendingRows()
    try:
        yield
        if current.info[_OPEN] == "broken":
            raise TransactionBroken("the use case inside failed; nothing of it may be committed")
        current.flush()
        for guard in tuple(_GUARDS):
            guard(current)
        failpoint("core.transaction.committing")
        current.commit()
    except BaseException:
        current.rollback()
        raise
    finally:
        current.info.pop(_OPEN, None)
        current.info.pop(_ROWS, None)
        current.info.pop(_CONNECTION, None)
        current.info.pop(_WROTE, None)
    failpoint("core.transaction.committed")


def _go_on_after_reading(current: Session) -> None:
    """Let a use case begin where there was mere reading before it, such as who calls: in the same transaction, as under
    READ COMMITTED each statement has a snapshot of its own anyway. What was read is forgotten, as after a COMMIT.

    What is no mere reading belongs into :func:`transaction`, and is rolled back as ever.
    """
    if _is_reading(current):
        current.expire_all()
    else:
        current.rollback()


def _end_reading(current: Session) -> None:
    """End what was read outside of a use case by COMMIT, which changes nothing where all of it was SELECT: after a
    ROLLBACK the driver forgets its prepared statements, and the server plans every one of them anew.

    What is no mere reading belongs into :func:`transaction`, and is rolled back as ever.
    """
    if not _is_reading(current):
        current.rollback()
        return
    try:
        current.commit()
    except LOST:
        # The connection is gone. Whoever asks next must find the session as after any other end.
        current.rollback()
        raise


def _is_reading(current: Session) -> bool:
    """Whether nothing but SELECT went through the session since its last transaction ended."""
    return not (current.info.pop(_WROTE, False) or current.new or current.dirty or current.deleted)


@event.listens_for(Session, "do_orm_execute")
def _note_statement(execution: ORMExecuteState) -> None:
    if not execution.is_select:
        execution.session.info[_WROTE] = True


@event.listens_for(Session, "after_flush")
def _note_flush(current: Session, context: object) -> None:
    current.info[_WROTE] = True


def end_reading_after_requests(app: Flask) -> None:
    """Have the reads of a request end before its session is closed, which would roll them back."""

    @app.teardown_appcontext
    def end(failure: BaseException | None) -> None:
        current = session()
        if failure is None and _OPEN not in current.info and current.in_transaction():
            try:
                _end_reading(current)
            except LOST as cut:
                # The answer is made already, perhaps of something that was committed; it must not be lost as well.
                log.warning("connection_lost_after_answer", error=str(cut))


def insert_at_once(record: Model) -> None:
    """Insert a new record now, apart from whatever else the session will write: for tables of which one row is written
    and its number needed, at a third of what a flush costs. It belongs to the session afterwards, unchanged.

    Needs a transaction. Raises what the database refuses, as sqlalchemy.exc.IntegrityError.
    """
    current = require_transaction()
    model = type(record)
    columns = model.__table__.columns
    given = {name: value for name, value in vars(record).items() if name in columns}
    for name, value in _defaults(model).items():
        given.setdefault(name, value)
    ((number,),) = send(_insert_of(model, tuple(given)), given)
    vars(record).update(given, id=number)
    make_transient_to_detached(record)
    current.add(record)


def append(model: type[Model], **values: Any) -> None:
    """Write a row of an append-only table with the next flush, at the latest with the commit: together with all others,
    in their order. ``values`` name every column that the database does not fill. Needs a transaction."""
    rows: PendingRows = require_transaction().info[_ROWS]
    rows.add(cast(Table, model.__table__), values)


def send(statement: Statement, params: Mapping[str, Any]) -> list[Any]:
    """Send a statement past the mapping, at a third of what it costs through it: for plain rows, locks and writes; what
    it answers, as named tuples. What the session has not written yet it does not see. Needs a transaction."""
    return statement.rows(_connection(require_transaction()), params)


def ask(statement: Statement, params: Mapping[str, Any]) -> list[Any]:
    """The same for a SELECT, which needs no transaction."""
    return statement.rows(_connection(session()), params)


def find_at_once(model: type[M], number: int) -> M | None:
    """The record of a number, as ``session().get`` finds it, read as a plain row at a third of what that costs. What
    its table or mapping loads only when asked for is loaded as well; it belongs to the session afterwards."""
    current = session()
    key = inspect(model).identity_key_from_primary_key((number,))
    if key in current.identity_map:
        return current.get(model, number)
    found = ask(_select_of(model), {"number": number})
    if not found:
        return None
    record = model()
    vars(record).update(found[0]._asdict())
    make_transient_to_detached(record)
    current.add(record)
    return record


def _connection(current: Session) -> Connection:
    """That of the session. Within a use case it is asked for once: each time the mapping would find out anew which
    database is meant."""
    if _OPEN not in current.info:
        return current.connection()
    found: Connection | None = current.info.get(_CONNECTION)
    if found is None:
        found = current.info[_CONNECTION] = current.connection()
    return found


@cache
def _select_of(model: type[Model]) -> Statement:
    table = cast(Table, model.__table__)
    return Statement(select(table).where(table.c.id == bindparam("number", type_=table.c.id.type)))


@cache
def _defaults(model: type[Model]) -> Mapping[str, Any]:
    """What columns hold where nothing is said, except those that the database fills."""
    return {
        column.name: None if column.default is None else column.default.arg
        for column in model.__table__.columns
        if (column.default is None and column.nullable and column.server_default is None)
        or (column.default is not None and column.default.is_scalar)
    }


@cache
def _insert_of(model: type[Model], names: tuple[str, ...]) -> Statement:
    table = cast(Table, model.__table__)
    given = {name: bindparam(name, type_=table.c[name].type) for name in names}
    return Statement(insert(table).values(given).returning(table.c.id))


def require_transaction() -> Session:
    """The open transaction's session; raises :class:`NoTransaction` where a step is called without one."""
    current = session()
    if _OPEN not in current.info:
        raise NoTransaction("this step needs an open transaction")
    return current


def leave_transaction() -> None:
    """End what was only read, before another machine is asked; raises :class:`HeldTransaction` within a use case."""
    current = session()
    if _OPEN in current.info:
        raise HeldTransaction("no other machine is asked while a transaction is open")
    _end_reading(current)


def guard_commits(guard: Callable[[Session], None]) -> Callable[[], None]:
    """Have ``guard(session)`` called before each commit, to refuse by raising; returns the way to remove it.

    The worker uses this for fencing: a leader that lost its lock must not commit.
    """
    _GUARDS.append(guard)
    return lambda: _GUARDS.remove(guard)
