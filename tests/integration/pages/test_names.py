"""No page's source holds the name of an organisation that its reader may not know (V5, V6)."""

from __future__ import annotations

from collections import defaultdict

import pytest
from sqlalchemy import select

from accounts.kinds import OrganisationKind
from accounts.models import Organisation, Residence, TeamSuccession
from core import clock
from core.db import session
from marketplace.models import Order
from tests.integration.access.cast import VISITOR
from tests.support.deal import MONDAY
from tests.support.isolation import rolled_back
from tests.support.visits import PAGE_ROWS, visit
from tests.support.world import World

PUBLIC = {OrganisationKind.PROVIDER, OrganisationKind.CITY_BUREAU, OrganisationKind.PROVINCE}
"""Providers stand in the open catalogue; offices are no secret."""
DEMO_ACCOUNTS = "GET /"
"""Where the demo is seeded, the front page lists whom one may sign in as."""
READERS = [VISITOR, "sme-heze", "sme-jinan", "team-weifang", "incubator-weifang", "provider-jinan"]


def foreign_names(world: World, user: str) -> set[str]:
    """The members a user has no dealings with.

    Known are the user itself, its teams and incubator, the other sides of its orders, residences and successions, and
    to an enterprise the incubators it may ask to reside in.
    """
    with clock.at(MONDAY):
        own = set() if user == VISITOR else set(world.client.get(user, "/me")["acts_for"])
    with rolled_back(world.client.app):
        everybody = list(session().scalars(select(Organisation)))
        dealt: dict[int, set[int]] = defaultdict(set)
        for sides in (
            select(Order.beneficiary_id, Order.provider_id),
            select(Residence.enterprise_id, Residence.incubator_id),
            select(TeamSuccession.team_id, TeamSuccession.enterprise_id),
        ):
            for one, other in session().execute(sides).tuples():
                dealt[one].add(other)
                dealt[other].add(one)
        known = own | {other for one in own for other in dealt[one]}
        if any(each.id in own and each.kind is OrganisationKind.ENTERPRISE for each in everybody):
            known |= {each.id for each in everybody if each.kind is OrganisationKind.INCUBATOR}
        known |= {each.incubator_id for each in everybody if each.id in known and each.incubator_id is not None}
        return {each.name for each in everybody if each.id not in known and each.kind not in PUBLIC}


@pytest.mark.parametrize("user", READERS)
def test_no_page_names_whom_its_reader_may_not_know(world: World, user: str) -> None:
    """Siblings of one controller are one sum, other firms and teams nobody."""
    if user != VISITOR:
        world.session(user)
    foreign = foreign_names(world, user)
    assert len(foreign) > 5
    found = []
    opened = 0
    for name, row in PAGE_ROWS.items():
        for trial in row.trials:
            if row.method != "GET" or user not in trial.through or name == DEMO_ACCOUNTS:
                continue
            answer = visit(world, row, trial, user)
            opened += 1
            if answer.mimetype == "text/html":
                found += [f"{name}: {each}" for each in foreign if each in answer.get_data(as_text=True)]
    assert opened > 10
    assert found == []
