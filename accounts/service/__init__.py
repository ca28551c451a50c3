"""Use cases of the package, one module a noun."""

from accounts.service import (
    bank,
    memberships,
    organisations,
    recoveries,
    second_factors,
    sessions,
    standing,
    tokens,
    users,
)

__all__ = [
    "bank",
    "memberships",
    "organisations",
    "recoveries",
    "second_factors",
    "sessions",
    "standing",
    "tokens",
    "users",
]
