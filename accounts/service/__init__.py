"""Use cases of the package, one module a noun."""

from accounts.service import (
    bank,
    documents,
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
    "documents",
    "memberships",
    "organisations",
    "recoveries",
    "second_factors",
    "sessions",
    "standing",
    "tokens",
    "users",
]
