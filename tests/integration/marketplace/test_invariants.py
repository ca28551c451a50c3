"""Every always-true statement bites: rows bent past all guards are named by it, one bend for each statement."""

from __future__ import annotations

import json
import os

from accounts.queries.invariants import INVARIANTS as ACCOUNTS
from core.invariants import Invariant
from instruments.queries.invariants import INVARIANTS as INSTRUMENTS
from marketplace.queries.invariants import INVARIANTS as MARKETPLACE
from settlement.queries.invariants import INVARIANTS as SETTLEMENT
from settlement.queries.invariants.gateway import INVARIANTS as GATEWAY
from tests.databases import Server
from tests.support.bending import disarm, offends
from tests.support.world import World
from vouchers.queries.invariants import INVARIANTS as VOUCHERS
from vouchers.queries.supervision_invariants import INVARIANTS as SUPERVISION

EVERYTHING = [*ACCOUNTS, *SETTLEMENT, *INSTRUMENTS, *VOUCHERS, *MARKETPLACE]
OF_THEIR_OWN = {each.name for each in (*SUPERVISION, *GATEWAY)}
"""Of supervision and payments online the world has little: they are bent in tests of their own beside those of vouchers
and settlement."""
REPLAYED = ": history replays to the present state"


def test_every_statement_bites(world: World, server: Server) -> None:
    """As somebody with all rights could: without triggers, keys and checks. Each is silent before and loud after."""
    assert world.ids
    database = server.database(server.name(f"world_{os.getpid()}"))
    silent: list[str] = []
    with database.connect() as owner:
        disarm(owner)
        for invariant in EVERYTHING:
            if invariant.name in OF_THEIR_OWN:
                continue
            assert not offends(owner, invariant), invariant.name
            owner.execute("SAVEPOINT sound")
            bent = [owner.execute(statement.encode()).rowcount for statement in bend_of(invariant)]
            if not (all(bent) and offends(owner, invariant)):
                silent.append(f"{invariant.name}: {bent}")
            owner.execute("ROLLBACK TO sound")
        owner.rollback()
    assert silent == []


def test_no_bend_is_for_a_statement_that_is_gone() -> None:
    names = [each.name for each in EVERYTHING]
    assert [key for key in BENDS if sum(name.startswith(key) for name in names) != 1] == []


def bend_of(invariant: Invariant) -> list[str]:
    """What is done to the rows. A record in a state that it never came to breaks every history."""
    if invariant.name.endswith(REPLAYED):
        return [made(invariant.name.removesuffix(REPLAYED), state="nowhere")]
    found = [bend for name, bend in BENDS.items() if invariant.name.startswith(name)]
    assert len(found) == 1, f"a bend is missing that shows that verify names: {invariant.name}"
    return [found[0]] if isinstance(found[0], str) else found[0]


def made(table: str, **values: object) -> str:
    """A row out of nothing."""
    row = json.dumps({"id": 999_999, **values})
    return f'INSERT INTO "{table}" SELECT (jsonb_populate_record(NULL::"{table}", \'{row}\')).*'


def copied(table: str, where: str = "true", **values: object) -> str:
    """A row like another one."""
    row = json.dumps({"id": 999_999, **values})
    return (
        f'INSERT INTO "{table}" SELECT (jsonb_populate_record(x, \'{row}\')).* FROM "{table}" x WHERE {where}'
        " ORDER BY id LIMIT 1"
    )


def aid(where: str, *, approved: str = "NULL", confirmed: str = "NULL") -> str:
    """A part of a claim that no programme granted."""
    return (
        "INSERT INTO claim_aid (id, claim_id, programme, fund, aid_fen, claimed_fen, approved_fen, confirmed_fen)"
        f" SELECT 999999, id, 'x', 'x', 5, 5, {approved}, {confirmed} FROM claim WHERE {where} ORDER BY id LIMIT 1"
    )


A_FIRMS_USER = (
    "(SELECT min(u.id) FROM user_account u JOIN organisation o ON o.id = u.organisation_id WHERE o.kind = 'enterprise')"
)
PAID_CLAIM = "'claim:' || id = (SELECT min(source) FROM payable WHERE source LIKE 'claim:%' AND state <> 'cancelled')"

