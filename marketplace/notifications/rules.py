"""The table of notices: what each step of a record means to whom.

A step that stands here settles the tasks told before about the same record, then tells what is next. ``()`` only
settles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from accounts.models import BankAccount, Membership
from core.audit import AuditEntry
from core.db import Model
from instruments.models import Instrument
from marketplace.models import Order
from marketplace.notifications.payouts import arrived, not_arrived
from marketplace.notifications.recipients import (
    Recipients,
    both,
    bureau,
    bureau_of,
    finance_checker,
    finance_maker,
    of,
    province,
)
from settlement.models import Clawback, Payable, SettlementBatch, Shortfall
from vouchers.models import Claim, ReviewSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice: text ``notice.<key>``, to whom, whether it waits for them, until when, and where it leads.

    ``records``: what the step is about where that is not its own record, such as the payouts of a batch.
    """

    key: str
    to: Recipients
    task: bool = False
    due: Callable[[Any], date | None] | None = None
    link: str | None = None
    link_id: Callable[[Any], int] | None = None
    records: Callable[[AuditEntry], Iterable[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of record with the notices of its steps; ``page`` is where they lead unless they say otherwise."""

    model: type[Model]
    page: str | None
    steps: Mapping[str, tuple[Told, ...]]


def task(key: str, to: Recipients, **more: Any) -> Told:
    """It waits for them."""
    return Told(key=key, to=to, task=True, **more)


def news(key: str, to: Recipients, **more: Any) -> Told:
    """They should know."""
    return Told(key=key, to=to, **more)


USER = of("beneficiary_id")
PROVIDER = of("provider_id")
PARTIES = of("beneficiary_id", "provider_id")
CLAIMANT = of("claimant_id")
CLAIM_PARTIES = both(of("claimant_id", "beneficiary_id", "payee_id"))
MEMBER = of("organisation_id")

MEMBERSHIP = Subject(
    Membership,
    "membership",
    {
        "submit": (task("membership.review", bureau_of("organisation_id")),),
        "approve": (news("membership.approved", MEMBER),),
        "return": (task("membership.returned", MEMBER),),
        "suspend": (news("membership.suspended", MEMBER),),
        "resume": (news("membership.resumed", MEMBER),),
    },
)
BANK_ACCOUNT = Subject(
    BankAccount,
    "organisation",
    {
        "name": (
            task("bank_account.verify", bureau_of("organisation_id"), link_id=lambda account: account.organisation_id),
        ),
        "verify": (news("bank_account.verified", MEMBER, link_id=lambda account: account.organisation_id),),
        "refuse": (task("bank_account.refused", MEMBER, link_id=lambda account: account.organisation_id),),
        "supersede": (),
    },
)
ORDER = Subject(
    Order,
    "order",
    {
        "place": (task("order.answer", PROVIDER, due=lambda order: order.respond_by),),
        "accept": (task("order.sign", PARTIES),),
        "decline": (news("order.declined", USER),),
        "lapse": (news("order.lapsed", PARTIES),),
        "cancel": (news("order.cancelled", PARTIES),),
        "contract": (task("order.serve", PROVIDER),),
        "start": (task("order.deliver", PROVIDER, due=lambda order: order.expected_completion),),
        "deliver": (task("order.complete", PARTIES),),
        "complete": (),
    },
)
CLAIM = Subject(
    Claim,
    "claim",
    {
        "open": (task("claim.submit", CLAIMANT, due=lambda claim: claim.last_day),),
        "submit": (task("claim.review", bureau),),
        "approve": (task("claim.summarise", bureau), news("claim.approved", CLAIM_PARTIES)),
        "return": (task("claim.correct", CLAIMANT, due=lambda claim: claim.correct_by),),
        "reject": (news("claim.rejected", CLAIM_PARTIES),),
        "withdraw": (news("claim.withdrawn", both(bureau, of("beneficiary_id", "provider_id"))),),
        "expire": (news("claim.expired", both(CLAIM_PARTIES, PARTIES)),),
        "summarise": (),
        "send_back": (task("claim.review_again", bureau),),
        "confirm": (news("claim.confirmed", CLAIM_PARTIES),),
        "revoke": (news("claim.revoked", both(CLAIM_PARTIES, bureau)),),
    },
)
SUMMARY = Subject(
    ReviewSummary,
    "summary",
    {
        "open": (task("summary.stamp", bureau),),
        "stamp": (task("summary.dispatch", bureau),),
        "dispatch": (task("summary.confirm", province),),
    },
)
PAYABLE = Subject(
    Payable,
    "payable",
    {
        "correct": (),
        "cancel": (news("payable.cancelled", of("payee_id")),),
    },
)
BATCH = Subject(
    SettlementBatch,
    "batch",
    {
        "prepare": (task("batch.approve", finance_checker),),
        "approve": (task("batch.export", finance_maker),),
        "export": (task("batch.bank_return", finance_maker),),
        "record_bank_return": (
            task("batch.close", finance_maker),
            news("payable.paid", of("payee_id"), records=arrived, link="payable", link_id=lambda paid: paid.payable_id),
            task(
                "payable.failed",
                both(of("payee_id"), finance_maker),
                records=not_arrived,
                link="payable",
                link_id=lambda payable: payable.id,
            ),
        ),
        "discard": (),
        "close": (),
    },
)
SHORTFALL = Subject(
    Shortfall,
    "shortfall",
    {
        "open": (task("shortfall.pay", of("debtor_id")), news("shortfall.owed", of("creditor_id"))),
        "pay": (news("shortfall.paid", of("debtor_id", "creditor_id")),),
    },
)
CLAWBACK = Subject(
    Clawback,
    "clawback",
    {
        "open": (task("clawback.repay", of("payee_id")),),
        "recover": (news("clawback.recovered", of("payee_id")),),
    },
)
LISTING = Subject(
    Instrument,
    "instrument",
    {
        "submit": (task("listing.review", bureau_of("provider_id")),),
        "publish": (news("listing.published", PROVIDER),),
        "return": (task("listing.returned", PROVIDER),),
        "suspend": (news("listing.suspended", PROVIDER),),
        "resume": (news("listing.resumed", PROVIDER),),
        "retire": (),
    },
)

SUBJECTS: Mapping[str, Subject] = MappingProxyType(
    {
        each.model.__tablename__: each
        for each in (
            MEMBERSHIP,
            BANK_ACCOUNT,
            ORDER,
            CLAIM,
            SUMMARY,
            PAYABLE,
            BATCH,
            SHORTFALL,
            CLAWBACK,
            LISTING,
        )
    }
)
"""Every kind of record somebody is told of, by its table."""
