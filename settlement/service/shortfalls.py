"""Use cases of shortfalls (V16(1))."""

from __future__ import annotations

from datetime import datetime

from core.db import transaction
from core.permissions import Actor, authorise
from settlement import permissions
from settlement.models import Shortfall
from settlement.queries.trade import find_shortfall
from settlement.steps.deductions import settle_shortfall


def confirm_payment(
    *, shortfall_id: int, amount_fen: int | None, reference: str, actor: Actor, now: datetime
) -> Shortfall:
    """The provider confirms that the user's transfer arrived; without an amount, all that is open.

    Raises :class:`settlement.queries.trade.ShortfallMissing`, ``PaymentTooLarge``, ``PaymentExists`` and
    ``StateForbids``.
    """
    with transaction():
        shortfall = find_shortfall(shortfall_id, actor=actor, lock=True)
        authorise(actor, permissions.its_creditor, shortfall)
        amount = shortfall.open_fen if amount_fen is None else amount_fen
        settle_shortfall(shortfall, amount_fen=amount, reference=reference, actor=actor, now=now)
        return shortfall
