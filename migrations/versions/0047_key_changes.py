"""A link of the audit trail's chain may cover no entry: it puts a new key over the links before it."""

from alembic import op

revision = "0047"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("ck_audit_seal_entries", "audit_seal")
    op.drop_constraint("ck_audit_seal_forward", "audit_seal")
    op.create_check_constraint("entries", "audit_seal", "entries >= 0")
    op.create_check_constraint(
        "forward",
        "audit_seal",
        "CASE WHEN entries > 0 THEN (last_xid, last_id) > (after_xid, after_id)"
        " ELSE (last_xid, last_id) = (after_xid, after_id) END",
    )


def downgrade() -> None:
    """Links that are there stay; those of the former shape alone may follow."""
    op.drop_constraint("ck_audit_seal_forward", "audit_seal")
    op.drop_constraint("ck_audit_seal_entries", "audit_seal")
    op.execute("ALTER TABLE audit_seal ADD CONSTRAINT ck_audit_seal_entries CHECK (entries > 0) NOT VALID")
    op.execute(
        "ALTER TABLE audit_seal ADD CONSTRAINT ck_audit_seal_forward"
        " CHECK ((last_xid, last_id) > (after_xid, after_id)) NOT VALID"
    )
    op.execute(
        """
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM audit_seal WHERE entries = 0) THEN
                ALTER TABLE audit_seal VALIDATE CONSTRAINT ck_audit_seal_entries;
                ALTER TABLE audit_seal VALIDATE CONSTRAINT ck_audit_seal_forward;
            END IF;
        END $$
        """
    )
