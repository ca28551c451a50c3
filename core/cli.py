"""The audit trail's chain on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import IO

import click
from flask.cli import AppGroup

from core.audit_chain import ChainHead, chain_head, verify_chain

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
        if found is None:
            return None
        return ChainHead(
            number=int(found["number"]),
            digest=str(found["digest"]),
            last_id=int(found["last_id"]),
            sealed_at=datetime.fromisoformat(found["sealed_at"]),
        )
    except (ValueError, KeyError, TypeError) as unreadable:
        raise HeadUnreadable("the file holds no head of the chain") from unreadable


COMMANDS: list[click.Command] = [audit]
