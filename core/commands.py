"""The command line of the application: where no database answers, it says what to do instead of a traceback."""

from __future__ import annotations

import copy
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError


class DatabaseUnreachable(click.ClickException):
    """No database answers; the sentence says how to have one."""


class Commands(AppGroup):
    """All commands of the application. Those that never ask the database work without one."""

    def __init__(self, name: str, *, embedded: bool, var_dir: str) -> None:
        super().__init__(name)
        self._hint = (
            f'no database runs for {var_dir}: start it with "make run" and leave that running'
            if embedded
            else "the database of DATABASE_URL does not answer"
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        if found is None:
            return None
        # Commands are shared by every application of the process: what is added here stays on a copy.
        explained = copy.copy(found)
        setattr(explained, "invoke", lambda context: self._invoke(found, context))  # noqa: B010 (a method on one object)
        return explained

    def _invoke(self, command: click.Command, context: click.Context) -> Any:
        try:
            return command.invoke(context)
        except OperationalError as error:
            if error.statement is not None:  # connected, and refused something
                raise
            raise DatabaseUnreachable(f"{self._hint}\n{error.orig}") from error
