"""What must be true of payments online bites: each statement names a row that was bent."""

import os
from collections.abc import Iterator

import pytest

from core.db import db
from core.invariants import verify
from marketplace.app import create_app
from settlement.queries.invariants import INVARIANTS
from settlement.queries.invariants import gateway as gateway_invariants
from settlement.service import online, payments
from tests.databases import Database, Server
from tests.factories.accounts import actor_of
from tests.factories.gateway import begin, charged_order, deliver, details_of, make_payee, use_gateway
from tests.factories.settlement import JANUARY
from tests.support.bending import assert_each_bites
from tests.support.stripe_server import serving

LATER_ROUND = (
    "INSERT INTO job_run (job, period, started_at, finished_at, attempts, fencing)"
    " VALUES ('gateway', '2027-01-01', '2027-01-01', '2027-01-01', 1, 1)"
)
BENDS = {
    "each online payment": "UPDATE gateway_payment SET received_fen = received_fen + 1 WHERE received_fen > 0",
    "only what succeeded": "UPDATE payment SET transaction_id = -1 WHERE state = 'created'",
    "what went back": "UPDATE payment SET refunded_fen = refunded_fen + 1 WHERE refunded_fen > 0",
    "a refund through": "UPDATE gateway_refund SET amount_fen = amount_fen + 1",
    "the gateway never": "UPDATE gateway_refund SET amount_fen = 5000",
    "no attempt outlives": "UPDATE gateway_payment SET ask_at = NULL",
    "a call of the gateway": "UPDATE gateway_event SET ask_at = received_at",
    "gateway_refund: history": "UPDATE gateway_refund SET state = 'failed'",
    "gateway_account: history": "UPDATE gateway_account SET state = 'restricted'",
    "gateway_dispute: history": "UPDATE gateway_dispute SET state = 'won'",
}


@pytest.fixture(scope="module")
def sound(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One payment succeeded, was given back in part and contested; another one waits for its user."""
    database = server.clone(f"gateway_{os.getpid()}")
    app = create_app(database.config(tmp_path_factory.mktemp("var")))
    with app.app_context(), serving() as (fake, base):
        use_gateway(base)
        provider = make_payee(fake)
        paid, waiting = begin(charged_order(provider)), begin(charged_order(provider))
        for payment_id in (paid, waiting):
            online.pursue(payment_id, now=JANUARY)
        intent_id = details_of(paid).intent_id or ""
        fake.pay(intent_id)
        deliver(fake, fake.events[-1])
        payments.refund(payment_id=paid, amount_fen=1_000, actor=actor_of(provider), now=JANUARY)
        online.pursue(paid, now=JANUARY)
        fake.dispute(intent_id)
        deliver(fake, fake.events[-1])
        assert verify(INVARIANTS) == []
        db.session.remove()
        db.engine.dispose()
    yield database
    server.drop(database)


def test_each_of_them_bites(sound: Database) -> None:
    assert len(BENDS) == len(gateway_invariants.INVARIANTS)
    assert_each_bites(sound, BENDS, gateway_invariants.INVARIANTS)
    assert_each_bites(sound, {"no attempt outlives": LATER_ROUND}, gateway_invariants.INVARIANTS)
