"""``flask verify``: every always-true statement of every package."""

from __future__ import annotations

from accounts.queries.invariants import INVARIANTS as ACCOUNTS
from core.audit_head import TrailHead, trail_offences
from core.invariants import Invariant, Offence, file_offences, verify, verify_by
from core.pages.links import PAGE_OF, links, path_of
from core.texts import Text, text
from instruments.queries.invariants import INVARIANTS as INSTRUMENTS
from marketplace.queries.invariants import INVARIANTS as MARKETPLACE
from marketplace.reports.annual.editions import altered_editions
from marketplace.reports.evaluation.frozen import altered_snapshots
from settlement.queries.invariants import INVARIANTS as SETTLEMENT
from vouchers.queries.invariants import INVARIANTS as VOUCHERS

INVARIANTS: list[Invariant] = [*ACCOUNTS, *SETTLEMENT, *INSTRUMENTS, *VOUCHERS, *MARKETPLACE]


_GO_ON = {
    "ledger_account": "SELECT p.*, t.kind, t.source FROM ledger_posting p JOIN ledger_transaction t"
    " ON t.id = p.transaction_id WHERE p.account_id = {number} ORDER BY p.id",
    "ledger_transaction": "SELECT p.*, a.kind, a.owner FROM ledger_posting p JOIN ledger_account a"
    " ON a.id = p.account_id WHERE p.transaction_id = {number}",
}
_HISTORY = "SELECT * FROM audit_entry WHERE subject_kind = '{kind}' AND subject_id = {number} ORDER BY id"


def trace(kind: str, number: int) -> Text:
    """Where to go on from a record that a row names: its page, where it has one, and the query of what led there."""
    query = _GO_ON.get(kind, _HISTORY).format(kind=kind, number=number)
    page = PAGE_OF.get(kind, kind)
    if page not in links():
        return text("verify.trace", kind=kind, number=number, query=query)
    return text("verify.trace_page", kind=kind, number=number, query=query, page=path_of(page, number))


def verify_everything(head: TrailHead | None = None) -> tuple[int, list[Offence]]:
    """How many checks were made, and every row that breaks one; the trail also against a ``head`` exported earlier."""
    editions = verify_by(14, "yearly reports match the digest they were submitted with", altered_editions)
    snapshots = verify_by(14, "yearly evaluations match the digest they were frozen with", altered_snapshots)
    return len(INVARIANTS) + 4, [*verify(INVARIANTS), *file_offences(), *editions, *snapshots, *trail_offences(head)]
