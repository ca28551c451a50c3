"""What must always be true of members bites: each statement is loud where rows are bent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask

from accounts.queries.invariants import INVARIANTS
from core import clock
from core.db import session
from core.invariants import verify
from tests.databases import Database
from tests.factories.accounts import (
    headers_of,
    make_bureau,
    make_enterprise,
    membership,
)
from tests.support.api import post, upload
from tests.support.bending import assert_each_bites

BENDS = {
    "an organisation sits in one place": (
        "ALTER TABLE organisation_seat DROP CONSTRAINT ex_organisation_seat_during; UPDATE organisation_seat "
        "SET until = NULL"
    ),
    "an organisation's county is one": "UPDATE organisation SET county = '371703' WHERE kind = 'enterprise'",
    "a member is suspended while": "UPDATE membership SET state = 'approved' WHERE state = 'suspended'",
    "every approved member handed in": "UPDATE membership SET owed_documents = '[]', owed_until = NULL",
    "a change was decided by the bureau": "UPDATE member_change SET city = '370200'",
    "a renewal and a change are decided": (
        "ALTER TABLE member_change DROP CONSTRAINT ck_member_change_two_people; "
        "UPDATE member_change SET requested_by = reviewed_by"
    ),
    "what stands on record is annulled": (
        "UPDATE adverse_record SET annulled_at = entered_at, annulled_by = entered_by, annulled_why = 'x'"
    ),
    "a change that was taken back left no seat": (
        "ALTER TABLE member_change DROP CONSTRAINT ck_member_change_reviewed; "
        "UPDATE member_change SET state = 'refused'"
    ),
    "member_change: history": "UPDATE member_change SET effective_on = '2030-01-02', state = 'withdrawn', "
    "reviewed_by = NULL, reviewed_at = NULL",
    "every fact of standing": "DELETE FROM audit_entry WHERE subject_kind = 'suspension'",
}


def test_each_of_the_members_statements_bites(committed_app: Flask, database: Database) -> None:
    """Rows are bent by the owner with triggers and constraints off."""
    client = committed_app.test_client()
    made = make_enterprise("371702")
    bureau, new = headers_of(make_bureau("371700")), headers_of(make_bureau("370100"))
    wanted: dict[str, Any] = {
        "organisation_id": made.id,
        "effective_on": (clock.today(clock.now()) + timedelta(days=30)).isoformat(),
        "county": "370102",
        "reason": "迁址",
    }
    asked = upload(client, "/member-changes", headers_of(made), **wanted).get_json()
    post(client, f"/member-changes/{asked['id']}/review", {"decision": "approve"}, new)
    post(client, f"/memberships/{membership(made).id}/suspension", {"opinion": "核查"}, bureau)
    listed = {"organisation_id": made.id, "kind": "abnormal_operations", "since": "2026-01-05", "source": "公示"}
    post(client, "/adverse-records", listed, bureau)
    session().rollback()
    assert verify(INVARIANTS) == []
    session().rollback()
    assert_each_bites(database, BENDS, INVARIANTS)
