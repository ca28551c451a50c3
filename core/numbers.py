"""The numbers of transactions by which outbox and audit chain read, continued when the data moves to another server.

A server counts its own transactions, so a dump restored elsewhere would find them starting again far below the stored
ones. ``transaction_base`` is added to every number; after a restore it is raised above everything stored.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Connection, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model, require_transaction

BASE = "(SELECT base FROM transaction_base)"
HORIZON = f"pg_snapshot_xmin(pg_current_snapshot())::text::bigint + {BASE}"
"""Below this number every transaction has ended, in the very snapshot of the statement that asks."""

UPCOMING = f"pg_snapshot_xmax(pg_current_snapshot())::text::bigint + {BASE}"
_STORED = """
    SELECT GREATEST((SELECT max(xid) FROM audit_entry), (SELECT max(xid) FROM outbox_event),
                    (SELECT max(last_xid) FROM audit_seal), (SELECT max(last_xid) FROM outbox_reader), 0)
"""


class NumbersRestarted(RuntimeError):
    """The server counts transactions from below a stored position, as after restoring a dump into a new server.

    Reading on would pass over what is written now. `flask db upgrade`, run by the owner, continues the numbers.
    """


class TransactionBase(Model):
    """What is added to the server's own numbers, in a single row."""

    __tablename__ = "transaction_base"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    base: Mapped[int] = mapped_column(BigInteger)


def require_continued_numbers(last_xid: int) -> None:
    """Raise :class:`NumbersRestarted` where a stored number lies ahead of the server's."""
    upcoming = int(require_transaction().scalar(text(f"SELECT {UPCOMING}")) or 0)
    if last_xid >= upcoming:
        raise NumbersRestarted(
            f"transaction {last_xid} was handled, but the server is only at {upcoming}: run 'flask db upgrade'"
        )


def numbers_continue(connection: Connection) -> bool:
    """Whether the server counts on above everything stored; nothing is stored before the first migration."""
    if connection.scalar(text("SELECT to_regclass('transaction_base')")) is None:
        return True
    return bool(connection.scalar(text(f"SELECT ({_STORED}) < {UPCOMING}")))


def continue_numbers(connection: Connection) -> None:
    """Raise the base above every stored number where the server has fallen behind; for the owner, at a migration.

    Nothing else may write meanwhile. Does nothing on a server that has kept counting.
    """
    if not numbers_continue(connection):
        connection.execute(text(f"UPDATE transaction_base SET base = ({_STORED})"))
