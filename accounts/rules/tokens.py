"""What a bearer token looks like: ``prefix.secret``. The prefix is stored, of the secret only its SHA-256.

The secret has 256 random bits, so a plain digest is enough; a slow hash is for passwords, which people
choose.
"""

from __future__ import annotations

import hashlib

SEPARATOR = "."


def split(token: str) -> tuple[str, str] | None:
    """Prefix and secret of a token, or None where it has not both."""
    prefix, separator, secret = token.partition(SEPARATOR)
    return (prefix, secret) if prefix and separator and secret else None


def join(prefix: str, secret: str) -> str:
    """The token handed to its user, once."""
    return f"{prefix}{SEPARATOR}{secret}"


def digest(secret: str) -> bytes:
    """What is stored of a secret: 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()