BENDS: dict[str, str | list[str]] = {
    # accounts
    "an organisation has one controller": copied("controller_tenure"),
    "an organisation sits in one place": copied("organisation_seat"),
    "an organisation's county": "UPDATE organisation SET county = '000000' WHERE kind = 'enterprise'",
    "an organisation has at most one verified": copied("bank_account", "state = 'verified'"),
    "a member is suspended while": (
        "INSERT INTO suspension (id, membership_id, began_at)"
        " SELECT 999999, min(id), now() FROM membership WHERE state = 'approved'"
    ),
    "a renewal and a change are decided": made("member_change", requested_by=1, reviewed_by=1),
    "what stands on record is annulled": made("adverse_record", entered_by=1, annulled_by=1),
    "a change that was taken back": [
        made("member_change", state="withdrawn"),
        made("organisation_seat", change_id=999_999),
    ],
    "a change was decided by the bureau": (
        f"INSERT INTO member_change (id, city, reviewed_by) SELECT 999999, '370100', {A_FIRMS_USER}"
    ),
    "every approved member handed in": "UPDATE membership SET required_documents = '[\"x\"]' WHERE state = 'approved'",
    "a document is certified by another": made("organisation_document", added_by=1, decided_by=1),
    "a document was certified by the bureau": (
        "INSERT INTO organisation_document (id, organisation_id, decided_by)"
        f" SELECT 999999, min(id), {A_FIRMS_USER} FROM organisation WHERE kind = 'enterprise'"
    ),
    "a registration is reviewed by another": "UPDATE membership SET reviewed_by = submitted_by",
    "a bank account is verified by another": "UPDATE bank_account SET verified_by = named_by",
    "a member was reviewed by the bureau": (
        f"UPDATE membership SET reviewed_by = {A_FIRMS_USER} WHERE state = 'approved'"
    ),
    "every fact of standing": made("adverse_record"),
    # settlement
    "ledger transactions balance": (
        "UPDATE ledger_posting SET amount_fen = amount_fen + 1 WHERE id = (SELECT min(id) FROM ledger_posting)"
    ),
    "ledger transactions have at least two": (
        "DELETE FROM ledger_posting WHERE transaction_id = (SELECT max(id) FROM ledger_transaction)"
    ),
    "pending transactions are resolved": (
        "UPDATE ledger_posting p SET amount_fen = p.amount_fen * 2 FROM ledger_transaction t"
        " WHERE t.id = p.transaction_id AND t.resolves_id IS NOT NULL"
    ),
    "stored balances equal": "UPDATE ledger_account SET posted_fen = posted_fen - 1 WHERE kind = 'fund'",
    "accounts stay within": "UPDATE ledger_account SET min_fen = -1000000000000 WHERE kind = 'fund'",
    "caps: 0 <= held": "UPDATE ledger_account SET max_fen = 1 WHERE kind = 'cap'",
    "caps: a firm whose controller": (
        "UPDATE ledger_account SET owner = 'organisation:'"
        " || (SELECT min(organisation_id) FROM controller_tenure) WHERE kind = 'cap'"
    ),
    "invoices: every number": "UPDATE claim_invoice SET number = 'No. 1'",
    "invoices: no two": (
        "UPDATE claim_invoice SET live = true, number = repeat('0', (id % 1000)::int) || '370018041112345699'"
    ),
    "invoices: one behind a paid": (
        "WITH paid AS (UPDATE payable SET paid_fen = amount_fen) UPDATE claim_invoice SET live = false"
    ),
    "claims: nothing stays paid": (
        "WITH paid AS (UPDATE payable SET paid_fen = amount_fen, clawed_back_fen = 0)"
        " UPDATE claim SET state = 'revoked'"
    ),
    "an offer comes to": "UPDATE negotiation_offer SET price_fen = price_fen + 1",
    "a quote at an agreed price": "UPDATE negotiation_offer SET turnaround_days = turnaround_days + 1",
    "a negotiation has": "UPDATE negotiation_offer SET outcome = NULL",
    "an order supported out of the province": "UPDATE quote SET unmet_need = ' ' WHERE unmet_need_id IS NOT NULL",
    "a quote rests on a need": "UPDATE unmet_need SET organisation_id = organisation_id + 1",
    "the term of an application": (
        "UPDATE disclosure_application SET paused_on = CASE WHEN paused_on IS NULL THEN DATE '2026-03-02' END"
    ),
    "no hold is granted": "UPDATE ledger_transaction SET data = '{\"cap_fen\": 1}' WHERE kind = 'hold_granted'",
    "what stood on a cap when": (
        "UPDATE ledger_transaction SET kind = 'cap_carried', data = '{\"used_after_fen\": 1}'"
        " WHERE kind = 'hold_granted'"
    ),
    "what a split carried of a hold": (
        "INSERT INTO cap_carry (id, source, root, account_id, amount_fen, live)"
        " SELECT 999999, 'x', 'order:' || order_id, account_id, held_fen, true FROM cap_hold WHERE state = 'live'"
        " LIMIT 1"
    ),
    "holds of cap_hold": "UPDATE cap_hold SET held_fen = held_fen + 1 WHERE state = 'live'",
    "holds of aid_hold": (
        "INSERT INTO aid_hold (id, order_id, programme, held_fen, consumed_fen, transaction_id, state)"
        " SELECT 999999, -1, 'x', 5, 0, min(id), 'live' FROM ledger_transaction"
    ),
    "every held sum belongs": "DELETE FROM cap_hold WHERE state = 'live'",
    "an owner that was merged": (
        "INSERT INTO cap_merge (id, absorbed, from_year)"
        " SELECT 999999, owner, year FROM ledger_account WHERE kind = 'cap' AND pending_fen <> 0 LIMIT 1"
    ),
    "the overhang a merge recorded": made(
        "cap_merge_year", cap_fen=1, used_after_fen=5, overhang_fen=0, held_fen=0, consumed_fen=0
    ),
    "what is assigned of an order's deduction": "UPDATE payable SET state = 'cancelled'",
    "what an order was charged": "UPDATE order_charge SET self_pay_fen = self_pay_fen + 1",
    "payments and refunds": "UPDATE payment SET refunded_fen = refunded_fen + 1",
    "shortfalls equal": "UPDATE shortfall SET paid_fen = paid_fen + 1",
    "an order's shortfall": "UPDATE shortfall SET amount_fen = amount_fen + 1",
    "a payable is paid at most once": "UPDATE payable SET paid_fen = amount_fen + 1",
    "a payable stands in one live batch": "UPDATE payable SET state = 'in_batch', batch_id = -1",
    "payables equal": "UPDATE payable SET amount_fen = amount_fen + 1",
    "0 <= clawed back": "UPDATE payable SET clawed_back_fen = clawed_back_fen + 1",
    "clawbacks equal": "UPDATE clawback SET recovered_fen = recovered_fen + 1",
    "nothing is put into a batch": (
        "INSERT INTO payment_stop (id, payable_id, ordered_at)"
        " SELECT 999999, min(payable_id), '2000-01-01' FROM batch_line"
    ),
    "a payable is stopped while": "UPDATE payable SET stopped = NOT stopped",
    "one order has one payee": copied("payable", "state <> 'cancelled'"),
    "the payee is the user": "UPDATE payable SET payee_id = -1",
    "every account paid to": "UPDATE payable SET account_number = '0'",
    "a batch's total and seal": "UPDATE settlement_batch SET total_fen = total_fen + 1",
    "a batch's total is its postings": "UPDATE settlement_batch SET total_fen = total_fen + 1",
    "a batch's payouts are posted": (
        "UPDATE ledger_posting p SET account_id = -1 FROM ledger_account a, ledger_transaction t"
        " WHERE a.id = p.account_id AND t.id = p.transaction_id AND a.kind = 'payable' AND t.kind = 'batch_committed'"
    ),
    "lines belong to a batch": "UPDATE batch_line SET payable_id = -1",
    "a payout is its lines": "UPDATE batch_payout SET gross_fen = gross_fen + 1, amount_fen = amount_fen + 1",
    "a batch has one payout": (
        "INSERT INTO batch_payout SELECT batch_id, payout_no + 1000, payee_id, account_id, holder_name, bank_name,"
        " cnaps_code, account_number, first_line_no, line_count, gross_fen, netted_fen, amount_fen FROM batch_payout"
    ),
    "nettings are of": "UPDATE clawback SET netting_fen = netting_fen + 1",
    "a batch's files": "UPDATE batch_file SET control_sum_fen = control_sum_fen - 1",
    "a bank's answer is kept": "UPDATE bank_return SET sha256 = 'x'",
    "bank returns are the sums": "UPDATE bank_return SET paid_fen = paid_fen + 1",
    "what the bank said": "UPDATE bank_return_line SET amount_fen = amount_fen + 1",
    "a closed batch has": ["DELETE FROM bank_return_line", "UPDATE settlement_batch SET state = 'closed'"],
    "suspense holds": "UPDATE bank_suspense SET amount_fen = amount_fen + 1",
    "an entry in suspense": (
        "UPDATE ledger_transaction t SET source = 'x' FROM bank_suspense s WHERE s.transaction_id = t.id"
    ),
    "money in suspense that was": "UPDATE bank_suspense SET state = 'settled', resolution = 'payout_return'",
    "money in suspense that came": "UPDATE recovery SET suspense_id = (SELECT min(id) FROM bank_suspense)",
    "a gap stands": "UPDATE statement_gap SET state = 'closed'",
    "a statement left": "UPDATE bank_statement SET suspense_count = suspense_count + 1",
    "money in suspense is explained": "UPDATE bank_suspense SET settled_by = 1, proposed_by = 1",
    "batch preparer and approver": "UPDATE settlement_batch SET approved_by = prepared_by",
    "funds: 0 <=": "UPDATE appropriation SET amount_fen = 1",
    "what a fund committed": "DELETE FROM settlement_batch",
    "what is written off of clawbacks": "UPDATE clawback SET written_off_fen = 1",
    "what is written off of a shortfall": "UPDATE shortfall SET written_off_fen = 1",
    "what was paid of a shortfall": "UPDATE payment SET refunded_fen = 1 WHERE shortfall_id IS NOT NULL",
    "a payment is corrected once": "UPDATE payment SET state = 'corrected' WHERE shortfall_id IS NOT NULL",
    "instalments of a shortfall": "UPDATE shortfall_instalment SET amount_fen = amount_fen + 1",
    "an appropriation is corrected": "UPDATE appropriation SET corrects_id = id",
    "a correction takes back": "UPDATE recovery SET amount_fen = -1",
    "instalments add up": "UPDATE instalment SET amount_fen = amount_fen + 1",
    "what is carried out": "UPDATE appropriation SET kind = 'carried_in'",
    "what failed without a batch": "UPDATE payable SET state = 'failed', batch_id = NULL WHERE state = 'due'",
    "a batch pays from the account": "UPDATE paying_account SET valid_from = '2099-01-01' WHERE state = 'approved'",
    "a paying account is proposed by one": "UPDATE paying_account SET reviewed_by = 1 WHERE proposed_by IS NULL",
    "a fund is closed by two": "UPDATE fund_closing SET state = 'approved', reviewed_by = proposed_by",
    "every change of money": "DELETE FROM audit_entry WHERE subject_kind = 'payable'",
    # vouchers: aid of cities
    "aids: confirmed": aid("true"),
    "decisions: aid stands": (
        'UPDATE entitlement_decision SET aids = \'[{"programme": "x", "amount_fen": 99999999999}]\''
    ),
    "aids: a live claim": aid("state = 'submitted'"),
    "aids: the steps": [
        'UPDATE entitlement_decision SET aids = \'[{"programme": "x"}]\'',
        (
            "INSERT INTO entitlement_step (id, order_id, programme, kind, before_fen, after_fen, inputs)"
            " SELECT 999999, min(order_id), 'x', 'hold', 5, 5, '{}' FROM entitlement_decision"
        ),
    ],
    "summaries: a line's aid": aid("state IN ('summarised', 'confirmed')", approved="5"),
    "payables of programmes": aid("state = 'confirmed'", approved="5", confirmed="5"),
    "an order's payables go to": [
        aid(PAID_CLAIM),
        (
            'INSERT INTO payable SELECT (jsonb_populate_record(p, \'{"id": 999999, "source": "aid:999999",'
            " \"payee_id\": -1}')).* FROM payable p WHERE source LIKE 'claim:%' AND state <> 'cancelled'"
            " ORDER BY source LIMIT 1"
        ),
    ],
    "aids: a dead claim": (
        "INSERT INTO aid_hold (id, order_id, programme, held_fen, consumed_fen, state)"
        " SELECT 999999, min(order_id), 'x', 5, 0, 'live' FROM claim WHERE state = 'confirmed'"
    ),
    "every aid of a claim": aid("true"),
    # vouchers: decisions, claims, summaries
    "claims: confirmed ≤": "UPDATE claim SET claimed_fen = 99999999999",
    "decisions: no subsidy": "UPDATE entitlement_decision SET held_fen = entitlement_fen + 1",
    "claims: a live claim": "UPDATE cap_hold SET held_fen = 0",
    "payables: each has": "UPDATE review_summary SET state = 'open'",
    "claims: each confirmed sum": "DELETE FROM payable",
    "claims: the payee is": "UPDATE claim SET payee_id = -1",
    "claims: submitter": "UPDATE claim SET reviewed_by = submitted_by",
    "materials: a certified": [
        made("organisation_document", organisation_id=-1, file_id=-1),
        "UPDATE claim_material SET document_id = 999999",
    ],
    "invoices: a number": "UPDATE claim_invoice SET number = '1', live = true",
    "invoices: the seller": "UPDATE claim_invoice SET seller_uscc = 'x' WHERE live",
    "claims: one that was handed in": "DELETE FROM claim_invoice",
    "claims: a dead claim": "UPDATE cap_hold SET state = 'live'",
    "claims: in direct deduction": "DELETE FROM shortfall",
    "decisions: the policy kept": "UPDATE policy_snapshot SET content = content || ' '",
    "decisions: each with its policy": "DELETE FROM entitlement_step WHERE kind = 'hold'",
    "steps: each begins": "UPDATE entitlement_step SET before_fen = before_fen + 1 WHERE kind = 'invoice'",
    "steps: each is what": "UPDATE entitlement_step SET after_fen = after_fen + 1",
    "claims: the steps": "UPDATE entitlement_step SET after_fen = after_fen + 1",
    "flags: none waited": (
        "INSERT INTO claim_flag (id, claim_id, finding_needed, state, raised_at)"
        " SELECT 999999, min(id), true, 'raised', '2000-01-01' FROM claim WHERE state = 'confirmed'"
    ),
    "flags: an upheld": (
        "INSERT INTO claim_flag (id, claim_id, state, decided_at)"
        " SELECT 999999, min(c.id), 'upheld', '2000-01-01' FROM claim c"
        "   JOIN claim_review r ON r.claim_id = c.id AND r.decision = 'approve' AND r.amount_fen >= c.claimed_fen"
        "  WHERE c.state = 'confirmed'"
    ),
    "cases: a claim is in one": [
        made("review_case", id=999_998, claim_id=1, taken_at="2026-01-01"),
        made("review_case", claim_id=1, taken_at="2026-01-02"),
    ],
    "reviews: while a case": (
        "INSERT INTO review_case (id, claim_id, holder_id, taken_at, last_day)"
        " SELECT 999999, min(claim_id), -1, '2000-01-01', '2100-01-01' FROM claim_review"
    ),
    "reviews: nobody decides": (
        "UPDATE claim_material m SET added_by = r.reviewer_id, added_at = '2000-01-01' FROM claim_review r"
        " WHERE r.claim_id = m.claim_id"
    ),
    "batches: what was decided": made("review_batch", claim_ids=[1], total_fen=1),
    "summaries: the total": "UPDATE review_summary SET total_fen = total_fen + 1",
    "invoices: the file": "UPDATE claim_invoice SET source_sha256 = 'x'",
    "invoices: what was read": [
        (
            "INSERT INTO invoice_reading (id, claim_id, file_id, facts)"
            " SELECT 999999, -1, min(file_id), '{}' FROM claim_material"
        ),
        "UPDATE claim_invoice SET reading_id = 999999",
    ],
    "invoices: what credit": "UPDATE claim_invoice SET credited_fen = credited_fen + 1 WHERE live",
    "claims: one that waits": "UPDATE claim_invoice SET eligible_fen = 1 WHERE live",
    "claims: under review": "UPDATE cap_hold SET held_fen = held_fen + 1 WHERE state = 'live'",
    "credit invoices: another": made("credit_invoice", state="rejected", registered_by=1, decided_by=1),
    "credit invoices: no payment": [
        made("credit_invoice", state="annulled", number="1", original_number="2"),
        made("payment_stop", state="standing", occasion="credit:1"),
    ],
    "claims: what is granted": [
        "UPDATE claim_invoice SET credited_fen = amount_incl_tax_fen WHERE live",
        "UPDATE payable SET state = 'due'",
        "DELETE FROM payment_stop",
    ],
    # instruments
    "of those who wait for one time": [
        made("slot_wait", instrument_id=1, during="[2026-03-02,2026-03-03)", state="offered"),
        copied("slot_wait", "id = 999999", id=999_998),
    ],
    "every secret address": made("calendar_address", user_id=1, issued_at="2026-03-02"),
    "an instrument is exempt for secrecy": "UPDATE instrument SET secrecy_exempted_on = NULL",
    "an exemption for secrecy was endorsed": "UPDATE secrecy_exemption SET decided_by = reviewed_by",
    "a series of bookings has orders": "UPDATE series_slot SET quote_id = NULL, reasons = '[1]'",
    "a qualification is about": "DELETE FROM qualification_instrument",
    "what was taken out of the catalogue": "DELETE FROM listing_interruption",
    "no instrument that customs bars": "UPDATE duty_free_import SET leave = 'barred', recorded_at = '2020-01-01'",
    "a purchase has the search": "UPDATE duplicate_purchase_review SET round = round + 1",
    "a purchase is decided by": "UPDATE duplicate_purchase_review SET decided_by = asked_by WHERE decision IS NOT NULL",
    "a reminder of terms": made("term_reminder", provider_id=1, on="2026-01-01", step="coming", listings=1, updates=0),
    "nothing known by then had been heard": [
        made("sensor_alarm", instrument_id=1, since="2026-01-01", opened_at="2026-02-01"),
        made("sensor_placement", sensor_id=1, instrument_id=1, during="[2026-01-01,)", placed_at="2026-01-01"),
        made("sensor_batch", received_at="2026-01-10"),
        made("sensor_reading", sensor_id=1, at="2026-01-10", batch_id=999_999),
    ],
    "what one sensor tells": [
        made("running_stretch", sensor_id=1, day="2026-03-02", starts_at="2026-03-02", ends_at="2026-03-03"),
        copied("running_stretch", "id = 999999", id=999_998),
    ],
    "an instrument ran where": made(
        "running_stretch", sensor_id=1, day="2026-03-02", starts_at="2026-03-02", ends_at="2026-03-03"
    ),
    "every entry of the log of use": made("instrument_use", starts_at="2026-01-01", ends_at="2026-01-02"),
    "a correction in the log of use": [
        made("instrument_use", instrument_id=1, purpose="own", logged_at="2026-01-01"),
        copied("instrument_use", "id = 999999", id=999_998, instrument_id=2, corrects_id=999_999),
    ],
    "nobody left a booking": made("attendance", occupancy_id=1, kind="check_out", at="2026-01-01"),
    "live bookings, closures": copied("occupancy", "live"),
    "a slot lies within": "UPDATE occupancy SET booked = tstzrange(upper(during), upper(during) + '1 h') WHERE live",
    "an instrument's own rules": (
        "INSERT INTO booking_rule (id, provider_id, instrument_id) SELECT 999999, -1, min(id) FROM instrument"
    ),
    "a public instrument": "UPDATE instrument SET reviewed_by = submitted_by WHERE state = 'published'",
    "a published service says": "UPDATE service SET phone = '' WHERE state = 'published'",
    "no duty-free instrument": "UPDATE instrument SET duty_free = true, duty_free_record = ''",
    "a photo is a picture": "UPDATE stored_file SET owner_id = -1 WHERE media_type = 'image/jpeg'",
    "a service rests on": "UPDATE service SET provider_id = -1",
    "a published service shows a version": (
        "UPDATE service SET price_fen = price_fen + 1"
        " WHERE id = (SELECT min(id) FROM service WHERE state = 'published')"
    ),
    "prices begin on or after": "UPDATE service_price SET valid_from = valid_from - 1",
    "prices of extras begin": "UPDATE extra_price SET valid_from = valid_from - 1",
    # marketplace
    "the lines of a quote's extras": 'UPDATE quote SET extras = \'[{"extra_id": 0, "counts": true}]\'',
    "a voucher shares the lines": "UPDATE entitlement_decision SET base_fen = base_fen + 1",
    "a service shows its standing": "UPDATE service SET consent_id = 999999",
    # marketplace
    "an order is accepted by its provider": 'UPDATE "order" SET consent_id = 999999',
    "a quote has the price": "UPDATE quote SET unit_price_fen = unit_price_fen + 1, minimum_charge_fen = price_fen",
    "an order costs what": 'UPDATE "order" SET contract_fen = contract_fen + 1',
    "an order's subsidy": 'UPDATE "order" SET price_fen = price_fen + 1',
    "the price of a deducted": (
        "WITH gone AS (UPDATE payable SET state = 'cancelled', clawed_back_fen = 0)"
        " UPDATE claim SET state = 'revoked' WHERE state = 'confirmed'"
    ),
    "an ineligible order": 'UPDATE "order" SET eligible = false',
    "paid <= confirmed": "UPDATE claim SET claimed_fen = 99999999999",
    "no order was placed": (
        "INSERT INTO suspension (id, membership_id, began_at) SELECT 999999, min(m.id), '2000-01-01'"
        ' FROM membership m JOIN "order" o ON o.beneficiary_id = m.organisation_id'
    ),
    "nobody owes a fee for a booking": [
        "UPDATE \"order\" SET fee_kind = 'no_show', fee_fen = 1",
        (
            "INSERT INTO audit_entry (id, subject_kind, subject_id, action, at)"
            " SELECT -o.id, 'order', o.id, 'cancel', '2026-03-05' FROM \"order\" o"
        ),
        (
            "INSERT INTO listing_interruption (id, instrument_id, kind, note, began_at)"
            " SELECT DISTINCT -instrument_id, instrument_id, 'suspended', '', timestamptz '2026-03-01' FROM quote"
            " WHERE instrument_id IS NOT NULL"
        ),
    ],
    "a fee is of a cancelled booking": "UPDATE \"order\" SET fee_kind = 'no_show', fee_fen = 1",
    "an order has booked the slot": "UPDATE \"order\" SET moved_to = tstzrange('2000-01-01', '2000-01-02')",
    "an order that ended early keeps no slot": [
        "UPDATE \"order\" SET state = 'cancelled'",
        'INSERT INTO occupancy (id, order_id, live) SELECT 999999, min(id), true FROM "order"',
    ],
    "an order that ended early keeps no hold": "UPDATE \"order\" SET state = 'cancelled'",
    "a live order holds": 'UPDATE "order" SET subsidy_fen = subsidy_fen + 1',
    "an order's other aid": 'UPDATE "order" SET other_aid_fen = 5',
    "a claim's payee": "UPDATE claim SET payee_id = -1",
    "a contracted order": "DELETE FROM order_charge",
    "a restriction stands on": "UPDATE naming SET opened_by = decided_by WHERE state = 'named'",
    "awards of a unit": made(
        "evaluation_award", organisation_id=1, year=2025, amount_fen=2, limit_fen=1, state="proposed"
    ),
    "an approved award rests on": [
        made("evaluation_snapshot", year=1999),
        made("evaluation_line", snapshot_id=999_999, organisation_id=1),
        made("evaluation_grade", line_id=999_999, state="approved", proposed_by=1, decided_by=1),
        made("evaluation_award", grade_id=999_999, organisation_id=1, year=1999, state="approved"),
    ],
    "a published year has": [
        made("evaluation_line", snapshot_id=999_999, organisation_id=1),
        "INSERT INTO evaluation_publication (snapshot_id, published_at) VALUES (999999, '2026-01-02')",
        made("evaluation_grade", line_id=999_999, state="refused", proposed_at="2026-01-01"),
    ],
    "a yearly report has": made("annual_report", first_submitted_at="2026-01-01"),
    "what a yearly report says": made(
        "annual_report_edition", report_id=1, content={"figures": {"checks": [{"left": 1, "right": 2}]}}
    ),
    "every order's placing": "DELETE FROM audit_entry WHERE subject_kind = 'order'",
}
"""A bend for each statement, by how its name begins."""
