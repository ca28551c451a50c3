"""Stops of payment: held out of the batches, in nobody's way, and never overtaken by a batch (V19, V3)."""

import threading
from collections.abc import Iterable

import pytest
from flask import Flask
from sqlalchemy import text

from core.db import session, transaction
from core.errors import Forbidden
from core.invariants import verify
from core.permissions import SYSTEM
from core.states import StateForbids
from settlement import steps
from settlement.models import Payable, PaymentStop
from settlement.queries.invariants import INVARIANTS
from settlement.queries.payables import queue_places
from settlement.service import batches, stops
from settlement.states import PayableState, StopState
from settlement.steps import PayableInBatch, PaymentStopped
from settlement.steps.batches import NothingToSettle
from tests.databases import Database
from tests.factories.accounts import actor_of, make_province
from tests.factories.settlement import (
    AFTER,
    CUTOFF,
    JANUARY,
    answer,
    lines_of,
    make_fund,
    make_payable,
    maker,
    paid_payable,
    prepare,
    send,
)
from tests.integration.settlement.test_races import at_once


def stop(payable: Payable) -> PaymentStop:
    return stops.order_stop(
        payable_id=payable.id, source=None, cause="抽查发现疑点", actor=actor_of(make_province()), now=JANUARY
    )


def lift(ordered: PaymentStop) -> PaymentStop:
    return stops.lift(stop_id=ordered.id, note="疑点已排除", actor=actor_of(make_province()), now=AFTER)


def taken(payables: Iterable[Payable]) -> list[bool]:
    session().expire_all()
    return [payable.state is PayableState.IN_BATCH for payable in payables]


def test_v19_a_stopped_payment_is_in_nobodys_way_and_keeps_its_place(app: Flask) -> None:
    """V3: it is no part of the queue while it is stopped; afterwards it is the first again."""
    make_fund(10_000)
    claims = [make_payable(fen) for fen in (6_000, 3_000, 2_000)]
    ordered = stop(claims[0])
    assert queue_places(claims, today=JANUARY.date()).keys() == {claims[1].id, claims[2].id}

    batch = prepare()
    assert taken(claims) == [False, True, True]
    assert (batch.waiting_count, batch.waiting_fen) == (0, 0)

    batches.discard(batch_id=batch.id, actor=maker(), now=AFTER)
    assert lift(ordered).state is StopState.LIFTED
    assert [each.code for each in ordered.reasons] == ["payment_stopped", "stop_lifted"]
    assert ordered.reasons[-1].inputs["ending"] == "疑点已排除"
    assert [line.payable_id for line in lines_of(prepare())] == [claims[0].id, claims[1].id]
    with pytest.raises(StateForbids):
        lift(ordered)
    assert verify(INVARIANTS) == []


def test_v19_only_what_is_unpaid_and_in_no_batch_is_stopped_and_once(app: Flask) -> None:
    paid = paid_payable(5_000)
    with pytest.raises(StateForbids):
        stop(paid)
    waiting = make_payable(1)
    stop(waiting)
    with pytest.raises(PaymentStopped):
        stop(waiting)
    with pytest.raises(Forbidden):
        stops.order_stop(payable_id=waiting.id, source=None, cause="疑点", actor=maker(), now=JANUARY)
    with pytest.raises(NothingToSettle):
        prepare(cutoff=CUTOFF.replace(day=13))
    assert verify(INVARIANTS) == []


def test_v19_a_revoked_claims_stop_is_final_and_it_is_never_paid(app: Flask) -> None:
    make_fund(10_000)
    claim = make_payable(1_000)
    failed = send(prepare())
    answer(failed, "failed")
    ordered = stop(claim)
    with transaction():
        steps.cancel_payable(source=claim.source, article="V19", actor=SYSTEM, now=AFTER)
    session().expire_all()
    assert (ordered.state, claim.stopped, claim.state) == (StopState.FINAL, False, PayableState.CANCELLED)
    assert verify(INVARIANTS) == []


def test_v19_what_stands_in_a_prepared_batch_is_discarded_first(app: Flask) -> None:
    make_fund(10_000)
    claim = make_payable(1_000)
    batch = prepare()
    with pytest.raises(PayableInBatch, match=r"“兑付申请 \d+”已列入兑付批次"):
        stop(claim)
    batches.discard(batch_id=batch.id, actor=maker(), now=AFTER)
    assert stop(claim).state is StopState.STANDING


def test_v19_a_stop_and_a_batch_at_once_never_both_have_the_payable(committed_app: Flask) -> None:
    make_fund(100_000)
    claims = [make_payable(1_000) for _ in range(8)]
    numbers, province, preparer = [claim.id for claim in claims], actor_of(make_province()), maker()

    def work(number: int) -> object:
        if number == 0:
            return batches.prepare(cutoff=CUTOFF, actor=preparer, now=AFTER).id
        named = numbers[number - 1]
        return stops.order_stop(payable_id=named, source=None, cause="疑点", actor=province, now=AFTER).id

    results = at_once(committed_app, work, clients=9)

    session().rollback()
    rows = session().execute(text("SELECT id, state, stopped FROM payable ORDER BY id")).all()
    assert all(row.stopped is (row.state == "due") for row in rows)
    refused = sum(isinstance(result, PayableInBatch) for result in results)
    assert refused == sum(row.state == "in_batch" for row in rows)
    assert verify(INVARIANTS) == []


def test_without_queue_lock_and_check_a_stopped_payment_is_in_a_batch(committed_app: Flask, database: Database) -> None:
    """The counter-test: the batch has read what is due, then the stop commits, then the batch takes it."""
    with database.connect() as owner:
        owner.execute("ALTER TABLE payable DROP CONSTRAINT ck_payable_stopped")
    make_fund(100_000)
    claim = make_payable(1_000)
    batch = prepare(cutoff=CUTOFF)
    batches.discard(batch_id=batch.id, actor=maker(), now=AFTER)
    has_read, has_stopped = threading.Event(), threading.Event()
    province = actor_of(make_province())

    def naive(number: int) -> None:
        if number == 0:
            with transaction() as current:
                due = current.scalars(text("SELECT id FROM payable WHERE state = 'due' AND NOT stopped")).all()
                has_read.set()
                has_stopped.wait(timeout=60)
                take = "UPDATE payable SET state = 'in_batch', batch_id = :batch WHERE id = ANY(:due)"
                current.execute(text(take), {"batch": batch.id, "due": due})
        else:
            has_read.wait(timeout=60)
            stops.order_stop(payable_id=claim.id, source=None, cause="疑点", actor=province, now=AFTER)
            has_stopped.set()

    at_once(committed_app, naive, clients=2)

    session().rollback()
    state = session().execute(text("SELECT state, stopped FROM payable WHERE id = :id"), {"id": claim.id}).one()
    assert tuple(state) == ("in_batch", True)
    assert 6 in {offence.number for offence in verify(INVARIANTS)}
