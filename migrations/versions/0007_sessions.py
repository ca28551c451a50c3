"""Sessions of browsers, second factors, recovery of passwords, and the count of sign-ups."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import instant, key, refers, text
from migrations.helpers import grant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("sign_up", "password_recovery", "recovery_code", "second_factor", "user_session")
DIGEST = "octet_length(digest) = 32"


def upgrade() -> None:
    _sessions()
    _second_factors()
    _recoveries()
    op.create_table("sign_up", key(), text("address"), instant("at"))
    op.create_index("ix_sign_up_address_at", "sign_up", ["address", "at"])
    grant(op, *TABLES)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _digest() -> sa.Column[bytes]:
    return sa.Column("digest", sa.LargeBinary, nullable=False)


def _sessions() -> None:
    op.create_table(
        "user_session",
        key(),
        refers("user_id", "user_account"),
        text("prefix"),
        _digest(),
        instant("created_at"),
        instant("last_seen_at"),
        instant("expires_at"),
        instant("proven_at", nullable=True),
        text("address"),
        text("agent"),
        instant("ended_at", nullable=True),
        sa.CheckConstraint(DIGEST, name="digest"),
        sa.CheckConstraint("expires_at > created_at", name="expiry"),
        sa.CheckConstraint("last_seen_at >= created_at AND proven_at >= created_at", name="order"),
        sa.CheckConstraint("char_length(agent) <= 200", name="agent"),
        sa.UniqueConstraint("prefix", name="uq_user_session_prefix"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])


def _second_factors() -> None:
    op.create_table(
        "second_factor",
        key(),
        refers("user_id", "user_account"),
        text("secret"),
        instant("created_at"),
        instant("confirmed_at", nullable=True),
        sa.Column("last_used_step", sa.BigInteger),
        sa.CheckConstraint("secret ~ '^[A-Z2-7]{32}$'", name="secret"),
        sa.CheckConstraint("confirmed_at IS NULL OR last_used_step IS NOT NULL", name="confirmed_by_a_code"),
        sa.UniqueConstraint("user_id", name="uq_second_factor_user_id"),
    )
    op.create_table(
        "recovery_code",
        key(),
        refers("user_id", "user_account"),
        _digest(),
        instant("created_at"),
        instant("used_at", nullable=True),
        sa.CheckConstraint(DIGEST, name="digest"),
    )
    op.create_index("ix_recovery_code_user_id", "recovery_code", ["user_id"])


def _recoveries() -> None:
    op.create_table(
        "password_recovery",
        key(),
        refers("user_id", "user_account"),
        _digest(),
        sa.Column("reset_second_factor", sa.Boolean, nullable=False),
        refers("issued_by", "user_account", nullable=True),
        instant("issued_at"),
        instant("expires_at"),
        instant("ended_at", nullable=True),
        sa.CheckConstraint(DIGEST, name="digest"),
        sa.CheckConstraint("expires_at > issued_at", name="expiry"),
        sa.CheckConstraint("issued_by <> user_id", name="two_people"),
    )
    op.create_index("ix_password_recovery_user_id", "password_recovery", ["user_id"])
    op.create_index(
        "uq_password_recovery_open",
        "password_recovery",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
