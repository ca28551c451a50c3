"""Flags with their evidence and findings, late readings, the ticks of V8(3), the stated cost of services (V13)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import fen, instant, json, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FLAG_KINDS = (
    "one_way_holding",
    "mutual_holding",
    "subsidiary",
    "co_built",
    "common_control",
    "shared_phone",
    "shared_bank_account",
    "shared_address",
    "split_orders",
    "price_deviation",
    "price_above_cost",
    "hours_deviation",
    "same_document",
    "burst",
)


def upgrade() -> None:
    _flags()
    _evidence_stays()
    _amendments()
    _findings()
    _costs()
    op.create_index("ix_stored_file_sha256", "stored_file", ["sha256"])
    grant(op, "claim_flag", rights="SELECT, INSERT, UPDATE")
    append_only(op, "claim_record_amendment")


def downgrade() -> None:
    op.drop_index("ix_stored_file_sha256", "stored_file")
    for column in ("cost_fen", "cost_basis"):
        op.drop_column("service", column)
    for column in ("findings", "despite_flags"):
        op.drop_column("claim_review", column)
    for table in ("claim_record_amendment", "claim_flag"):
        op.drop_table(table)
    op.execute("DROP FUNCTION claim_flag_evidence_stays()")


def _flags() -> None:
    op.create_table(
        "claim_flag",
        key(),
        refers("claim_id", "claim"),
        text("kind"),
        text("about"),
        json("evidence"),
        sa.Column("finding_needed", sa.Boolean, nullable=False),
        instant("raised_at"),
        text("state"),
        text("finding"),
        refers("decided_by", "user_account", nullable=True),
        instant("decided_at", nullable=True),
        sa.UniqueConstraint("claim_id", "kind", "about"),
        one_of("kind", FLAG_KINDS),
        one_of("state", ("raised", "upheld", "cleared")),
        sa.CheckConstraint(
            "(state <> 'raised') = (finding <> '' AND decided_by IS NOT NULL AND decided_at IS NOT NULL)",
            name="decided",
        ),
    )
    op.create_index("ix_claim_flag_undecided", "claim_flag", ["claim_id"], postgresql_where=sa.text("state = 'raised'"))


def _evidence_stays() -> None:
    """A flag keeps what it was raised on, and no finding turns it back into an open one."""
    op.execute(
        """
        CREATE FUNCTION claim_flag_evidence_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'UPDATE' THEN
                RAISE EXCEPTION '% on claim_flag: a flag is never deleted', TG_OP
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF (NEW.claim_id, NEW.kind, NEW.about, NEW.evidence, NEW.finding_needed, NEW.raised_at)
               IS DISTINCT FROM (OLD.claim_id, OLD.kind, OLD.about, OLD.evidence, OLD.finding_needed, OLD.raised_at)
               OR (OLD.state <> 'raised' AND NEW.state = 'raised')
            THEN
                RAISE EXCEPTION 'flag %: its evidence never changes and its finding is not taken back', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER claim_flag_evidence_stays BEFORE UPDATE ON claim_flag "
        "FOR EACH ROW EXECUTE FUNCTION claim_flag_evidence_stays()"
    )
    op.execute(
        "CREATE TRIGGER claim_flag_never_deleted BEFORE DELETE OR TRUNCATE ON claim_flag "
        "FOR EACH STATEMENT EXECUTE FUNCTION claim_flag_evidence_stays()"
    )


def _amendments() -> None:
    op.create_table(
        "claim_record_amendment",
        key(),
        refers("claim_id", "claim"),
        sa.Column("logged_hours", sa.Numeric(12, 2), nullable=False),
        text("source"),
        instant("at"),
        sa.CheckConstraint("logged_hours >= 0", name="logged_hours"),
        sa.CheckConstraint("source <> ''", name="source"),
    )
    op.create_index("ix_claim_record_amendment_claim_id", "claim_record_amendment", ["claim_id"])


def _findings() -> None:
    """V8(3): an approval never stands beside a tick that says no. Reviews of before have no ticks."""
    op.add_column("claim_review", sa.Column("findings", postgresql.JSONB, nullable=False, server_default="{}"))
    op.add_column("claim_review", sa.Column("despite_flags", sa.Text, nullable=False, server_default=""))
    for column in ("findings", "despite_flags"):
        op.alter_column("claim_review", column, server_default=None)
    op.create_check_constraint(
        "findings",
        "claim_review",
        "decision <> 'approve' OR NOT jsonb_path_exists(findings, '$.* ? (@ == false)')",
    )


def _costs() -> None:
    op.add_column("service", fen("cost_fen", nullable=True))
    op.add_column("service", sa.Column("cost_basis", sa.Text, nullable=False, server_default=""))
    op.alter_column("service", "cost_basis", server_default=None)
    op.create_check_constraint("cost_basis", "service", "cost_fen IS NULL OR (cost_fen >= 0 AND cost_basis <> '')")
