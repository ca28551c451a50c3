"""Memberships: registration, review, suspension."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.kinds import DocumentKind, OrganisationKind
from accounts.models.organisations import Organisation
from accounts.states import MembershipState
from core.db import Model
from core.files import StoredFile
from core.types import UTC, Enumerated, identity_key


class Membership(Model):
    """The one membership of an organisation (V2, V15). ``defects`` are the reviewer's, as sentences."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_state_id", "state", "id"),)

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), unique=True)
    kind: Mapped[OrganisationKind] = mapped_column(Enumerated(OrganisationKind))
    state: Mapped[MembershipState] = mapped_column(Enumerated(MembershipState))
    declared_controller: Mapped[str] = mapped_column(Text, default="")
    submitted_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text, default="")
    defects: Mapped[list[str]] = mapped_column(JSONB, default=list)

    organisation: Mapped[Organisation] = relationship()
    documents: Mapped[list[MembershipDocument]] = relationship(
        back_populates="membership", order_by="MembershipDocument.id"
    )


class MembershipDocument(Model):
    """A file handed in with a registration."""

    __tablename__ = "membership_document"

    id: Mapped[int] = identity_key()
    membership_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("membership.id"), index=True)
    kind: Mapped[DocumentKind] = mapped_column(Enumerated(DocumentKind))
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    added_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(UTC)

    membership: Mapped[Membership] = relationship(back_populates="documents")
    file: Mapped[StoredFile] = relationship()
