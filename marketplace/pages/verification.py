"""Everything that must always be true, run on demand by the auditor."""

from __future__ import annotations

from flask import Response, render_template, request

from accounts.permissions import auditor
from core import clock
from core.audit_chain import KeyNotIntroduced
from core.audit_head import MEDIA_TYPE, NothingSealed, TrailHead, head_file, read_head, trail_head
from core.http import allow
from core.http.attachment import download
from core.pages import NavEntry, Pages
from core.pages.language import moment
from marketplace.reports.verification import verify_everything

verification = Pages(
    "verification_pages",
    __name__,
    navigation=(NavEntry("verification", "verification_pages.index", "oversight", auditor, order=50),),
)


@verification.route("/verification", methods=["GET", "POST"])
@allow(auditor)
def index() -> str:
    """The head of the trail; a form sent runs every check, also against an older head; nothing is changed."""
    result = verify_everything(_given_head()) if request.method == "POST" else None
    try:
        head = trail_head(now=clock.now())
    except (NothingSealed, KeyNotIntroduced) as none:
        return render_template("marketplace/verification.html", facts=None, why=none.text, result=result)
    return render_template("marketplace/verification.html", facts=_facts(head), why=None, result=result)


@verification.route("/verification/head")
@allow(auditor)
def export() -> Response:
    """The signed head as a file, to be kept elsewhere."""
    now = clock.now()
    filename = f"audit-head-{trail_head(now=now).number}.json"
    return download(head_file(now=now), media_type=MEDIA_TYPE, filename=filename)


def _given_head() -> TrailHead | None:
    given = request.files.get("head")
    return read_head(given.stream.read()) if given is not None and given.filename else None


def _facts(head: TrailHead) -> list[tuple[str, object]]:
    return [
        ("fact.seal_number", head.number),
        ("fact.sealed_at", moment(head.sealed_at)),
        ("fact.seal_entries", head.entries),
        *(
            (f"fact.seal_{name}", f"{mark.id} · {moment(mark.at)}" if mark.at else mark.id)
            for name, mark in (("first", head.first), ("last", head.last))
        ),
        ("fact.seal_waiting", head.waiting),
        ("fact.seal_key", head.key_mark),
        ("fact.seal_digest", head.digest),
    ]
