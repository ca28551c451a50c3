"""Backups: one snapshot of the database as COPY text and every file it names, in a folder with a sealed manifest.

The server writes and reads the rows itself, so a backup does not depend on the programs of one version of PostgreSQL;
tables, rights and triggers come from the migrations, so a backup holds data and nothing that is run.
"""
