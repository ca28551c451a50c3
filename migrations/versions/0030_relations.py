"""Holdings and joint establishments end and are annulled; a joint establishment has its days."""

from alembic import op

from migrations.columns import by, day, text

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TABLES = ("holding", "joint_establishment")
COUNTS = "annulled_at IS NULL"


def upgrade() -> None:
    for table in TABLES:
        for column in (*by("annulled", nullable=True), text("annulled_why", nullable=True)):
            op.add_column(table, column)
        op.create_check_constraint("annulment", table, "(annulled_at IS NULL) = (annulled_why IS NULL)")
        op.create_check_constraint("annulled_by_another", table, "annulled_by <> entered_by")
    for name in ("since", "until"):
        op.add_column("joint_establishment", day(name, nullable=True))
    op.create_check_constraint("period", "joint_establishment", "until > since")
    op.drop_constraint("uq_joint_establishment_a_id_b_id", "joint_establishment")
    op.create_index("ix_joint_establishment_a_id_b_id", "joint_establishment", ["a_id", "b_id"])
    _exclude("joint_establishment", "a_id", "b_id", f"WHERE ({COUNTS})")
    op.drop_constraint("ex_holding_during", "holding")
    _exclude("holding", "holder_id", "held_id", f"WHERE ({COUNTS})")


def downgrade() -> None:
    """What was annulled is gone, and of several periods of two built jointly the first one stays."""
    for table in TABLES:
        op.drop_constraint(f"ex_{table}_during", table)
        op.execute(f"DELETE FROM {table} WHERE NOT ({COUNTS})")
    op.execute(
        "DELETE FROM joint_establishment later USING joint_establishment earlier"
        " WHERE (earlier.a_id, earlier.b_id) = (later.a_id, later.b_id) AND earlier.id < later.id"
    )
    _exclude("holding", "holder_id", "held_id", "")
    op.drop_index("ix_joint_establishment_a_id_b_id", "joint_establishment")
    op.create_unique_constraint("uq_joint_establishment_a_id_b_id", "joint_establishment", ["a_id", "b_id"])
    for column in ("since", "until"):
        op.drop_column("joint_establishment", column)
    for table in TABLES:
        for column in ("annulled_by", "annulled_at", "annulled_why"):
            op.drop_column(table, column)


def _exclude(table: str, one: str, other: str, where: str) -> None:
    op.execute(
        f"""
        ALTER TABLE {table} ADD CONSTRAINT ex_{table}_during EXCLUDE USING gist (
            int8range({one}, {one}, '[]') WITH &&,
            int8range({other}, {other}, '[]') WITH &&,
            daterange(since, until, '[)') WITH &&
        ) {where}
        """
    )
