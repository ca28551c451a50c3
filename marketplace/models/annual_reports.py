"""The yearly report of a city, and what was submitted of it (V18 report)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.files import StoredFile
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key
from marketplace.rules.office_grounds import report_grounds
from marketplace.states import AnnualReportState


class AnnualReport(Model):
    """The report of one city about one year: its texts, and where it stands.

    Its figures are counted from the data until it is submitted; from then on they stand in its editions.
    ``first_submitted_at`` decides whether it came in time, also after a return. ``reminded_on`` is the last day the
    bureau was reminded.
    """

    __tablename__ = "annual_report"
    __table_args__ = (UniqueConstraint("city", "year"), Index("ix_annual_report_state_due_on", "state", "due_on"))

    id: Mapped[int] = identity_key()
    city: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[AnnualReportState] = mapped_column(Enumerated(AnnualReportState))
    due_on: Mapped[date] = mapped_column(Date)
    opened_at: Mapped[datetime] = mapped_column(UTC)
    work_done: Mapped[str] = mapped_column(Text, default="")
    problems: Mapped[str] = mapped_column(Text, default="")
    suggestions: Mapped[str] = mapped_column(Text, default="")
    edited_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    edited_at: Mapped[datetime | None] = mapped_column(UTC)
    reminded_on: Mapped[date | None] = mapped_column(Date)
    first_submitted_at: Mapped[datetime | None] = mapped_column(UTC)
    submitted_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UTC)
    returned_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    returned_at: Mapped[datetime | None] = mapped_column(UTC)
    return_reason: Mapped[str] = mapped_column(Text, default="")
    accepted_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(UTC)

    editions: Mapped[list[AnnualReportEdition]] = relationship(
        order_by="AnnualReportEdition.round", back_populates="report"
    )

    @property
    def edition(self) -> AnnualReportEdition | None:
        """The edition that counts: the last one submitted."""
        return self.editions[-1] if self.editions else None

    @property
    def reasons(self) -> list[Ground]:
        """What its return and its acceptance rest on; nothing before."""
        accepted = self.edition if self.accepted_at is not None else None
        return report_grounds(
            due_on=self.due_on,
            first_submitted_on=self.first_submitted_at,
            returned_on=self.returned_at,
            why=self.return_reason,
            accepted_on=self.accepted_at,
            number=None if accepted is None else accepted.number,
            digest=None if accepted is None else accepted.digest,
        )

    @property
    def texts(self) -> dict[str, str]:
        """What the bureau wrote, section by section."""
        return {"work_done": self.work_done, "problems": self.problems, "suggestions": self.suggestions}


class AnnualReportEdition(Model):
    """What was submitted: figures, texts, the PDF and the workbook made of them. Never changed.

    ``content`` is everything the documents say, ``digest`` the SHA-256 of its canonical JSON.
    """

    __tablename__ = "annual_report_edition"
    __table_args__ = (UniqueConstraint("report_id", "round"),)

    id: Mapped[int] = identity_key()
    report_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("annual_report.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[str] = mapped_column(Text, unique=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[str] = mapped_column(Text)
    document_file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    workbook_file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    submitted_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime] = mapped_column(UTC)

    report: Mapped[AnnualReport] = relationship(back_populates="editions")
    document_file: Mapped[StoredFile] = relationship(foreign_keys=[document_file_id])
    workbook_file: Mapped[StoredFile] = relationship(foreign_keys=[workbook_file_id])
