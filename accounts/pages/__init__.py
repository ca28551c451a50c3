"""Pages of accounts, with their menu entries."""

from accounts.pages.sessions import load_session, sessions
from core.pages import Pages

PAGES: list[Pages] = [sessions]

__all__ = ["PAGES", "load_session"]
