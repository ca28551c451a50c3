"""What each role does from beginning to end."""

from __future__ import annotations

from itertools import count, takewhile

from flask import render_template

from accounts.permissions import Role, anyone
from core.http import allow, current_actor
from core.pages import NavEntry, Pages
from core.pages.language import has_text, t

help_pages = Pages(
    "help_pages",
    __name__,
    navigation=(NavEntry("help", "help_pages.index", "find", anyone, order=90),),
    links={"help": ("help_pages.index", "")},
)


@help_pages.get("/help")
@allow(anyone)
def index() -> str:
    """One's own role first, then all others."""
    mine = current_actor().role
    return render_template(
        "marketplace/help.html",
        mine=[(role, _steps(role)) for role in Role if role == mine],
        others=[(role, _steps(role)) for role in Role if role != mine],
    )


def _steps(role: Role) -> list[str]:
    """The texts ``help.<role>.1``, ``.2`` and so on."""
    keys = (f"help.{role.value}.{number}" for number in count(1))
    return [t(key) for key in takewhile(has_text, keys)]
