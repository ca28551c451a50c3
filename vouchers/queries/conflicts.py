"""Why an officer does not decide about a claim: what he entered himself, and what ties him to its parties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import select

from accounts.models import Organisation
from accounts.queries import involvements, organisations
from core.audit import AuditEntry
from core.db import session
from core.errors import Reason, reason
from vouchers.models import Claim, Material
from vouchers.states import ClaimAction

ARTICLE = "V17 order"
ENTERED = (ClaimAction.SUBMIT.value, ClaimAction.WITHDRAW.value, "add_material")
"""What the claimant's side does to a claim."""


def conflicts(
    user_id: int, claims: Sequence[Claim], *, on: date, parties_read: Mapping[int, Organisation] | None = None
) -> dict[int, list[Reason]]:
    """The grounds against a user by claim; claims without one are not in the answer. A fixed number of queries.

    ``parties_read`` are all users, providers and claimants by number, where the caller has read them already.
    """
    known = _with_hosts(parties_read or organisations({each for claim in claims for each in _named(claim)}))
    parties = {claim.id: _parties(claim, known) for claim in claims}
    ties = involvements(user_id, known.values(), on=on)
    entered = _entered(user_id, [claim.id for claim in claims])
    grounds: dict[int, list[Reason]] = defaultdict(list)
    for claim in claims:
        if claim.id in entered:
            grounds[claim.id].append(reason("conflict_entered_claim", article=ARTICLE, claim=claim.id))
        for party in parties[claim.id]:
            grounds[claim.id].extend(ties.get(party, ()))
    return {claim_id: found for claim_id, found in grounds.items() if found}


def _with_hosts(found: Mapping[int, Organisation]) -> dict[int, Organisation]:
    """Parties, and the incubators of the teams among them."""
    hosts = {each.incubator_id for each in found.values() if each.incubator_id is not None} - found.keys()
    return {**found, **(organisations(hosts) if hosts else {})}


def _named(claim: Claim) -> tuple[int, int, int]:
    return claim.beneficiary_id, claim.provider_id, claim.claimant_id


def _parties(claim: Claim, known: dict[int, Organisation]) -> list[int]:
    """User, provider, who hands it in, and a team's incubator; each once."""
    host_id = known[claim.beneficiary_id].incubator_id
    return list(dict.fromkeys([*_named(claim), *([] if host_id is None else [host_id])]))


def _entered(user_id: int, claim_ids: Collection[int]) -> set[int]:
    added = select(Material.claim_id).where(Material.added_by == user_id, Material.claim_id.in_(claim_ids))
    acted = select(AuditEntry.subject_id).where(
        AuditEntry.subject_kind == Claim.__tablename__,
        AuditEntry.subject_id.in_(claim_ids),
        AuditEntry.actor_user_id == user_id,
        AuditEntry.action.in_(ENTERED),
    )
    return set(session().scalars(added.union_all(acted)))
