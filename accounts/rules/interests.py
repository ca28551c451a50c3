"""How long a tie to an organisation keeps an officer from deciding about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from accounts.rules import uscc
from core.clock import add_months
from core.errors import Reason, reason

DECIDES_NOTHING: Mapping[str, frozenset[str] | None] = {
    "user_interest": None,
    "user_account": None,
    "review_case": frozenset({"release"}),
    "settlement_batch": frozenset({"prepare", "discard", "export", "settle_netted", "record_bank_return", "close"}),
    "clawback": frozenset({"net_part", "net", "undo_netting"}),
}
"""What officers may do whoever it is about, by table: every action, or those named.

They declare their ties, keep their own accounts and give a case back. A pay run takes what the queue and the fund say,
its files are copies, and its end, with what is netted by it, is what the bank reported; to approve it is a decision.
"""


def decides(table: str, action: str) -> bool:
    """Whether an entry of the audit trail is one that a tie keeps its officer from."""
    if table not in DECIDES_NOTHING:
        return True
    undecided = DECIDES_NOTHING[table]
    return undecided is not None and action not in undecided


def bars(*, since: date, until: date | None, on: date, cooling_months: int) -> bool:
    """Whether a tie keeps its officer out on a day: from its first day until the cooling after its last is over."""
    return since <= on and (until is None or on <= add_months(until, cooling_months))


def interest_faults(
    *, organisation_id: int | None, code: str | None, since: date, until: date | None, today: date
) -> Collection[Reason]:
    """What is wrong with a declaration."""
    faults = []
    if (organisation_id is None) == (code is None):
        faults.append(reason("interest_about_one", field="uscc"))
    if code is not None and uscc.normalised(code) is None:
        faults.append(reason("uscc_invalid", field="uscc", uscc=code))
    if since > today:
        faults.append(reason("interest_in_future", field="since"))
    if until is not None and until < since:
        faults.append(reason("interest_reversed", field="until"))
    return faults


def ending_faults(*, since: date, until: date, today: date, by_administrator: bool) -> list[Reason]:
    """What is wrong with the last day of a tie: only the administrator may record one that has passed."""
    faults = []
    if until < since:
        faults.append(reason("interest_reversed", field="until"))
    if until > today:
        faults.append(reason("interest_in_future", field="until"))
    if until < today and not by_administrator:
        faults.append(reason("interest_backdated", field="until"))
    return faults
