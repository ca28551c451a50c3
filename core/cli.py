"""The audit trail's chain and backups on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.engine import make_url

from core import clock
from core.audit_chain import ChainHead, chain_head, chain_key, verify_chain
from core.backup.errors import BackupError
from core.backup.manifest import Manifest
from core.backup.restoring import check_backup, restore_backup
from core.backup.taking import take_backup
from core.postgres import EmbeddedPostgresError, owner_at_hand
from core.texts import text

FOLDER = click.Path(file_okay=False, path_type=Path)
PRESENT_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
audit = AppGroup("audit", help="The chain of seals over the audit trail.")


class HeadUnreadable(click.ClickException):
    """The file holds no head that this command printed."""


@audit.command("head")
def head() -> None:
    """Print the newest link as JSON, to be kept outside."""
    click.echo(json.dumps(asdict(newest), default=datetime.isoformat) if (newest := chain_head()) else "null")


@audit.command("verify")
@click.option("--head", "exported", type=click.File(encoding="utf-8"), help="A head printed earlier.")
def verify(exported: IO[str] | None) -> None:
    """Recompute the chain; exit 1 naming its first broken link."""
    faults = verify_chain(head=None if exported is None else _read(exported.read()))
    for fault in faults:
        click.echo(json.dumps(fault))
    if faults:
        raise SystemExit(1)
    click.echo("the sealed audit trail is unchanged")


def _read(given: str) -> ChainHead | None:
    try:
        found = json.loads(given)
        return None if found is None else ChainHead.from_json(found)
    except (ValueError, KeyError, TypeError) as unreadable:
        raise HeadUnreadable("the file holds no head of the chain") from unreadable


backup = AppGroup("backup", help="Backups of database and stored files.")
without_key = click.option(
    "--without-key", is_flag=True, help="The key of the audit chain is lost: do not look at the backup's seal."
)


@backup.command("take")
@click.argument("folder", type=FOLDER)
@click.option("--link-from", "earlier", type=PRESENT_FOLDER, help="A backup whose files are linked, not copied again.")
def take(folder: Path, earlier: Path | None) -> None:
    """Write a backup into the new FOLDER while the service goes on; exit 1 where stored files are not as they were."""
    with _explained(), _owner_url() as owner_url:
        province = str(current_app.config["PROVINCE"])
        taken = take_backup(
            folder, owner_url=owner_url, province=province, key=chain_key(), now=clock.now(), earlier=earlier
        )
    click.echo(_said("backup.taken", taken, folder))
    for sha256 in taken.lost_files:
        click.echo(text("backup.lost_file", sha256=sha256).both())
    if taken.lost_files:
        raise SystemExit(1)


@backup.command("check")
@click.argument("folder", type=PRESENT_FOLDER)
@without_key
def check(folder: Path, without_key: bool) -> None:
    """Look whether every part of the backup in FOLDER is as it was written; exit 1 naming those that are not."""
    with _explained():
        click.echo(_said("backup.whole", check_backup(folder, key=None if without_key else chain_key()), folder))


@backup.command("restore")
@click.argument("folder", type=PRESENT_FOLDER)
@without_key
def restore(folder: Path, without_key: bool) -> None:
    """Check the backup in FOLDER and restore it into the configured database, which must be empty, and file folder."""
    with _explained(), _owner_url() as owner_url:
        key = None if without_key else chain_key()
        click.echo(_said("backup.restored", restore_backup(folder, owner_url=owner_url, key=key), folder))


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (BackupError, EmbeddedPostgresError) as failed:
        raise click.ClickException(str(failed)) from failed
    except OSError as failed:
        said = text("backup.disk", place=failed.filename, reason=failed.strerror)
        raise click.ClickException(said.both()) from failed


@contextmanager
def _owner_url() -> Iterator[str]:
    """The owner's way to the database; an embedded one that does not run is started for as long as it takes."""
    if not current_app.config["EMBEDDED"]:
        yield str(current_app.config["DATABASE_OWNER_URL"])
        return
    with owner_at_hand(Path(current_app.config["FILES_DIR"]).parent) as url:
        yield make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _said(key: str, found: Manifest, folder: Path) -> str:
    facts = {"tables": len(found.tables), "rows": found.rows, "files": found.file_count, "bytes": found.file_bytes}
    return text(key, folder=folder, made_at=f"{found.made_at:%Y-%m-%d %H:%M:%S%z}", **facts).both()


COMMANDS: list[click.Command] = [audit, backup]
