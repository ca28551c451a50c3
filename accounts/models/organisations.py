"""Organisations, their yearly figures and their bank accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.kinds import IncubatorLevel, InstitutionKind, OrganisationKind, VerificationDecision
from accounts.rules.record_grounds import account_grounds
from accounts.rules.registration import same_name
from accounts.states import BankAccountState
from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, Fen, identity_key


class Organisation(Model):
    """A legal person, a team or an authority.

    ``county`` and ``city`` are six-digit division codes; a team has those of its incubator. Authorities of
    the province and bodies from outside have no ``city``, which is why no bureau sees them. Empty texts
    mean "not stated". ``successor_id`` is the enterprise that a team became.
    """

    __tablename__ = "organisation"
    __table_args__ = (Index("ix_organisation_city_kind", "city", "kind"),)

    id: Mapped[int] = identity_key()
    kind: Mapped[OrganisationKind] = mapped_column(Enumerated(OrganisationKind))
    name: Mapped[str] = mapped_column(Text)
    uscc: Mapped[str | None] = mapped_column(Text, unique=True)
    county: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    in_province: Mapped[bool] = mapped_column(Boolean, default=True)
    institution_kind: Mapped[InstitutionKind | None] = mapped_column(Enumerated(InstitutionKind))
    incubator_level: Mapped[IncubatorLevel | None] = mapped_column(Enumerated(IncubatorLevel))
    incubator_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    successor_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    legal_representative: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text, default="")
    has_sharing_rules: Mapped[bool] = mapped_column(Boolean, default=False)
    has_rd_base: Mapped[bool] = mapped_column(Boolean, default=False)
    fiscal: Mapped[bool] = mapped_column(Boolean, default=False)
    rd_need: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UTC)

    incubator: Mapped[Organisation | None] = relationship(
        remote_side="Organisation.id", foreign_keys="Organisation.incubator_id"
    )


class BeneficiaryFigures(Model):
    """What an enterprise states about one accounting year (V8(1), V8(2))."""

    __tablename__ = "beneficiary_figures"
    __table_args__ = (UniqueConstraint("organisation_id", "year"),)

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    staff: Mapped[int] = mapped_column(Integer)
    revenue_fen: Mapped[int] = mapped_column(Fen)
    orderly_finances: Mapped[bool] = mapped_column(Boolean)
    stated_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    stated_at: Mapped[datetime] = mapped_column(UTC)


class BankAccount(Model):
    """An account to which money may be paid once an authority has verified it.

    At most one of each is live. One verified stays so when its owner takes another name: the code and the legal person
    are the same. It is then asked to be named anew.
    """

    __tablename__ = "bank_account"
    __table_args__ = (
        Index(
            "uq_bank_account_pending",
            "organisation_id",
            unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "uq_bank_account_verified",
            "organisation_id",
            unique=True,
            postgresql_where=text("state = 'verified'"),
        ),
        Index("ix_bank_account_account_number", "account_number"),
    )

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    state: Mapped[BankAccountState] = mapped_column(Enumerated(BankAccountState))
    holder_name: Mapped[str] = mapped_column(Text)
    bank_name: Mapped[str] = mapped_column(Text)
    cnaps_code: Mapped[str] = mapped_column(Text)
    account_number: Mapped[str] = mapped_column(Text)
    named_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    named_at: Mapped[datetime] = mapped_column(UTC)
    verified_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    verified_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text, default="", server_default="")

    organisation: Mapped[Organisation] = relationship()

    @property
    def bears_owners_name(self) -> bool:
        """Whether its holder is called as its owner is now; a team's may be called otherwise."""
        owner = self.organisation
        return owner.kind is OrganisationKind.TEAM or same_name(self.holder_name, owner.name)

    @property
    def reasons(self) -> list[Ground]:
        """What its verification or refusal rests on; nothing before."""
        if self.verified_at is None:
            return []
        return account_grounds(
            VerificationDecision.REFUSE if self.state is BankAccountState.REFUSED else VerificationDecision.VERIFY,
            of_team=self.organisation.kind is OrganisationKind.TEAM,
            holder_name=self.holder_name,
            bank_name=self.bank_name,
            cnaps_code=self.cnaps_code,
            account_number=self.account_number,
            named_on=self.named_at,
            decided_on=self.verified_at,
            opinion=self.opinion,
        )
