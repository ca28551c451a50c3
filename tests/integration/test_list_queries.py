"""Lists ask the database as often for many rows as for one."""

from __future__ import annotations

from io import BytesIO

import pytest

from core import clock
from core.http.api import API_PREFIX
from tests.support.deal import MONDAY
from tests.support.invoices import Line, Paper, xml_of
from tests.support.isolation import rolled_back
from tests.support.queries import counted_queries
from tests.support.world import World

LISTS = {
    "/adverse-record-imports": "province",
    "/adverse-records": "province",
    "/audit-entries": "auditor",
    "/annual-reports": "province",
    "/calendar-addresses": "sme-heze",
    "/claims": "province",
    "/clawbacks": "province",
    "/clawback-proposals": "province",
    "/credit-invoices": "province",
    "/complaints": "province",
    "/controller-changes": "province",
    "/controllers": "province",
    "/disclosure-applications": "province",
    "/disclosure-consultations": "province",
    "/documents": "province",
    "/evaluations/cities": "province",
    "/evaluations/officers": "province",
    "/evaluations/providers": "province",
    "/evaluation-awards": "province",
    "/evaluation-grades": "province",
    "/evaluation-rectifications": "province",
    "/evaluation-snapshots": "province",
    "/evaluation-snapshots/{yearly evaluation}/lines": "province",
    "/figures-renewals": "province",
    "/funds": "finance-maker",
    "/appropriation-corrections": "finance-maker",
    "/fund-closings": "finance-maker",
    "/paying-accounts": "finance-maker",
    "/holdings": "province",
    "/incubators": "sme-heze",
    "/interests": "admin",
    "/instrument-imports": "provider-jinan",
    "/instruments": "provider-jinan",
    "/instruments/listing-deadlines": "provider-jinan",
    "/instruments/update-deadlines": "province",
    "/secrecy-exemptions": "province",
    "/duplicate-purchase-reviews": "province",
    "/duty-free-imports": "province",
    "/ledger/statements/province": "province",
    "/appeals": "province",
    "/findings": "province",
    "/inspections": "province",
    "/misconduct-decisions": "province",
    "/joint-establishments": "province",
    "/member-changes": "province",
    "/notices": "bureau-heze",
    "/memberships": "province",
    "/namings": "province",
    "/named-providers": "sme-heze",
    "/orders": "province",
    "/organisations": "province",
    "/payables?state=paid": "finance-maker",
    "/payment-stops": "province",
    "/payments": "province",
    "/disputes": "province",
    "/quotes": "sme-heze",
    "/referrals": "province",
    "/residences": "province",
    "/review-queue": "delegated-agency",
    "/review-summaries": "province",
    "/saved-searches": "sme-heze",
    "/services": "provider-jinan",
    "/slot-waits": "sme-jinan",
    "/booking-series": "sme-jinan",
    "/qualifications": "provider-jinan",
    "/settlement-batches": "finance-maker",
    "/bank-statements": "finance-maker",
    "/statement-gaps": "finance-maker",
    "/suspense-entries": "finance-maker",
    "/shortfall-proposals": "province",
    "/shortfalls": "province",
    "/spot-checks": "province",
    "/team-successions": "province",
    "/unmet-needs": "province",
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


def test_invoices_read_for_a_claim_are_asked_for_together(world: World) -> None:
    """As many as were uploaded, each with its lines and what is wrong with it."""
    path, token = f"/claims/{world.ids['draft claim']}/invoices", world.token("provider-jinan")
    app = world.client.app
    with rolled_back(app), clock.at(MONDAY):
        for number in ("26370000000000000081", "26370000000000000082"):
            told = xml_of(
                Paper(number=number, lines=(Line(amount_fen=100, tax_fen=6), Line(amount_fen=200, tax_fen=12)))
            )
            with app.app_context():
                made = app.test_client().post(
                    f"{API_PREFIX}{path}",
                    data={"file": (BytesIO(told), "发票.xml")},
                    headers={"Authorization": f"Bearer {token}", "Idempotency-Key": number},
                )
            assert made.status_code == 201, made.get_data(as_text=True)
        found = []
        for limit in (1, 200):
            with app.app_context(), counted_queries() as asked_for:
                answer = app.test_client().get(
                    f"{API_PREFIX}{path}?limit={limit}", headers={"Authorization": f"Bearer {token}"}
                )
            found.append((len(answer.get_json()["items"]), len(asked_for)))
    (one, few), (several, many) = found
    assert (one, several >= 3) == (1, True)
    assert many <= few


def asked(world: World, path: str, *, limit: int) -> tuple[list[str], int]:
    """The statements of one request, and how many rows it answered with."""
    app, token = world.client.app, world.token(LISTS[path])
    path = path.replace("{yearly evaluation}", str(world.ids["yearly evaluation"]))
    mark = "&" if "?" in path else "?"
    with rolled_back(app), clock.at(MONDAY), app.app_context(), counted_queries() as made:
        answer = app.test_client().get(
            f"{API_PREFIX}{path}{mark}limit={limit}", headers={"Authorization": f"Bearer {token}"}
        )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return made, len(answer.get_json()["items"])
