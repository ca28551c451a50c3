"""Whether an instrument has opening hours at all becomes part of what the catalogue's events tell of."""

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

IDS = "range_agg(int8range(i.id, i.id, '[]'))"
PUBLISHED = "AND i.state = 'published'"
OF_WEEKS = f"JOIN instrument AS i ON i.id = h.instrument_id {PUBLISHED}"
OF_SEASONS = (
    f"JOIN opening_season AS s ON s.id = h.season_id JOIN instrument AS i ON i.id = s.instrument_id {PUBLISHED}"
)
WATCHED = {"opening_hours": OF_WEEKS, "season_hours": OF_SEASONS}
SEEN = {"insert": "NEW TABLE AS rows_told", "delete": "OLD TABLE AS rows_told"}


def upgrade() -> None:
    for table, joined in WATCHED.items():
        for change, seen in SEEN.items():
            name = f"{table}_{change}_told"
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
                f" BEGIN PERFORM tell_catalogue({IDS}) FROM rows_told AS h {joined}; RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {change.upper()} ON {table} REFERENCING {seen}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            )


def downgrade() -> None:
    for table in WATCHED:
        for change in SEEN:
            op.execute(f"DROP TRIGGER {table}_{change}_told ON {table}")
            op.execute(f"DROP FUNCTION {table}_{change}_told()")
