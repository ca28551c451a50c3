"""A provider's new name becomes part of what the catalogue's events tell of."""

from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

TELL = """
CREATE FUNCTION organisation_rename_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_catalogue(range_agg(int8range(i.id, i.id, '[]')))
       FROM instrument AS i WHERE i.provider_id = NEW.id AND i.state = 'published';
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(TELL)
    op.execute(
        "CREATE TRIGGER organisation_rename_told AFTER UPDATE OF name ON organisation FOR EACH ROW"
        " WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION organisation_rename_told()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER organisation_rename_told ON organisation")
    op.execute("DROP FUNCTION organisation_rename_told()")
