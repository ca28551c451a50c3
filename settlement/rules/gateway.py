"""What is asked of a payment gateway, what it may answer, and what follows. No network, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from settlement.rules.methods import PaymentMethod

CURRENCY = "cny"
TERM = timedelta(hours=1)
"""How long a user may take to pay what was begun; a card's page must stand for at least half an hour."""
GRACE = timedelta(hours=1)
"""An attempt without an outcome so long past its term is shown to a person."""
KEY_LIFE = timedelta(hours=23)
"""How long a request may be sent again with its key: the gateway forgets keys after 24 hours."""
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=30)


class Ask(StrEnum):
    """The next question about an attempt or refund."""

    OPEN = "open"
    SEARCH = "search"
    LOOK = "look"
    CANCEL = "cancel"
    DROP = "drop"


class Told(StrEnum):
    """What the gateway says of an attempt, in our words."""

    WAITING = "waiting"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"
    UNEXPECTED = "unexpected"


class RefundTold(StrEnum):
    """What the gateway says of a refund, in our words."""

    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Lost(Exception):
    """Nobody knows whether the gateway did it: no reply in time, a broken one, or its own fault."""


class Denied(Exception):
    """The gateway did not do it and said why."""

    def __init__(self, code: str, *, status: int) -> None:
        super().__init__(f"{status} {code}")
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Opening:
    """A payment to be asked for. ``reference`` is ours, ``account`` the provider's at the gateway."""

    reference: str
    order_id: int
    method: PaymentMethod
    amount_fen: int
    account: str
    description: str
    return_url: str
    expires_at: datetime


@dataclass(frozen=True)
class Remote:
    """An attempt as the gateway shows it. A card's page (``session_id``) has an intent only once it is being paid."""

    told: Told
    status: str
    amount_fen: int
    currency: str
    reference: str | None
    intent_id: str | None = None
    session_id: str | None = None
    charge_id: str | None = None
    account: str | None = None
    received_fen: int = 0
    failure: str | None = None
    next_url: str | None = None
    qr_data: str | None = None


@dataclass(frozen=True)
class RefundOrder:
    """A refund to be asked for."""

    reference: str
    key: str
    intent_id: str
    amount_fen: int


@dataclass(frozen=True)
class RemoteRefund:
    """A refund as the gateway shows it."""

    told: RefundTold
    status: str
    refund_id: str
    intent_id: str | None
    amount_fen: int
    currency: str
    reference: str | None
    key: str | None = None
    failure: str | None = None


@dataclass(frozen=True)
class RemoteAccount:
    """A provider's account as the gateway shows it."""

    account: str
    reference: str | None
    charges_enabled: bool
    submitted: bool
    methods: tuple[str, ...]
    missing: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class RemoteDispute:
    """A dispute as the gateway shows it."""

    dispute_id: str
    intent_id: str | None
    charge_id: str | None
    amount_fen: int
    currency: str
    reason: str
    status: str
    due_by: datetime | None


def next_ask(
    *, known: bool, first_sent_at: datetime | None, expires_at: datetime, given_up: bool, now: datetime
) -> Ask:
    """What to ask about an open attempt.

    ``known``: the gateway's number of it is recorded. One that was never sent need not be; one whose reply was lost is
    sent again with its key, which does it once whatever happened, and searched for once the key is forgotten.
    """
    if not known:
        if first_sent_at is None:
            return Ask.DROP if given_up else Ask.OPEN
        return Ask.OPEN if now < first_sent_at + KEY_LIFE else Ask.SEARCH
    return Ask.CANCEL if given_up or now >= expires_at else Ask.LOOK


def next_refund_ask(*, known: bool, first_sent_at: datetime | None, now: datetime) -> Ask:
    """The same for a refund, which cannot be taken back."""
    if known:
        return Ask.LOOK
    return Ask.OPEN if first_sent_at is None or now < first_sent_at + KEY_LIFE else Ask.SEARCH


def pause(asks: int) -> timedelta:
    """How long to wait before the next question, longer each time."""
    return min(FIRST_PAUSE * (1 << min(asks, 10)), LONGEST_PAUSE)


def differences(
    remote: Remote, *, reference: str, amount_fen: int, account: str, intent_id: str | None, session_id: str | None
) -> dict[str, Any]:
    """Where an answer is not about what was asked for; empty where all agrees."""
    pairs: dict[str, tuple[object, object]] = {
        "amount_fen": (amount_fen, remote.amount_fen),
        "currency": (CURRENCY, remote.currency),
        "reference": (reference, remote.reference),
    }
    if remote.intent_id is not None:
        pairs["account"] = (account, remote.account)
        if intent_id is not None:
            pairs["intent_id"] = (intent_id, remote.intent_id)
    if remote.session_id is not None and session_id is not None:
        pairs["session_id"] = (session_id, remote.session_id)
    if remote.told is Told.SUCCEEDED:
        pairs["received_fen"] = (amount_fen, remote.received_fen)
        pairs["intent"] = (True, remote.intent_id is not None)
    if remote.told is Told.UNEXPECTED:
        pairs["status"] = (None, remote.status)
    return {name: [ours, theirs] for name, (ours, theirs) in pairs.items() if ours != theirs}


def refund_differences(
    remote: RemoteRefund, *, reference: str, amount_fen: int, intent_id: str, refund_id: str | None
) -> dict[str, Any]:
    """The same for a refund."""
    pairs: dict[str, tuple[object, object]] = {
        "amount_fen": (amount_fen, remote.amount_fen),
        "currency": (CURRENCY, remote.currency),
        "reference": (reference, remote.reference),
        "intent_id": (intent_id, remote.intent_id),
    }
    if refund_id is not None:
        pairs["refund_id"] = (refund_id, remote.refund_id)
    return {name: [ours, theirs] for name, (ours, theirs) in pairs.items() if ours != theirs}


class EventSubject(StrEnum):
    """What an event of the gateway is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    ACCOUNT = "account"
    OTHER = "other"


@dataclass(frozen=True)
class Concern:
    """What an event is about: the gateway's number of it, that of its intent, and our reference where it is told."""

    subject: EventSubject
    object_id: str
    intent_id: str | None = None
    reference: str | None = None


_SUBJECTS = {
    "payment_intent": EventSubject.PAYMENT,
    "checkout.session": EventSubject.PAYMENT,
    "refund": EventSubject.REFUND,
    "charge": EventSubject.REFUND,
    "dispute": EventSubject.DISPUTE,
    "account": EventSubject.ACCOUNT,
}
ATTEMPT = "attempt"
"""The name under which our reference stands at what belongs to an attempt."""


def concern_of(told: Mapping[str, Any]) -> Concern:
    """What the object of an event is about. Its figures are not believed: the gateway is asked how things stand now,
    so that neither the order of events nor a repetition matters."""
    kind = str(told.get("object", ""))
    subject = _SUBJECTS.get(kind, EventSubject.OTHER)
    own_id = str(told.get("id", ""))
    intent = own_id if kind == "payment_intent" else told.get("payment_intent")
    metadata = told.get("metadata")
    reference = metadata.get(ATTEMPT) if isinstance(metadata, Mapping) else None
    return Concern(
        subject=subject,
        object_id=own_id,
        intent_id=intent if isinstance(intent, str) else None,
        reference=reference if isinstance(reference, str) else None,
    )
