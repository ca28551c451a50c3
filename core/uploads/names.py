"""Names of uploaded files: no paths, no hidden characters, no ending that says something else than the content."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from core.errors import Reason, reason

MAX_NAME_LENGTH = 2_000
"""Longer ones are no names; shorter ones are cut when they are kept."""

_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Control, direction and half characters, and line breaks of other kinds."""

_RUNS = frozenset(
    {
        *(
            "app",
            "bat",
            "cgi",
            "cmd",
            "com",
            "cpl",
            "dll",
            "dmg",
            "exe",
            "gif",
            "lnk",
            "msc",
            "msi",
            "pif",
            "reg",
            "scr",
        ),
        *("chm", "hta", "htm", "html", "mht", "mhtml", "shtml", "svg", "svgz", "swf", "xht", "xhtml", "xsl", "xslt"),
        *("class", "jar", "js", "jse", "jsp", "mjs", "phar", "php", "pl", "ps1", "py", "sh", "vb", "vbe", "vbs", "wsf"),
    }
)
"""Endings that some program runs or renders; they stand nowhere in a name."""


def name_faults(filename: str) -> list[Reason]:
    """Everything that is wrong with a name by itself, before a byte of the file is read."""
    faults = []
    if len(filename) > MAX_NAME_LENGTH:
        faults.append(reason("file_name_long", limit=MAX_NAME_LENGTH))
    if "/" in filename or "\\" in filename:
        faults.append(reason("file_name_path"))
    if any(unicodedata.category(each) in _HIDDEN for each in filename):
        faults.append(reason("file_name_hidden"))
    running = [ending for ending in _endings(filename) if ending in _RUNS]
    if running:
        faults.append(reason("file_name_runs", ending=running[-1]))
    return faults


def ending_faults(filename: str, media_type: str, endings: Mapping[str, frozenset[str]]) -> list[Reason]:
    """Whether the last ending belongs to another type than the content. ``endings`` are those of each media type; an
    ending of none of them says nothing."""
    last = next(reversed(_endings(filename)), "")
    known = frozenset().union(*endings.values())
    if last in known and last not in endings.get(media_type, frozenset()):
        return [reason("file_name_contradicts", ending=last, found=media_type)]
    return []


def _endings(filename: str) -> list[str]:
    """Every part behind a dot, in small letters."""
    return [part.strip().lower() for part in filename.split(".")[1:]]
