"""Imports: what was asked for, how far it came, what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.files import StoredFile
from core.types import UTC, Enumerated, identity_key
from instruments.states import ImportState


class ImportJob(Model):
    """One import of a provider. ``done_rows`` is how far it came, so that it goes on there after a crash; ``problem``
    says why the file was refused as a whole."""

    __tablename__ = "import_job"
    __table_args__ = (
        Index("ix_import_job_provider_id_id", "provider_id", "id"),
        Index("ix_import_job_state_id", "state", "id"),
    )

    id: Mapped[int] = identity_key()
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    dry_run: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[ImportState] = mapped_column(Enumerated(ImportState))
    layout: Mapped[str] = mapped_column(Text, default="")
    total_rows: Mapped[int] = mapped_column(Integer, default=0)
    done_rows: Mapped[int] = mapped_column(Integer, default=0)
    new_rows: Mapped[int] = mapped_column(Integer, default=0)
    changed_rows: Mapped[int] = mapped_column(Integer, default=0)
    unchanged_rows: Mapped[int] = mapped_column(Integer, default=0)
    repeated_rows: Mapped[int] = mapped_column(Integer, default=0)
    refused_rows: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    requested_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTC)
    started_at: Mapped[datetime | None] = mapped_column(UTC)
    finished_at: Mapped[datetime | None] = mapped_column(UTC)

    file: Mapped[StoredFile] = relationship()


class ImportRowError(Model):
    """A refused row with all its reasons, as JSON."""

    __tablename__ = "import_row_error"
    __table_args__ = (Index("ix_import_row_error_job_id_id", "job_id", "id"),)

    id: Mapped[int] = identity_key()
    job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("import_job.id"))
    line: Mapped[int] = mapped_column(Integer)
    external_id: Mapped[str] = mapped_column(Text)
    reasons: Mapped[list[Any]] = mapped_column(JSONB)
