"""The same answers by PostgreSQL's own full text search: rank, total and facets, over the same tokens."""

from __future__ import annotations

import psycopg

PREPARE = """
CREATE TABLE bench_words AS
  SELECT id, city, county, category, provider_id, funding, array_to_tsvector(tokens) AS words FROM instrument
   WHERE state = 'published';
CREATE INDEX ON bench_words USING gin (words);
VACUUM ANALYZE bench_words;
"""
RANKED = """
SELECT id, ts_rank(words, query) AS rank FROM bench_words, plainto_tsquery('simple', %(word)s) AS query
 WHERE words @@ query ORDER BY rank DESC, id DESC LIMIT 20
"""
FACETS = """
SELECT grouping(city, county, category, provider_id, funding), city, county, category, provider_id, funding, count(*)
  FROM bench_words WHERE words @@ plainto_tsquery('simple', %(word)s)
 GROUP BY GROUPING SETS ((), (city), (county), (category), (provider_id), (funding))
"""


def prepare(connection: psycopg.Connection) -> None:
    for statement in filter(str.strip, PREPARE.split(";")):
        connection.execute(statement)


def ask(connection: psycopg.Connection, word: str) -> int:
    """The first twenty and all counts; how many there are in all."""
    connection.execute(RANKED, {"word": word}).fetchall()
    rows = connection.execute(FACETS, {"word": word}).fetchall()
    return max(int(row[-1]) for row in rows)
