"""Permissions are composed of small predicates; what is not allowed is denied."""

from __future__ import annotations

from itertools import product

import pytest

from core.errors import Forbidden, Unauthenticated
from core.permissions import (
    SYSTEM,
    VISITOR,
    Actor,
    Permission,
    authorise,
    everyone,
    has_role,
    nobody,
    permission,
    system,
)

MEMBER = Actor(user_id=1, organisation_id=2, role="enterprise")
VALUES = {True: everyone, False: nobody}


@permission
def owner(actor: Actor, target: object) -> bool:
    """Own records."""
    return actor.organisation_id == target


@pytest.mark.parametrize(("left", "right"), list(product([True, False], repeat=2)))
def test_composition_is_logic(left: bool, right: bool) -> None:
    """|, & and ~ of all truth values."""
    assert (VALUES[left] | VALUES[right])(MEMBER) is (left or right)
    assert (VALUES[left] & VALUES[right])(MEMBER) is (left and right)
    assert (~VALUES[left])(MEMBER) is (not left)


def test_composition_hands_the_target_on() -> None:
    """To every part."""
    allowed = has_role("province") | (has_role("enterprise") & owner)
    assert allowed(MEMBER, 2)
    assert not allowed(MEMBER, 3)
    assert allowed(Actor(user_id=9, organisation_id=9, role="province"), 3)


def test_names_say_what_is_allowed() -> None:
    """They stand in the OpenAPI document."""
    assert (has_role("province") | (has_role("enterprise") & ~owner)).name == "province | (enterprise) & (~(owner))"
    assert repr(owner) == "Permission(owner)"


def test_denied_by_default() -> None:
    """A visitor is asked to sign in, a user refused; silence of a predicate is a no."""
    authorise(MEMBER, everyone)
    with pytest.raises(Forbidden):
        authorise(MEMBER, nobody)
    with pytest.raises(Unauthenticated):
        authorise(VISITOR, nobody)
    silent: Permission = Permission(lambda actor, target: None, "silent")  # type: ignore[arg-type, return-value]
    with pytest.raises(Forbidden):
        authorise(MEMBER, silent)


def test_the_system_is_no_user() -> None:
    """Only the worker and the command line are the system."""
    assert system(SYSTEM)
    assert not system(MEMBER)
    assert not system(VISITOR)
    assert not SYSTEM.is_signed_in
    assert MEMBER.is_signed_in
