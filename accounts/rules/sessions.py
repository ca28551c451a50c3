"""How long a signed-in session of a browser lives."""

from __future__ import annotations

from datetime import datetime, timedelta

LIFETIME = timedelta(hours=12)
"""From signing in, whatever happens: a working day."""

IDLE = timedelta(minutes=60)
"""Without a request."""

CODE_WAIT = timedelta(minutes=5)
"""Between the right password and the one-time code."""

SEEN_EVERY = timedelta(minutes=5)
"""How often a session in use notes that it is; more often would be a write for each page."""

KEPT = timedelta(days=30)
"""How long ended and expired sessions are kept, so that an incident can be looked into."""

AGENT_MAX_LENGTH = 200


def is_live(
    *,
    created_at: datetime,
    last_seen_at: datetime,
    expires_at: datetime,
    proven_at: datetime | None,
    ended_at: datetime | None,
    now: datetime,
) -> bool:
    """Whether a session may still be used: for pages once it is proven, for the one-time code before."""
    if ended_at is not None or now >= expires_at:
        return False
    if proven_at is None:
        return now < created_at + CODE_WAIT
    return now < last_seen_at + IDLE


def named(agent: str) -> str:
    """What a browser calls itself, cut to what is shown of it."""
    return "".join(each for each in agent if each.isprintable())[:AGENT_MAX_LENGTH]
