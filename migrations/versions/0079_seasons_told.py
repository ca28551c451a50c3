"""Seasons without hours are part of what the catalogue's events tell of; what is taken soon is found by its end."""

from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

TOLD = (
    "PERFORM tell_catalogue(range_agg(int8range(i.id, i.id, '[]')))"
    " FROM rows_told AS n JOIN instrument AS i ON i.id = n.instrument_id AND i.state = 'published'"
)
SEEN = {"insert": "NEW TABLE AS rows_told", "update": "NEW TABLE AS rows_told", "delete": "OLD TABLE AS rows_told"}


def upgrade() -> None:
    for change, seen in SEEN.items():
        name = f"opening_season_{change}_told"
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {TOLD}; RETURN NULL; END $$")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {change.upper()} ON opening_season REFERENCING {seen}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    op.execute("CREATE INDEX ix_occupancy_ends ON occupancy (upper(during)) WHERE live")


def downgrade() -> None:
    op.execute("DROP INDEX ix_occupancy_ends")
    for change in SEEN:
        op.execute(f"DROP TRIGGER opening_season_{change}_told ON opening_season")
        op.execute(f"DROP FUNCTION opening_season_{change}_told()")
