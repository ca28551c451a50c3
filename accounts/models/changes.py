"""Proposed changes of who is who: groups that merge or split, teams that became enterprises."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.kinds import ChangeDecision
from accounts.models.organisations import Organisation
from accounts.models.standing import Controller
from accounts.rules.record_grounds import group_change_grounds, succession_grounds
from accounts.states import ChangeKind, ProposalState
from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key


class ControllerChange(Model):
    """Two groups become one, or some firms leave a group; proposed by one person and decided by another (V12 cap).

    Merge: ``controller_id`` goes into ``into_id``. Split: the firms of ``organisation_ids`` leave ``controller_id``
    for a new controller, ``new_name``, whose number stands in ``into_id`` once it is approved. Naming: the one firm of
    ``organisation_ids`` comes under ``into_id``, or under ``new_name``; no controller is left by it as a group.
    ``evidence`` names the document it rests on.
    """

    __tablename__ = "controller_change"
    __table_args__ = (
        Index("uq_controller_change_open", "controller_id", unique=True, postgresql_where=text("state = 'proposed'")),
        Index(
            "uq_controller_change_naming",
            "organisation_ids",
            unique=True,
            postgresql_where=text("kind = 'naming' AND state = 'proposed'"),
        ),
    )

    id: Mapped[int] = identity_key()
    kind: Mapped[ChangeKind] = mapped_column(Enumerated(ChangeKind))
    state: Mapped[ProposalState] = mapped_column(Enumerated(ProposalState))
    controller_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("controller.id"))
    into_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("controller.id"))
    new_name: Mapped[str] = mapped_column(Text)
    new_note: Mapped[str] = mapped_column(Text)
    organisation_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    effective_on: Mapped[date] = mapped_column(Date)
    evidence: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text)

    controller: Mapped[Controller | None] = relationship(foreign_keys=[controller_id])
    into: Mapped[Controller | None] = relationship(foreign_keys=[into_id])

    @property
    def concerns(self) -> Mapping[str, Collection[int]]:
        """Its firms, and those under the controllers: their caps become one, or part."""
        controllers = [each for each in (self.controller_id, self.into_id) if each is not None]
        return {"organisation.id": self.organisation_ids, "controller_tenure.controller_id": controllers}

    @property
    def source(self) -> str:
        """How settlement names this change."""
        return f"controller_change:{self.id}"

    @property
    def reasons(self) -> list[Ground]:
        """What the decision on it rests on; nothing before."""
        if self.reviewed_at is None:
            return []
        return group_change_grounds(
            decision_of(self.state),
            kind=self.kind,
            controller=self.controller_id,
            into=self.into_id,
            new_name=self.new_name,
            firms=self.organisation_ids,
            effective_on=self.effective_on,
            evidence=self.evidence,
            proposed_on=self.proposed_at,
            decided_on=self.reviewed_at,
            opinion=self.opinion,
        )


class TeamSuccession(Model):
    """A team became an enterprise (V12 D): proposed by its incubator, decided by the city bureau."""

    __tablename__ = "team_succession"
    __table_args__ = (
        Index("ix_team_succession_enterprise_id", "enterprise_id"),
        Index("uq_team_succession_live", "team_id", unique=True, postgresql_where=text("state <> 'refused'")),
    )

    id: Mapped[int] = identity_key()
    state: Mapped[ProposalState] = mapped_column(Enumerated(ProposalState))
    team_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    enterprise_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    effective_on: Mapped[date] = mapped_column(Date)
    evidence: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text)

    team: Mapped[Organisation] = relationship(foreign_keys=[team_id])
    enterprise: Mapped[Organisation] = relationship(foreign_keys=[enterprise_id])

    @property
    def source(self) -> str:
        """How settlement names this succession."""
        return f"team_succession:{self.id}"

    @property
    def reasons(self) -> list[Ground]:
        """What the decision on it rests on; nothing before."""
        if self.reviewed_at is None:
            return []
        return succession_grounds(
            decision_of(self.state),
            team=self.team_id,
            enterprise=self.enterprise_id,
            effective_on=self.effective_on,
            evidence=self.evidence,
            proposed_on=self.proposed_at,
            decided_on=self.reviewed_at,
            opinion=self.opinion,
        )


def decision_of(state: ProposalState) -> ChangeDecision:
    """What was decided on a proposal that is decided."""
    return ChangeDecision.APPROVE if state is ProposalState.APPROVED else ChangeDecision.REFUSE
