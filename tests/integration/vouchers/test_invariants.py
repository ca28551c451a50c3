"""The always-true queries: silent over every kind of history, loud when a row is bent past all guards."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from core.db import session
from core.invariants import Offence, verify
from tests.databases import Database
from tests.factories.accounts import make_enterprise, make_provider
from tests.factories.vouchers import FULL, bring, make_claim
from tests.support.bending import assert_each_bites, broken_by
from vouchers.models import Claim
from vouchers.queries.invariants import INVARIANTS
from vouchers.states import ClaimState


def offences() -> list[Offence]:
    session().rollback()
    return verify(INVARIANTS)


def one_of_each() -> dict[ClaimState, Claim]:
    user, provider = make_enterprise(), make_provider()
    reachable = [state for state in ClaimState if state is not ClaimState.REVOKED]
    return {state: bring(make_claim(user, provider, base_fen=1_000_000), state) for state in reachable}


@pytest.mark.usefixtures("app")
def test_every_history_keeps_them() -> None:
    one_of_each()
    bring(make_claim(mode=FULL), ClaimState.CONFIRMED)
    bring(make_claim(), ClaimState.SUMMARISED, amount_fen=1)
    assert offences() == []


BENT_STEPS = {
    "decisions: each with its policy kept": "DELETE FROM entitlement_step WHERE kind = 'hold'",
    "steps: each begins": "UPDATE entitlement_step SET before_fen = before_fen + 1 WHERE kind = 'approval'",
    "steps: each is what": (
        "UPDATE entitlement_step SET inputs = jsonb_set(inputs, '{actual_fen}', '1') WHERE kind = 'invoice'"
    ),
    "claims: the steps lead": "UPDATE claim SET claimed_fen = claimed_fen - 1 WHERE state = 'submitted'",
}

BENT_CAPS = {
    "caps: a firm whose controller": (
        "WITH known AS (INSERT INTO controller (name, note, entered_at) VALUES ('x', '', now()) RETURNING id)"
        " INSERT INTO controller_tenure (organisation_id, controller_id, since, source, entered_at)"
        " SELECT substr(a.owner, 14)::bigint, known.id, '2026-01-01', 'x', now() FROM known, ledger_account a"
        " WHERE a.kind = 'cap' AND a.owner LIKE 'organisation:%' AND a.posted_fen + a.pending_fen > 0 LIMIT 1"
    ),
}

BENDS = {
    4: "UPDATE claim SET base_fen = 1 WHERE state = 'submitted'",
    6: "UPDATE review_summary SET state = 'stamped', dispatched_by = NULL, dispatched_at = NULL",
    7: "UPDATE claim SET payee_id = beneficiary_id WHERE state = 'confirmed'",
    9: "UPDATE claim SET state = 'submitted' WHERE state = 'city_approved'",
    10: "UPDATE claim_review SET reviewer_id = (SELECT submitted_by FROM claim WHERE id = claim_id)",
    14: """WITH uncertified AS (
             INSERT INTO organisation_document
                    (organisation_id, kind, title, file_id, state, added_by, added_at, opinion)
             SELECT c.claimant_id, 'licence', '', m.file_id, 'pending', m.added_by, m.added_at, ''
               FROM claim_material m JOIN claim c ON c.id = m.claim_id ORDER BY m.id LIMIT 1
             RETURNING id, file_id)
           UPDATE claim_material m SET document_id = d.id FROM uncertified d WHERE m.file_id = d.file_id""",
    16: "UPDATE claim_invoice SET live = true WHERE claim_id IN (SELECT id FROM claim WHERE state = 'rejected')",
    17: "UPDATE shortfall SET amount_fen = amount_fen + 1, paid_fen = 0",
}


def test_each_of_them_bites(committed_app: Flask, database: Database) -> None:
    """Rows are bent by the owner with triggers off, which neither the application nor its role can do."""
    assert committed_app.name
    one_of_each()
    assert offences() == []
    for number, bend in BENDS.items():
        assert number in {each.number for each in broken_by(database, bend, INVARIANTS)}, number


def test_each_of_the_steps_bites(committed_app: Flask, database: Database) -> None:
    """A step that is missing, does not follow, or leads to another sum than the claim's is named."""
    assert committed_app.name
    one_of_each()
    assert_each_bites(database, {**BENT_STEPS, **BENT_CAPS}, INVARIANTS)


BENT_INVOICES = {
    "invoices: every number": "UPDATE claim_invoice SET number = 'No.' || number WHERE live",
    "invoices: no two": (
        "UPDATE claim_invoice SET number = repeat('0', (id % 1000)::int) || '370018041112345699' WHERE live"
    ),
    "invoices: the file": "UPDATE claim_invoice SET source_sha256 = repeat('0', 64) WHERE id = (SELECT min(id) FROM "
    "claim_invoice)",
    "invoices: what was read": """
        WITH read AS (
            INSERT INTO invoice_reading
                   (claim_id, file_id, source_sha256, format, reader_version, facts, read_by, read_at)
            SELECT i.claim_id, m.file_id, i.source_sha256, 'xml', '1', '{"number": "X"}', m.added_by, m.added_at
              FROM claim_invoice i JOIN claim_material m ON m.id = i.material_id LIMIT 1
            RETURNING id, claim_id)
        UPDATE claim_invoice i SET reading_id = read.id FROM read WHERE read.claim_id = i.claim_id
        """,
    "invoices: what credit": "UPDATE claim_invoice SET credited_fen = 1 WHERE live",
    "invoices: one behind a paid": """
        WITH paid AS (UPDATE payable SET state = 'paid', batch_id = 1, paid_fen = amount_fen RETURNING order_id)
        UPDATE claim_invoice i SET live = false
          FROM claim c JOIN paid ON paid.order_id = c.order_id WHERE i.claim_id = c.id
        """,
    "claims: nothing stays paid": """
        WITH paid AS (UPDATE payable SET state = 'paid', batch_id = 1, paid_fen = amount_fen RETURNING order_id)
        UPDATE claim c SET state = 'revoked' FROM paid WHERE paid.order_id = c.order_id
        """,
    "claims: one that waits": "UPDATE claim_invoice SET eligible_fen = 1 WHERE live",
    "claims: what is granted": "UPDATE claim_invoice SET credited_fen = amount_incl_tax_fen WHERE live",
}


def test_each_of_the_invoices_bites(committed_app: Flask, database: Database) -> None:
    """Another file, another number than was read, forgotten credits, too much claimed or granted."""
    assert committed_app.name
    one_of_each()
    assert_each_bites(database, BENT_INVOICES, INVARIANTS)


def test_every_invariant_has_a_query_that_runs(app: Flask) -> None:
    with app.app_context():
        for invariant in INVARIANTS:
            assert session().execute(text(invariant.sql)).all() == []
