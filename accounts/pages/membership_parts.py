"""Parts of the page of a registration: what was stated, and what may be done next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from accounts.kinds import OrganisationKind, StandardDefect, Subject
from accounts.pages.parts import Fact
from accounts.permissions import may_review_membership, may_submit_membership, may_suspend_membership
from accounts.queries.applications import Dossier
from accounts.states import MembershipAction
from core.audit import AuditEntry
from core.pages.language import CHINESE, current_language, t, term, yes_no, yuan
from core.permissions import Actor

_DOCUMENTS_TAKEN = frozenset({MembershipAction.SUBMIT.value, MembershipAction.APPROVE.value})


def stated_facts(dossier: Dossier) -> list[Fact]:
    """Figures, controller and bank account as the applicant stated them."""
    shown: list[Fact] = []
    if dossier.membership.kind is OrganisationKind.ENTERPRISE:
        shown.append(("field_label.controller", dossier.membership.declared_controller))
    figures, account = dossier.figures, dossier.bank_account
    if figures is not None:
        shown += [
            ("field_label.figures_year", str(figures.year)),
            ("column.staff", str(figures.staff)),
            ("column.revenue", yuan(figures.revenue_fen)),
            ("column.orderly_finances", yes_no(figures.orderly_finances)),
        ]
    if account is not None:
        shown += [
            ("field_label.holder_name", account.holder_name),
            ("field_label.bank_name", account.bank_name),
            ("field_label.cnaps_code", account.cnaps_code),
            ("field_label.account_number", account.account_number),
        ]
    return shown


def checklist_of(dossier: Dossier) -> list[tuple[bool, str, str | None]]:
    """The documents its kind brings: whether each is there, and which is still owed until when."""
    missing = set(dossier.missing_documents)
    owed = dossier.membership.owed_until
    return [
        (
            kind not in missing,
            term(kind),
            t("page.membership.owed", day=owed.isoformat()) if kind in missing and owed is not None else None,
        )
        for kind in dossier.required_documents
    ]


def shown_value(value: Any) -> str:
    """A stated value of a round as people read it: documents by file name, parts of one thing one after the other."""
    match value:
        case None | "":
            return ""
        case bool():
            return yes_no(value)
        case dict():
            return _joined([shown_value(each) for each in value.values() if each not in (None, "")])
        case list():
            return _joined([str(filename) for _, filename in value])
    return str(value)


def said_with(entry: AuditEntry) -> str | None:
    """The opinion and defects of a review, or what a resubmission changed."""
    said = [entry.data.get("note", ""), *entry.data.get("defects", [])]
    said += [_finding(each) for each in entry.data.get("findings", [])]
    changed = [t("fact.bank_account" if name == "bank_account" else f"field_label.{name}") for name in _changed(entry)]
    if changed:
        said.append(t("page.membership.changed", fields=_joined(changed)))
    return _joined([each for each in said if each]) or None


def _finding(named: dict[str, Any]) -> str:
    standard = "" if named["standard"] is None else term(StandardDefect(named["standard"]))
    return " ".join(part for part in (term(Subject(named["about"])), standard, named["note"]) if part)


def _joined(parts: list[str]) -> str:
    return ("；" if current_language() == CHINESE else "; ").join(parts)


def _changed(entry: AuditEntry) -> list[str]:
    found: list[str] = entry.data.get("changed", [])
    return found


def actions_of(dossier: Dossier, *, actor: Actor) -> list[dict[str, Any]]:
    """Buttons for whoever looks at it."""
    return list(_actions(dossier, actor))


def _actions(dossier: Dossier, actor: Actor) -> Iterator[dict[str, Any]]:
    allowed = set(dossier.actions)
    organisation = dossier.organisation
    if may_submit_membership(actor, organisation):
        if MembershipAction.SUBMIT in allowed:
            yield _button(dossier, "submission_pages.resubmit", "membership_submission", primary=True)
        if allowed & _DOCUMENTS_TAKEN:
            yield _button(dossier, "membership_pages.add_document", "membership_document", primary=False)
    if may_review_membership(actor, organisation) and MembershipAction.APPROVE in allowed:
        yield _button(dossier, "membership_pages.review", "membership_review", primary=True)
    if dossier.membership.owed_documents and may_submit_membership(actor, organisation) and dossier.missing_documents:
        yield _button(dossier, "membership_pages.add_document", "membership_document", primary=True)
    if may_suspend_membership(actor, organisation):
        if MembershipAction.SUSPEND in allowed:
            yield {
                **_button(dossier, "membership_pages.suspend", "membership_suspension", primary=False),
                "danger": True,
            }
        if MembershipAction.RESUME in allowed:
            yield _button(dossier, "membership_pages.resume", "membership_resumption", primary=True)


def _button(dossier: Dossier, view: str, form: str, *, primary: bool) -> dict[str, Any]:
    return {
        "label": t(f"page.{form}.title"),
        "href": url_for(view, membership_id=dossier.membership.id),
        "primary": primary,
    }
