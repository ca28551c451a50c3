"""Reads of inspections and findings.

A visit is unannounced: until an inspection is concluded only the province, the auditor and its inspectors know of it. A
finding is seen by the party it is against once that was told, and by the offices that see its inspection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true
from sqlalchemy.orm import contains_eager

from accounts.models import User
from accounts.permissions import Role, auditor, province
from accounts.queries import acts_for
from core.db import session
from core.errors import NotFound
from core.files import StoredFile
from core.permissions import Actor
from settlement.models import Clawback, PaymentStop
from settlement.queries.clawbacks import clawbacks_for
from settlement.queries.payables import payables_of_order
from settlement.queries.stops import stops_of
from vouchers.models import Claim, Finding, Inspection, InspectionEvidence, Inspector, MisconductDecision
from vouchers.permissions import may_inspect
from vouchers.queries.claims import visible_claims
from vouchers.states import FindingState, InspectionState

UNANNOUNCED = (InspectionState.PLANNED, InspectionState.VISITED)
DECIDED = (FindingState.UPHELD, FindingState.DISMISSED)


class InspectionMissing(NotFound):
    """There is no such inspection for this actor."""

    code = "inspection_missing"


class FindingMissing(NotFound):
    """There is no such finding for this actor."""

    code = "finding_missing"


class EvidenceMissing(NotFound):
    """There is no such file for this actor."""

    code = "evidence_missing"


@dataclass(frozen=True)
class Recovered:
    """What was claimed back for a finding, and how much of it came back, in fen."""

    clawbacks: Sequence[Clawback]

    @property
    def ordered_fen(self) -> int:
        """What was ordered to come back."""
        return sum(each.amount_fen for each in self.clawbacks)

    @property
    def clawback_ids(self) -> list[int]:
        """The clawbacks by number."""
        return [each.id for each in self.clawbacks]

    @property
    def recovered_fen(self) -> int:
        """What came back."""
        return sum(each.recovered_fen for each in self.clawbacks)

    @property
    def open_fen(self) -> int:
        """What is still to come back."""
        return self.ordered_fen - self.recovered_fen


@dataclass(frozen=True)
class FindingView:
    """A finding with the money claimed back for it and the misconduct decided on it."""

    finding: Finding
    money: Recovered
    decision_id: int | None


@dataclass(frozen=True)
class InspectionView:
    """An inspection as one actor sees it."""

    inspection: Inspection
    evidence: Sequence[InspectionEvidence]
    findings: Sequence[Finding]

    @property
    def finding_ids(self) -> list[int]:
        """The findings by number."""
        return [each.id for each in self.findings]


def visible_inspections(
    actor: Actor, *, state: InspectionState | None = None, claim_id: int | None = None
) -> Select[tuple[Inspection]]:
    """The inspections an actor may see."""
    claims = visible_claims(actor).with_only_columns(Claim.id)
    found = (
        select(Inspection)
        .join(Claim, Claim.id == Inspection.claim_id)
        .where(Inspection.claim_id.in_(claims), _announced(actor))
    )
    if state is not None:
        found = found.where(Inspection.state == state)
    return found if claim_id is None else found.where(Inspection.claim_id == claim_id)


def find_inspection(inspection_id: int, *, actor: Actor, lock: bool = False) -> Inspection:
    """An inspection the actor may see, locked and read afresh if asked; raises :class:`InspectionMissing`."""
    found = visible_inspections(actor).where(Inspection.id == inspection_id)
    if lock:
        found = found.with_for_update(of=Inspection).execution_options(populate_existing=True)
    inspection = session().scalar(found)
    if inspection is None:
        raise InspectionMissing
    return inspection


def inspection_view(inspection_id: int, *, actor: Actor) -> InspectionView:
    """An inspection with those of its files and findings that the actor may see; raises :class:`InspectionMissing`."""
    inspection = find_inspection(inspection_id, actor=actor)
    seen = visible_findings(actor).where(Finding.inspection_id == inspection.id).order_by(Finding.id)
    evidence = inspection.evidence if reads_evidence(actor) else []
    return InspectionView(inspection, evidence, session().scalars(seen).all())


def find_evidence(inspection_id: int, evidence_id: int, *, actor: Actor) -> InspectionEvidence:
    """A file of an inspection, for the offices that see it; raises :class:`EvidenceMissing`."""
    seen = visible_inspections(actor).with_only_columns(Inspection.id)
    found = session().scalar(
        select(InspectionEvidence).where(
            InspectionEvidence.id == evidence_id,
            InspectionEvidence.inspection_id == inspection_id,
            InspectionEvidence.inspection_id.in_(seen),
        )
    )
    if found is None or not reads_evidence(actor):
        raise EvidenceMissing
    return found


def reads_evidence(actor: Actor) -> bool:
    """Whether an actor reads what inspectors brought along: the offices, not the parties, who have secrets."""
    return not acts_as_party(actor)


def acts_as_party(actor: Actor) -> bool:
    """Whether the actor is one of those that are inspected."""
    return not (may_inspect(actor) or auditor(actor) or actor.role == Role.CITY_FINANCE)


def visible_findings(actor: Actor, *, state: FindingState | None = None) -> Select[tuple[Finding]]:
    """Findings an actor may see: parties those against them once told, offices those of inspections they see."""
    found = select(Finding).join(Inspection, Inspection.id == Finding.inspection_id)
    if acts_as_party(actor):
        own = acts_for(actor)
        found = found.where(Finding.organisation_id.in_(own), Finding.state != FindingState.NOTED)
    else:
        seen = visible_inspections(actor).with_only_columns(Inspection.id)
        found = found.where(Finding.inspection_id.in_(seen))
    return found if state is None else found.where(Finding.state == state)


def find_finding(finding_id: int, *, actor: Actor, lock: bool = False) -> Finding:
    """A finding the actor may see, locked and read afresh if asked; raises :class:`FindingMissing`."""
    found = visible_findings(actor).where(Finding.id == finding_id)
    if lock:
        found = found.with_for_update(of=Finding).execution_options(populate_existing=True)
    finding = session().scalar(found)
    if finding is None:
        raise FindingMissing
    return finding


def find_answer_file(finding_id: int, *, actor: Actor) -> StoredFile:
    """The file of an answer; raises :class:`FindingMissing` or :class:`EvidenceMissing`."""
    finding = find_finding(finding_id, actor=actor)
    if finding.answer_file is None:
        raise EvidenceMissing
    return finding.answer_file


def views_of(findings: Iterable[Finding]) -> list[FindingView]:
    """Findings with their money, in the order given and at once for all."""
    shown = list(findings)
    by_occasion: dict[str, list[Clawback]] = {each.source: [] for each in shown}
    for clawback in clawbacks_for(list(by_occasion)):
        by_occasion[clawback.occasion or ""].append(clawback)
    decided = _decisions_on({each.id for each in shown})
    return [FindingView(each, Recovered(by_occasion[each.source]), decided.get(each.id)) for each in shown]


def stops_for(inspection: Inspection) -> Sequence[PaymentStop]:
    """Every stop of a payment of the inspected order, the earliest first."""
    return stops_of([each.id for each in payables_of_order(inspection.claim.order_id)])


def parties_of(claim: Claim) -> list[int]:
    """The organisations that an inspection of a claim may find something against, the user first."""
    return list(dict.fromkeys([claim.beneficiary_id, claim.provider_id, claim.claimant_id]))


def officers_for(claim: Claim) -> Sequence[User]:
    """Active officers of the province and of the claim's city, by user name."""
    found = select(User).join(User.organisation).options(contains_eager(User.organisation))
    found = found.where(User.active, User.role.in_((Role.PROVINCE, Role.CITY_BUREAU)))
    return [each for each in session().scalars(found.order_by(User.username)) if is_officer_for(each, claim)]


