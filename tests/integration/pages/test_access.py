"""Every page is decided upon and opened by everybody: own, of a foreign organisation, of a foreign city (V5, V6)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from core.http import ALLOWED
from core.permissions import Permission
from tests.integration.access.cast import CAST, VISITOR
from tests.integration.access.table import Row, Trial
from tests.integration.access.test_access import OUTSIDERS
from tests.support.visits import PAGE_ROWS, page_routes, visit
from tests.support.world import World


def test_the_table_has_every_page_and_no_other(world: World) -> None:
    """A new page without a decision fails here, and so does a decision without its page."""
    assert {name for name, _ in page_routes(world.client.app)} == set(PAGE_ROWS)


def test_every_page_names_its_permission(world: World) -> None:
    """Deny by default."""
    views = world.client.app.view_functions
    open_to_nobody_known = [
        name
        for name, endpoint in page_routes(world.client.app)
        if not isinstance(getattr(views[endpoint], ALLOWED, None), Permission)
    ]
    assert open_to_nobody_known == []


@pytest.mark.parametrize("name", [name for name, row in PAGE_ROWS.items() if row.method == "GET"])
def test_access(world: World, name: str) -> None:
    """Everybody opens the page of records of the world."""
    row = PAGE_ROWS[name]
    tries = [(row.trials[0], user) for user in OUTSIDERS if CAST[user] not in row.roles]
    tries += [(trial, user) for trial in row.trials for user in CAST if CAST[user] in row.roles]
    faults = [fault for trial, user in tries for fault in _faults(world, row, trial, user)]
    assert not faults, "\n".join(faults)


def _faults(world: World, row: Row, trial: Trial, user: str) -> Iterator[str]:
    answer = visit(world, row, trial, user)
    status = answer.status_code
    if CAST[user] not in row.roles:
        sent_to_sign_in = status == 303 and answer.headers["Location"].startswith("/sign-in")
        right = sent_to_sign_in if user == VISITOR else status == 403
        wanted = "sent to sign in" if user == VISITOR else "403"
    elif user in trial.instead:
        right, wanted = status == trial.instead[user], str(trial.instead[user])
    elif user in trial.through:
        right, wanted = status in (200, 303), "opened"
    elif user in trial.refused:
        right, wanted = status == 403, "403"
    else:
        missing = visit(world, row, trial, user, never_given=True)
        same = _wordless(answer.get_data(as_text=True)) == _wordless(missing.get_data(as_text=True))
        right, wanted = status == 404 == missing.status_code and same, "missing, word for word"
    if not right:
        words = " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())
        yield f"{user}: not {wanted}: {status} {words[:400]}"


def _wordless(html: str) -> str:
    """The page without the numbers, nonces and keys that are new in each answer."""
    return re.sub(r'nonce="[^"]*"|value="[^"]*"|content=\'[^\']*\'|\d+', "#", html)


@pytest.mark.parametrize("name", [name for name, row in PAGE_ROWS.items() if "POST" in row.method])
def test_what_only_takes_post_needs_the_form(world: World, name: str) -> None:
    """Without the token of a form of one's own session nothing is sent."""
    row = PAGE_ROWS[name]
    user = next(user for user in CAST if CAST[user] in row.roles and user != VISITOR)
    assert visit(world, row, row.trials[0], user).status_code == 400
