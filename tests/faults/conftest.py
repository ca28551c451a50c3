"""The story of one order with a kept state before every step, told once a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import Server
from tests.faults.stage import Stage
from tests.faults.story import Story
from tests.faults.warm import Warm
from tests.support.fake_stripe import SECRET
from tests.support.stripe_server import serving


@pytest.fixture(scope="session")
def story(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with serving() as (fake, base):
        gateway = {
            "STRIPE_API_BASE": base,
            "STRIPE_SECRET_KEY": "sk_test",
            "STRIPE_WEBHOOK_SECRETS": SECRET,
            "STRIPE_TIMEOUT_SECONDS": "5",
        }
        stage = Stage(server, tmp_path_factory.mktemp("faults"), gateway)
        warm = Warm(stage.env)
        try:
            yield Story(stage, fake, warm).tell()
        finally:
            warm.close()
            stage.close()
