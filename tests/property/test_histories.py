"""Random histories of members, orders, claims, merges, year ends and clawbacks over HTTP, beside a simple model.

After every step money, caps and states are what the model says; after every history nothing was lost or made, and
replaying the audit trail gives today's states (``verify`` contains both).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import get_state_machine_test

from core import clock
from core.db import db
from marketplace.app import create_app
from marketplace.demo.accounts import demo_accounts
from marketplace.demo.client import UnexpectedAnswer
from marketplace.demo.province import seed_province
from marketplace.steps import placing
from tests.databases import Server
from tests.property.machine import USERS, Province
from tests.property.walk import DECEMBER, Wish, admitted
from tests.support.deal import STEPS
from vouchers.service import groups

pytestmark = pytest.mark.slow

HISTORIES = {"project": 5, "night": 200}
"""How many by profile: some ten seconds each."""
LENGTH = 35


@pytest.fixture(scope="module")
def december(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[Province]]:
    """The demo province on a database of its own, a fortnight before a year ends, with a token for everybody."""
    database = server.clone("december")
    made = create_app(database.config(tmp_path_factory.mktemp("december")))
    with made.app_context(), clock.at(DECEMBER):
        seed_province(now=clock.now())
        issued = admitted([account.username for account in demo_accounts()])

    class Told(Province):
        app = made
        tokens = issued

    yield Told
    with made.app_context():
        db.engine.dispose()
    server.drop(database)


def test_money_is_conserved_over_random_histories(december: type[Province], request: pytest.FixtureRequest) -> None:
    """Invariants 1 to 17 and the model's sums hold after any history; what is paid was confirmed, held and entitled.

    Each history has a seed of its own: hypothesis would spend a small number of examples on variants of the first.
    ``--hypothesis-seed`` shows others.
    """
    first = int(request.config.getoption("--hypothesis-seed") or 0)
    one = settings(max_examples=1, stateful_step_count=LENGTH, deadline=None, suppress_health_check=list(HealthCheck))
    for number in range(HISTORIES[settings.get_current_profile_name()]):
        seed(first + number)(get_state_machine_test(december, settings=one))()


def test_a_merge_that_forgets_use_is_noticed(december: type[Province], monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison bites: without the service's step the caps differ at once."""
    monkeypatch.setattr(groups, "merge_caps", lambda **_: None)
    told = december()
    with told.open:
        told.begin(1, [wish("sme-jinan")])
        told.found_a_group(0)
        told.caps_are_the_models()
        told.merge(0)
        with pytest.raises(AssertionError, match="controller:"):
            told.caps_are_the_models()


def test_a_shortfall_that_blocks_nothing_is_noticed(december: type[Province], monkeypatch: pytest.MonkeyPatch) -> None:
    """The model waits for the refusal of a new direct deduction."""
    monkeypatch.setattr(placing, "shortfalls_block", lambda _: False)
    told = december()
    with told.open:
        told.begin(1, [wish("sme-heze", steps=len(STEPS) + 1)])
        told.decide(0, "reject", 1)
        told.money_is_the_models()
        with pytest.raises(UnexpectedAnswer, match="201, not 409"):
            told.place(wish("sme-heze"))


def wish(user: str, *, steps: int = 0) -> Wish:
    """One sample in direct deduction, taken some steps onward."""
    return Wish(sorted(USERS).index(user), "demo-ms-sample", is_direct=True, quantity=1, steps=steps)
