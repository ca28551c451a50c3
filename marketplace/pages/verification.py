"""Everything that must always be true, run on demand by the auditor."""

from __future__ import annotations

from flask import render_template, request

from accounts.permissions import auditor
from core.audit_chain import chain_head
from core.http import allow
from core.pages import NavEntry, Pages
from marketplace.reports.verification import verify_everything

verification = Pages(
    "verification_pages",
    __name__,
    navigation=(NavEntry("verification", "verification_pages.index", "oversight", auditor, order=50),),
)


@verification.route("/verification", methods=["GET", "POST"])
@allow(auditor)
def index() -> str:
    """The last seal of the trail; a form sent runs every check, which reads and changes nothing."""
    result = verify_everything() if request.method == "POST" else None
    return render_template("marketplace/verification.html", head=chain_head(), result=result)
