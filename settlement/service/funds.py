"""Use cases of funds (V3)."""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.db import transaction
from core.errors import Conflict
from core.permissions import Actor, authorise
from settlement import permissions
from settlement.models import Fund
from settlement.queries.funds import find_fund
from settlement.queries.programmes import chosen_programme
from settlement.rules.chart import AccountKind, AccountRef
from settlement.steps.funds import add_fund, appropriate, fund_of
from settlement.steps.posting import lock_accounts


class FundExists(Conflict):
    """There is a fund for this year already; further money is a further appropriation of it."""

    code = "fund_exists"
    article = "V3"


def open_fund(
    *,
    year: int,
    appropriation_fen: int,
    reference: str,
    programme: str | None = None,
    actor: Actor,
    now: datetime,
) -> Fund:
    """Open the fund of a year with its first appropriation, of the province's programme or one of a city's (V6).

    Raises :class:`FundExists` and :class:`settlement.queries.programmes.ProgrammeUnknown`.
    """
    with transaction():
        authorise(actor, permissions.may_open_fund)
        programme = chosen_programme(programme, on=clock.today(now))
        # Whoever opens the same fund at this moment is waited for here, and its fund is seen below.
        lock_accounts([AccountRef(AccountKind.FUND, programme, year)])
        if fund_of(programme=programme, year=year) is not None:
            raise FundExists(year=year)
        fund = add_fund(programme=programme, year=year, actor=actor, now=now)
        appropriate(fund, amount_fen=appropriation_fen, reference=reference, actor=actor, now=now)
        return fund


def increase_fund(*, fund_id: int, amount_fen: int, reference: str, actor: Actor, now: datetime) -> Fund:
    """Add an appropriation to a fund. Raises :class:`settlement.queries.funds.FundMissing`."""
    with transaction():
        fund = find_fund(fund_id, lock=True)
        authorise(actor, permissions.may_open_fund, fund)
        appropriate(fund, amount_fen=amount_fen, reference=reference, actor=actor, now=now)
        return fund
