"""Writing the ledger: accounts on first use, locks in one order, and one statement for a whole transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from core.db import require_transaction, send
from core.permissions import Actor
from core.statements import Statement
from settlement.models import LedgerAccount
from settlement.rules.chart import AccountKind, AccountRef, Phase, TransactionKind
from settlement.rules.postings import Entries, balanced

_ARRAYS = """
    SELECT * FROM unnest(CAST(:accounts AS bigint[]), CAST(:layers AS text[]), CAST(:amounts AS bigint[]))
             AS e (account_id, layer, amount_fen)"""

_WRITE = """
    WITH entry AS MATERIALIZED (
        {entries}
    ), made AS (
        INSERT INTO ledger_transaction (kind, phase, resolves_id, part, reverses_id, order_id, source, at,
                                        actor_user_id, actor_role, article, data)
        VALUES (:kind, :phase, :resolves_id, :part, :reverses_id, :order_id, :source, :at,
                :actor_user_id, :actor_role, :article, CAST(:data AS jsonb))
        RETURNING id
    ), posted AS (
        INSERT INTO ledger_posting (transaction_id, account_id, layer, amount_fen)
        SELECT made.id, entry.account_id, entry.layer, entry.amount_fen FROM made, entry
    ), moved AS (
        UPDATE ledger_account a
           SET posted_fen = a.posted_fen + d.posted_fen, pending_fen = a.pending_fen + d.pending_fen
          FROM (SELECT account_id,
                       coalesce(sum(amount_fen) FILTER (WHERE layer = 'posted'), 0) AS posted_fen,
                       coalesce(sum(amount_fen) FILTER (WHERE layer = 'pending'), 0) AS pending_fen
                  FROM entry GROUP BY account_id) d
         WHERE a.id = d.account_id
    )
    SELECT id FROM made
    """

_IN_ORDER = "SELECT account_id, layer, amount_fen FROM ({entries}) e ORDER BY account_id, layer"

_WRITE_ARRAYS = Statement(text(_WRITE.format(entries=_ARRAYS)))

_LOCK = Statement(
    text("""
    SELECT a.id, a.kind, a.owner, a.year, a.posted_fen + a.pending_fen AS balance_fen, a.max_fen
      FROM ledger_account a
      JOIN unnest(CAST(:kinds AS text[]), CAST(:owners AS text[]), CAST(:years AS smallint[])) AS w (kind, owner, year)
        ON (a.kind, a.owner, a.year) = (w.kind, w.owner, w.year)
     ORDER BY a.id FOR NO KEY UPDATE OF a
    """)
)


@dataclass(frozen=True, slots=True)
class Locked:
    """An account as it stands while it is locked."""

    id: int
    balance_fen: int
    max_fen: int | None


@dataclass(frozen=True)
class Parties:
    """The organisations whose account it is, for reading: the one it belongs to and the one across."""

    party_id: int | None = None
    counterparty_id: int | None = None


NO_PARTIES = Parties()


@dataclass(frozen=True)
class Posting:
    """A ledger transaction to be written."""

    kind: TransactionKind
    entries: Entries
    source: str
    phase: Phase = Phase.POSTED
    order_id: int | None = None
    article: str | None = None
    resolves_id: int | None = None
    part: int = 0
    reverses_id: int | None = None
    data: Mapping[str, Any] | None = None
    parties: Parties = NO_PARTIES


def post(posting: Posting, *, actor: Actor, now: datetime, accounts: Mapping[AccountRef, Locked] | None = None) -> int:
    """Write a transaction with all its postings and balances in one statement; returns its id.

    Accounts are made on first use and locked in the order of their ids, unless the caller has done so and gives
    them. The database refuses what does not balance or leaves an account's bounds.
    """
    entries = balanced(posting.entries)
    accounts = accounts or locked([entry.account for entry in entries], parties=posting.parties)
    arrays = {
        "accounts": [accounts[entry.account].id for entry in entries],
        "layers": [entry.layer.value for entry in entries],
        "amounts": [entry.amount_fen for entry in entries],
    }
    ((made,),) = send(_WRITE_ARRAYS, {**_header(posting, actor=actor, now=now), **arrays})
    return int(made)


def post_many(posting: Posting, *, entries_sql: str, params: Mapping[str, Any], actor: Actor, now: datetime) -> int:
    """The same for postings that a query makes, however many: one statement, nothing read into memory.

    ``entries_sql`` selects ``account_id, layer, amount_fen`` of existing accounts, at most one row for each account and
    layer, none of them zero; they are written in that order, however the planner reads. ``posting.entries`` stays
    empty.
    """
    current = require_transaction()
    current.execute(
        text(
            f"SELECT id FROM ledger_account WHERE id IN (SELECT account_id FROM ({entries_sql}) e)"
            " ORDER BY id FOR NO KEY UPDATE"
        ),
        dict(params),
    )
    made: int = current.execute(
        text(_WRITE.format(entries=_IN_ORDER.format(entries=entries_sql))),
        {**_header(posting, actor=actor, now=now), **params},
    ).scalar_one()
    return made


def lock_accounts(refs: Iterable[AccountRef], *, parties: Parties = NO_PARTIES) -> dict[AccountRef, int]:
    """Ids of these accounts, made where they do not exist, locked in the order of their ids."""
    return {ref: account.id for ref, account in locked(refs, parties=parties).items()}


def locked(refs: Iterable[AccountRef], *, parties: Parties = NO_PARTIES) -> dict[AccountRef, Locked]:
    """The same with what stands on them."""
    wanted = sorted(set(refs), key=lambda ref: (ref.kind, ref.owner, ref.year))
    found = _locked(wanted)
    missing = [ref for ref in wanted if ref not in found]
    if missing:
        require_transaction().execute(
            insert(LedgerAccount)
            .values([_new_account(ref, parties) for ref in missing])
            .on_conflict_do_nothing(index_elements=["kind", "owner", "year"])
        )
        found = _locked(wanted)
    return found


def locked_account(ref: AccountRef, *, parties: Parties = NO_PARTIES) -> LedgerAccount:
    """One account as it stands now, locked; made on first use."""
    account_id = lock_accounts([ref], parties=parties)[ref]
    return (
        require_transaction()
        .scalars(select(LedgerAccount).where(LedgerAccount.id == account_id).execution_options(populate_existing=True))
        .one()
    )


def _header(posting: Posting, *, actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "kind": posting.kind.value,
        "phase": posting.phase.value,
        "resolves_id": posting.resolves_id,
        "part": posting.part,
        "reverses_id": posting.reverses_id,
        "order_id": posting.order_id,
        "source": posting.source,
        "at": now,
        "actor_user_id": actor.user_id,
        "actor_role": actor.role,
        "article": posting.article,
        "data": json.dumps(dict(posting.data or {})),
    }


def _locked(refs: list[AccountRef]) -> dict[AccountRef, Locked]:
    rows = send(
        _LOCK,
        {
            "kinds": [ref.kind.value for ref in refs],
            "owners": [ref.owner for ref in refs],
            "years": [ref.year for ref in refs],
        },
    )
    return {
        AccountRef(AccountKind(row.kind), row.owner, row.year): Locked(row.id, row.balance_fen, row.max_fen)
        for row in rows
    }


def _new_account(ref: AccountRef, parties: Parties) -> dict[str, Any]:
    return {
        "book": ref.book,
        "kind": ref.kind,
        "owner": ref.owner,
        "year": ref.year,
        "posted_fen": 0,
        "pending_fen": 0,
        "min_fen": ref.bounds.min_fen,
        "max_fen": ref.bounds.max_fen,
        "party_id": parties.party_id,
        "counterparty_id": parties.counterparty_id,
    }
