"""``flask verify``: every always-true statement of every package."""

from __future__ import annotations

from accounts.queries.invariants import INVARIANTS as ACCOUNTS
from core.audit_chain import chain_offences
from core.invariants import Invariant, Offence, file_offences, verify
from instruments.queries.invariants import INVARIANTS as INSTRUMENTS
from marketplace.queries.invariants import INVARIANTS as MARKETPLACE
from settlement.queries.invariants import INVARIANTS as SETTLEMENT
from vouchers.queries.invariants import INVARIANTS as VOUCHERS

INVARIANTS: list[Invariant] = [*ACCOUNTS, *SETTLEMENT, *INSTRUMENTS, *VOUCHERS, *MARKETPLACE]


def verify_everything() -> tuple[int, list[Offence]]:
    """How many checks were made, and every row that breaks one."""
    return len(INVARIANTS) + 2, [*verify(INVARIANTS), *file_offences(), *chain_offences()]
