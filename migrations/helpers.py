"""What migrations share: rights of the application's role, and tables that only grow.

Every table must be granted explicitly; what is not granted, the application cannot touch.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from migrations.columns import among

APP_ROLE = "marketplace_app"
ALL_RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


class Operations(Protocol):
    """The part of `alembic.op` used here."""

    execute: Callable[..., Any]
    drop_constraint: Callable[..., Any]
    create_check_constraint: Callable[..., Any]


def ensure_app_role(op: Operations) -> None:
    """Makes the application's role where the server has none yet and lets the migrating login take it on.

    A role belongs to the whole server, so databases made at the same time may both try: the loser goes on.
    """
    op.execute(
        f"""
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
                CREATE ROLE {APP_ROLE} NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END $$
        """
    )
    op.execute(
        f"""
        DO $$
        BEGIN
            IF NOT pg_has_role(CURRENT_USER, '{APP_ROLE}', 'MEMBER') THEN
                GRANT {APP_ROLE} TO CURRENT_USER;
            END IF;
        EXCEPTION WHEN unique_violation THEN
            NULL;
        END $$
        """
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    op.execute(f"GRANT SELECT ON alembic_version TO {APP_ROLE}")


def grant(op: Operations, *tables: str, rights: str = ALL_RIGHTS) -> None:
    """Lets the application use these tables. `rights` as SQL spells them, for instance "SELECT, INSERT"."""
    for table in tables:
        op.execute(f"GRANT {rights} ON {table} TO {APP_ROLE}")


def append_only(op: Operations, *tables: str) -> None:
    """Lets the application read and insert, and has a trigger refuse any change to anybody, TRUNCATE included."""
    op.execute(
        """
        CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% on %: rows of this table are never changed', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in tables:
        grant(op, table, rights="SELECT, INSERT")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def admit(op: Operations, table: str, column: str, values: Iterable[str]) -> None:
    """Lets these values stand in a column that `columns.one_of` limited to others, and no others."""
    op.drop_constraint(f"ck_{table}_{column}", table)
    op.create_check_constraint(column, table, among(column, values))


def withdraw_kind(op: Operations, table: str, kind: str, *, left: Iterable[str]) -> None:
    """Takes a kind back with all its rows, which nobody else may delete; those `left` stay."""
    op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    op.execute(f"DELETE FROM {table} WHERE kind = '{kind}'")
    op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    admit(op, table, "kind", left)
