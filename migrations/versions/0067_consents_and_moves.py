"""Standing consents of providers, by which orders are accepted at once; bookings moved before the contract."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import by, key, refers
from migrations.helpers import grant

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

REQUIRE = """
CREATE FUNCTION order_has_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM service_consent AS c JOIN quote AS q ON q.service_id = c.service_id
      WHERE c.id = NEW.consent_id AND q.id = NEW.quote_id AND c.revoked_at IS NULL
        AND (c.direct_deduction OR NEW.payment_mode <> 'direct_deduction')
        FOR SHARE OF c;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the standing consent % does not hold for this order', NEW.consent_id
              USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
"""
"""Whoever takes a consent back waits for orders that rest on it, and they for him: none is accepted by what is gone."""


def upgrade() -> None:
    op.create_table(
        "service_consent",
        key(),
        refers("service_id", "service"),
        sa.Column("direct_deduction", sa.Boolean, nullable=False),
        *by("given"),
        *by("revoked", nullable=True),
        sa.CheckConstraint("(revoked_by IS NULL) = (revoked_at IS NULL) AND revoked_at >= given_at", name="revoked"),
    )
    op.create_index(
        "uq_service_consent_service_id",
        "service_consent",
        ["service_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index("ix_service_consent_service_id_id", "service_consent", ["service_id", "id"])
    grant(op, "service_consent", rights="SELECT, INSERT, UPDATE (revoked_by, revoked_at)")
    for table in ("service", "quote", "order"):
        op.add_column(table, refers("consent_id", "service_consent", nullable=True))
    op.create_check_constraint(
        "consented", "order", "consent_id IS NULL OR state NOT IN ('placed', 'declined', 'lapsed')"
    )
    op.add_column("order", sa.Column("moved_to", postgresql.TSTZRANGE))
    op.create_check_constraint(
        "moved_to", "order", "NOT isempty(moved_to) AND lower_inc(moved_to) AND NOT upper_inc(moved_to)"
    )
    op.execute(REQUIRE)
    op.execute(
        'CREATE TRIGGER order_has_consent BEFORE INSERT ON "order" FOR EACH ROW'
        " WHEN (NEW.consent_id IS NOT NULL) EXECUTE FUNCTION order_has_consent()"
    )


def downgrade() -> None:
    """What was accepted at once stays accepted; the calendar keeps what was booked last."""
    op.execute('DROP TRIGGER order_has_consent ON "order"')
    op.execute("DROP FUNCTION order_has_consent()")
    op.drop_column("order", "moved_to")
    op.drop_constraint("ck_order_consented", "order")
    for table in ("order", "quote", "service"):
        op.drop_column(table, "consent_id")
    op.drop_table("service_consent")
