"""The one session and the one way to open a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session

from core.failpoints import failpoint

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

_OPEN = "open_transaction"
_GUARDS: list[Callable[[Session], None]] = []


class Model(DeclarativeBase):
    """Base of every mapped class; constraint names follow one convention so that migrations are stable."""

    metadata = MetaData(naming_convention=NAMING)

    @property
    def concerns(self) -> Mapping[str, Collection[int]]:
        """Rows this record is about beside those its columns ``…_id`` name: ``table.column`` and its values."""
        return {}


db = SQLAlchemy(model_class=Model)


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
    found: Session = scoped()
    return found


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
        # Reads before the use case began a transaction of their own; its snapshot must not leak into this one.
        current.rollback()
    current.info[_OPEN] = kind
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
    failpoint("core.transaction.committed")


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
    current.rollback()


def guard_commits(guard: Callable[[Session], None]) -> Callable[[], None]:
    """Have ``guard(session)`` called before each commit, to refuse by raising; returns the way to remove it.

    The worker uses this for fencing: a leader that lost its lock must not commit.
    """
    _GUARDS.append(guard)
    return lambda: _GUARDS.remove(guard)
