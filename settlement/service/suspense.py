"""Money that matched nothing: one person says what it is, another confirms it (V17 pay)."""

from __future__ import annotations

from datetime import datetime

from core.db import transaction
from core.errors import Refused
from core.failpoints import failpoint
from core.files import stored_file
from core.permissions import Actor, authorise
from core.states import apply
from settlement import permissions
from settlement.models import BankSuspense
from settlement.queries.clawbacks import find_clawback
from settlement.queries.suspense import batches_by_number, find_suspense
from settlement.rules.bank_files import Answer, Reading
from settlement.rules.bank_files.matching import match
from settlement.service.bank_files import refuse_faults
from settlement.service.bank_returns import SENT, BatchNotSent
from settlement.states import SUSPENSE_TRANSITIONS, PayoutOutcome, SuspenseAction, SuspenseResolution
from settlement.steps.bank_returns import sent_batch, take_in
from settlement.steps.clawbacks import recover, require_open
from settlement.steps.suspense import clear_suspense


class ProposerSettles(Refused):
    """Who said what the money is does not confirm it."""

    code = "suspense_proposer_settles"
    article = "V17 pay"


class PayoutUnnamed(Refused):
    """Money of a payout that came back names that payout; money that left is none."""

    code = "suspense_payout_unnamed"
    article = "V17 pay"


class PayoutUnknown(Refused):
    """No batch that was sent has a payout of this name."""

    code = "suspense_payout_unknown"
    article = "V17 pay"


class ClawbackUnnamed(Refused):
    """Money of a clawback names that clawback; money that left is none, and nothing else names one."""

    code = "suspense_clawback_unnamed"
    article = "V21"


def propose(
    *,
    suspense_id: int,
    resolution: SuspenseResolution,
    note: str,
    end_to_end_id: str | None,
    clawback_id: int | None,
    actor: Actor,
    now: datetime,
) -> BankSuspense:
    """Say what an entry is, in own words; a returned payout or a clawback is named, and everything must fit already.

    Raises ``SuspenseMissing``, ``StateForbids``, :class:`PayoutUnnamed`, :class:`PayoutUnknown`,
    :class:`ClawbackUnnamed`, ``ClawbackMissing``, ``RecoveryTooLarge`` and
    :class:`settlement.service.bank_files.BankReturnRefused`.
    """
    with transaction():
        authorise(actor, permissions.may_explain_suspense)
        entry = find_suspense(suspense_id, lock=True)
        is_return = resolution is SuspenseResolution.PAYOUT_RETURN
        if is_return != bool(end_to_end_id) or (is_return and not entry.credit):
            raise PayoutUnnamed
        is_recovery = resolution is SuspenseResolution.CLAWBACK_RECOVERY
        if is_recovery != (clawback_id is not None) or (is_recovery and not entry.credit):
            raise ClawbackUnnamed
        if clawback_id is not None:
            require_open(find_clawback(clawback_id, actor=actor), entry.amount_fen)
        apply(
            entry,
            SuspenseAction.PROPOSE,
            transitions=SUSPENSE_TRANSITIONS,
            actor=actor,
            now=now,
            note=note,
            data={
                "resolution": resolution.value,
                **({"payout": end_to_end_id} if end_to_end_id else {}),
                **({"clawback_id": clawback_id} if clawback_id else {}),
            },
        )
        entry.resolution, entry.note, entry.payout_name = resolution, note, end_to_end_id or None
        entry.clawback_id = clawback_id
        entry.proposed_by, entry.proposed_at = actor.user_id, now
        if is_return:
            _returned(entry, take=False, actor=actor, now=now)
        return entry


def decline(*, suspense_id: int, note: str, actor: Actor, now: datetime) -> BankSuspense:
    """Say that it is not so; the entry is open again. Raises ``SuspenseMissing`` and ``StateForbids``."""
    with transaction():
        authorise(actor, permissions.may_settle_suspense)
        entry = find_suspense(suspense_id, lock=True)
        apply(entry, SuspenseAction.DECLINE, transitions=SUSPENSE_TRANSITIONS, actor=actor, now=now, note=note)
        entry.resolution = entry.note = entry.payout_name = entry.clawback_id = None
        entry.proposed_by = entry.proposed_at = None
        return entry


def settle(*, suspense_id: int, actor: Actor, now: datetime) -> BankSuspense:
    """Confirm what another person said it is: the money leaves suspense; a payout that came back is due again, and
    what came for a clawback is booked to it.

    Raises ``SuspenseMissing``, ``StateForbids``, :class:`ProposerSettles`, :class:`PayoutUnknown`,
    ``RecoveryTooLarge`` and :class:`settlement.service.bank_files.BankReturnRefused`.
    """
    with transaction():
        authorise(actor, permissions.may_settle_suspense)
        entry = find_suspense(suspense_id, lock=True)
        if entry.proposed_by == actor.user_id:
            raise ProposerSettles
        apply(entry, SuspenseAction.SETTLE, transitions=SUSPENSE_TRANSITIONS, actor=actor, now=now)
        entry.settled_by, entry.settled_at = actor.user_id, now
        failpoint("settlement.suspense.settled")
        if entry.resolution is SuspenseResolution.PAYOUT_RETURN:
            _returned(entry, take=True, actor=actor, now=now)
        if entry.clawback_id is not None:
            _recovered(entry, entry.clawback_id, actor=actor, now=now)
        clear_suspense(entry, actor=actor, now=now)
        return entry


def _recovered(entry: BankSuspense, clawback_id: int, *, actor: Actor, now: datetime) -> None:
    """The whole of an entry is booked to its clawback, by the step that books what is recorded there."""
    recover(
        find_clawback(clawback_id, actor=actor, lock=True),
        amount_fen=entry.amount_fen,
        reference=entry.reference or f"{entry.statement.kind} {entry.statement_id}:{entry.line}",
        suspense_id=entry.id,
        actor=actor,
        now=now,
    )
    failpoint("settlement.suspense.booked")


def _returned(entry: BankSuspense, *, take: bool, actor: Actor, now: datetime) -> None:
    """The payout that an entry is said to have brought back: whether it fits, and taking it in."""
    name = entry.payout_name or ""
    found = batches_by_number([name.rpartition("-")[0]], lock=take)
    if not found:
        raise PayoutUnknown(payout=name)
    (batch,) = found
    if batch.state not in SENT:
        raise BatchNotSent(number=batch.number)
    said = Answer(
        entry.line,
        PayoutOutcome.RETURNED,
        entry.value_date,
        end_to_end_id=name,
        amount_fen=entry.amount_fen,
        reason=entry.note or "",
    )
    reading = Reading(entry.statement.kind, answers=(said,))
    matched = match(reading, {batch.number: sent_batch(batch)}, only=batch.number)
    refuse_faults(matched.faults)
    told = matched.told.get(batch.number, ())
    if not told:
        raise PayoutUnknown(payout=name)
    if take:
        file = stored_file(entry.statement.file_id)
        take_in(batch, told, file=file, suspense_id=entry.id, actor=actor, now=now)
