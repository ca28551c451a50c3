"""Time-based one-time codes (RFC 6238): six digits, a new one every thirty seconds."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

from accounts.rules.codes import normalised

ISSUER = "Innovation Vouchers"
"""The name under which authenticator apps list the account."""

STEP_SECONDS = 30

DRIFT_STEPS = 1
"""How many steps a clock may be behind or ahead."""


def step_of(now: datetime) -> int:
    """The number of the present step."""
    return int(now.timestamp()) // STEP_SECONDS


def accepted_step(secret: str, code: str, *, now: datetime, last_used_step: int | None) -> int | None:
    """The step whose code this is, or None. A step at or before the last one used is spent: a code works once."""
    generator = pyotp.TOTP(secret, interval=STEP_SECONDS)
    present = step_of(now)
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if last_used_step is not None and step <= last_used_step:
            continue
        if hmac.compare_digest(generator.generate_otp(step).encode(), normalised(code).encode()):
            return step
    return None


def address_of(secret: str, *, username: str) -> str:
    """The otpauth address that authenticator apps read from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)
