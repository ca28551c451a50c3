"""Taking in the national network's classes of instruments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from core.db import session, transaction
from core.errors import Refused
from core.tables.files import open_table
from instruments.models import InstrumentClass
from instruments.rules.classes import ClassName, read_classes

log = structlog.get_logger()


class ClassesRefused(Refused):
    """The file is no list of classes, or contradicts itself; every fault is named."""

    code = "classes_refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did."""

    new: int
    changed: int
    gone: int
    unchanged: int


def import_classes(*, stream: BinaryIO) -> Taken:
    """Replace the classes by those of a CSV, XLSX or XLS; importing it again changes nothing.

    Raises :class:`ClassesRefused` with every fault, and what :func:`core.tables.files.open_table` raises.
    """
    file = open_table(stream)
    read = read_classes((each.line, each.cells) for each in file.records(file.sheets()[0]))
    if read.faults:
        raise ClassesRefused(reasons=read.faults)
    with transaction() as current:
        present = {each.code: ClassName(each.name, each.name_en) for each in session().scalars(select(InstrumentClass))}
        gone = present.keys() - read.classes.keys()
        current.execute(delete(InstrumentClass).where(InstrumentClass.code.in_(gone)))
        other = {code: named for code, named in read.classes.items() if present.get(code) != named}
        if other:
            made = insert(InstrumentClass)
            written = made.on_conflict_do_update(
                index_elements=["code"], set_={"name": made.excluded.name, "name_en": made.excluded.name_en}
            )
            rows = [{"code": code, "name": named.name, "name_en": named.name_en} for code, named in other.items()]
            current.execute(written, rows)
    new = len(other.keys() - present.keys())
    taken = Taken(new, len(other) - new, len(gone), len(read.classes) - len(other))
    log.info("instrument_classes_imported", new=taken.new, changed=taken.changed, gone=taken.gone)
    return taken
