"""A province in which everything has happened once, made once a run and rolled back after each use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from core import clock
from core.db import db
from marketplace.app import create_app
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient
from marketplace.demo.province import seed_province
from tests.databases import Server
from tests.support.deal import MONDAY
from tests.support.world import World


@pytest.fixture(scope="session")
def world(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world on a database of its own, everybody signed in; what is tried upon it must be rolled back."""
    database = server.clone(f"world_{os.getpid()}")
    app = create_app(database.config(tmp_path_factory.mktemp("world")))
    try:
        with app.app_context(), clock.at(MONDAY):
            seed_province(now=clock.now())
            made = World(DemoClient(app, passwords={}, default_password=demo_password())).build()
        yield made
    finally:
        with app.app_context():
            db.engine.dispose()
        server.drop(database)
