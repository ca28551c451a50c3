"""Documents that an organisation hands in once and uses again: licence, standard contract, qualification."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.kinds import DocumentKind
from accounts.models.organisations import Organisation
from accounts.rules.record_grounds import document_grounds
from accounts.states import DocumentState
from core.db import Model
from core.files import StoredFile
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key


class OrganisationDocument(Model):
    """A document of an organisation, certified by its authority or not yet.

    A newer one of the same kind and ``title`` takes its place. ``valid_until`` is its last day, None where it has
    none. What it is never changes; only its certification moves.
    """

    __tablename__ = "organisation_document"
    __table_args__ = (
        Index("ix_organisation_document_organisation_id", "organisation_id"),
        *(
            Index(
                f"uq_organisation_document_{state}",
                "organisation_id",
                "kind",
                "title",
                unique=True,
                postgresql_where=text(f"state = '{state}'"),
            )
            for state in (DocumentState.PENDING, DocumentState.CERTIFIED)
        ),
    )

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    kind: Mapped[DocumentKind] = mapped_column(Enumerated(DocumentKind))
    title: Mapped[str] = mapped_column(Text, default="")
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    valid_until: Mapped[date | None] = mapped_column(Date)
    state: Mapped[DocumentState] = mapped_column(Enumerated(DocumentState))
    added_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(UTC)
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text, default="")

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    file: Mapped[StoredFile] = relationship(lazy="joined")

    def stands_on(self, day: date) -> bool:
        """Whether it is certified and not over: on its last day it still stands."""
        return self.state is DocumentState.CERTIFIED and (self.valid_until is None or day <= self.valid_until)

    @property
    def reasons(self) -> list[Ground]:
        """What its certification rests on, or why there is none or none any more; nothing before."""
        if self.decided_at is None:
            return []
        return document_grounds(
            certified=self.state is not DocumentState.REFUSED,
            kind=self.kind,
            title=self.title,
            filename=self.file.filename,
            valid_until=self.valid_until,
            handed_in_on=self.added_at,
            decided_on=self.decided_at,
            opinion=self.opinion,
        )
