"""What is on record about an organisation: who controls it, what it holds, what stands against it.

Periods are two dates: ``since`` is the first day, ``until`` the first day no longer covered (None: still
running), except for adverse records, whose ``until`` is the last day, as public lists write it.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Integer, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.kinds import AdverseKind
from accounts.rules.record_grounds import adverse_grounds, holding_grounds, joint_grounds
from core.db import Model
from core.files import StoredFile
from core.grounds import Ground
from core.sources import source_text
from core.texts import Text as Sentence
from core.types import UTC, Enumerated, identity_key


class Controller(Model):
    """An actual controller: a person or a group. Two of the same name are two rows.

    ``note`` tells them apart. One that was merged into another controls nobody any more.
    """

    __tablename__ = "controller"

    id: Mapped[int] = identity_key()
    name: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    merged_into_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("controller.id"))
    entered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(UTC)


class ControllerTenure(Model):
    """Who controls an organisation in a period; the database excludes overlaps.

    ``change_id`` names the merge or split it came of; without one it is a plain change, which leaves past use behind.
    """

    __tablename__ = "controller_tenure"
    __table_args__ = (Index("ix_controller_tenure_organisation_id_since", "organisation_id", "since"),)

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    controller_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("controller.id"), index=True)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    change_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("controller_change.id"))
    entered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(UTC)

    controller: Mapped[Controller] = relationship()


class Ended:
    """When it was put on record that an entry ended, and where that is known from."""

    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_source: Mapped[str | None] = mapped_column(Text)


class AdverseRecord(Ended, Model):
    """An accident, breach, fraud, misconduct or listing (V8(2)).

    ``since`` is when it occurred or the listing began; ``until`` the last day of the listing or of a
    misconduct's sanction, None while it is open or where there is none. An annulled one stays on record and counts for
    nothing from then on; ``corrects_id`` names the one whose place it takes.
    """

    __tablename__ = "adverse_record"
    __table_args__ = (Index("ix_adverse_record_organisation_id_since", "organisation_id", "since"),)

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    kind: Mapped[AdverseKind] = mapped_column(Enumerated(AdverseKind))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(UTC)
    annulled_at: Mapped[datetime | None] = mapped_column(UTC)
    annulled_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    annulled_why: Mapped[str | None] = mapped_column(Text)
    corrects_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("adverse_record.id"))

    @property
    def source_text(self) -> Sentence:
        """Its source in words, also where it is a decision of this service."""
        return source_text(self.source)

    @property
    def reasons(self) -> list[Ground]:
        """What it rests on, and why it counts no longer."""
        return adverse_grounds(
            kind=self.kind,
            since=self.since,
            until=self.until,
            source=self.source_text,
            entered_on=self.entered_at,
            ended_on=self.ended_at,
            ended_source=self.ended_source,
            annulled_on=self.annulled_at,
            why=self.annulled_why,
        )


class Annulled:
    """A relation entered by mistake stays on record and counts for nothing."""

    annulled_at: Mapped[datetime | None] = mapped_column(UTC)
    annulled_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    annulled_why: Mapped[str | None] = mapped_column(Text)


class Holding(Annulled, Ended, Model):
    """``holder`` owns ``percent`` of ``held`` in a period (V8(4)).

    The database excludes overlaps of one pair among those that are not annulled.
    """

    __tablename__ = "holding"
    __table_args__ = (Index("ix_holding_holder_id_held_id", "holder_id", "held_id"),)

    id: Mapped[int] = identity_key()
    holder_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    held_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    percent: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(UTC)

    @property
    def sides(self) -> tuple[int, int]:
        """Both organisations, the holder first."""
        return self.holder_id, self.held_id

    @property
    def reasons(self) -> list[Ground]:
        """What it rests on, and why it counts no longer."""
        return holding_grounds(
            holder=self.holder_id,
            held=self.held_id,
            percent=self.percent,
            since=self.since,
            until=self.until,
            source=self.source,
            entered_on=self.entered_at,
            ended_on=self.ended_at,
            ended_source=self.ended_source,
            annulled_on=self.annulled_at,
            why=self.annulled_why,
        )


class JointEstablishment(Annulled, Ended, Model):
    """Two organisations were built jointly (V8(4)); the lesser id stands first.

    ``since`` is None where nobody said from when. The database excludes overlaps of one pair among those that are not
    annulled.
    """

    __tablename__ = "joint_establishment"
    __table_args__ = (Index("ix_joint_establishment_a_id_b_id", "a_id", "b_id"),)

    id: Mapped[int] = identity_key()
    a_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    b_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    since: Mapped[date | None] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(UTC)

    @property
    def sides(self) -> tuple[int, int]:
        """Both organisations."""
        return self.a_id, self.b_id

    @property
    def reasons(self) -> list[Ground]:
        """What it rests on, and why it counts no longer."""
        return joint_grounds(
            sides=self.sides,
            since=self.since,
            until=self.until,
            source=self.source,
            entered_on=self.entered_at,
            ended_on=self.ended_at,
            ended_source=self.ended_source,
            annulled_on=self.annulled_at,
            why=self.annulled_why,
        )


class AdverseImport(Model):
    """A public list that was read in: how many rows did what, and every row that was not taken.

    ``unknown`` are ``[line, code, name]`` of firms that are no members here, ``refused`` ``{line, uscc, reasons}``.
    """

    __tablename__ = "adverse_import"
    __table_args__ = (Index("ix_adverse_import_importer_id", "importer_id"),)

    id: Mapped[int] = identity_key()
    importer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    dry_run: Mapped[bool] = mapped_column(Boolean)
    total_rows: Mapped[int] = mapped_column(Integer)
    added_rows: Mapped[int] = mapped_column(Integer)
    ended_rows: Mapped[int] = mapped_column(Integer)
    known_rows: Mapped[int] = mapped_column(Integer)
    unknown: Mapped[list[list[Any]]] = mapped_column(JSONB)
    refused: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    imported_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    imported_at: Mapped[datetime] = mapped_column(UTC)

    file: Mapped[StoredFile] = relationship()

    @property
    def unknown_rows(self) -> int:
        """How many rows name a firm that is no member here."""
        return len(self.unknown)

    @property
    def refused_rows(self) -> int:
        """How many rows were refused."""
        return len(self.refused)
