"""The states of an order and the actions between them."""

from __future__ import annotations

from enum import StrEnum

from core.states import Transitions


class OrderState(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    CONTRACTED = "contracted"
    IN_SERVICE = "in_service"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class OrderAction(StrEnum):
    """What moves an order."""

    ACCEPT = "accept"
    DECLINE = "decline"
    LAPSE = "lapse"
    CONTRACT = "contract"
    START = "start"
    DELIVER = "deliver"
    COMPLETE = "complete"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"


ORDER = Transitions(
    {
        (OrderState.PLACED, OrderAction.ACCEPT): OrderState.ACCEPTED,
        (OrderState.PLACED, OrderAction.DECLINE): OrderState.DECLINED,
        (OrderState.PLACED, OrderAction.LAPSE): OrderState.LAPSED,
        (OrderState.PLACED, OrderAction.RESCHEDULE): OrderState.PLACED,
        (OrderState.ACCEPTED, OrderAction.RESCHEDULE): OrderState.ACCEPTED,
        (OrderState.ACCEPTED, OrderAction.CONTRACT): OrderState.CONTRACTED,
        (OrderState.CONTRACTED, OrderAction.START): OrderState.IN_SERVICE,
        (OrderState.IN_SERVICE, OrderAction.DELIVER): OrderState.DELIVERED,
        (OrderState.DELIVERED, OrderAction.COMPLETE): OrderState.COMPLETED,
        (OrderState.PLACED, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.ACCEPTED, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.CONTRACTED, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.IN_SERVICE, OrderAction.CANCEL): OrderState.CANCELLED,
    },
    initial=OrderState.PLACED,
)

LIVE = (
    OrderState.PLACED,
    OrderState.ACCEPTED,
    OrderState.CONTRACTED,
    OrderState.IN_SERVICE,
    OrderState.DELIVERED,
    OrderState.COMPLETED,
)
"""States in which an order may hold a slot and part of the cap."""

PAYABLE = (OrderState.CONTRACTED, OrderState.IN_SERVICE, OrderState.DELIVERED, OrderState.COMPLETED)
"""States in which the provider may confirm a payment."""


class AnnualReportState(StrEnum):
    """Where the yearly report of a city stands (V18 report)."""

    OPEN = "open"
    OVERDUE = "overdue"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"


class AnnualReportAction(StrEnum):
    """What moves a report."""

    SUBMIT = "submit"
    FALL_DUE = "fall_due"
    RETURN = "return"
    RECEIVE = "receive"


ANNUAL_REPORT = Transitions(
    {
        (AnnualReportState.OPEN, AnnualReportAction.SUBMIT): AnnualReportState.SUBMITTED,
        (AnnualReportState.OPEN, AnnualReportAction.FALL_DUE): AnnualReportState.OVERDUE,
        (AnnualReportState.OVERDUE, AnnualReportAction.SUBMIT): AnnualReportState.SUBMITTED,
        (AnnualReportState.SUBMITTED, AnnualReportAction.RETURN): AnnualReportState.RETURNED,
        (AnnualReportState.SUBMITTED, AnnualReportAction.RECEIVE): AnnualReportState.ACCEPTED,
        (AnnualReportState.RETURNED, AnnualReportAction.SUBMIT): AnnualReportState.SUBMITTED,
    },
    initial=AnnualReportState.OPEN,
)

UNSUBMITTED = (AnnualReportState.OPEN, AnnualReportState.OVERDUE)
"""States of a report that was never submitted."""


class DisclosureState(StrEnum):
    """Where an application for disclosure stands (V18)."""

    RECEIVED = "received"
    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class DisclosureAction(StrEnum):
    """What moves an application for disclosure."""

    GRANT = "grant"
    GRANT_PARTLY = "grant_partly"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


DISCLOSURE = Transitions(
    {
        (DisclosureState.RECEIVED, DisclosureAction.GRANT): DisclosureState.GRANTED,
        (DisclosureState.RECEIVED, DisclosureAction.GRANT_PARTLY): DisclosureState.PARTLY_GRANTED,
        (DisclosureState.RECEIVED, DisclosureAction.REFUSE): DisclosureState.REFUSED,
        (DisclosureState.RECEIVED, DisclosureAction.WITHDRAW): DisclosureState.WITHDRAWN,
    },
    initial=DisclosureState.RECEIVED,
)


class ComplaintState(StrEnum):
    """What became of a user's complaint about a refusal."""

    FILED = "filed"
    TAKEN_UP = "taken_up"
    DISMISSED = "dismissed"


class ComplaintAction(StrEnum):
    """What moves a complaint."""

    TAKE_UP = "take_up"
    DISMISS = "dismiss"


COMPLAINT = Transitions(
    {
        (ComplaintState.FILED, ComplaintAction.TAKE_UP): ComplaintState.TAKEN_UP,
        (ComplaintState.FILED, ComplaintAction.DISMISS): ComplaintState.DISMISSED,
    },
    initial=ComplaintState.FILED,
)


class NamingState(StrEnum):
    """How far the naming of a provider has come: heard first, then decided."""

    NOTIFIED = "notified"
    ANSWERED = "answered"
    NAMED = "named"
    DISMISSED = "dismissed"


class NamingAction(StrEnum):
    """What moves the naming of a provider."""

    ANSWER = "answer"
    NAME = "name_provider"
    DISMISS = "dismiss"


NAMING = Transitions(
    {
        (NamingState.NOTIFIED, NamingAction.ANSWER): NamingState.ANSWERED,
        (NamingState.NOTIFIED, NamingAction.NAME): NamingState.NAMED,
        (NamingState.NOTIFIED, NamingAction.DISMISS): NamingState.DISMISSED,
        (NamingState.ANSWERED, NamingAction.NAME): NamingState.NAMED,
        (NamingState.ANSWERED, NamingAction.DISMISS): NamingState.DISMISSED,
    },
    initial=NamingState.NOTIFIED,
)


class ReferralState(StrEnum):
    """How far the referral of a provider to its department has come."""

    PREPARED = "prepared"
    SENT = "sent"
    ANSWERED = "answered"


class ReferralAction(StrEnum):
    """What moves a referral."""

    SEND = "send"
    ANSWER = "answer"


REFERRAL = Transitions(
    {
        (ReferralState.PREPARED, ReferralAction.SEND): ReferralState.SENT,
        (ReferralState.SENT, ReferralAction.ANSWER): ReferralState.ANSWERED,
    },
    initial=ReferralState.PREPARED,
)


class UnmetNeedState(StrEnum):
    """Where the statement of a need stands that the province may not meet (V16 out)."""

    STATED = "stated"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


UNMET_NEED = Transitions(
    {
        (UnmetNeedState.STATED, "respond"): UnmetNeedState.ANSWERED,
        (UnmetNeedState.ANSWERED, "respond"): UnmetNeedState.ANSWERED,
        (UnmetNeedState.STATED, "conclude"): UnmetNeedState.CLOSED,
        (UnmetNeedState.ANSWERED, "conclude"): UnmetNeedState.CLOSED,
        (UnmetNeedState.STATED, "withdraw"): UnmetNeedState.WITHDRAWN,
        (UnmetNeedState.ANSWERED, "withdraw"): UnmetNeedState.WITHDRAWN,
    },
    initial=UnmetNeedState.STATED,
)


class AwardState(StrEnum):
    """Where an award after the yearly evaluation stands; it is paid elsewhere."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"


class AwardAction(StrEnum):
    """What moves an award."""

    APPROVE = "approve"
    REFUSE = "refuse"
    REVOKE = "revoke"


AWARD = Transitions(
    {
        (AwardState.PROPOSED, AwardAction.APPROVE): AwardState.APPROVED,
        (AwardState.PROPOSED, AwardAction.REFUSE): AwardState.REFUSED,
        (AwardState.APPROVED, AwardAction.REVOKE): AwardState.REVOKED,
    },
    initial=AwardState.PROPOSED,
)


class RectificationState(StrEnum):
    """How far a provider has come with what it has to put right after its grade."""

    DEMANDED = "demanded"
    REPORTED = "reported"
    CLOSED = "closed"
    FAILED = "failed"


class RectificationAction(StrEnum):
    """What moves a rectification; one that is sent back waits for another report within its term."""

    REPORT = "report_rectified"
    RETURN = "return_report"
    CLOSE = "accept_rectified"
    FAIL = "find_unrectified"


RECTIFICATION = Transitions(
    {
        (RectificationState.DEMANDED, RectificationAction.REPORT): RectificationState.REPORTED,
        (RectificationState.REPORTED, RectificationAction.RETURN): RectificationState.DEMANDED,
        (RectificationState.REPORTED, RectificationAction.CLOSE): RectificationState.CLOSED,
        (RectificationState.REPORTED, RectificationAction.FAIL): RectificationState.FAILED,
        (RectificationState.DEMANDED, RectificationAction.FAIL): RectificationState.FAILED,
    },
    initial=RectificationState.DEMANDED,
)


class NegotiationState(StrEnum):
    """Where a request for an offer stands."""

    ASKED = "asked"
    OFFERED = "offered"
    EXPIRED = "expired"
    AGREED = "agreed"
    ORDERED = "ordered"
    DECLINED = "declined"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class NegotiationAction(StrEnum):
    """What moves it: the provider offers, takes an offer back or refuses; the user asks for changes, agrees, orders,
    declines or withdraws; offers expire by themselves."""

    OFFER = "make_offer"
    TAKE_BACK = "take_back_offer"
    REFUSE = "refuse"
    ASK_CHANGE = "ask_change"
    AGREE = "agree"
    ORDER = "order"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


NEGOTIATION = Transitions(
    {
        (NegotiationState.ASKED, NegotiationAction.OFFER): NegotiationState.OFFERED,
        (NegotiationState.ASKED, NegotiationAction.REFUSE): NegotiationState.REFUSED,
        (NegotiationState.ASKED, NegotiationAction.WITHDRAW): NegotiationState.WITHDRAWN,
        (NegotiationState.OFFERED, NegotiationAction.TAKE_BACK): NegotiationState.ASKED,
        (NegotiationState.OFFERED, NegotiationAction.ASK_CHANGE): NegotiationState.ASKED,
        (NegotiationState.OFFERED, NegotiationAction.AGREE): NegotiationState.AGREED,
        (NegotiationState.OFFERED, NegotiationAction.DECLINE): NegotiationState.DECLINED,
        (NegotiationState.OFFERED, NegotiationAction.EXPIRE): NegotiationState.EXPIRED,
        (NegotiationState.EXPIRED, NegotiationAction.OFFER): NegotiationState.OFFERED,
        (NegotiationState.EXPIRED, NegotiationAction.ASK_CHANGE): NegotiationState.ASKED,
        (NegotiationState.EXPIRED, NegotiationAction.REFUSE): NegotiationState.REFUSED,
        (NegotiationState.EXPIRED, NegotiationAction.DECLINE): NegotiationState.DECLINED,
        (NegotiationState.AGREED, NegotiationAction.ORDER): NegotiationState.ORDERED,
        (NegotiationState.AGREED, NegotiationAction.DECLINE): NegotiationState.DECLINED,
        (NegotiationState.AGREED, NegotiationAction.EXPIRE): NegotiationState.EXPIRED,
    },
    initial=NegotiationState.ASKED,
)


class SeriesState(StrEnum):
    """Whether orders were placed for a series of bookings."""

    PREVIEWED = "previewed"
    PLACED = "placed"


SERIES = Transitions({(SeriesState.PREVIEWED, "place"): SeriesState.PLACED}, initial=SeriesState.PREVIEWED)
