"""Lists ask the database as often for many rows as for one."""

from __future__ import annotations

import pytest

from core import clock
from core.http.api import API_PREFIX
from tests.support.deal import MONDAY
from tests.support.isolation import rolled_back
from tests.support.queries import counted_queries
from tests.support.world import World

LISTS = {
    "/adverse-record-imports": "province",
    "/adverse-records": "province",
    "/annual-reports": "province",
    "/claims": "province",
    "/clawbacks": "province",
    "/controller-changes": "province",
    "/controllers": "province",
    "/documents": "province",
    "/figures-renewals": "province",
    "/funds": "finance-maker",
    "/holdings": "province",
    "/interests": "admin",
    "/instrument-imports": "provider-jinan",
    "/instruments": "provider-jinan",
    "/instruments/listing-deadlines": "provider-jinan",
    "/appeals": "province",
    "/findings": "province",
    "/inspections": "province",
    "/misconduct-decisions": "province",
    "/joint-establishments": "province",
    "/member-changes": "province",
    "/memberships": "province",
    "/orders": "province",
    "/organisations": "province",
    "/payables?state=paid": "finance-maker",
    "/payment-stops": "province",
    "/quotes": "sme-heze",
    "/residences": "province",
    "/review-queue": "delegated-agency",
    "/review-summaries": "province",
    "/services": "provider-jinan",
    "/settlement-batches": "finance-maker",
    "/shortfalls": "province",
    "/spot-checks": "province",
    "/team-successions": "province",
    "/users": "admin",
}
"""Every list of records, and somebody who sees many of them."""


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_no_more_for_many_rows_than_for_one(world: World, path: str) -> None:
    """The world has several of nearly everything; a page of one row is compared with a page of all."""
    one, few = asked(world, path, limit=1)
    all_of_them, many = asked(world, path, limit=200)
    assert few == min(many, 1)
    assert len(all_of_them) <= len(one), "\n".join(all_of_them)


def asked(world: World, path: str, *, limit: int) -> tuple[list[str], int]:
    """The statements of one request, and how many rows it answered with."""
    app, token = world.client.app, world.token(LISTS[path])
    mark = "&" if "?" in path else "?"
    with rolled_back(app), clock.at(MONDAY), app.app_context(), counted_queries() as made:
        answer = app.test_client().get(
            f"{API_PREFIX}{path}{mark}limit={limit}", headers={"Authorization": f"Bearer {token}"}
        )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return made, len(answer.get_json()["items"])
