"""Seats by date, the changes members ask for, and the yearly renewal of figures."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    and_,
    text,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from accounts.kinds import ChangeDecision, RenewalDecision
from accounts.models.organisations import BeneficiaryFigures, Organisation
from accounts.rules.grounds import change_grounds, renewal_grounds, withdrawal_grounds
from accounts.states import ChangeState, RenewalState
from core.db import Model
from core.files import StoredFile
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key


class OrganisationSeat(Model):
    """Where an organisation sits in a period; the database excludes overlaps.

    ``since`` is the first day, ``until`` the first day no longer covered (None: still running). A team has none of
    its own: it sits where its incubator does.
    """

    __tablename__ = "organisation_seat"
    __table_args__ = (Index("ix_organisation_seat_organisation_id_since", "organisation_id", "since"),)

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    county: Mapped[str] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    in_province: Mapped[bool] = mapped_column(Boolean)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    change_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("member_change.id"))


class MemberChange(Model):
    """A change of its facts that a member asks for, from a day on. None is "stays as it is".

    ``city`` is that of the bureau that reviews it, None for the province; ``from_city`` that of the bureau in charge
    until then. They differ where the member moves to another city. ``withdrawal_reason`` is why an approved one shall
    not take effect, which another person than who asked for that decides; it is kept with the last such decision.
    """

    __tablename__ = "member_change"
    __table_args__ = (
        Index("ix_member_change_city_state", "city", "state"),
        Index("ix_member_change_organisation_id", "organisation_id"),
        Index(
            "uq_member_change_open",
            "organisation_id",
            unique=True,
            postgresql_where=text("state IN ('submitted', 'approved', 'withdrawing')"),
        ),
    )

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    state: Mapped[ChangeState] = mapped_column(Enumerated(ChangeState))
    effective_on: Mapped[date] = mapped_column(Date)
    from_city: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    county: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    legal_representative: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    controller: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    requested_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    requested_at: Mapped[datetime] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text)
    applied_at: Mapped[datetime | None] = mapped_column(UTC)
    withdrawal_asked_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    withdrawal_asked_at: Mapped[datetime | None] = mapped_column(UTC)
    withdrawal_reason: Mapped[str | None] = mapped_column(Text)
    withdrawal_decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    withdrawal_decided_at: Mapped[datetime | None] = mapped_column(UTC)
    withdrawal_opinion: Mapped[str | None] = mapped_column(Text)

    organisation: Mapped[Organisation] = relationship()
    file: Mapped[StoredFile] = relationship()

    @property
    def moves_city(self) -> bool:
        """Whether another bureau is in charge afterwards."""
        return self.city != self.from_city

    @property
    def reasons(self) -> list[Ground]:
        """What its review rests on, and what was decided last on taking it back; nothing before the review."""
        if self.reviewed_at is None:
            return []
        return [*self._review_grounds(self.reviewed_at), *self._withdrawal_grounds()]

    def _review_grounds(self, decided_on: datetime) -> list[Ground]:
        return change_grounds(
            ChangeDecision.REFUSE if self.state is ChangeState.REFUSED else ChangeDecision.APPROVE,
            effective_on=self.effective_on,
            wanted={
                "county": self.county,
                "controller": self.controller,
                "name": self.name,
                "legal_representative": self.legal_representative,
                "phone": self.phone,
                "address": self.address,
            },
            why=self.reason,
            decided_on=decided_on,
            opinion=self.opinion,
        )

    def _withdrawal_grounds(self) -> list[Ground]:
        if self.withdrawal_decided_at is None:
            return []
        return withdrawal_grounds(
            ChangeDecision.APPROVE if self.state is ChangeState.WITHDRAWN else ChangeDecision.REFUSE,
            effective_on=self.effective_on,
            why=self.withdrawal_reason or "",
            decided_on=self.withdrawal_decided_at,
            opinion=self.withdrawal_opinion or "",
        )


class FiguresRenewal(Model):
    """An enterprise's renewal of its figures of ``year``, due on ``due_on``; one a year."""

    __tablename__ = "figures_renewal"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year"),
        Index("ix_figures_renewal_state_due_on", "state", "due_on"),
    )

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[RenewalState] = mapped_column(Enumerated(RenewalState))
    due_on: Mapped[date] = mapped_column(Date)
    opened_at: Mapped[datetime] = mapped_column(UTC)
    file_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    handed_in_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    handed_in_at: Mapped[datetime | None] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text)

    organisation: Mapped[Organisation] = relationship()
    file: Mapped[StoredFile | None] = relationship()
    figures: Mapped[BeneficiaryFigures | None] = relationship(
        primaryjoin=lambda: and_(
            foreign(FiguresRenewal.organisation_id) == BeneficiaryFigures.organisation_id,
            foreign(FiguresRenewal.year) == BeneficiaryFigures.year,
        ),
        viewonly=True,
        lazy="selectin",
    )

    @property
    def reasons(self) -> list[Ground]:
        """What its review rests on; nothing while it waits for one."""
        if self.reviewed_at is None:
            return []
        stated = self.figures
        return renewal_grounds(
            RenewalDecision.CONFIRM if self.state is RenewalState.CONFIRMED else RenewalDecision.RETURN,
            year=self.year,
            staff=None if stated is None else stated.staff,
            revenue_fen=None if stated is None else stated.revenue_fen,
            orderly_finances=None if stated is None else stated.orderly_finances,
            handed_in_on=self.handed_in_at,
            due_on=self.due_on,
            decided_on=self.reviewed_at,
            opinion=self.opinion,
        )
