"""Use cases of the package, one module a noun."""

from accounts.service import bank, memberships, organisations, standing, tokens, users

__all__ = ["bank", "memberships", "organisations", "standing", "tokens", "users"]
