"""The demo province with real commits, for clients racing in threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from core import clock
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient
from marketplace.demo.province import seed_province
from tests.support.deal import MONDAY


@pytest.fixture
def committed_province(committed_app: Flask) -> Iterator[DemoClient]:
    """The demo province on Monday 2026-03-02 in a database of the test's own."""
    with clock.at(MONDAY):
        seed_province(now=clock.now())
        yield DemoClient(committed_app, passwords={}, default_password=demo_password())
