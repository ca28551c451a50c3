"""Single corruptions of a sound database, each with the statement of ``verify`` that names the row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tampering:
    """What somebody with all rights changes, past all triggers and foreign keys.

    ``pick`` finds the row: its key, and what ``verify`` must name, in the column ``names`` of the statement whose name
    begins with ``named_by``. ``change`` is given the key as ``{key}``.
    """

    what: str
    pick: str
    change: str
    named_by: str
    names: str


def of_row(what: str, table: str, where: str, setting: str, named_by: str, names: str = "") -> Tampering:
    """One row of a table with a number is changed, and it is that number which is named."""
    return Tampering(
        what,
        f'SELECT id, id FROM "{table}" WHERE {where} ORDER BY id LIMIT 1',
        f'UPDATE "{table}" SET {setting} WHERE id = {{key}}',
        named_by,
        names or table,
    )


TAMPERINGS = [
    # the ledger
    Tampering(
        "a posting is raised",
        "SELECT id, transaction_id FROM ledger_posting ORDER BY id LIMIT 1",
        "UPDATE ledger_posting SET amount_fen = amount_fen + 1 WHERE id = {key}",
        "ledger transactions balance",
        "ledger_transaction",
    ),
    Tampering(
        "a posting is removed",
        "SELECT id, transaction_id FROM ledger_posting ORDER BY id DESC LIMIT 1",
        "DELETE FROM ledger_posting WHERE id = {key}",
        "ledger transactions have at least two",
        "ledger_transaction",
    ),
    Tampering(
        "a posting is moved to another account",
        "SELECT p.id, p.account_id FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id"
        " WHERE a.kind = 'payable' ORDER BY p.id LIMIT 1",
        "UPDATE ledger_posting SET account_id = (SELECT min(id) FROM ledger_account WHERE kind = 'granted')"
        " WHERE id = {key}",
        "stored balances equal",
        "ledger_account",
    ),
    Tampering(
        "a posting goes to the other layer",
        "SELECT id, account_id FROM ledger_posting WHERE layer = 'pending' ORDER BY id LIMIT 1",
        "UPDATE ledger_posting SET layer = 'posted' WHERE id = {key}",
        "stored balances equal",
        "ledger_account",
    ),
    of_row(
        "a fund's balance is raised",
        "ledger_account",
        "kind = 'fund'",
        "posted_fen = posted_fen + 1",
        "stored balances equal",
    ),
    of_row(
        "what is left of a cap is raised",
        "ledger_account",
        "kind = 'cap' AND pending_fen > 0",
        "pending_fen = pending_fen - 1",
        "every held sum belongs",
    ),
    of_row("a fund may go below zero", "ledger_account", "kind = 'fund'", "min_fen = NULL", "accounts stay within"),
    Tampering(
        "a whole transaction is forgotten",
        "SELECT transaction_id, id FROM cap_hold WHERE state = 'live' ORDER BY id LIMIT 1",
        "DELETE FROM ledger_posting WHERE transaction_id = {key}",
        "holds of cap_hold",
        "cap_hold",
    ),
    Tampering(
        "a resolved transaction is resolved for more",
        "SELECT r.id, r.resolves_id FROM ledger_transaction r WHERE r.resolves_id IS NOT NULL ORDER BY r.id LIMIT 1",
        "UPDATE ledger_posting SET amount_fen = amount_fen * 2 WHERE transaction_id = {key} AND layer = 'pending'",
        "pending transactions are resolved",
        "ledger_transaction",
    ),
    # holds, decisions, orders
    of_row("a hold is raised", "cap_hold", "state = 'live'", "held_fen = held_fen + 1", "holds of cap_hold"),
    of_row(
        "a hold is released aside",
        "cap_hold",
        "state = 'live'",
        "state = 'released', held_fen = 0",
        "cap_hold: history",
    ),
    of_row("a hold is given to another order", "cap_hold", "state = 'live'", "order_id = 999999", "holds of cap_hold"),
    of_row(
        "a decision grants more than its rate",
        "entitlement_decision",
        "eligible",
        "entitlement_fen = entitlement_fen + 1",
        "decisions: no subsidy",
    ),
    of_row(
        "a step of a sum is raised",
        "entitlement_step",
        "kind = 'entitlement'",
        "after_fen = after_fen + 1",
        "steps: each is what",
    ),
    Tampering(
        "a step of a sum is removed",
        "SELECT s.id, d.id FROM entitlement_step s JOIN entitlement_decision d ON d.order_id = s.order_id"
        " WHERE s.kind = 'hold' AND s.programme IS NULL ORDER BY s.id LIMIT 1",
        "DELETE FROM entitlement_step WHERE id = {key}",
        "decisions: each with its policy",
        "entitlement_decision",
    ),
    of_row("an order's price is raised", "order", "subsidy_fen > 0", "price_fen = price_fen + 1", "an order's subsidy"),
    of_row(
        "self-pay is turned into subsidy",
        "order",
        "state = 'accepted' AND subsidy_fen > 0 AND self_pay_fen > 0",
        "subsidy_fen = subsidy_fen + 1, self_pay_fen = self_pay_fen - 1",
        "a live order holds",
    ),
    of_row("an order skips its contract", "order", "state = 'accepted'", "state = 'in_service'", "order: history"),
    of_row(
        "a charge is lowered",
        "order_charge",
        "self_pay_fen > 0",
        "self_pay_fen = self_pay_fen - 1",
        "what an order was charged",
    ),
    Tampering(
        "a policy that was kept is lowered",
        "SELECT id, id FROM policy_snapshot ORDER BY id LIMIT 1",
        "UPDATE policy_snapshot SET content = replace(content, '0.60', '0.90') WHERE id = {key}",
        "decisions: the policy kept",
        "policy_snapshot",
    ),
    # claims, summaries, invoices
    Tampering(
        "a claim is confirmed for less than is owed",
        "SELECT c.id, p.id FROM claim c JOIN payable p ON p.source = 'claim:' || c.id"
        " WHERE c.state = 'confirmed' ORDER BY c.id LIMIT 1",
        "UPDATE claim SET confirmed_fen = confirmed_fen - 1 WHERE id = {key}",
        "payables: each has a confirmed",
        "payable",
    ),
    of_row("a claim skips the city", "claim", "state = 'submitted'", "state = 'city_approved'", "claim: history"),
    of_row(
        "a claim's payee is replaced",
        "claim",
        "state = 'confirmed'",
        "payee_id = 1",
        "claims: the payee is the provider",
    ),
    of_row(
        "who submitted a claim has reviewed it",
        "claim",
        "state = 'confirmed'",
        "reviewed_by = submitted_by",
        "claims: submitter",
    ),
    of_row(
        "a summary's total is raised", "review_summary", "true", "total_fen = total_fen + 1", "summaries: the total"
    ),
    Tampering(
        "a summary was never sent",
        "SELECT s.id, p.id FROM review_summary s JOIN claim c ON c.summary_id = s.id"
        " JOIN payable p ON p.source = 'claim:' || c.id WHERE c.state = 'confirmed' ORDER BY p.id LIMIT 1",
        "UPDATE review_summary SET state = 'stamped' WHERE id = {key}",
        "payables: each has a confirmed",
        "payable",
    ),
    Tampering(
        "an invoice names another seller",
        "SELECT i.id, c.id FROM claim_invoice i JOIN claim c ON c.id = i.claim_id"
        " WHERE i.live AND c.state = 'submitted' ORDER BY i.id LIMIT 1",
        "UPDATE claim_invoice SET seller_uscc = '91370000DEM0000000' WHERE id = {key}",
        "invoices: the seller",
        "claim",
    ),
    # payables, batches, what the bank said
    of_row(
        "a payable is raised",
        "payable",
        "state = 'due'",
        "amount_fen = amount_fen + 1",
        "payables: each has a confirmed",
    ),
    of_row(
        "a payable's account is replaced",
        "payable",
        "state = 'due'",
        "account_number = '6222020000000000000'",
        "every account paid to",
    ),
    of_row(
        "a paid payable is due again",
        "payable",
        "state = 'paid'",
        "state = 'due', paid_fen = 0, clawed_back_fen = 0",
        "a payable is paid at most once",
    ),
    of_row("a stop is lifted aside", "payable", "stopped", "stopped = false", "a payable is stopped while"),
    Tampering(
        "a line is removed",
        "SELECT batch_id, batch_id FROM batch_line ORDER BY 1 LIMIT 1",
        "DELETE FROM batch_line WHERE batch_id = {key} AND line_no = 1",
        "a batch's total and seal",
        "settlement_batch",
    ),
    Tampering(
        "a line speaks of another payable",
        "SELECT batch_id, batch_id FROM batch_line ORDER BY 1 LIMIT 1",
        "UPDATE batch_line SET payable_id = 999999 WHERE batch_id = {key} AND line_no = 1",
        "lines belong to a batch",
        "settlement_batch",
    ),
    Tampering(
        "a payout goes to another account",
        "SELECT batch_id, batch_id FROM batch_payout ORDER BY 1 LIMIT 1",
        "UPDATE batch_payout SET account_number = '6222020000000000000' WHERE batch_id = {key}",
        "a batch's total and seal",
        "settlement_batch",
    ),
    Tampering(
        "a payout's sum is raised",
        "SELECT batch_id, batch_id FROM batch_payout ORDER BY 1 LIMIT 1",
        "UPDATE batch_payout SET gross_fen = gross_fen + 1, amount_fen = amount_fen + 1 WHERE batch_id = {key}",
        "a payout is its lines",
        "settlement_batch",
    ),
    of_row(
        "a batch's total is raised",
        "settlement_batch",
        "true",
        "gross_fen = gross_fen + 1, total_fen = total_fen + 1",
        "a batch's total is its postings",
    ),
    of_row(
        "a seal is replaced",
        "settlement_batch",
        "true",
        "content_sha256 = repeat('0', 64)",
        "a batch's total and seal",
    ),
    of_row(
        "a batch skips the second person",
        "settlement_batch",
        "state = 'prepared'",
        "state = 'approved'",
        "settlement_batch: history",
    ),
    Tampering(
        "a batch's preparer stood behind a claim",
        "SELECT l.payable_id, l.batch_id FROM batch_line l ORDER BY l.batch_id LIMIT 1",
        "UPDATE payable SET involved_user_ids = ARRAY(SELECT prepared_by FROM settlement_batch b"
        " JOIN batch_line l ON l.batch_id = b.id WHERE l.payable_id = {key}) WHERE id = {key}",
        "batch preparer and approver",
        "settlement_batch",
    ),
    Tampering(
        "a batch file's control sum is lowered",
        "SELECT id, batch_id FROM batch_file ORDER BY id LIMIT 1",
        "UPDATE batch_file SET control_sum_fen = control_sum_fen - 1 WHERE id = {key}",
        "a batch's files",
        "settlement_batch",
    ),
    Tampering(
        "a batch file is exchanged for another",
        "SELECT id, batch_id FROM batch_file ORDER BY id LIMIT 1",
        "UPDATE batch_file SET file_id = (SELECT min(id) FROM stored_file) WHERE id = {key}",
        "a batch's files",
        "settlement_batch",
    ),
    Tampering(
        "a bank's answer is turned around",
        "SELECT bank_return_id, bank_return_id FROM bank_return_line WHERE outcome = 'failed' ORDER BY 1 LIMIT 1",
        "UPDATE bank_return_line SET outcome = 'paid' WHERE bank_return_id = {key}",
        "bank returns are the sums",
        "bank_return",
    ),
    Tampering(
        "a line of a bank's answer is removed",
        "SELECT bank_return_id, bank_return_id FROM bank_return_line ORDER BY 1 LIMIT 1",
        "DELETE FROM bank_return_line WHERE bank_return_id = {key}",
        "bank returns are the sums",
        "bank_return",
    ),
    of_row(
        "a bank's file is exchanged for another",
        "bank_return",
        "true",
        "file_id = (SELECT min(id) FROM stored_file)",
        "a bank's answer is kept",
    ),
    Tampering(
        "an appropriation is raised",
        "SELECT id, fund_id FROM appropriation ORDER BY id LIMIT 1",
        "UPDATE appropriation SET amount_fen = amount_fen + 1 WHERE id = {key}",
        "funds: 0 <= committed",
        "fund",
    ),
    of_row(
        "a clawback is paid back aside",
        "clawback",
        "recovered_fen = 0",
        "recovered_fen = 1",
        "clawbacks equal",
    ),
    of_row(
        "money in suspense is said to be booked to a clawback",
        "bank_suspense",
        "state = 'proposed'",
        "state = 'settled', resolution = 'clawback_recovery', clawback_id = (SELECT min(id) FROM clawback)",
        "money in suspense that came",
    ),
    Tampering(
        "a gap between statements is hidden",
        "SELECT id, after_id FROM statement_gap WHERE state = 'open' ORDER BY id LIMIT 1",
        "UPDATE statement_gap SET state = 'closed', closed_at = now() WHERE id = {key}",
        "a gap stands",
        "after_id",
    ),
    Tampering(
        "a clawback is lowered",
        "SELECT id, payable_id FROM clawback ORDER BY id LIMIT 1",
        "UPDATE clawback SET amount_fen = amount_fen - 1 WHERE id = {key}",
        "0 <= clawed back",
        "payable",
    ),
    # between users and providers
    of_row("a shortfall is paid aside", "shortfall", "state = 'open'", "paid_fen = paid_fen + 1", "shortfalls equal"),
    of_row("a shortfall is given up aside", "shortfall", "state = 'open'", "written_off_fen = 1", "shortfalls equal"),
    Tampering(
        "a part of a plan is lowered",
        "SELECT id, proposal_id FROM shortfall_instalment ORDER BY id LIMIT 1",
        "UPDATE shortfall_instalment SET amount_fen = amount_fen - 1 WHERE id = {key}",
        "instalments of a shortfall",
        "shortfall_proposal",
    ),
    of_row(
        "a correction is approved aside",
        "appropriation_correction",
        "state = 'proposed'",
        "state = 'approved'",
        "appropriation_correction: history",
    ),
    of_row("a shortfall is lowered", "shortfall", "true", "amount_fen = amount_fen - 1", "an order's shortfall"),
    of_row(
        "a payment is raised",
        "payment",
        "state = 'succeeded'",
        "amount_fen = amount_fen + 1",
        "payments and refunds equal",
    ),
    of_row("a payment is refunded aside", "payment", "state = 'succeeded'", "state = 'refunded'", "payment: history"),
    # people
    Tampering(
        "a registration is approved by who asked for it",
        "SELECT id, id FROM membership WHERE state = 'approved' ORDER BY id LIMIT 1",
        "UPDATE membership SET reviewed_by = submitted_by WHERE id = {key}",
        "a registration is reviewed by another",
        "membership",
    ),
    Tampering(
        "a bank account is verified by who named it",
        "SELECT id, id FROM bank_account WHERE state = 'verified' ORDER BY id LIMIT 1",
        "UPDATE bank_account SET verified_by = named_by WHERE id = {key}",
        "a bank account is verified by another",
        "bank_account",
    ),
    # the trail
    Tampering(
        "a state is rewritten in the trail",
        "SELECT id, subject_id FROM audit_entry WHERE subject_kind = 'claim' AND to_state = 'city_approved'"
        " ORDER BY id LIMIT 1",
        "UPDATE audit_entry SET to_state = 'confirmed' WHERE id = {key}",
        "claim: history",
        "claim",
    ),
    Tampering(
        "an approval is removed from the trail",
        "SELECT id, subject_id FROM audit_entry WHERE subject_kind = 'settlement_batch' AND action = 'approve'"
        " ORDER BY id LIMIT 1",
        "DELETE FROM audit_entry WHERE id = {key}",
        "settlement_batch: history",
        "settlement_batch",
    ),
    Tampering(
        "a payable's confirmation is removed from the trail",
        "SELECT min(id), subject_id FROM audit_entry WHERE subject_kind = 'payable' GROUP BY subject_id"
        " HAVING count(*) = 1 ORDER BY 1 LIMIT 1",
        "DELETE FROM audit_entry WHERE id = {key}",
        "every change of money",
        "id",
    ),
]
