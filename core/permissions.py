"""Who may do what: small predicates composed with ``|``, ``&`` and ``~``; whatever is not allowed is denied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.errors import Forbidden, Unauthenticated


@dataclass(frozen=True)
class Actor:
    """Who acts. ``city`` is the six-digit code of a bureau's city, else None."""

    user_id: int | None
    organisation_id: int | None
    role: str
    city: str | None = None
    username: str = ""

    @property
    def is_signed_in(self) -> bool:
        """Whether a user stands behind this actor."""
        return self.user_id is not None


VISITOR = Actor(user_id=None, organisation_id=None, role="visitor")
SYSTEM = Actor(user_id=None, organisation_id=None, role="system", username="system")
"""The worker and the command line."""

Predicate = Callable[[Actor, Any], bool]


class Permission:
    """A named predicate of actor and target."""

    def __init__(self, predicate: Predicate, name: str) -> None:
        self.predicate = predicate
        self.name = name

    def __call__(self, actor: Actor, target: Any = None) -> bool:
        return bool(self.predicate(actor, target))

    def __or__(self, other: Permission) -> Permission:
        return Permission(lambda a, t: self(a, t) or other(a, t), f"{self.name} | {other.name}")

    def __and__(self, other: Permission) -> Permission:
        return Permission(lambda a, t: self(a, t) and other(a, t), f"({self.name}) & ({other.name})")

    def __invert__(self) -> Permission:
        return Permission(lambda a, t: not self(a, t), f"~({self.name})")

    def __repr__(self) -> str:
        return f"Permission({self.name})"


def permission(predicate: Predicate) -> Permission:
    """Make a permission of a predicate ``(actor, target) -> bool``, named after the function."""
    return Permission(predicate, getattr(predicate, "__name__", "permission"))


@permission
def everyone(actor: Actor, target: object) -> bool:
    """Visitors included."""
    return True


@permission
def nobody(actor: Actor, target: object) -> bool:
    """Denied to all."""
    return False


@permission
def system(actor: Actor, target: object) -> bool:
    """The worker and the command line."""
    return actor.role == SYSTEM.role


def has_role(role: str) -> Permission:
    """Allowed to users of one role."""
    return Permission(lambda actor, _target: actor.role == role, str(role))


def authorise(actor: Actor, allowed: Permission, target: object = None) -> None:
    """Raise :class:`Forbidden` (or :class:`Unauthenticated` for a visitor) unless allowed."""
    if allowed(actor, target):
        return
    if actor == VISITOR:
        raise Unauthenticated
    raise Forbidden
