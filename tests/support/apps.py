"""An authenticator app, as a user holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from accounts.models import User
from accounts.service import second_factors
from tests.factories.accounts import PASSWORD

BEFORE = timedelta(minutes=2)
"""How long before ``now`` the app is confirmed, so that the codes of ``now`` are still unused."""


@dataclass
class App:
    """The secret and the recovery codes a user was shown."""

    secret: str
    recovery_codes: list[str]

    def code(self, now: datetime) -> str:
        """What the app shows at an instant."""
        return pyotp.TOTP(self.secret).at(now)


def protect(user: User, *, now: datetime, password: str = PASSWORD) -> App:
    """Set up an app for a user, who then signs in with codes of it."""
    actor, then = user.as_actor(), now - BEFORE
    started = second_factors.start_totp(password=password, address="app", actor=actor, now=then)
    code = pyotp.TOTP(started.secret).at(then)
    codes = second_factors.confirm_totp(code=code, address="app", actor=actor, now=then)
    return App(started.secret, codes)
