"""``flask verify``: every always-true statement of every package."""

from __future__ import annotations

from accounts.queries.invariants import INVARIANTS as ACCOUNTS
from core.audit_chain import chain_offences
from core.invariants import Invariant, Offence, file_offences, verify, verify_by
from instruments.queries.invariants import INVARIANTS as INSTRUMENTS
from marketplace.queries.invariants import INVARIANTS as MARKETPLACE
from marketplace.reports.annual.editions import altered_editions
from marketplace.reports.evaluation.frozen import altered_snapshots
from settlement.queries.invariants import INVARIANTS as SETTLEMENT
from vouchers.queries.invariants import INVARIANTS as VOUCHERS

INVARIANTS: list[Invariant] = [*ACCOUNTS, *SETTLEMENT, *INSTRUMENTS, *VOUCHERS, *MARKETPLACE]


def verify_everything() -> tuple[int, list[Offence]]:
    """How many checks were made, and every row that breaks one."""
    editions = verify_by(14, "yearly reports match the digest they were submitted with", altered_editions)
    snapshots = verify_by(14, "yearly evaluations match the digest they were frozen with", altered_snapshots)
    return len(INVARIANTS) + 4, [*verify(INVARIANTS), *file_offences(), *editions, *snapshots, *chain_offences()]
