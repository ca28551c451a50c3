"""The keys of the chain over the audit trail: one makes new links, those it replaced only check older ones."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app

KEY_SETTING = "AUDIT_CHAIN_KEY"
"""The setting with the key of the chain; where it is not set, the key is derived from SECRET_KEY."""
OLD_KEYS_SETTING = "AUDIT_CHAIN_OLD_KEYS"
"""The setting with what KEY_SETTING (or SECRET_KEY) was before, for checking what was sealed then."""


@dataclass(frozen=True)
class KeyRing:
    """The present key, and every key that may have made a link, by its mark."""

    present: bytes
    by_mark: Mapping[str, bytes]

    @property
    def mark(self) -> str:
        """The mark of the present key."""
        return key_mark(self.present)


def key_ring() -> KeyRing:
    """The keys of the chain, from the configuration."""
    present = _derived(str(current_app.config.get(KEY_SETTING) or current_app.config["SECRET_KEY"]))
    old = [_derived(secret) for secret in current_app.config.get(OLD_KEYS_SETTING) or ()]
    return KeyRing(present, {key_mark(key): key for key in (*old, present)})


def key_mark(key: bytes) -> str:
    """Tells keys apart without giving them away, so that a changed key is not taken for a changed entry."""
    return hmac.digest(key, b"mark", hashlib.sha256).hex()[:16]


def _derived(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"audit chain", hashlib.sha256)
