"""A recovery that was seen on a statement is booked to its clawback by the two persons who explain it (V21)."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.kinds import ChangeDecision
from accounts.permissions import Role
from core import clock
from core.db import session
from core.invariants import verify
from core.states import StateForbids
from settlement.models import BankSuspense, Clawback, LedgerAccount
from settlement.queries import statements
from settlement.queries.clawbacks import ClawbackMissing, find_clawback
from settlement.queries.funds import funds_of_year
from settlement.queries.invariants import INVARIANTS
from settlement.rules.chart import AccountKind
from settlement.rules.statements import Period, party_of
from settlement.service import bank_statements, clawbacks, remedies, suspense
from settlement.service.suspense import ClawbackUnnamed, ProposerSettles
from settlement.states import ClawbackState, SuspenseResolution, SuspenseState
from settlement.steps.clawbacks import RecoveryTooLarge
from tests.factories.settlement import AFTER, checker, clawed_back, maker
from tests.support.bank import Entry, camt_of
from tests.support.finance import browser, sent_twice

RECOVERY = SuspenseResolution.CLAWBACK_RECOVERY


@pytest.fixture(autouse=True)
def _the_day_after_a_cutoff() -> Iterator[None]:
    with clock.at(AFTER):
        yield


def seen(*entries: Entry) -> list[BankSuspense]:
    """Entries of a statement that match nothing."""
    content = camt_of(entries)
    bank_statements.record_statement(stream=io.BytesIO(content), filename="camt.xml", actor=maker(), now=AFTER)
    return list(session().scalars(select(BankSuspense).order_by(BankSuspense.id)))


def propose(entry: BankSuspense, clawback_id: int | None, resolution: SuspenseResolution = RECOVERY) -> BankSuspense:
    return suspense.propose(
        suspense_id=entry.id,
        resolution=resolution,
        note="企业退款",
        end_to_end_id=None,
        clawback_id=clawback_id,
        actor=maker(),
        now=AFTER,
    )


def settle(entry: BankSuspense) -> BankSuspense:
    return suspense.settle(suspense_id=entry.id, actor=checker(), now=AFTER)


def as_it_stands(clawback: Clawback) -> Clawback:
    return find_clawback(clawback.id, actor=checker())


def in_suspense() -> int:
    found = select(LedgerAccount.posted_fen).where(LedgerAccount.kind == AccountKind.SUSPENSE)
    return -(session().scalar(found) or 0)


def test_v21_what_two_persons_say_came_for_a_clawback_is_booked_to_it_once(app: Flask) -> None:
    clawback = clawed_back()
    came, rest, gone = seen(
        Entry(4_000, reference="BK7"), Entry(3_000, reference="BK8"), Entry(50, credit=False, reference="BK9")
    )
    (before,) = funds_of_year(2026)
    for entry, named, resolution in (
        (came, None, RECOVERY),
        (gone, clawback.id, RECOVERY),
        (came, clawback.id, SuspenseResolution.RECOVERY),
    ):
        with pytest.raises(ClawbackUnnamed):
            propose(entry, named, resolution)
    with pytest.raises(ClawbackMissing):
        propose(came, clawback.id + 1)

    propose(came, clawback.id)
    assert (as_it_stands(clawback).recovered_fen, in_suspense()) == (0, 6_950)
    with pytest.raises(ProposerSettles):
        propose_and_settle_alone(came)
    settle(came)

    (booked,) = as_it_stands(clawback).recoveries
    assert (booked.suspense_id, booked.amount_fen, booked.reference) == (came.id, 4_000, "BK7")
    assert (came.state, as_it_stands(clawback).open_fen, in_suspense()) == (SuspenseState.SETTLED, 2_000, 2_950)
    (fund,) = funds_of_year(2026)
    assert fund.available_fen == before.available_fen + 4_000
    with pytest.raises(StateForbids):
        propose(came, None, SuspenseResolution.OTHER)
    with pytest.raises(RecoveryTooLarge):
        propose(rest, clawback.id)

    today = clock.today(AFTER)
    told = statements.lines(
        party_of(f"organisation:{clawback.payee_id}"),
        Period(today, today),
        actor=checker(),
        kind=AccountKind.CLAWBACK_RECEIVABLE,
    )
    assert [line.amount_fen for line in session().scalars(told)] == [6_000, -4_000]
    assert verify(INVARIANTS) == []


def propose_and_settle_alone(entry: BankSuspense) -> None:
    """Confirmed by who proposed it, were he of both offices."""
    alone = checker()
    proposer, entry.proposed_by = entry.proposed_by, alone.user_id
    session().commit()
    try:
        suspense.settle(suspense_id=entry.id, actor=alone, now=AFTER)
    finally:
        entry.proposed_by = proposer
        session().commit()


def test_v21_what_came_otherwise_meanwhile_is_not_booked_again_and_a_wrong_booking_is_corrected(app: Flask) -> None:
    clawback = clawed_back()
    (came,) = seen(Entry(6_000, reference=""))
    propose(came, clawback.id)
    clawbacks.record_recovery(clawback_id=clawback.id, amount_fen=1_000, reference="R1", actor=maker(), now=AFTER)
    with pytest.raises(RecoveryTooLarge):
        settle(came)
    suspense.decline(suspense_id=came.id, note="已部分登记", actor=checker(), now=AFTER)
    assert (came.state, came.clawback_id, in_suspense()) == (SuspenseState.OPEN, None, 6_000)

    (wrong,) = as_it_stands(clawback).recoveries
    _correct(clawback, wrong.id)
    propose(came, clawback.id)
    settle(came)
    assert as_it_stands(clawback).state is ClawbackState.RECOVERED
    booked = as_it_stands(clawback).recoveries[-1]
    assert booked.reference == f"camt.053 {came.statement_id}:{came.line}"
    _correct(clawback, booked.id)
    assert (as_it_stands(clawback).open_fen, came.state) == (6_000, SuspenseState.SETTLED)
    assert verify(INVARIANTS) == []


def _correct(clawback: Clawback, recovery_id: int) -> None:
    """Two persons say that nothing came by this entry."""
    proposal = remedies.propose_correction(
        clawback_id=clawback.id, recovery_id=recovery_id, right_fen=0, cause="误记", actor=maker(), now=AFTER
    )
    remedies.decide(
        proposal_id=proposal.id, decision=ChangeDecision.APPROVE, opinion="同意", actor=checker(), now=AFTER
    )


def test_v21_it_is_chosen_and_confirmed_on_the_pages_of_suspense(app: Flask) -> None:
    clawback = clawed_back()
    came, larger = seen(Entry(6_000), Entry(7_000, reference="BK2"))
    proposer, decider = browser(app, Role.FINANCE_MAKER), browser(app, Role.FINANCE_CHECKER)
    assert 'name="clawback_id"' not in proposer.get(f"/suspense-entries/{larger.id}/proposal").text
    path = f"/suspense-entries/{came.id}/proposal"
    assert f"追回 {clawback.id}，" in proposer.get(path).text
    said = {"resolution": RECOVERY.value, "note": "企业退款"}
    assert "须指明追回" in proposer.send(path, said, action=path).text
    sent = proposer.send(path, {**said, "clawback_id": str(clawback.id)}, action=path)
    assert f"登记到 追回 {clawback.id}，" in sent.text

    for answer in sent_twice(decider, f"/suspense-entries/{came.id}/settlement", {}):
        assert answer.status == 303
    shown = decider.get(f"/clawbacks/{clawback.id}").text
    assert f"来自挂账款项 {came.id}" in shown
    assert as_it_stands(clawback).recovered_fen == 6_000
