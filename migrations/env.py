"""Runs migrations as the owner of the database, one process at a time, all of them in one transaction."""

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

from core.config import Config
from core.db import Model
from core.migrate import CONNECTION, MIGRATION_LOCK
from core.numbers import continue_numbers


def owner_url() -> str:
    given = context.config.attributes.get("database_owner_url")
    return str(given) if given is not None else Config.from_env().database_owner_url


def run_offline() -> None:
    context.configure(url=owner_url(), target_metadata=Model.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    given: Connection | None = context.config.attributes.get(CONNECTION)
    if given is not None:
        migrate_on(given)
        return
    engine = create_engine(owner_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        migrate_on(connection)
    engine.dispose()


def migrate_on(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Model.metadata, compare_type=True)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()
        continue_numbers(connection)


if context.is_offline_mode():
    run_offline()
else:
    run_online()
