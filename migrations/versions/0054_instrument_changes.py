"""Instruments are numbered by the transaction that changed them last, so that others can follow."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "instrument",
        sa.Column("changed_xid", sa.BigInteger, nullable=False, server_default=sa.text("transaction_number()")),
    )
    op.create_index("ix_instrument_changed_xid_id", "instrument", ["changed_xid", "id"])
    op.create_index("ix_instrument_updated_at", "instrument", ["updated_at"])
    op.execute(
        """
        CREATE FUNCTION number_instrument_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.changed_xid := transaction_number();
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER instrument_change_numbered BEFORE UPDATE ON instrument FOR EACH ROW "
        "WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION number_instrument_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER instrument_change_numbered ON instrument")
    op.execute("DROP FUNCTION number_instrument_change")
    op.drop_index("ix_instrument_updated_at", "instrument")
    op.drop_column("instrument", "changed_xid")
