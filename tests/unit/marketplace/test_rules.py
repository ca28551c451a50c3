"""Pure rules of the deal: the six points of a contract and what a completion may say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from marketplace.rules.completion import completion_faults
from marketplace.rules.contracts import ContractPoint, standard_terms

DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
QUANTITIES = st.decimals(Decimal("0.01"), Decimal(1000), places=2)


def test_s17_the_standard_contract_settles_all_six_points() -> None:
    """S17: content, IP, confidentiality, damages, breach, disputes, in both languages, naming both sides."""
    terms = standard_terms(title="成分分析", provider="甲实验室", beneficiary="乙公司")
    assert set(terms) == {point.value for point in ContractPoint}
    assert len(terms) == 6
    assert all(" / " in sentence for sentence in terms.values())
    assert all(name in terms["content"] for name in ("成分分析", "甲实验室", "乙公司"))


@given(started=DAYS, completed=DAYS, today=DAYS, actual=QUANTITIES, ordered=QUANTITIES, by_provider=st.booleans())
def test_completion_faults_are_all_named(
    started: date, completed: date, today: date, actual: Decimal, ordered: Decimal, by_provider: bool
) -> None:
    """Each fault is named exactly when it is there."""
    faults = completion_faults(
        completed_on=completed,
        today=today,
        started_on=started,
        quantity=actual,
        ordered=ordered,
        by_provider=by_provider,
    )
    expected = {
        "completed_in_future": completed > today,
        "completed_before_start": completed < started,
        "provider_raises_quantity": by_provider and actual > ordered,
    }
    assert {fault.code for fault in faults} == {code for code, wrong in expected.items() if wrong}
