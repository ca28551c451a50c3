"""What was submitted of yearly reports, against the digest it was submitted with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from core.db import session
from marketplace.models import AnnualReportEdition


def digest_of(content: Mapping[str, Any]) -> str:
    """The SHA-256 of a content's canonical JSON."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def altered_editions() -> list[dict[str, object]]:
    """Every edition whose content is no longer what it was, for ``flask verify``."""
    found = session().scalars(select(AnnualReportEdition).order_by(AnnualReportEdition.id))
    return [
        {"annual_report": each.report_id, "round": each.round, "fault": "altered"}
        for each in found
        if digest_of(each.content) != each.digest
    ]
