"""Money on a statement that matched nothing: in the books once it is known, out of suspense once it is explained."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, literal, select, text

from core import audit
from core.db import require_transaction
from core.files import StoredFile
from core.permissions import Actor
from settlement.models import AccountStatement, BankStatement, BankSuspense
from settlement.rules import postings
from settlement.rules.bank_files import BankFileKind, Owned
from settlement.rules.bank_files.suspense import Unmatched
from settlement.rules.chart import TransactionKind
from settlement.states import SUSPENSE_TRANSITIONS
from settlement.steps.posting import Posting, post

ARTICLE = "V17 pay"

_STATEMENT_LOCK = 7_210_417_532
"""Key of the advisory lock, beside that of the queue."""


def lock_statements() -> None:
    """One statement at a time is taken in, so that no entry stands in two."""
    require_transaction().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _STATEMENT_LOCK})


def new_of(entries: Sequence[Unmatched]) -> list[Unmatched]:
    """The entries that no statement told before."""
    known = _known([entry.fingerprint for entry in entries])
    return [entry for entry in entries if entry.fingerprint not in known]


def new_statements_of(told: Sequence[Owned]) -> list[Owned]:
    """What is told of accounts that no statement told before, of those that have a place among others."""
    found = {each.content: each for each in told if each.has_place}
    known = select(AccountStatement.content).where(AccountStatement.content == any_(literal(list(found), ARRAY(Text))))
    for content in require_transaction().scalars(known):
        del found[content]
    return list(found.values())


def add_statement(
    kind: BankFileKind, *, file: StoredFile, told_count: int, suspense_count: int, actor: Actor, now: datetime
) -> BankStatement:
    """Keep what a statement did."""
    made = BankStatement(
        kind=kind,
        sha256=file.sha256,
        file_id=file.id,
        told_count=told_count,
        suspense_count=suspense_count,
        recorded_by=actor.user_id,
        recorded_at=now,
    )
    require_transaction().add(made)
    data = {"sha256": file.sha256, "told_count": told_count, "suspense_count": suspense_count}
    audit.record(actor=actor, now=now, action="record", subject=made, data=data)
    return made


def open_suspense(
    statement: BankStatement, entries: Sequence[Unmatched], *, programme: str, actor: Actor, now: datetime
) -> None:
    """Keep each entry and post its money as received, or gone, for nothing known yet."""
    for entry in entries:
        transaction_id = post(
            Posting(
                TransactionKind.SUSPENSE_OPENED,
                postings.suspense_opened(programme=programme, amount_fen=entry.signed_fen),
                source=f"bank_statement:{statement.id}",
                article=ARTICLE,
            ),
            actor=actor,
            now=now,
        )
        made = BankSuspense(
            statement_id=statement.id,
            line=entry.line,
            fingerprint=entry.fingerprint,
            programme=programme,
            credit=entry.credit,
            amount_fen=entry.amount_fen,
            value_date=entry.value_date,
            end_to_end_id=entry.end_to_end_id,
            reference=entry.reference,
            party_name=entry.party_name,
            party_account=entry.party_account,
            text=entry.text,
            state=SUSPENSE_TRANSITIONS.initial,
            transaction_id=transaction_id,
            recorded_at=now,
        )
        require_transaction().add(made)
        data = {"amount_fen": entry.signed_fen, "statement_id": statement.id}
        audit.record(actor=actor, now=now, action="record", subject=made, to_state=made.state, data=data)


def clear_suspense(entry: BankSuspense, *, actor: Actor, now: datetime) -> None:
    """Take the money of an explained entry out of suspense again."""
    post(
        Posting(
            TransactionKind.SUSPENSE_CLEARED,
            postings.suspense_cleared(programme=entry.programme, amount_fen=entry.signed_fen),
            source=f"bank_suspense:{entry.id}",
            article=ARTICLE,
            reverses_id=entry.transaction_id,
        ),
        actor=actor,
        now=now,
    )


def _known(fingerprints: Collection[str]) -> set[str]:
    found = select(BankSuspense.fingerprint).where(
        BankSuspense.fingerprint == any_(literal(list(fingerprints), ARRAY(Text)))
    )
    return set(require_transaction().scalars(found))
