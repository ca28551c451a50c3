"""Notices in the application and by mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.helpers import grant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = ("mail", "mail_setting", "notice_reading", "notice")
OPEN = sa.text("task AND settled_at IS NULL")
READER = """
    INSERT INTO outbox_reader (name, last_xid, last_id)
    SELECT 'notices', pg_snapshot_xmin(pg_current_snapshot())::text::bigint + base - 1, 9223372036854775807
      FROM transaction_base
"""
"""Notices begin with what happens from now on; the past is not told again."""


def upgrade() -> None:
    _notices()
    _settings()
    _mail()
    op.execute(READER)
    grant(op, *TABLES)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM outbox_reader WHERE name = 'notices'")


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True),
        sa.Column("organisation_id", sa.BigInteger, sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("params", JSONB, nullable=False),
        sa.Column("task", sa.Boolean, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("subject_kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.BigInteger, nullable=False),
        sa.Column("link_kind", sa.Text),
        sa.Column("link_id", sa.BigInteger),
        sa.Column("entry_id", sa.BigInteger, nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True)),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("settled_at IS NULL OR task", name="only_tasks_are_settled"),
    )
    op.create_index("ix_notice_organisation_id_id", "notice", ["organisation_id", "id"])
    op.create_index("ix_notice_open_subject", "notice", ["subject_kind", "subject_id"], postgresql_where=OPEN)
    op.create_index("ix_notice_open_due_on", "notice", ["due_on"], postgresql_where=OPEN)
    op.create_index(
        "uq_notice_entry_id_key_subject_id_organisation_id_role",
        "notice",
        ["entry_id", "key", "subject_id", "organisation_id", "role"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "notice_reading",
        sa.Column("notice_id", sa.BigInteger, sa.ForeignKey("notice.id"), primary_key=True, autoincrement=False),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("user_account.id"), primary_key=True, autoincrement=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
    )


def _settings() -> None:
    op.create_table(
        "mail_setting",
        sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("user_account.id"), nullable=False, unique=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("rhythm", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("code_digest", sa.LargeBinary),
        sa.Column("code_expires_at", sa.DateTime(timezone=True)),
        sa.Column("code_attempts", sa.SmallInteger, nullable=False),
        sa.Column("digested_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("rhythm IN ('off', 'each', 'daily')", name="rhythm_known"),
        sa.CheckConstraint("language IN ('zh', 'en')", name="language_known"),
        sa.CheckConstraint("octet_length(code_digest) = 32", name="code_digest_length"),
    )


def _mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text),
        sa.Column("user_id", sa.BigInteger),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state_known"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_when"),
    )
    op.create_index(
        "ix_mail_next_attempt_at", "mail", ["next_attempt_at"], postgresql_where=sa.text("state = 'waiting'")
    )
