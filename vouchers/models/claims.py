"""Claims and what reviewers said about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation
from core.db import Model
from core.grounds import Ground
from core.kinds import ServiceKind
from core.policy import article_name
from core.types import UTC, Enumerated, Fen, identity_key
from vouchers.models.aids import ClaimAid
from vouchers.models.decisions import EntitlementDecision
from vouchers.models.materials import Invoice, Material
from vouchers.rules.facts import PaymentMode
from vouchers.rules.review_grounds import review_grounds
from vouchers.rules.steps import REVIEW_ARTICLES
from vouchers.states import DEAD, ClaimState


class Claim(Model):
    """The one claim of an order: subsidy ≥ claimed ≥ approved ≥ confirmed (invariant 4).

    ``subsidy_fen`` is what the order's subsidy was at completion; in direct deduction the user's fee was lowered by
    it. ``claimed_fen`` is what is left of it after invoice and year; while it is reviewed it may rise again up to what
    is held, where a line counts after all or a credit invoice was annulled. ``claimant_id`` hands the claim in: the
    provider in direct deduction, else the enterprise or, for a team, its incubator. ``payee_id`` is who is paid.
    ``contract_fen`` and ``actual_fen`` are what counts of the agreed and the actual fee (V12 base).
    ``last_day`` is the last day of the first submission (V17), ``correct_by`` that of a resubmission.
    """

    __tablename__ = "claim"
    __table_args__ = (
        Index("ix_claim_city_state_id", "city", "state", "id"),
        Index("ix_claim_beneficiary_id", "beneficiary_id"),
        Index("ix_claim_provider_id", "provider_id"),
        Index("ix_claim_claimant_id", "claimant_id"),
        Index("ix_claim_state_last_day", "state", "last_day"),
        Index("ix_claim_summary_id", "summary_id"),
    )

    id: Mapped[int] = identity_key()
    order_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    decision_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("entitlement_decision.id"), unique=True)
    beneficiary_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    claimant_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    payee_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    city: Mapped[str] = mapped_column(Text)
    service_kind: Mapped[ServiceKind] = mapped_column(Enumerated(ServiceKind))
    payment_mode: Mapped[PaymentMode] = mapped_column(Enumerated(PaymentMode))
    record: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[ClaimState] = mapped_column(Enumerated(ClaimState))
    completed_on: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    year: Mapped[int] = mapped_column(SmallInteger)
    contract_fen: Mapped[int] = mapped_column(Fen)
    actual_fen: Mapped[int] = mapped_column(Fen)
    base_fen: Mapped[int] = mapped_column(Fen)
    subsidy_fen: Mapped[int] = mapped_column(Fen)
    claimed_fen: Mapped[int] = mapped_column(Fen)
    approved_fen: Mapped[int | None] = mapped_column(Fen)
    confirmed_fen: Mapped[int | None] = mapped_column(Fen)
    declarations: Mapped[dict[str, bool]] = mapped_column(JSONB, default=dict)
    flags: Mapped[list[str]] = mapped_column(JSONB, default=list)
    opened_at: Mapped[datetime] = mapped_column(UTC)
    submitted_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    first_submitted_at: Mapped[datetime | None] = mapped_column(UTC)
    submitted_at: Mapped[datetime | None] = mapped_column(UTC)
    correct_by: Mapped[date | None] = mapped_column(Date)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    summary_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("review_summary.id"))
    confirmed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UTC)

    decision: Mapped[EntitlementDecision] = relationship()
    beneficiary: Mapped[Organisation] = relationship(foreign_keys=[beneficiary_id])
    provider: Mapped[Organisation] = relationship(foreign_keys=[provider_id])
    materials: Mapped[list[Material]] = relationship(order_by="Material.id")
    invoices: Mapped[list[Invoice]] = relationship(order_by="Invoice.id")
    aids: Mapped[list[ClaimAid]] = relationship(order_by="ClaimAid.id", back_populates="claim")
    reviews: Mapped[list[ClaimReview]] = relationship(order_by="ClaimReview.id", back_populates="claim")

    @property
    def agreed_fen(self) -> int:
        """The agreed fee with what does not count of it."""
        return int(self.record.get("contract_fen", self.contract_fen))

    @property
    def charged_fen(self) -> int:
        """The actual fee with what does not count of it."""
        return int(self.record.get("actual_fen", self.actual_fen))

    @property
    def due_on(self) -> date | None:
        """By when the claimant has to act, where he has to."""
        if self.state is ClaimState.DRAFT:
            return self.last_day
        return self.correct_by if self.state is ClaimState.RETURNED else None

    @property
    def standing_fen(self) -> int:
        """What the claim is worth as it stands: confirmed, approved or claimed; nothing once dead."""
        if self.state in DEAD:
            return 0
        said = (self.confirmed_fen, self.approved_fen)
        return next((fen for fen in said if fen is not None), self.claimed_fen)

    @property
    def standing_approved_fen(self) -> int | None:
        """What the city's approval stands at: nothing of it once revoked. What was approved stays in the reviews."""
        return 0 if self.state is ClaimState.REVOKED else self.approved_fen

    @property
    def standing_confirmed_fen(self) -> int | None:
        """As :attr:`standing_approved_fen`, of the province's confirmation."""
        return 0 if self.state is ClaimState.REVOKED else self.confirmed_fen

    @property
    def aid_fen(self) -> int:
        """What programmes of cities added at completion (V6)."""
        return sum(aid.aid_fen for aid in self.aids)

    @property
    def standing_aid_fen(self) -> int:
        """What programmes of cities pay as the claim stands; nothing once dead."""
        return 0 if self.state in DEAD else sum(aid.standing_fen for aid in self.aids)

    @property
    def approved_aid_fen(self) -> int:
        """What follows of it from what the city approved; nothing while nothing is approved."""
        return sum(aid.approved_fen or 0 for aid in self.aids)

    @property
    def deducted_fen(self) -> int:
        """What the fee was lowered by in direct deduction: the subsidy and all aid beside it."""
        return self.subsidy_fen + self.aid_fen

    @property
    def open_defects(self) -> list[str]:
        """What the last return asked for, while the claim is with its claimant."""
        if self.state is not ClaimState.RETURNED:
            return []
        return next((review.defects for review in reversed(self.reviews) if review.defects), [])

    @property
    def source(self) -> str:
        """How settlement names this claim."""
        return f"claim:{self.id}"

    @property
    def invoice(self) -> Invoice | None:
        """The invoice that counts, if there is one."""
        return next((invoice for invoice in self.invoices if invoice.live), None)

    @property
    def live_materials(self) -> list[Material]:
        """The materials that count."""
        return [material for material in self.materials if material.live]


