"""Notices in the application and by mail."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, instant, json, key, refers, text
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
        key(),
        refers("organisation_id", "organisation"),
        text("role", nullable=True),
        text("key"),
        json("params"),
        sa.Column("task", sa.Boolean, nullable=False),
        day("due_on", nullable=True),
        text("subject_kind"),
        sa.Column("subject_id", sa.BigInteger, nullable=False),
        text("link_kind", nullable=True),
        sa.Column("link_id", sa.BigInteger),
        sa.Column("entry_id", sa.BigInteger, nullable=False),
        instant("raised_at"),
        instant("reminded_at", nullable=True),
        instant("settled_at", nullable=True),
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
        instant("read_at"),
    )


def _settings() -> None:
    op.create_table(
        "mail_setting",
        key(),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("user_account.id"), nullable=False, unique=True),
        text("address"),
        text("rhythm"),
        text("language"),
        instant("confirmed_at", nullable=True),
        sa.Column("code_digest", sa.LargeBinary),
        instant("code_expires_at", nullable=True),
        sa.Column("code_attempts", sa.SmallInteger, nullable=False),
        instant("digested_at", nullable=True),
        sa.CheckConstraint("rhythm IN ('off', 'each', 'daily')", name="rhythm_known"),
        sa.CheckConstraint("language IN ('zh', 'en')", name="language_known"),
        sa.CheckConstraint("octet_length(code_digest) = 32", name="code_digest_length"),
    )


def _mail() -> None:
    op.create_table(
        "mail",
        key(),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        text("recipient"),
        text("subject"),
        text("body"),
        text("state"),
        instant("created_at"),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        instant("next_attempt_at"),
        instant("sent_at", nullable=True),
        text("error", nullable=True),
        sa.Column("user_id", sa.BigInteger),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state_known"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_when"),
    )
    op.create_index(
        "ix_mail_next_attempt_at", "mail", ["next_attempt_at"], postgresql_where=sa.text("state = 'waiting'")
    )
