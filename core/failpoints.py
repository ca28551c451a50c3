"""Named places at which a test stops the process, to see that nothing is lost or done twice there.

A failpoint does nothing unless it is armed: by a test, or by the variable ``FAILPOINT`` of a process that is to stop,
such as ``settlement.batch.sealed=kill`` or, at its second passing, ``core.transaction.committed=kill@2``.
"""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum

from psycopg import OperationalError as Cut
from sqlalchemy.exc import OperationalError

VARIABLE = "FAILPOINT"

FAILPOINTS: Mapping[str, str] = {
    "core.transaction.committing": "all is written, the commit is not asked for",
    "core.transaction.committed": "the commit is done, nobody knows yet",
    "core.idempotency.taken": "the key is taken, its use case not begun",
    "core.idempotency.answered": "the answer is kept with its key, not committed",
    "core.files.begun": "a content is about to be written, aside and without a name",
    "core.files.written": "a content is on the disk and has no name yet",
    "core.files.durable": "a content is on the disk under its name, no row names it",
    "core.files.named": "the row of a file is written, not committed",
    "core.worker.claimed": "a period of a job is claimed, its work not begun",
    "core.worker.ran": "the work of a period is done, not noted as finished",
    "core.audit.sealed": "a seal over the audit trail is made, not committed",
    "instruments.index.filled": "an index is built anew, the one before is in force",
    "instruments.index.in_force": "an index is in force, those before it are still there",
    "instruments.index.written": "changes are written to the index, which has not committed them",
    "instruments.index.committed": "changes are in the index, its reader of the outbox stands before them",
    "instruments.booking.locked": "the instrument is locked, nothing is booked",
    "instruments.booking.booked": "the slot is taken, nothing is held",
    "vouchers.hold.granted": "the subsidy is held on the cap, its decision not written",
    "vouchers.hold.decided": "the decision of a hold is written",
    "marketplace.order.added": "an order is there, with neither slot nor hold",
    "marketplace.order.placed": "an order has all that belongs to it, not committed",
    "marketplace.acceptance.locked": "the order is locked for its acceptance",
    "marketplace.acceptance.applied": "the order is accepted, not committed",
    "settlement.payment.posted": "a payment is in the ledger, without a row of its own",
    "settlement.payment.recorded": "a payment is recorded",
    "settlement.gateway.noted": "it stands that the gateway will be asked; it was not",
    "settlement.gateway.told": "the gateway has answered, nothing is recorded of it",
    "settlement.gateway.taken": "the gateway's answer is recorded, not committed",
    "settlement.refund.noted": "it stands that the gateway will be asked for a refund; it was not",
    "settlement.refund.told": "the gateway has answered about a refund, nothing is recorded of it",
    "settlement.refund.taken": "the gateway's answer about a refund is recorded, not committed",
    "settlement.batch.queued": "the queue is held alone, nothing is taken from it",
    "settlement.batch.taken": "claims are lines of a batch and payouts, no money is committed",
    "settlement.batch.committed": "the fund's money is committed to a batch, which has no seal",
    "settlement.batch.sealed": "a batch has its seal, nobody has noted who made it",
    "settlement.batch.approved": "a batch is approved, not committed",
    "settlement.batch.closed": "a batch is closed, not committed",
    "settlement.export.written": "the files of a batch are on the disk, no row names them",
    "settlement.export.recorded": "a file of a batch has its row, others may have none",
    "settlement.export.sent": "a batch has all its files and is marked as sent, not committed",
    "settlement.return.matched": "a bank's answer fits the batch, nothing is recorded of it",
    "settlement.return.recorded": "a bank's answer is recorded, nothing is posted",
    "settlement.return.posted": "a bank's answer is in the ledger, payables stand as before",
    "settlement.return.moved": "payables stand as the bank says, what was netted is open",
    "settlement.payable.refused": "what the bank's files cannot tell is out of the queue, nothing is taken anew",
    "settlement.payer.queued": "the queue is held for a paying account, which is not decided",
    "settlement.payer.decided": "a paying account is decided, not committed",
    "settlement.proposal.recorded": "a proposal about money is recorded, without its parts and its entry in the trail",
    "settlement.proposal.decided": "a proposal is decided, nothing of it is carried out",
    "settlement.debt.planned": "a debt is due when the next part of its plan is, not committed",
    "settlement.clawback.written_off": "a write-off is in the ledger, the clawback is open as before",
    "settlement.clawback.recovered": "what came back is in the ledger, the clawback is open as before",
    "settlement.clawback.reversed": "a wrong recovery is reversed in the ledger, the clawback stands as before",
    "settlement.clawback.reopened": "a wrong recovery is taken back, the right one is not entered",
    "settlement.shortfall.written_off": "a write-off is in the ledger, the shortfall is open as before",
    "settlement.shortfall.reversed": "a wrong payment is reversed in the ledger, the shortfall stands as before",
    "settlement.shortfall.reopened": "a wrong payment is taken back, the right one is not entered",
    "settlement.appropriation.posted": "a correction of an appropriation is in the ledger, without an entry",
    "settlement.appropriation.corrected": "a correction of an appropriation is entered, its proposal does not name it",
    "settlement.suspense.settled": "two have said what money in suspense is, it is where it was",
    "settlement.suspense.booked": "what came for a clawback is booked to it, and still in suspense",
    "settlement.call.stored": "a call of the gateway is stored, nothing was done about it",
    "settlement.call.acted": "what a call of the gateway tells of is done, not noted as done",
}
"""Every failpoint, and what is true where it stands."""

_SETTING = re.compile(r"(?P<name>[a-z_.]+)=(?P<stop>[a-z]+)(?:@(?P<passing>[1-9][0-9]*))?")


class Stop(StrEnum):
    """What happens at an armed failpoint."""

    KILL = "kill"
    """The process is gone at once, as when its machine loses power."""
    PAUSE = "pause"
    """The process stands still until somebody continues it (SIGCONT)."""
    CUT = "cut"
    """The database is out of reach, as when the network fails."""


class FailpointUnknown(ValueError):
    """There is no such failpoint, or no such way to stop at one."""


class _Watch:
    """Who is told of every failpoint that is passed; nobody in ordinary life."""

    tell: Callable[[str], None] | None = None


def failpoint(name: str) -> None:
    """A named place: nothing happens unless somebody watches."""
    if _Watch.tell is not None:
        _Watch.tell(name)


def watch(tell: Callable[[str], None] | None) -> None:
    """Have ``tell(name)`` called at every failpoint of this process; None ends it."""
    _Watch.tell = tell


def arm(setting: str) -> None:
    """Stop this process at a failpoint, as ``NAME=STOP`` or ``NAME=STOP@PASSING`` says."""
    found = _SETTING.fullmatch(setting)
    if found is None or found["name"] not in FAILPOINTS or found["stop"] not in set(Stop):
        raise FailpointUnknown(setting)
    stop, wanted = Stop(found["stop"]), int(found["passing"] or 1)
    passed: Counter[str] = Counter()

    def tell(name: str) -> None:
        passed[name] += 1
        if name == found["name"] and passed[name] == wanted:
            stop_here(stop)

    watch(tell)


def stop_here(stop: Stop) -> None:
    """Stop this process, or what it is doing, here."""
    match stop:
        case Stop.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        case Stop.PAUSE:
            os.kill(os.getpid(), signal.SIGSTOP)
        case Stop.CUT:
            raise OperationalError("failpoint", {}, Cut("the connection is cut"), connection_invalidated=True)
