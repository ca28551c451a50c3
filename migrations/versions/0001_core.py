"""Core: audit trail, outbox, idempotency keys, files, worker, working calendar.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from chinese_calendar.constants import Holiday, holidays, workdays

from migrations.helpers import append_only, ensure_app_role, grant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TRANSACTION_NUMBER = "transaction_number()"
SATURDAY = 5


def upgrade() -> None:
    ensure_app_role(op)
    _transaction_numbers()
    _audit_and_outbox()
    _keys_and_files()
    _worker()
    _calendar()


def downgrade() -> None:
    for table in (
        "calendar_exception",
        "calendar_year",
        "worker_leader",
        "job_run",
        "stored_file",
        "idempotency_key",
        "outbox_reader",
        "outbox_event",
        "audit_seal",
        "audit_entry",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION transaction_number()")
    op.drop_table("transaction_base")
    op.execute("DROP FUNCTION refuse_change()")


def _transaction_numbers() -> None:
    """The server's own count plus a base, so that numbers go on rising when a dump is restored elsewhere."""
    op.create_table(
        "transaction_base",
        sa.Column(
            "id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False
        ),
        sa.Column("base", sa.BigInteger, sa.CheckConstraint("base >= 0", name="base"), nullable=False),
    )
    op.execute("INSERT INTO transaction_base (id, base) VALUES (1, 0)")
    grant(op, "transaction_base", rights="SELECT")
    op.execute(
        """
        CREATE FUNCTION transaction_number() RETURNS bigint LANGUAGE sql AS $$
            SELECT pg_current_xact_id()::text::bigint + base FROM public.transaction_base
        $$
        """
    )


def _audit_and_outbox() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_user_id", sa.BigInteger),
        sa.Column("actor_organisation_id", sa.BigInteger),
        sa.Column("actor_role", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject_kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.BigInteger, nullable=False),
        sa.Column("from_state", sa.Text),
        sa.Column("to_state", sa.Text),
        sa.Column("data", sa.dialects.postgresql.JSONB, nullable=False),
        sa.Column("xid", sa.BigInteger, nullable=False, server_default=sa.text(TRANSACTION_NUMBER)),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject_kind", "subject_id", "id"])
    op.create_index("ix_audit_entry_xid_id", "audit_entry", ["xid", "id"])
    append_only(op, "audit_entry")
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("after_xid", sa.BigInteger, nullable=False),
        sa.Column("after_id", sa.BigInteger, nullable=False),
        sa.Column("last_xid", sa.BigInteger, nullable=False),
        sa.Column("last_id", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.BigInteger, sa.CheckConstraint("entries > 0", name="entries"), nullable=False),
        sa.Column("key_mark", sa.Text, nullable=False),
        sa.Column("previous", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(last_xid, last_id) > (after_xid, after_id)", name="forward"),
    )
    append_only(op, "audit_seal")
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("payload", sa.dialects.postgresql.JSONB, nullable=False),
        sa.Column("xid", sa.BigInteger, nullable=False, server_default=sa.text(TRANSACTION_NUMBER)),
    )
    op.create_index("ix_outbox_event_xid_id", "outbox_event", ["xid", "id"])
    grant(op, "outbox_event", rights="SELECT, INSERT")
    op.create_table(
        "outbox_reader",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("last_xid", sa.BigInteger, nullable=False),
        sa.Column("last_id", sa.BigInteger, nullable=False),
    )
    grant(op, "outbox_reader", rights="SELECT, INSERT, UPDATE")


def _keys_and_files() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.SmallInteger),
        sa.Column("content_type", sa.Text),
        sa.Column("body", sa.LargeBinary),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    grant(op, "idempotency_key", rights="SELECT, INSERT, UPDATE")
    op.create_table(
        "stored_file",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("sha256", sa.Text, sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("owner_id", sa.BigInteger),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    append_only(op, "stored_file")


def _worker() -> None:
    op.create_table(
        "job_run",
        sa.Column("job", sa.Text, primary_key=True),
        sa.Column("period", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("fencing", sa.BigInteger, nullable=False),
    )
    grant(op, "job_run", rights="SELECT, INSERT, UPDATE")
    op.create_table(
        "worker_leader",
        sa.Column(
            "id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False
        ),
        sa.Column("fencing", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO worker_leader (id, fencing) VALUES (1, 0)")
    grant(op, "worker_leader", rights="SELECT, UPDATE")


def _calendar() -> None:
    year = op.create_table(
        "calendar_year",
        sa.Column("year", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "status",
            sa.Text,
            sa.CheckConstraint("status IN ('published', 'provisional')", name="status"),
            nullable=False,
        ),
        sa.Column("reference", sa.Text, nullable=False),
    )
    exception = op.create_table(
        "calendar_exception",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("working", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
    )
    years = sorted({day.year for day in holidays})
    op.bulk_insert(
        year,
        [
            {"year": number, "status": "published", "reference": f"国务院办公厅关于{number}年部分节假日安排的通知"}
            for number in years
        ],
    )
    op.bulk_insert(
        exception,
        [
            {"day": day, "working": False, "name": Holiday(name).chinese}
            for day, name in sorted(holidays.items())
            if day.weekday() < SATURDAY
        ]
        + [
            {"day": day, "working": True, "name": Holiday(name).chinese}
            for day, name in sorted(workdays.items())
            if day.weekday() >= SATURDAY
        ],
    )
    grant(op, "calendar_year", "calendar_exception")
