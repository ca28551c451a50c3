"""The logins of the embedded PostgreSQL server: superuser, owner and application, each with a password of its own."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from core.system_user import make_folder, write_private

DATABASE = "marketplace"
SUPERUSER = "postgres"
OWNER = "marketplace_owner"
APP = "marketplace_app"


@dataclass(frozen=True, slots=True)
class Logins:
    """Where the embedded server of a folder is found, and with what: libpq URLs, passwords included."""

    socket_dir: str
    superuser_url: str
    owner_url: str
    app_url: str


def logins(var_dir: Path) -> Logins:
    """The URLs of the embedded server of VAR_DIR, whether it runs or not (no passwords before its first start)."""
    base = var_dir / "postgres"
    noted = base / "socket"
    socket_dir = noted.read_text().strip() if noted.exists() else str(base / "run")

    def url(user: str, database: str) -> str:
        password = _password_file(base, user)
        secret = password.read_text() if password.exists() else ""
        return f"postgresql://{user}:{secret}@/{database}?host={socket_dir}"

    return Logins(
        socket_dir=socket_dir,
        superuser_url=url(SUPERUSER, "postgres"),
        owner_url=url(OWNER, DATABASE),
        app_url=url(APP, DATABASE),
    )


def is_running(var_dir: Path) -> bool:
    """Whether the embedded server of VAR_DIR answers; a dead server's files are no answer."""
    try:
        psycopg.connect(logins(var_dir).app_url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def make_logins(urls: Logins, passwords: dict[str, str]) -> None:
    """Owner, application login and database; repeated starts change nothing."""
    with psycopg.connect(urls.superuser_url, autocommit=True) as connection:
        roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role in (OWNER, APP):
            if role not in roles:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(passwords[role])
                    )
                )
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(APP), sql.Identifier(OWNER)))
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if found is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
            )
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE)))
        # Temporary tables: imports copy their rows into one first.
        connection.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                sql.Identifier(DATABASE), sql.Identifier(APP)
            )
        )


def _password_file(base: Path, user: str) -> Path:
    return base / "secrets" / user


def kept_password(base: Path, user: str) -> str:
    """The password of a login, made at its first start."""
    file = _password_file(base, user)
    make_folder(file.parent, 0o700)
    if not file.exists():
        write_private(file, secrets.token_hex(24))
    return file.read_text()