class ClaimReview(Model):
    """One decision of the city bureau or the province, with its opinion. Never changed.

    ``findings`` are the reviewer's ticks of V8(3) on an approval; ``despite_flags`` says why a claim was approved in
    full although flags of it were upheld.
    """

    __tablename__ = "claim_review"
    __table_args__ = (Index("ix_claim_review_claim_id", "claim_id"),)

    id: Mapped[int] = identity_key()
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"))
    decision: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int | None] = mapped_column(Fen)
    opinion: Mapped[str] = mapped_column(Text)
    defects: Mapped[list[str]] = mapped_column(JSONB, default=list)
    findings: Mapped[dict[str, bool]] = mapped_column(JSONB, default=dict)
    despite_flags: Mapped[str] = mapped_column(Text, default="")
    reviewer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    batch_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("review_batch.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    claim: Mapped[Claim] = relationship(back_populates="reviews")

    @property
    def article(self) -> str:
        """What such a decision rests on, as the province's measure numbers it."""
        return article_name(REVIEW_ARTICLES[self.decision])

    @property
    def reasons(self) -> list[Ground]:
        """What it rests on; why flags were passed over is for officials alone and not among it."""
        return review_grounds(
            self.decision,
            amount_fen=self.amount_fen,
            decided_on=self.at,
            opinion=self.opinion,
            defects=self.defects,
            findings=self.findings,
        )
