"""What the system and the database say where there is no room left to write."""

from __future__ import annotations

import errno

import psycopg
from sqlalchemy.exc import DBAPIError

_FULL = {errno.ENOSPC, errno.EDQUOT}
"""Of the system: a disk is full, or the part of it that one may use."""
_FULL_STATES = {"53100", "53400"}
"""Of the database: a disk is full, or temporary files have reached their limit (``temp_file_limit``)."""
_UNNAMED_STATE, _GROWING = "XX000", {"mdextend", "mdzeroextend", "BufFileDumpBuffer"}
"""A quota, or a limit to the size of files, has no state of its own in PostgreSQL: only these functions, which make a
table or a temporary file larger, tell it from a fault of the program."""


def lacks_room(error: BaseException) -> bool:
    """Whether something failed because a disk is full, or what one may use of it."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    said = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(said, psycopg.Error):
        return False
    unnamed = said.sqlstate == _UNNAMED_STATE and said.diag.source_function in _GROWING
    return said.sqlstate in _FULL_STATES or unnamed
