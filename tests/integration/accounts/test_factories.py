"""Factories give organisations of every kind, in a database whose own constraints they satisfy."""

import pytest
from flask import Flask

from accounts.permissions import Role
from accounts.queries import is_approved_member, verified_account
from core import clock
from tests.factories.accounts import make_enterprise, make_provider, make_team, token_for, user_with_role


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_user(app: Flask, role: Role) -> None:
    user = user_with_role(role)

    assert user.role is role
    assert token_for(user)["Authorization"].startswith("Bearer ")


def test_members_are_approved_and_payable(app: Flask) -> None:
    for member in (make_enterprise(), make_provider(), make_provider(in_province=False), make_team()):
        assert is_approved_member(member.id, on=clock.today(clock.now()))
        assert verified_account(member.id) is not None


def test_a_pending_member_is_not_approved(app: Flask) -> None:
    member = make_enterprise(approved=False)

    assert not is_approved_member(member.id, on=clock.today(clock.now()))
    assert verified_account(member.id) is None
