"""Money in suspense that came for a clawback is booked to it by the two persons who explain it;
what a payee owes stands in its statement."""

from alembic import op

from migrations.columns import among, refers
from migrations.helpers import admit, grant

revision = "0051"
down_revision = "0048"
branch_labels = None
depends_on = None

RESOLUTIONS = ("payout_return", "bank_charge", "interest", "recovery", "own_transfer", "sent_back", "other")
BOOKED = "clawback_recovery"
OF_PAYEES = ("clawback_receivable", "written_off")
"""Accounts that belong to a payee and stand in its statement."""


def upgrade() -> None:
    admit(op, "bank_suspense", "resolution", (*RESOLUTIONS, BOOKED))
    op.add_column("bank_suspense", refers("clawback_id", "clawback", nullable=True))
    op.create_check_constraint(
        "clawback",
        "bank_suspense",
        f"(clawback_id IS NOT NULL) = (resolution IS NOT DISTINCT FROM '{BOOKED}') AND (clawback_id IS NULL OR credit)",
    )
    grant(op, "bank_suspense", rights="UPDATE (clawback_id)")
    op.add_column("recovery", refers("suspense_id", "bank_suspense", nullable=True))
    op.create_unique_constraint("uq_recovery_suspense_id", "recovery", ["suspense_id"])
    op.execute(
        "UPDATE ledger_account SET party_id = split_part(owner, ':', 2)::bigint"
        f" WHERE {among('kind', OF_PAYEES)} AND party_id IS NULL"
    )


def downgrade() -> None:
    """What was booked stays with its clawback, and the entry says that it is recorded there."""
    op.drop_column("recovery", "suspense_id")
    op.drop_constraint("ck_bank_suspense_clawback", "bank_suspense")
    op.execute(f"UPDATE bank_suspense SET resolution = 'recovery' WHERE resolution = '{BOOKED}'")
    op.drop_column("bank_suspense", "clawback_id")
    admit(op, "bank_suspense", "resolution", RESOLUTIONS)
