"""Passwords in tests: hashed and checked as ever, at the least cost argon2id allows."""

from __future__ import annotations

from argon2 import PasswordHasher

from accounts.steps import users

SHIPPED = users.HASHER
"""What the service itself uses, which has no such setting."""

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Signing in would otherwise be a quarter of all the tests' work."""
