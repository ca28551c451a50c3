"""Whether an organisation may use vouchers at all (V2, V15)."""

from __future__ import annotations

from datetime import date

from accounts.queries import orders_are_stopped
from core.errors import Conflict, reason


class NotAMember(Conflict):
    """Only members whose registration is approved may use vouchers."""

    code = "not_a_member"


class FiguresOverdue(Conflict):
    """The pack lets nobody order whose figures of the last completed year are overdue."""

    code = "figures_overdue"


def require_membership(organisation_id: int, *, is_member: bool, on: date) -> None:
    """Raise :class:`NotAMember` unless the organisation's registration is approved, and :class:`FiguresOverdue`."""
    if not is_member:
        raise NotAMember(reasons=[reason("not_a_member", article="V15")])
    if orders_are_stopped(organisation_id, on=on):
        raise FiguresOverdue(reasons=[reason("figures_overdue", article="V8(1)")])
