"""Cases that officers hold, their opinions, decisions about many claims at once, interests, and printed summaries."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, fen, instant, json, key, one_of, refers, text
from migrations.helpers import append_only, grant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ENDINGS = ("released", "lapsed", "taken_over", "decided", "closed")
RECOMMENDATIONS = ("approve", "return", "reject", "confirm", "send_back")
BATCH_KINDS = ("city_review", "confirmation")
INTEREST_KINDS = ("employer", "family", "holding", "adviser", "other")
SUMMARY_COLUMNS = ("serial_year", "serial", "number", "period_from", "period_to", "document_file_id")


def upgrade() -> None:
    _interests()
    _cases()
    _opinions()
    _batches()
    _printed_summaries()
    grant(op, "review_case", "user_interest", rights="SELECT, INSERT, UPDATE")
    append_only(op, "case_opinion", "review_batch")


def downgrade() -> None:
    op.drop_constraint("printed", "review_summary", type_="check")
    op.drop_constraint("uq_review_summary_number", "review_summary", type_="unique")
    op.drop_constraint("uq_review_summary_serial", "review_summary", type_="unique")
    for column in SUMMARY_COLUMNS:
        op.drop_column("review_summary", column)
    op.drop_column("claim_review", "batch_id")
    for table in ("review_batch", "case_opinion", "review_case", "user_interest"):
        op.drop_table(table)
    op.execute("DROP FUNCTION review_case_stays()")
    op.execute("DROP FUNCTION user_interest_stays()")


def _interests() -> None:
    op.create_table(
        "user_interest",
        key(),
        refers("user_id", "user_account"),
        refers("organisation_id", "organisation", nullable=True),
        text("uscc", nullable=True),
        text("name"),
        text("kind"),
        day("since"),
        day("until", nullable=True),
        text("note"),
        refers("entered_by", "user_account"),
        instant("entered_at"),
        refers("voided_by", "user_account", nullable=True),
        instant("voided_at", nullable=True),
        text("void_reason"),
        one_of("kind", INTEREST_KINDS),
        sa.CheckConstraint("num_nonnulls(organisation_id, uscc) = 1", name="about_one"),
        sa.CheckConstraint("until >= since", name="in_order"),
        sa.CheckConstraint(
            "(voided_by IS NOT NULL) = (voided_at IS NOT NULL) AND (voided_by IS NOT NULL) = (void_reason <> '')",
            name="voided",
        ),
    )
    op.create_index("ix_user_interest_user_id", "user_interest", ["user_id"])
    _stays(
        "user_interest",
        "(NEW.user_id, NEW.organisation_id, NEW.uscc, NEW.name, NEW.kind, NEW.since, NEW.note, NEW.entered_by, "
        "NEW.entered_at)",
        "(OLD.user_id, OLD.organisation_id, OLD.uscc, OLD.name, OLD.kind, OLD.since, OLD.note, OLD.entered_by, "
        "OLD.entered_at)",
        ended="OLD.voided_at IS NOT NULL",
    )


def _cases() -> None:
    op.create_table(
        "review_case",
        key(),
        refers("claim_id", "claim"),
        refers("office_id", "organisation"),
        refers("holder_id", "user_account"),
        instant("taken_at"),
        day("last_day"),
        text("reason"),
        instant("ended_at", nullable=True),
        refers("ended_by", "user_account", nullable=True),
        text("ending", nullable=True),
        one_of("ending", ENDINGS),
        sa.CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended"),
    )
    op.create_index("ix_review_case_claim_id", "review_case", ["claim_id"])
    op.create_index(
        "uq_review_case_live", "review_case", ["claim_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    _stays(
        "review_case",
        "(NEW.claim_id, NEW.office_id, NEW.holder_id, NEW.taken_at, NEW.last_day, NEW.reason)",
        "(OLD.claim_id, OLD.office_id, OLD.holder_id, OLD.taken_at, OLD.last_day, OLD.reason)",
        ended="OLD.ended_at IS NOT NULL",
    )


def _opinions() -> None:
    op.create_table(
        "case_opinion",
        key(),
        refers("claim_id", "claim"),
        refers("office_id", "organisation"),
        refers("author_id", "user_account"),
        text("recommendation", nullable=True),
        fen("amount_fen", nullable=True),
        json("checklist"),
        text("opinion"),
        instant("at"),
        one_of("recommendation", RECOMMENDATIONS),
        sa.CheckConstraint("amount_fen > 0", name="amount_fen"),
        sa.CheckConstraint("opinion <> ''", name="opinion"),
    )
    op.create_index("ix_case_opinion_claim_id", "case_opinion", ["claim_id"])


def _batches() -> None:
    op.create_table(
        "review_batch",
        key(),
        text("kind"),
        refers("office_id", "organisation"),
        refers("summary_id", "review_summary", nullable=True),
        json("claim_ids"),
        fen("total_fen"),
        text("opinion"),
        refers("decided_by", "user_account"),
        instant("decided_at"),
        one_of("kind", BATCH_KINDS),
        sa.CheckConstraint("total_fen >= 0", name="total_fen"),
        sa.CheckConstraint("jsonb_array_length(claim_ids) > 0", name="claim_ids"),
        sa.CheckConstraint("(kind = 'confirmation') = (summary_id IS NOT NULL)", name="summary"),
    )
    op.add_column("claim_review", refers("batch_id", "review_batch", nullable=True))


def _printed_summaries() -> None:
    """Summaries made before there were printed ones have neither number nor document."""
    for column in (
        sa.Column("serial_year", sa.SmallInteger),
        sa.Column("serial", sa.Integer),
        text("number", nullable=True),
        day("period_from", nullable=True),
        day("period_to", nullable=True),
        refers("document_file_id", "stored_file", nullable=True),
    ):
        op.add_column("review_summary", column)
    op.create_unique_constraint("uq_review_summary_number", "review_summary", ["number"])
    op.create_unique_constraint("uq_review_summary_serial", "review_summary", ["city", "serial_year", "serial"])
    op.create_check_constraint(
        "printed",
        "review_summary",
        f"num_nonnulls({', '.join(SUMMARY_COLUMNS)}) IN (0, {len(SUMMARY_COLUMNS)}) AND serial > 0 "
        "AND period_from <= period_to",
    )


def _stays(table: str, new: str, old: str, *, ended: str) -> None:
    """What a row was written with never changes, nothing of one that has ended, and no row is taken away."""
    op.execute(
        f"""
        CREATE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'UPDATE' THEN
                RAISE EXCEPTION '% on {table}: rows of this table are never taken away', TG_OP
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF {ended} OR {new} IS DISTINCT FROM {old} THEN
                RAISE EXCEPTION '{table} %: what it says never changes', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_stays()")
    op.execute(
        f"CREATE TRIGGER {table}_never_deleted BEFORE DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_stays()"
    )
