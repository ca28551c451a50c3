"""Telling the story from a shell."""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask
from rich.console import Console

from marketplace.demo.accounts import demo_password
from marketplace.demo.client import UnexpectedAnswer
from marketplace.demo.real import cast
from marketplace.demo.real.show import Teller
from marketplace.demo.real.sources import FilesMissing
from marketplace.demo.real.story import NotEmpty, tell
from marketplace.demo.real.trading import Disagreement

TOLD_WRONGLY, REFUSED = 1, 2
WIDTH = 140
"""Of a console that is none, such as a log; the books are a wide table."""


def run(app: Flask, path: Path) -> int:
    """Tell the story and print it; the exit code: 0, 1 where the books differ or anything offends, 2 if it cannot."""
    teller = Teller(Console(width=None if sys.stdout.isatty() else WIDTH))
    try:
        outcome = tell(app, path, teller)
    except (FilesMissing, NotEmpty) as refused:
        teller.say(f"[red]{refused}")
        return REFUSED
    except (Disagreement, UnexpectedAnswer) as wrong:
        teller.say(f"[red]the service and the story disagree: {wrong}")
        return TOLD_WRONGLY
    teller.result(outcome)
    users = f"{cast.PROVINCE}, {cast.AUDITOR}, {cast.FINANCE_MAKER}, {cast.INCUBATOR}, real-firm-1"
    teller.say(f"users to sign in with: {users} and so on; password {demo_password()}")
    return 0 if outcome.is_sound else TOLD_WRONGLY
