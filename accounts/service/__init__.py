"""Use cases of the package, one module a noun."""

from accounts.service import (
    adverse_imports,
    bank,
    changes,
    days,
    documents,
    memberships,
    organisations,
    recoveries,
    renewals,
    residences,
    second_factors,
    sessions,
    standing,
    suspensions,
    tokens,
    users,
)

__all__ = [
    "adverse_imports",
    "bank",
    "changes",
    "days",
    "documents",
    "memberships",
    "organisations",
    "recoveries",
    "renewals",
    "residences",
    "second_factors",
    "sessions",
    "standing",
    "suspensions",
    "tokens",
    "users",
]
