"""The accounts that pay and the tables of their banks, version by version; batches keep the one they pay from."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import day, instant, json, key, one_of, refers, text
from migrations.helpers import grant

revision = "0049"
down_revision = "0044"
branch_labels = None
depends_on = None

DECIDED = "'{state,opinion,reviewed_by,reviewed_at}'::text[]"


def upgrade() -> None:
    op.create_table(
        "paying_account",
        key(),
        text("programme"),
        text("holder_name"),
        text("bank_name"),
        text("cnaps_code"),
        text("account_number"),
        text("bic", nullable=True),
        json("columns"),
        text("delimiter"),
        text("amount"),
        text("encoding"),
        text("lacking"),
        text("purpose"),
        day("valid_from"),
        text("cause"),
        text("state"),
        text("opinion"),
        refers("proposed_by", "user_account", nullable=True),
        instant("proposed_at"),
        refers("reviewed_by", "user_account", nullable=True),
        instant("reviewed_at", nullable=True),
        one_of("delimiter", (",", ";", "\t", "|")),
        one_of("amount", ("yuan", "fen")),
        one_of("encoding", ("UTF-8-BOM", "GB18030", "GBK")),
        one_of("lacking", ("refuse", "question_mark")),
        one_of("state", ("proposed", "approved", "refused")),
        sa.CheckConstraint(
            "(state = 'proposed') = (reviewed_at IS NULL) AND (state = 'proposed') = (opinion = '')", name="reviewed"
        ),
        sa.CheckConstraint(
            "reviewed_by <> proposed_by AND (reviewed_at IS NULL OR (reviewed_by IS NULL) = (proposed_by IS NULL))",
            name="two_persons",
        ),
    )
    op.create_index("ix_paying_account_programme_id", "paying_account", ["programme", "id"])
    op.create_index(
        "uq_paying_account_open",
        "paying_account",
        ["programme"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    grant(op, "paying_account", rights="SELECT, INSERT, UPDATE")
    op.execute(
        f"""
        CREATE FUNCTION keep_paying_account() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.state <> 'proposed' OR to_jsonb(OLD) - {DECIDED} <> to_jsonb(NEW) - {DECIDED} THEN
                RAISE EXCEPTION 'a paying account that was decided on is never changed'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER paying_account_kept BEFORE UPDATE ON paying_account "
        "FOR EACH ROW EXECUTE FUNCTION keep_paying_account()"
    )
    op.execute(
        "CREATE TRIGGER paying_account_stays BEFORE DELETE OR TRUNCATE ON paying_account "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.add_column("settlement_batch", refers("paying_account_id", "paying_account", nullable=True))


def downgrade() -> None:
    op.drop_column("settlement_batch", "paying_account_id")
    op.drop_table("paying_account")
    op.execute("DROP FUNCTION keep_paying_account")
