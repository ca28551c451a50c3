"""Who may do what with money. The administrator and delegated agencies have no part in it (V5)."""

from __future__ import annotations

from typing import Any

from accounts.permissions import (
    Role,
    auditor,
    beneficiary,
    city_bureau,
    city_finance,
    finance,
    finance_checker,
    finance_maker,
    incubator,
    provider,
    province,
)
from accounts.queries import acts_for
from core.permissions import Actor, permission, system


@permission
def its_creditor(actor: Actor, target: Any) -> bool:
    """A user of the provider that a shortfall is owed to: bank transfers are confirmed by who receives them."""
    return actor.role == Role.PROVIDER and bool(target.creditor_id == actor.organisation_id)


@permission
def its_debtor(actor: Actor, target: Any) -> bool:
    """The user that owes a shortfall, or the incubator of a team."""
    return target.debtor_id in acts_for(actor)


@permission
def its_payer(actor: Actor, target: Any) -> bool:
    """The user whose payment it is, or the incubator of a team."""
    return target.payer_id in acts_for(actor)


@permission
def its_payee(actor: Actor, target: Any) -> bool:
    """The provider that a payment is made to."""
    return actor.role == Role.PROVIDER and bool(target.payee_id == actor.organisation_id)


@permission
def not_its_preparer(actor: Actor, target: Any) -> bool:
    """Anybody but the person who prepared the batch (invariant 10)."""
    return actor.user_id is not None and bool(target.prepared_by != actor.user_id)


@permission
def not_its_proposer(actor: Actor, target: Any) -> bool:
    """Anybody but the person who said or proposed it."""
    return actor.user_id is not None and bool(target.proposed_by != actor.user_id)


reads_all_money = province | finance | auditor
reads_its_city = city_bureau | city_finance

may_open_fund = finance_maker | province
may_decide_closing = province
may_read_funds = reads_all_money | city_finance
may_read_payables = reads_all_money | beneficiary | provider | incubator | reads_its_city
watches_payables = reads_all_money | reads_its_city
may_correct_payable = finance_maker
may_prepare_batch = finance_maker | system
may_approve_batch = finance_checker
may_change_cutoffs = finance_checker
may_discard_batch = finance
may_export_batch = finance
may_read_batches = reads_all_money
may_record_bank_return = finance_maker
may_read_suspense = reads_all_money
may_explain_suspense = finance_maker
may_settle_suspense = finance_checker
may_close_batch = finance
may_read_shortfalls = may_read_payables
may_confirm_shortfall_payment = provider
may_propose_shortfall_remedy = provider
may_pay = beneficiary | incubator
may_pay_shortfall = may_pay | provider
may_read_payments = may_read_payables
may_inquire = beneficiary | incubator | provider | finance
may_release_held = finance_maker
may_give_up_payment = may_pay | may_release_held
may_refund = provider | may_release_held
may_mend_refund = its_payee | may_release_held
may_read_disputes = may_read_payables
may_enrol = provider
may_claw_back = province
may_stop_payment = province
may_read_stops = may_read_payables
may_record_recovery = finance_maker
may_propose_remedy = finance_maker | province
may_decide_remedy = finance_checker | province
may_read_clawbacks = may_read_payables
may_read_payers = reads_all_money
may_propose_payer = finance_maker
may_decide_payer = finance_checker
may_read_ledger = may_read_payables
