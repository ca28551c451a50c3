"""Prices by negotiation: services without a published price, requests to them, and offers, on which quotes may rest."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import by, day, fen, json, key, one_of, refers, text
from migrations.helpers import grant

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

STATES = ("asked", "offered", "expired", "agreed", "ordered", "declined", "refused", "withdrawn")
OUTCOMES = ("change_asked", "taken_back", "expired", "declined", "agreed")
SUMS = "price_fen, price_unit, own_price_fen, outside_price_fen, minimum_charge_fen, billing_step_minutes"
SAID = (
    "content <> '' AND process <> '' AND equipment <> '' AND phone <> ''"
    " AND {priced}price_unit IS NOT NULL{negotiated} AND turnaround_days IS NOT NULL"
)


def upgrade() -> None:
    for table in ("service", "service_price"):
        op.add_column(table, sa.Column("by_negotiation", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("ALTER TABLE service_price ALTER price_fen DROP NOT NULL, ALTER price_unit DROP NOT NULL")
    op.execute(
        "ALTER TABLE service_price ADD CONSTRAINT ck_service_price_negotiation CHECK (CASE WHEN by_negotiation"
        f" THEN num_nonnulls({SUMS}) = 0 ELSE num_nulls(price_fen, price_unit) = 0 END)"
    )
    _published(priced="(by_negotiation OR (price_fen IS NOT NULL AND ", negotiated="))")
    op.execute(
        "ALTER TABLE service ADD CONSTRAINT ck_service_negotiation"
        f" CHECK (NOT by_negotiation OR num_nonnulls({SUMS}) = 0)"
    )
    op.create_table(
        "negotiation",
        key(),
        refers("beneficiary_id", "organisation"),
        refers("provider_id", "organisation"),
        refers("service_id", "service"),
        text("title"),
        text("state"),
        text("subject"),
        text("extent"),
        day("needed_from", nullable=True),
        day("needed_until", nullable=True),
        text("note"),
        *by("asked"),
        text("ending_note"),
        one_of("state", STATES),
        sa.CheckConstraint("needed_until >= needed_from", name="dates"),
    )
    op.create_index("ix_negotiation_beneficiary_id_id", "negotiation", ["beneficiary_id", "id"])
    op.create_index("ix_negotiation_provider_id_id", "negotiation", ["provider_id", "id"])
    grant(op, "negotiation", rights="SELECT, INSERT, UPDATE (state, ending_note)")
    _offers()
    op.add_column("quote", refers("negotiation_id", "negotiation", nullable=True))
    op.add_column("quote", refers("offer_id", "negotiation_offer", nullable=True))
    op.execute("ALTER TABLE quote ADD CONSTRAINT ck_quote_agreed CHECK ((negotiation_id IS NULL) = (offer_id IS NULL))")
    op.create_index(
        "ix_quote_negotiation_id", "quote", ["negotiation_id"], postgresql_where=sa.text("negotiation_id IS NOT NULL")
    )


def downgrade() -> None:
    """What was negotiated stays in the audit trail; such services and prices become drafts without one."""
    op.drop_column("quote", "offer_id")
    op.drop_column("quote", "negotiation_id")
    op.drop_table("negotiation_offer")
    op.drop_table("negotiation")
    op.execute("UPDATE service SET state = 'draft' WHERE by_negotiation AND state = 'published'")
    op.execute("UPDATE quote SET price_id = NULL WHERE price_id IN (SELECT id FROM service_price WHERE by_negotiation)")
    op.execute("DELETE FROM service_price WHERE by_negotiation")
    op.drop_constraint("ck_service_price_negotiation", "service_price")
    op.drop_constraint("ck_service_negotiation", "service")
    _published(priced="price_fen IS NOT NULL AND ", negotiated="")
    for table in ("service", "service_price"):
        op.drop_column(table, "by_negotiation")
    op.execute("ALTER TABLE service_price ALTER price_fen SET NOT NULL, ALTER price_unit SET NOT NULL")


def _published(*, priced: str, negotiated: str) -> None:
    said = SAID.format(priced=priced, negotiated=negotiated)
    op.drop_constraint("ck_service_complete_when_published", "service")
    op.execute(
        "ALTER TABLE service ADD CONSTRAINT ck_service_complete_when_published"
        f" CHECK (state <> 'published' OR ({said}))"
    )


def _offers() -> None:
    op.create_table(
        "negotiation_offer",
        key(),
        refers("negotiation_id", "negotiation"),
        sa.Column("round", sa.SmallInteger, nullable=False),
        text("price_unit"),
        sa.Column("quantity", sa.Numeric(12, 2), nullable=False),
        fen("unit_price_fen"),
        json("lines"),
        fen("price_fen"),
        sa.Column("turnaround_days", sa.Integer, nullable=False),
        day("valid_until"),
        text("conditions"),
        fen("cost_fen", nullable=True),
        text("cost_basis"),
        *by("offered"),
        text("outcome", nullable=True),
        text("answer"),
        *by("answered", nullable=True),
        one_of("price_unit", ("hour", "day", "time", "sample")),
        one_of("outcome", OUTCOMES),
        sa.CheckConstraint(
            "unit_price_fen > 0 AND price_fen > 0 AND quantity > 0 AND turnaround_days > 0", name="sums"
        ),
        sa.CheckConstraint("price_fen <= cost_fen", name="at_cost"),
        sa.CheckConstraint("(outcome IS NULL) = (answered_at IS NULL)", name="answer"),
        sa.UniqueConstraint("negotiation_id", "round", name="uq_negotiation_offer_round"),
    )
    op.create_index(
        "uq_negotiation_offer_open",
        "negotiation_offer",
        ["negotiation_id"],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    changing = "outcome, answer, answered_by, answered_at"
    grant(op, "negotiation_offer", rights=f"SELECT, INSERT, UPDATE ({changing})")
