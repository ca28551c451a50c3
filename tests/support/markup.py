"""Markup and scripts in everything people can type: a province in which every text tries to run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import psycopg
from psycopg import sql

MARK = "window.ran=1"
CORPUS = (
    f"<script>{MARK}</script>",
    f'"><img src=x onerror="{MARK}">',
    f"'><svg onload={MARK}>",
    f"</title></textarea></option></select><script>{MARK}</script>",
    f"javascript:{MARK}//",
    f'" autofocus onfocus={MARK} x="',
    "{{ 7*191 }}${7*191}<%= 7*191 %>",
    f"<iframe srcdoc='<script>parent.{MARK.removeprefix('window.')}</script>'></iframe>",
    f"<a href='javascript:{MARK}'>x</a><details open ontoggle={MARK}>",
    f"--></style></script><script>{MARK}</script><!--",
    f"<div hx-get=/ hx-trigger=load data-confirm=x hx-on:load={MARK}>x</div>",
    f"&lt;script&gt;{MARK}&lt;/script&gt;",
)
"""What a page must show as the text it is."""

EVALUATED = "1337"
"""What the templates of the corpus would come to."""

# fmt: off
MEANT = frozenset({
    "absorbed", "account_number", "action", "actor_role", "agent", "article", "buyer_uscc", "cap_owner",
    "category_code", "city", "cnaps_code", "content_sha256", "content_type", "county", "digest", "excluded",
    "fingerprint", "from_state", "fund", "import_digest", "job", "key", "key_mark", "layout", "link_kind", "media_type",
    "merged_into", "number", "original_number", "owner", "password_hash", "policy_version", "prefix", "price_unit",
    "programme", "reference_price_unit", "root", "secret", "seller_uscc", "service_kind", "sha256", "source", "status",
    "subject_kind", "to_state", "topic", "type", "uscc", "version_num",
})
# fmt: on
"""Columns that code reads rather than people: identifiers, digests, kinds without a check of their own."""

# fmt: off
SPOKEN = frozenset({
    "address", "answers", "bank_name", "breach", "buyer_name", "cause", "confidentiality", "content", "controller",
    "cost_basis", "damages", "disputes", "holder_name", "intellectual_property", "legal_representative", "name", "note",
    "opinion", "phone", "problems", "q", "rd_need", "reason", "reference", "remark", "seller_name", "shared",
    "specification", "suggestions", "text", "text_en", "title", "unit", "work_done",
})
# fmt: on
"""Names within stored documents whose values people typed."""

DOCUMENTS = {
    "adverse_import": ["unknown", "refused"],
    "annual_report_edition": ["content"],
    "audit_entry": ["data"],
    "claim": ["record"],
    "claim_flag": ["evidence"],
    "claim_review": ["defects", "findings"],
    "entitlement_decision": ["reasons"],
    "entitlement_step": ["inputs"],
    "evaluation_line": ["figures"],
    "gateway_payment": ["held_for"],
    "import_job": ["problem"],
    "import_row_error": ["reasons"],
    "inspection": ["checklist"],
    "instrument": ["review_defects"],
    "invoice_reading": ["facts"],
    "ledger_transaction": ["data"],
    "membership": ["defects"],
    "membership_submission": ["stated"],
    "negotiation_offer": ["lines"],
    "notice": ["params"],
    "order": ["contract_terms", "service_record"],
    "purchase_search": ["asked", "looks", "comparables"],
    "quote": ["extras", "reasons"],
    "saved_search": ["filters"],
    "unmet_need": ["filters", "found_first"],
}
"""Stored documents that pages show, by table."""

ALL_VALUES = frozenset({"contract_terms", "defects", "refused", "review_defects", "unknown"})


def poison(superuser_url: str) -> list[str]:
    """Put the corpus in front of every text of a database, past all its guards; returns the columns that took it."""
    payloads = cycle(CORPUS)
    taken: list[str] = []
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys
        for table, column in _columns(connection):
            statement = sql.SQL("UPDATE {} SET {} = %s || {} WHERE {} <> ''").format(
                sql.Identifier(table), *[sql.Identifier(column)] * 3
            )
            try:
                changed = connection.execute(statement, (next(payloads).lower(),)).rowcount
            except psycopg.errors.CheckViolation:
                continue  # a kind or a state: the database takes no other
            if changed:
                taken.append(f"{table}.{column}")
        for table, columns in DOCUMENTS.items():
            for column in columns:
                _poison_document(connection, table, column, payloads)
                taken.append(f"{table}.{column}")
    return taken


def _columns(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, str]]:
    found = connection.execute(
        """SELECT c.table_name, c.column_name FROM information_schema.columns c
             JOIN information_schema.tables t USING (table_schema, table_name)
            WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type = 'text'
              AND c.is_generated = 'NEVER' ORDER BY 1, 2"""
    ).fetchall()
    for table, column in found:
        if column not in MEANT and table not in ("idempotency_key", "alembic_version", "ledger_account"):
            yield table, column


def _poison_document(connection: psycopg.Connection[Any], table: str, column: str, payloads: Iterator[str]) -> None:
    names = sql.Identifier(table), sql.Identifier(column)
    rows = connection.execute(
        sql.SQL("SELECT ctid::text, {1} FROM {0} WHERE {1} IS NOT NULL").format(*names)
    ).fetchall()
    for place, document in rows:
        changed = _spoiled(document, payloads, all_values=column in ALL_VALUES)
        connection.execute(
            sql.SQL("UPDATE {0} SET {1} = %s WHERE ctid = %s::tid").format(*names), (json.dumps(changed), place)
        )


def _spoiled(value: Any, payloads: Iterator[str], *, all_values: bool) -> Any:
    if isinstance(value, dict):
        return {
            name: next(payloads) + inner
            if isinstance(inner, str) and (all_values or name in SPOKEN)
            else _spoiled(inner, payloads, all_values=all_values)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_spoiled(each, payloads, all_values=all_values) for each in value]
    return next(payloads) + value if isinstance(value, str) and all_values else value
