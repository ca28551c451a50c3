"""Reading the audit trail onward and telling whoever should know, each step once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from accounts.steps.notices import Message, notify, settle_tasks
from core import clock
from core.audit import AuditEntry
from core.audit_reader import read_on
from core.db import Model, require_transaction, transaction
from core.money import yuan_text
from marketplace.notifications.payouts import Arrived
from marketplace.notifications.rules import SUBJECTS, Subject, Told
from settlement.models import Payable

READER = "notices"
CHUNK = 100
SUMS = ("amount_fen", "approved_fen", "confirmed_fen", "total_fen")
"""What a step may say it was about; the first that is there is shown."""


def tell(*, now: datetime) -> int:
    """Turn every step since the last time into notices; returns how many steps there were."""
    about = [(kind, action) for kind, subject in SUBJECTS.items() for action in subject.steps]
    handled, is_full = 0, True
    while is_full:
        with transaction():
            entries, is_full = read_on(READER, about=about, limit=CHUNK)
            for entry in entries:
                _tell_of(entry, SUBJECTS[entry.subject_kind], now=now)
            handled += len(entries)
    return handled


def _tell_of(entry: AuditEntry, subject: Subject, *, now: datetime) -> None:
    """Settle what waited about the record, then tell what the step means; who took it is told tasks only."""
    if entry.action not in subject.beside:
        settle_tasks(subject_kind=entry.subject_kind, subject_id=entry.subject_id, now=now)
    own = require_transaction().get_one(subject.model, entry.subject_id)
    for told in subject.steps[entry.action]:
        for record in [own] if told.records is None else told.records(entry):
            message = _message(told, subject, entry, record)
            for to in told.to(record):
                if told.task or to.organisation_id != entry.actor_organisation_id:
                    notify(message, organisation_id=to.organisation_id, role=to.role, user_id=to.user_id, now=now)


def _message(told: Told, subject: Subject, entry: AuditEntry, record: Any) -> Message:
    about = record if isinstance(record, Model) else None
    kind = entry.subject_kind if about is None else about.__tablename__
    number = entry.subject_id if about is None else int(record.id)
    page = told.link or subject.page
    return Message(
        key=told.key,
        subject_kind=kind,
        subject_id=number,
        entry_id=entry.id,
        task=told.task,
        due_on=_due(told, entry, record),
        params={
            "number": number,
            "amount": _sum(entry, record if told.records is not None else None),
            **{name: entry.data[name] for name in told.says},
        },
        link=None if page is None else (page, number if told.link_id is None else told.link_id(record)),
    )


def _due(told: Told, entry: AuditEntry, record: Any) -> date | None:
    """The last day that the record keeps, or that of a term from the day of the step."""
    if told.due is not None:
        return told.due(record)
    return None if told.term is None else told.term(clock.today(entry.at))


def _sum(entry: AuditEntry, record: Any | None) -> str:
    """What it is worth, in yuan; empty where the step says nothing of money."""
    if isinstance(record, Arrived | Payable):
        return yuan_text(record.amount_fen)
    named = (entry.data.get(name) for name in SUMS)
    return next((yuan_text(fen) for fen in named if fen is not None), "")