def is_officer_for(user: User, claim: Claim) -> bool:
    """Whether a user may be sent: an active officer of the province or of the bureau of the claim's city (V6)."""
    actor = user.as_actor()
    return user.active and (province(actor) or (may_inspect(actor) and actor.city == claim.city))


def users_by_id(ids: Collection[int]) -> Mapping[int, User]:
    """Users by number; unknown numbers are missing from the answer."""
    return {each.id: each for each in session().scalars(select(User).where(User.id.in_(ids)))}


def involved_in(claim: Claim) -> set[int]:
    """The users who submitted, reviewed, confirmed or paid a claim (invariant 10)."""
    known = {claim.submitted_by, claim.reviewed_by, claim.confirmed_by, *(each.reviewer_id for each in claim.reviews)}
    known |= {user for payable in payables_of_order(claim.order_id) for user in payable.involved_user_ids}
    return {user for user in known if user is not None}


def _announced(actor: Actor) -> ColumnElement[bool]:
    if province(actor) or auditor(actor):
        return true()
    known = Inspection.state.not_in(UNANNOUNCED)
    if not may_inspect(actor):
        return known
    sent = exists().where(and_(Inspector.inspection_id == Inspection.id, Inspector.user_id == actor.user_id))
    return or_(known, sent)


def decision_on(finding_id: int) -> int | None:
    """The decision of misconduct made on a finding, if there is one."""
    return _decisions_on([finding_id]).get(finding_id)


def _decisions_on(finding_ids: Collection[int]) -> dict[int, int]:
    found = select(MisconductDecision.finding_id, MisconductDecision.id).where(
        MisconductDecision.finding_id.in_(finding_ids)
    )
    return {finding: decision for finding, decision in session().execute(found) if finding is not None}
