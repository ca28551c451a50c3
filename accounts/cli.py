"""Commands about users: what nobody else could do for an administrator."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from accounts.queries.users import actor_of
from accounts.rules.users import Credentials
from accounts.service.recoveries import issue_recovery
from accounts.service.users import create_first_administrator
from core import clock
from core.errors import DomainError
from core.permissions import SYSTEM

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


@users.command("issue-recovery")
@click.argument("username")
@click.option("--reset-second-factor", is_flag=True, help="Also removes the authenticator app when it is used.")
def issue_recovery_code(username: str, reset_second_factor: bool) -> None:
    """Print a code with which a user, such as the only administrator, sets a new password within a day."""
    try:
        issued = issue_recovery(
            user_id=actor_of(username).user_id or 0,
            reset_second_factor=reset_second_factor,
            actor=SYSTEM,
            now=clock.now(),
        )
    except DomainError as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(issued.code)


COMMANDS: list[click.Command] = [users]
