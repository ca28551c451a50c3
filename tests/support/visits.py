"""Opening the pages of the access table as somebody of the world."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core import clock
from core.http.attachment import attachment, download, download_written
from core.http.edge import SESSION_TOKEN
from core.http.pictures import picture
from core.pages import Pages
from tests.integration.access.cast import CAST, VISITOR
from tests.integration.access.table import Row, Trial, read_table
from tests.support.deal import MONDAY
from tests.support.isolation import rolled_back
from tests.support.world import World

NEVER_GIVEN = 999_999_999
PAGE_TABLE = Path(__file__).parent.parent / "integration" / "pages" / "access.yaml"
PAGE_ROWS: dict[str, Row] = read_table(PAGE_TABLE)


def page_routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Every page route as the table names it, and its endpoint; a form page by its GET."""
    for rule in app.url_map.iter_rules():
        if isinstance(app.blueprints.get(rule.endpoint.rpartition(".")[0]), Pages):
            methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            for method in sorted(methods - {"POST"} or methods):
                yield f"{method} {rule.rule}", rule.endpoint


_FILES = {each.__name__ for each in (attachment, download, download_written, picture)}


def answers_file(app: Flask, endpoint: str) -> bool:
    """Whether a route hands out a file, so that a browser downloads it or shows it by means of its own."""
    called = inspect.unwrap(app.view_functions[endpoint]).__code__.co_names
    return not _FILES.isdisjoint(called)


def path_of(world: World, row: Row, trial: Trial, *, never_given: bool = False) -> str:
    """The address of a row for the records of a trial."""

    def filled(found: re.Match[str]) -> str:
        value = str(trial.at.get(found[1], "=1"))
        if value.startswith("="):
            return re.sub(r"\{([^}]+)\}", lambda name: str(world.ids[name[1]]), value[1:])
        return str(NEVER_GIVEN if never_given else world.ids[value])

    return re.sub(r"<(?:\w+:)?(\w+)>", filled, row.rule)


def address_of(world: World, row: Row, trial: Trial) -> str:
    """The path of a trial with its query."""
    path = path_of(world, row, trial)
    return f"{path}?{urlencode(trial.query)}" if trial.query else path


@contextmanager
def visiting(world: World, user: str, *, language: str = "zh") -> Iterator[FlaskClient]:
    """A browser in which ``user`` is signed in; whatever it does is rolled back."""
    token = None if user == VISITOR else world.session(user)
    app = world.client.app
    with rolled_back(app), clock.at(MONDAY), app.app_context():
        client = app.test_client()
        with client.session_transaction() as cookie:
            if token is not None:
                cookie[SESSION_TOKEN] = token
            cookie["lang"] = language
        yield client


def visit(
    world: World, row: Row, trial: Trial, user: str, *, language: str = "zh", never_given: bool = False
) -> TestResponse:
    """Open (or for a POST-only row, send nothing to) a page."""
    with visiting(world, user, language=language) as client:
        path = path_of(world, row, trial, never_given=never_given)
        return client.open(path, method=row.method, query_string=trial.query)


def openings() -> Iterator[tuple[str, Trial, str]]:
    """Each page of the table with a trial and the first user of each role that gets through."""
    for name, row in PAGE_ROWS.items():
        if row.method != "GET":
            continue
        for trial in row.trials:
            seen: set[str] = set()
            for user, role in CAST.items():
                if user in trial.through and role not in seen:
                    seen.add(role)
                    yield name, trial, user


__all__ = ["PAGE_ROWS", "address_of", "answers_file", "openings", "page_routes", "path_of", "visit", "visiting"]
