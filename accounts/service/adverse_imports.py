"""Reading in public lists of what stands against firms (V8(2))."""

from __future__ import annotations

import io
from datetime import datetime
from typing import BinaryIO

from accounts.kinds import AdverseKind
from accounts.models import AdverseImport, AdverseRecord
from accounts.permissions import may_import_adverse_records
from accounts.queries.organisations import members_by_code
from accounts.queries.standing import records_against
from accounts.rules.adverse_lists import ListedRow, read_list
from accounts.rules.adverse_plan import Key, Plan, plan
from accounts.steps.memberships import NobodyActs, user_id_of
from accounts.steps.standing import add_adverse_record, end_record
from core import audit, clock
from core.db import transaction
from core.files import TABLE_TYPES, open_file, store_file
from core.permissions import Actor, authorise
from core.tables.files import open_table


def import_adverse_records(
    *,
    stream: BinaryIO,
    filename: str,
    kind: AdverseKind | None,
    source: str,
    dry_run: bool,
    actor: Actor,
    now: datetime,
) -> AdverseImport:
    """Read a list and put on record what is new in it; a removal date ends the open record it belongs to.

    ``kind`` is that of rows which name none. What is on record already changes nothing; firms that are no members in
    the actor's sight are counted as unknown; rows that cannot be taken are named with line and reasons, all at once,
    and do not hold up the others. A dry run says the same and writes nothing but its report. A file that is no such
    list is refused whole.
    """
    with transaction() as current:
        authorise(actor, may_import_adverse_records)
        if actor.organisation_id is None:
            raise NobodyActs
        stored = store_file(stream, filename=filename, owner_id=actor.organisation_id, now=now, known=TABLE_TYPES)
        file = open_table(io.BytesIO(open_file(stored)))
        rows = read_list(file, kind=kind, source=source, today=clock.today(now))
        members = members_by_code({each.uscc for each in rows if isinstance(each, ListedRow)}, actor=actor)
        records = {(each.organisation_id, each.kind, each.since): each for each in records_against(members.values())}
        found = plan(
            rows,
            members=members,
            on_file={key: each.until for key, each in records.items()},
            today=clock.today(now),
        )
        if not dry_run:
            _write(found, records, actor=actor, now=now)
        made = AdverseImport(
            importer_id=actor.organisation_id,
            file_id=stored.id,
            dry_run=dry_run,
            total_rows=len(rows),
            added_rows=len(found.added),
            ended_rows=len(found.ended),
            known_rows=found.known,
            unknown=[[each.line, each.uscc, each.name] for each in found.unknown],
            refused=[
                {"line": each.line, "uscc": each.uscc, "reasons": [one.as_json() for one in each.reasons]}
                for each in found.refused
            ],
            imported_by=user_id_of(actor),
            imported_at=now,
        )
        made.file = stored
        current.add(made)
        audit.record(
            actor=actor,
            now=now,
            action="import",
            subject=made,
            data={
                "dry_run": dry_run,
                "added": len(found.added),
                "ended": len(found.ended),
                "filename": stored.filename,
            },
        )
        return made


def _write(found: Plan, records: dict[Key, AdverseRecord], *, actor: Actor, now: datetime) -> None:
    for (member, kind, since), entry in found.added.items():
        add_adverse_record(
            organisation_id=member,
            kind=kind,
            since=since,
            until=entry.until,
            source=entry.source,
            actor=actor,
            now=now,
        )
    for key, ending in found.ended.items():
        if ending.until is not None:
            end_record(record=records[key], until=ending.until, source=ending.source, actor=actor, now=now)
