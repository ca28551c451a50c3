"""The audit trail's chain and backups on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.engine import make_url

from core import clock
from core.audit_chain import replace_key, verify_chain
from core.audit_head import TrailHead, head_file, read_head, verify_against
from core.audit_keys import key_ring
from core.backup.errors import BackupError
from core.backup.manifest import Manifest
from core.backup.restoring import check_backup, restore_backup
from core.backup.taking import take_backup
from core.errors import DomainError
from core.postgres import EmbeddedPostgresError, owner_at_hand
from core.texts import text

FOLDER = click.Path(file_okay=False, path_type=Path)
PRESENT_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
audit = AppGroup("audit", help="The chain of seals over the audit trail.")


@audit.command("head")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; else it is printed."
)
def head(output: Path | None) -> None:
    """Export the signed head of the trail as JSON, to be kept outside: the newest link, and what all of them cover."""
    with _refusals_told():
        content = head_file(now=clock.now())
    if output is None:
        click.echo(content, nl=False)
    else:
        output.write_bytes(content)


@audit.command("verify")
@click.option("--head", "exported", type=click.File("rb"), help="A head exported earlier.")
def verify(exported: IO[bytes] | None) -> None:
    """Recompute the chain; exit 1 naming its first broken link."""
    faults = verify_chain() if exported is None else verify_against(told_head(exported))
    for fault in faults:
        click.echo(json.dumps(fault))
    if faults:
        raise SystemExit(1)
    click.echo("the sealed audit trail is unchanged")


@audit.command("replace-key")
@click.option("--old-key-lost", is_flag=True, help="What was sealed so far can be checked by nobody any more.")
def replace(old_key_lost: bool) -> None:
    """Seal with the present key from now on, once AUDIT_CHAIN_OLD_KEYS holds the one before; it only checks then."""
    with _refusals_told():
        seal = replace_key(now=clock.now(), old_key_lost=old_key_lost)
    click.echo(text("audit.key_replaced", number=seal.number, mark=seal.key_mark).both())


def told_head(exported: IO[bytes]) -> TrailHead:
    """A head from a file, or the end of the command with what is wrong with it."""
    with _refusals_told():
        return read_head(exported.read())


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except DomainError as refused:
        raise click.ClickException(str(refused)) from refused


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
            folder, owner_url=owner_url, province=province, key=key_ring().present, now=clock.now(), earlier=earlier
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
        click.echo(_said("backup.whole", check_backup(folder, keys=None if without_key else key_ring()), folder))


@backup.command("restore")
@click.argument("folder", type=PRESENT_FOLDER)
@without_key
def restore(folder: Path, without_key: bool) -> None:
    """Check the backup in FOLDER and restore it into the configured database, which must be empty, and file folder."""
    with _explained(), _owner_url() as owner_url:
        keys = None if without_key else key_ring()
        click.echo(_said("backup.restored", restore_backup(folder, owner_url=owner_url, keys=keys), folder))


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
