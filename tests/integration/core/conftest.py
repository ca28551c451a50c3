"""The small application of tests/support/edge.py on a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.databases import Database
from tests.support.edge import edge_app


@pytest.fixture
def edge(database: Database, tmp_path: Path) -> Iterator[Flask]:
    """Real commits; every client of it is a thread's own."""
    with edge_app(database.config(tmp_path)) as app:
        yield app
