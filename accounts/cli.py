"""Commands about users: the first administrator, whom nobody else could make."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from accounts.rules.users import Credentials
from accounts.service.users import create_first_administrator
from core import clock
from core.errors import DomainError

users = AppGroup("users", help="Accounts of people.")


@users.command("create-admin")
@click.argument("username")
@click.option("--organisation", required=True, help="Name of the platform's operator, made if it does not exist.")
@click.password_option()
def create_admin(username: str, organisation: str, password: str) -> None:
    """Make the first administrator, who then makes everybody else; refused once there is one."""
    try:
        made = create_first_administrator(
            organisation=organisation,
            credentials=Credentials(username=username, password=password),
            now=clock.now(),
        )
    except DomainError as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"{made.username} ({made.role.value})")


COMMANDS: list[click.Command] = [users]
