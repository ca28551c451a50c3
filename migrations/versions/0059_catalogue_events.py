"""Changes of what the catalogue shows become events, whoever makes them; parts of Latin words find their instrument."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

TOPIC = "catalogue.changed"
TELL = """
CREATE FUNCTION tell_catalogue(changed int8multirange) RETURNS void LANGUAGE sql AS $$
    INSERT INTO outbox_event (at, topic, payload)
    SELECT clock_timestamp(), 'catalogue.changed', jsonb_build_object('instruments', changed::text)
     WHERE changed IS NOT NULL
$$
"""
IDS = "range_agg(int8range({id}, {id}, '[]'))"
OF_INSTRUMENTS = {
    "insert": "FROM new_rows AS n WHERE n.state = 'published'",
    "update": "FROM new_rows AS n JOIN old_rows AS o USING (id)"
    " WHERE 'published' IN (n.state, o.state) AND n IS DISTINCT FROM o",
    "delete": "FROM old_rows AS n WHERE n.state = 'published'",
}
OF_SERVICES = {
    "update": "FROM new_rows AS n JOIN old_rows AS o USING (id) JOIN service_instrument AS t ON t.service_id = n.id"
    " WHERE 'published' IN (n.state, o.state) AND n IS DISTINCT FROM o",
}
OF_LINKS = {
    "insert": "FROM new_rows AS t JOIN service AS s ON s.id = t.service_id WHERE s.state = 'published'",
    "delete": "FROM old_rows AS t JOIN service AS s ON s.id = t.service_id WHERE s.state = 'published'",
}
SEEN = {
    "insert": "NEW TABLE AS new_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
}
WATCHED = {
    "instrument": ("id", OF_INSTRUMENTS),
    "service": ("t.instrument_id", OF_SERVICES),
    "service_instrument": ("t.instrument_id", OF_LINKS),
}

HAN = "\\u3005\\u3007\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\U00020000-\\U0003134f"
ADD_PARTS = f"""
UPDATE instrument AS i SET tokens = i.tokens || ARRAY(
    SELECT DISTINCT '·' || substr(found[1], start, long) COLLATE "C"
      FROM regexp_matches(lower(normalize(i.name || ' ' || i.model, NFKC)), '[^\\W_{HAN}]+', 'g') AS found,
           generate_series(1, 3) AS long, generate_series(1, length(found[1]) - long + 1) AS start
     ORDER BY 1)
 WHERE lower(normalize(i.name || ' ' || i.model, NFKC)) ~ '[^\\W_{HAN}]'
"""
TAKE_PARTS = """
UPDATE instrument SET tokens = ARRAY(SELECT t FROM unnest(tokens) AS t WHERE t NOT LIKE '·%')
 WHERE EXISTS (SELECT FROM unnest(tokens) AS t WHERE t LIKE '·%')
"""


def upgrade() -> None:
    op.execute(ADD_PARTS)
    op.execute(TELL)
    for table, (number, sources) in WATCHED.items():
        for change, source in sources.items():
            name = f"{table}_{change}_told"
            found = f"SELECT tell_catalogue({IDS.format(id=number)}) {source}"
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
                f" BEGIN PERFORM {found.removeprefix('SELECT ')}; RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {change.upper()} ON {table} REFERENCING {SEEN[change]}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            )
    ahead = sa.Column("ahead", postgresql.INT8MULTIRANGE, server_default="{}", nullable=False)
    op.add_column("outbox_reader", ahead)
    op.execute("GRANT DELETE ON outbox_reader TO marketplace_app")


def downgrade() -> None:
    op.drop_column("outbox_reader", "ahead")
    op.execute("REVOKE DELETE ON outbox_reader FROM marketplace_app")
    for table, (_, sources) in WATCHED.items():
        for change in sources:
            op.execute(f"DROP TRIGGER {table}_{change}_told ON {table}")
            op.execute(f"DROP FUNCTION {table}_{change}_told()")
    op.execute("DROP FUNCTION tell_catalogue(int8multirange)")
    op.execute("DELETE FROM outbox_reader WHERE name LIKE 'catalogue/%'")
    op.execute(f"DELETE FROM outbox_event WHERE topic = '{TOPIC}'")
    op.execute(TAKE_PARTS)
