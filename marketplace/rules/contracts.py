"""What a service contract settles (S17)."""

from __future__ import annotations

from enum import StrEnum

from core.texts import text


class ContractPoint(StrEnum):
    """The six points of S17: content, IP, confidentiality, damages, breach, disputes."""

    CONTENT = "content"
    INTELLECTUAL_PROPERTY = "intellectual_property"
    CONFIDENTIALITY = "confidentiality"
    DAMAGES = "damages"
    BREACH = "breach"
    DISPUTES = "disputes"


def standard_terms(*, title: str, provider: str, beneficiary: str) -> dict[str, str]:
    """The platform's standard contract, taken where neither side brings terms of its own: all six points."""
    return {
        point.value: text(
            f"contract.standard.{point.value}", title=title, provider=provider, beneficiary=beneficiary
        ).both()
        for point in ContractPoint
    }
