"""A user complains that a provider refused an order: declined it, or let it lapse (V20)."""

from __future__ import annotations

from datetime import datetime

from core import audit
from core.db import transaction
from core.errors import Conflict
from core.permissions import Actor, authorise
from core.states import apply
from marketplace.models import Complaint
from marketplace.permissions import is_beneficiary_side, may_complain, may_name
from marketplace.queries import find_order
from marketplace.queries.namings import complaint_about, find_complaint
from marketplace.states import COMPLAINT, ComplaintAction, OrderState

REFUSED = (OrderState.DECLINED, OrderState.LAPSED)
"""How an order ends that its provider refused."""


class NotRefused(Conflict):
    """The provider did not refuse this order."""

    code = "order_not_refused"
    article = "V20"


class ComplaintFiled(Conflict):
    """There is a complaint about this order already."""

    code = "complaint_filed"
    article = "V20"


def complain(*, order_id: int, account: str, actor: Actor, now: datetime) -> Complaint:
    """The user of an order that was declined or lapsed complains, once. Raises :class:`NotRefused`."""
    with transaction() as current:
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, may_complain & is_beneficiary_side, order)
        if order.state not in REFUSED:
            raise NotRefused
        if complaint_about(order.id) is not None:
            raise ComplaintFiled
        complaint = Complaint(
            order_id=order.id,
            provider_id=order.provider_id,
            complainant_id=order.beneficiary_id,
            account=account,
            state=COMPLAINT.initial,
            filed_by=actor.user_id,
            filed_at=now,
        )
        current.add(complaint)
        current.flush()
        data = {"order_id": order.id, "organisation_id": order.provider_id}
        audit.record(actor=actor, now=now, action="file", subject=complaint, to_state=complaint.state, data=data)
        return complaint


def dismiss_complaint(*, complaint_id: int, opinion: str, actor: Actor, now: datetime) -> Complaint:
    """The province finds nothing in a complaint and says why."""
    with transaction():
        complaint = find_complaint(complaint_id, actor=actor, lock=True)
        authorise(actor, may_name)
        apply(complaint, ComplaintAction.DISMISS, transitions=COMPLAINT, actor=actor, now=now, note=opinion)
        complaint.opinion, complaint.decided_by, complaint.decided_at = opinion, actor.user_id, now
        return complaint
