"""For whom an actor asks: its own organisation, or the team an incubator names."""

from __future__ import annotations

from accounts.kinds import BENEFICIARY_KINDS
from accounts.permissions import incubator
from accounts.queries.organisations import acts_for, organisation, teams_of
from core.errors import NotFound, Refused, reason
from core.permissions import Actor


class BeneficiaryMissing(NotFound):
    """The actor acts for no such enterprise or team."""

    code = "not_found"


class BeneficiaryUnclear(Refused):
    """An incubator must say for which of its teams it asks."""

    code = "beneficiary_unclear"
    article = "V7"


def beneficiary_of(actor: Actor, wanted: int | None) -> int:
    """The number of the enterprise or team asked for. Raises :class:`BeneficiaryUnclear` and BeneficiaryMissing."""
    if wanted is None:
        if actor.organisation_id is None or organisation(actor.organisation_id).kind not in BENEFICIARY_KINDS:
            raise BeneficiaryUnclear(reasons=[reason("beneficiary_unclear", article="V7", field="beneficiary_id")])
        return actor.organisation_id
    if wanted not in acts_for(actor) or organisation(wanted).kind not in BENEFICIARY_KINDS:
        raise BeneficiaryMissing
    return wanted


def own_teams(actor: Actor) -> list[tuple[str, str]] | None:
    """The teams of an incubator, as a form offers them; None where one asks for oneself."""
    if not incubator(actor) or actor.organisation_id is None:
        return None
    return [(str(each.id), each.name) for each in teams_of(actor.organisation_id)]
