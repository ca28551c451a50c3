"""Programmes of cities beside the province's, and what moves between yearly caps.

Holds on the caps of city programmes, what merged and split groups did to caps, aid with decisions, claims and quotes,
changes of controllers, and teams that became enterprises.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.columns import among, day, fen, instant, key, one_of, refers, text
from migrations.helpers import admit, append_only, grant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ENTITLEMENT_KINDS = ("cap", "cap_contra")
AID_KINDS = ("aid_cap", "aid_cap_contra")
TRANSACTION_KINDS = (
    "hold_granted",
    "hold_released",
    "hold_consumed",
    "appropriated",
    "payable_confirmed",
    "payable_cancelled",
    "batch_committed",
    "batch_discarded",
    "payout_settled",
    "payout_returned",
    "clawback_opened",
    "clawback_recovered",
    "order_charged",
    "charge_adjusted",
    "payment_received",
    "payment_refunded",
    "subsidy_assigned",
    "subsidy_forgone",
    "shortfall_opened",
    "shortfall_paid",
)
CAP_MOVES = ("cap_merged", "cap_carried", "carry_ended")
MEMBERSHIP_STATES = ("draft", "submitted", "approved", "returned", "suspended")
PROPOSAL_STATES = "state IN ('proposed', 'approved', 'refused')"
REVIEWED = (
    "(state = 'proposed') = (reviewed_by IS NULL) AND (reviewed_by IS NULL) = (reviewed_at IS NULL)"
    " AND (state = 'proposed') = (opinion = '')"
)


def upgrade() -> None:
    _limit_kinds((*ENTITLEMENT_KINDS, *AID_KINDS), (*TRANSACTION_KINDS, *CAP_MOVES))
    _caps()
    _aid()
    _people()
    op.drop_index("uq_payable_live_order", "payable")
    _live_payables("order_id", "programme")


def downgrade() -> None:
    op.drop_index("uq_payable_live_order", "payable")
    _live_payables("order_id")
    op.drop_table("team_succession")
    op.drop_column("organisation", "successor_id")
    op.drop_column("controller", "merged_into_id")
    op.drop_column("controller_tenure", "change_id")
    op.drop_table("controller_change")
    admit(op, "membership", "state", MEMBERSHIP_STATES)
    op.drop_table("claim_aid")
    op.drop_column("entitlement_decision", "aids")
    op.drop_constraint("ck_quote_split", "quote")
    op.drop_column("quote", "aids")
    op.drop_column("quote", "other_aid_fen")
    op.create_check_constraint("split", "quote", "subsidy_fen + self_pay_fen = price_fen")
    for table in ("cap_carry", "cap_merge_year", "cap_merge", "aid_hold"):
        op.drop_table(table)
    op.drop_index("ix_cap_hold_cap_owner", "cap_hold")
    _limit_kinds(ENTITLEMENT_KINDS, TRANSACTION_KINDS)


def _year(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger, nullable=False)


def _limit_kinds(entitlement: tuple[str, ...], transactions: tuple[str, ...]) -> None:
    """Which kinds of account and of transaction there are."""
    op.drop_constraint("ck_ledger_account_book", "ledger_account")
    op.create_check_constraint(
        "book",
        "ledger_account",
        f"""(book = 'entitlement' AND {among("kind", entitlement)})
        OR (book = 'public_money'
            AND kind IN ('fund', 'appropriation', 'granted', 'payable', 'clawback_receivable'))
        OR (book = 'trade'
            AND kind IN ('due_from_user', 'sales', 'received', 'subsidy_receivable', 'subsidy_assigned',
                         'shortfall'))""",
    )
    admit(op, "ledger_transaction", "kind", transactions)


def _live_payables(*columns: str) -> None:
    """An order is paid once by each programme."""
    op.create_index(
        "uq_payable_live_order",
        "payable",
        list(columns),
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )


def _caps() -> None:
    op.create_index("ix_cap_hold_cap_owner", "cap_hold", ["cap_owner"])
    op.create_table(
        "aid_hold",
        key(),
        sa.Column("order_id", sa.BigInteger, nullable=False),
        text("programme"),
        refers("account_id", "ledger_account"),
        text("cap_owner"),
        _year("year"),
        fen("held_fen"),
        fen("consumed_fen"),
        refers("transaction_id", "ledger_transaction"),
        text("state"),
        sa.UniqueConstraint("order_id", "programme", name="uq_aid_hold_order_id_programme"),
        one_of("state", ("live", "consumed", "released")),
        sa.CheckConstraint("(state = 'live' AND held_fen > 0) OR held_fen = 0", name="held_fen"),
        sa.CheckConstraint("(state = 'consumed' AND consumed_fen > 0) OR consumed_fen = 0", name="consumed_fen"),
    )
    op.create_index("ix_aid_hold_account_id", "aid_hold", ["account_id"])
    op.create_index("ix_aid_hold_cap_owner", "aid_hold", ["cap_owner"])
    op.create_table(
        "cap_merge",
        key(),
        text("source"),
        text("absorbed"),
        text("merged_into"),
        _year("from_year"),
        instant("merged_at"),
        sa.UniqueConstraint("source", name="uq_cap_merge_source"),
        sa.UniqueConstraint("absorbed", name="uq_cap_merge_absorbed"),
        sa.CheckConstraint("absorbed <> merged_into", name="two_owners"),
    )
    op.create_table(
        "cap_merge_year",
        key(),
        refers("merge_id", "cap_merge"),
        text("programme", nullable=True),
        _year("year"),
        refers("from_account_id", "ledger_account"),
        refers("into_account_id", "ledger_account"),
        fen("cap_fen"),
        fen("held_fen"),
        fen("consumed_fen"),
        fen("used_after_fen"),
        fen("overhang_fen"),
        sa.UniqueConstraint("from_account_id", name="uq_cap_merge_year_from_account_id"),
        sa.CheckConstraint(
            "held_fen >= 0 AND consumed_fen >= 0 AND used_after_fen >= held_fen + consumed_fen"
            " AND overhang_fen = greatest(0, used_after_fen - cap_fen)",
            name="sums",
        ),
    )
    op.create_index("ix_cap_merge_year_merge_id", "cap_merge_year", ["merge_id"])
    op.create_index("ix_cap_merge_year_into_account_id", "cap_merge_year", ["into_account_id"])
    op.create_table(
        "cap_carry",
        key(),
        text("source"),
        text("root"),
        refers("account_id", "ledger_account"),
        fen("amount_fen"),
        sa.Column("live", sa.Boolean, nullable=False),
        instant("carried_at"),
        sa.CheckConstraint("amount_fen > 0", name="amount_fen"),
    )
    op.create_index("ix_cap_carry_account_id", "cap_carry", ["account_id"])
    append_only(op, "cap_merge", "cap_merge_year")
    grant(op, "aid_hold", "cap_carry", rights="SELECT, INSERT, UPDATE")


def _aid() -> None:
    empty = sa.text("'[]'::jsonb")
    op.add_column("quote", sa.Column("other_aid_fen", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("quote", sa.Column("aids", postgresql.JSONB, nullable=False, server_default=empty))
    op.drop_constraint("ck_quote_split", "quote")
    op.create_check_constraint(
        "split", "quote", "subsidy_fen + other_aid_fen + self_pay_fen = price_fen AND other_aid_fen >= 0"
    )
    op.add_column("entitlement_decision", sa.Column("aids", postgresql.JSONB, nullable=False, server_default=empty))
    op.create_table(
        "claim_aid",
        key(),
        refers("claim_id", "claim"),
        text("programme"),
        text("fund"),
        fen("aid_fen"),
        fen("claimed_fen"),
        fen("approved_fen", nullable=True),
        fen("confirmed_fen", nullable=True),
        sa.UniqueConstraint("claim_id", "programme", name="uq_claim_aid_claim_id_programme"),
        sa.CheckConstraint(
            "0 <= claimed_fen AND claimed_fen <= aid_fen "
            "AND (approved_fen IS NULL OR approved_fen BETWEEN 0 AND claimed_fen) "
            "AND (confirmed_fen IS NULL OR confirmed_fen BETWEEN 0 AND approved_fen)",
            name="sums_fall",
        ),
    )
    grant(op, "claim_aid", rights="SELECT, INSERT, UPDATE")


def _people() -> None:
    admit(op, "membership", "state", (*MEMBERSHIP_STATES, "ended"))
    op.create_table(
        "controller_change",
        key(),
        text("kind"),
        text("state"),
        refers("controller_id", "controller"),
        refers("into_id", "controller", nullable=True),
        text("new_name"),
        text("new_note"),
        sa.Column("organisation_ids", postgresql.ARRAY(sa.BigInteger), nullable=False),
        day("effective_on"),
        text("evidence"),
        refers("proposed_by", "user_account"),
        instant("proposed_at"),
        refers("reviewed_by", "user_account", nullable=True),
        instant("reviewed_at", nullable=True),
        text("opinion"),
        one_of("kind", ("merge", "split")),
        sa.CheckConstraint(PROPOSAL_STATES, name="state"),
        sa.CheckConstraint(REVIEWED, name="reviewed"),
        sa.CheckConstraint("reviewed_by <> proposed_by", name="different_people"),
        sa.CheckConstraint("into_id <> controller_id", name="two_controllers"),
        sa.CheckConstraint(
            "CASE kind WHEN 'merge' THEN into_id IS NOT NULL AND cardinality(organisation_ids) = 0"
            " ELSE cardinality(organisation_ids) > 0 AND new_name <> '' END",
            name="parties",
        ),
    )
    op.create_index(
        "uq_controller_change_open",
        "controller_change",
        ["controller_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.add_column("controller", refers("merged_into_id", "controller", nullable=True))
    op.add_column("controller_tenure", refers("change_id", "controller_change", nullable=True))
    op.add_column("organisation", refers("successor_id", "organisation", nullable=True))
    op.create_index("ix_organisation_successor_id", "organisation", ["successor_id"])
    op.create_table(
        "team_succession",
        key(),
        text("state"),
        refers("team_id", "organisation"),
        refers("enterprise_id", "organisation"),
        day("effective_on"),
        text("evidence"),
        refers("proposed_by", "user_account"),
        instant("proposed_at"),
        refers("reviewed_by", "user_account", nullable=True),
        instant("reviewed_at", nullable=True),
        text("opinion"),
        sa.CheckConstraint(PROPOSAL_STATES, name="state"),
        sa.CheckConstraint(REVIEWED, name="reviewed"),
        sa.CheckConstraint("reviewed_by <> proposed_by", name="different_people"),
    )
    op.create_index("ix_team_succession_enterprise_id", "team_succession", ["enterprise_id"])
    op.create_index(
        "uq_team_succession_live",
        "team_succession",
        ["team_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'refused'"),
    )
    grant(op, "controller_change", "team_succession", rights="SELECT, INSERT, UPDATE")
