"""Decisions keep what they rest on: opinions on accounts, withdrawals of approved changes, why a sanction rests."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, instant, text
from migrations.helpers import APP_ROLE

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

CHANGE = "member_change"
ON_RECORD = ("adverse_record", "holding", "joint_establishment")
DECISION = ("withdrawal_decided_by", "withdrawal_decided_at", "withdrawal_opinion")


def upgrade() -> None:
    op.add_column("bank_account", sa.Column("opinion", sa.Text, nullable=False, server_default=""))
    op.execute(
        "UPDATE bank_account SET opinion = coalesce(said.data ->> 'note', '') FROM audit_entry said"
        " WHERE said.subject_kind = 'bank_account' AND said.subject_id = bank_account.id"
        " AND said.action IN ('verify', 'refuse')"
    )
    for column in (*by("withdrawal_decided", nullable=True), text("withdrawal_opinion", nullable=True)):
        op.add_column(CHANGE, column)
    op.execute(
        f"UPDATE {CHANGE} SET withdrawal_decided_by = said.actor_user_id, withdrawal_decided_at = said.at,"
        " withdrawal_opinion = coalesce(said.data ->> 'note', '')"
        " FROM (SELECT DISTINCT ON (subject_id) * FROM audit_entry WHERE subject_kind = 'member_change'"
        " AND action IN ('ask_withdrawal', 'confirm_withdrawal', 'keep') ORDER BY subject_id, id DESC) said"
        f" WHERE said.subject_id = {CHANGE}.id AND said.action <> 'ask_withdrawal'"
    )
    op.create_check_constraint(
        "withdrawal_decided",
        CHANGE,
        f"num_nonnulls({', '.join(DECISION)}) IN (0, 3)"
        " AND (withdrawal_decided_at IS NULL OR (withdrawal_reason IS NOT NULL AND state <> 'withdrawing'))"
        " AND withdrawal_decided_by <> withdrawal_asked_by",
    )
    for table in ON_RECORD:
        for column in (instant("ended_at", nullable=True), text("ended_source", nullable=True)):
            op.add_column(table, column)
        op.execute(
            f"UPDATE {table} SET ended_at = said.at, ended_source = said.data ->> 'source' FROM audit_entry said"
            f" WHERE said.subject_kind = '{table}' AND said.subject_id = {table}.id AND said.action = 'end'"
            " AND said.data ->> 'source' IS NOT NULL"
        )
        op.create_check_constraint("ended", table, "num_nonnulls(ended_at, ended_source) IN (0, 2)")
    op.add_column("misconduct_appeal", text("suspension_note", nullable=True))
    op.execute(
        "UPDATE misconduct_appeal SET suspension_note = coalesce(said.data ->> 'note', '') FROM audit_entry said"
        " WHERE said.subject_kind = 'misconduct_decision' AND said.subject_id = misconduct_appeal.decision_id"
        " AND said.action = 'suspend' AND misconduct_appeal.suspended_at IS NOT NULL"
    )
    op.execute(f"GRANT UPDATE (suspension_note) ON misconduct_appeal TO {APP_ROLE}")


def downgrade() -> None:
    op.drop_column("misconduct_appeal", "suspension_note")
    for table in ON_RECORD:
        op.drop_constraint(f"ck_{table}_ended", table)
        for name in ("ended_at", "ended_source"):
            op.drop_column(table, name)
    op.drop_constraint("ck_member_change_withdrawal_decided", CHANGE)
    for column in DECISION:
        op.drop_column(CHANGE, column)
    op.drop_column("bank_account", "opinion")
