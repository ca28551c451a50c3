"""Reports over HTTP: the audit trail and the policy in force."""

from __future__ import annotations

from typing import Any

from accounts.permissions import anyone, auditor
from core import clock
from core.audit import AuditEntry
from core.audit_chain import KeyNotIntroduced
from core.audit_head import NothingSealed, export_head
from core.http import Blueprint, allow, page_of, page_schema, problems
from marketplace.reports.policy_table import articles, policy_rows, policy_version
from marketplace.reports.trail import TrailSearch, described, trail
from marketplace.schemas.reports import (
    AuditHeadSchema,
    PolicyQuerySchema,
    PolicySchema,
    TrailEntrySchema,
    TrailQuerySchema,
)

audit_entries = Blueprint("audit_entries", __name__, url_prefix="/audit-entries", description="The audit trail.")
audit_heads = Blueprint("audit_head", __name__, url_prefix="/audit-head", description="The head of the audit trail.")
policies = Blueprint("policy", __name__, url_prefix="/policy", description="The policy in force.")


@audit_entries.route("", methods=["GET"])
@allow(auditor)
@audit_entries.arguments(TrailQuerySchema, location="query")
@audit_entries.response(200, page_schema(TrailEntrySchema))
def list_entries(wanted: dict[str, Any]) -> dict[str, Any]:
    """The audit trail, the latest entry first

    Every change of money or state, with who made it and what went with it.
    """
    cursor, limit = wanted.pop("cursor", None), wanted.pop("limit")
    page = page_of(trail(TrailSearch(**wanted)), cursor=cursor, limit=limit, key=AuditEntry.id, descending=True)
    return {**page, "items": described(page["items"])}


@audit_heads.route("", methods=["GET"])
@allow(auditor)
@problems(NothingSealed, KeyNotIntroduced)
@audit_heads.response(200, AuditHeadSchema)
def show_head() -> dict[str, Any]:
    """The signed head of the audit trail, to be kept elsewhere

    `flask verify --audit-head FILE` compares it later and names an end that was cut off or written anew.
    """
    return export_head(now=clock.now())


@policies.route("", methods=["GET"])
@allow(anyone)
@policies.arguments(PolicyQuerySchema, location="query")
@policies.response(200, PolicySchema)
def show_policy(wanted: dict[str, Any]) -> dict[str, Any]:
    """The policy in force on a day

    Every value with its dates and articles, and every article in a sentence.
    """
    on = wanted["on"] or clock.today(clock.now())
    return {"version": policy_version(on), "values": policy_rows(on), "articles": articles(on)}
