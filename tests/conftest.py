"""Fixtures: a migrated database whose changes are rolled back, and throw-away ones with real commits."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from werkzeug.test import TestResponse

from accounts.steps import users
from core import clock
from core.assets_build import build
from core.config import PROJECT, var_dir_of
from core.db import db, session
from core.pdf import FONT_FILES, FONTS
from marketplace.app import create_app
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient
from marketplace.demo.province import seed_province
from tests.databases import Database, Server, start_embedded
from tests.support.deal import MONDAY
from tests.support.isolation import rolled_back
from tests.support.passwords import CHEAP

NIGHTLY_EXAMPLES = 1000
"""Of every property that names no number of its own, with HYPOTHESIS_PROFILE=night."""

settings.register_profile(
    "project",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("night", settings.get_profile("project"), max_examples=NIGHTLY_EXAMPLES)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))

LONGEST_NAME = 100
"""Bytes of a parameter that still serve as its name."""
SERVER = pytest.StashKey[Server]()
CLEANUP = pytest.StashKey[list[Callable[[], None]]]()


class FreshContextClient(FlaskClient):
    """Gives every request an application context, and so a session, of its own, as a server does.

    What the test itself has written so far is handed over first, and read afresh afterwards.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        outer = session()
        if outer.in_transaction():
            outer.commit()
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        outer.expire_all()
        return response


# -- the server: TEST_DATABASE_URL, or an embedded one that lives as long as the test run ----------


def pytest_configure(config: pytest.Config) -> None:
    config.stash[CLEANUP] = []
    worker_input = getattr(config, "workerinput", None)
    if worker_input is None and not all((FONTS / name).is_file() for name in FONT_FILES):
        build()  # what `make` does first; a run of pytest alone has it too
    if worker_input is not None:
        config.stash[SERVER] = Server(url=worker_input["server_url"], run=worker_input["run"])
    elif getattr(config.option, "numprocesses", None):
        _server(config)


def pytest_configure_node(node: Any) -> None:
    """Tells a worker of pytest-xdist which server to use and whose run it belongs to."""
    server = _server(node.config)
    node.workerinput["server_url"] = server.url
    node.workerinput["run"] = server.run


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A whole file is no name: workbooks carry the second they were made in, and workers must collect the same."""
    return argname if isinstance(val, bytes) and len(val) > LONGEST_NAME else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first: workers end together only where nothing long is left for last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Also reached when the run is interrupted. Only the process that found the server cleans up."""
    cleanup: list[Callable[[], None]] = config.stash[CLEANUP]
    for clean in reversed(cleanup):
        clean()


def _server(config: pytest.Config) -> Server:
    """The server of this run, started at first need."""
    if SERVER not in config.stash:
        url = os.environ.get("TEST_DATABASE_URL")
        if not url:
            embedded = start_embedded(PROJECT / "var")
            config.stash[CLEANUP].append(embedded.stop)
            url = embedded.logins.superuser_url
        server = Server(url=url, run=os.getpid())
        config.stash[CLEANUP].append(server.drop_all)
        server.drop_all()
        config.stash[SERVER] = server
    return config.stash[SERVER]


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "HASHER", CHEAP)
        yield


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Server:
    """The PostgreSQL server of this run."""
    return _server(request.config)


# -- rolled back after each test -------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_app(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on this worker's own clone; tests use it through `app`."""
    database = server.clone(f"worker_{os.getpid()}")
    made = create_app(database.config(tmp_path_factory.mktemp("var")))
    made.test_client_class = FreshContextClient
    yield made
    with made.app_context():
        db.engine.dispose()
    server.drop(database)


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    """The application with an application context pushed; everything is rolled back at the end.

    All sessions share one connection whose transaction is never committed: a commit ends a savepoint only. So there is
    one thread and one connection here; for racing clients and for what only a commit shows, take `committed_app`.
    """
    with rolled_back(shared_app):
        yield shared_app


@pytest.fixture(scope="session")
def shared_province(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a clone of its own that holds the demo province of Monday 2026-03-02, made once."""
    database = server.clone(f"province_{os.getpid()}")
    made = create_app(database.config(tmp_path_factory.mktemp("province")))
    made.test_client_class = FreshContextClient
    with made.app_context(), clock.at(MONDAY):
        seed_province(now=clock.now())
    yield made
    with made.app_context():
        db.engine.dispose()
    server.drop(database)


@pytest.fixture
def province(shared_province: Flask) -> Iterator[DemoClient]:
    """A client for everybody in the demo province, on Monday 2026-03-02, 9:00 in Shanghai; rolled back at the end."""
    with rolled_back(shared_province), clock.at(MONDAY):
        yield DemoClient(shared_province, passwords={}, default_password=demo_password())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Asks the application of `app`, each request in a context of its own."""
    return app.test_client()


# -- real commits ----------------------------------------------------------------------------------


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """A migrated database of this test alone, thrown away at its end."""
    made = server.clone(f"test_{os.getpid()}_{uuid.uuid4().hex[:8]}")
    yield made
    server.drop(made)


@pytest.fixture
def committed_app(database: Database, tmp_path: Path) -> Iterator[Flask]:
    """The application on `database`: real commits, any number of threads, each with `app.test_client()`.

    An application context is pushed in the test's own thread.
    """
    made = create_app(database.config(var_dir_of({"VAR_DIR": str(tmp_path / "var")})))
    made.test_client_class = FreshContextClient
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()
