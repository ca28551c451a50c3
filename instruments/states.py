"""States of listings, services and imports, and what may be done in each."""

from __future__ import annotations

from enum import StrEnum

from core.states import Transitions


class ListingState(StrEnum):
    """How far a listing has come on its way to the public catalogue (S11)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    RETURNED = "returned"
    SUSPENDED = "suspended"
    RETIRED = "retired"


LISTING = Transitions(
    {
        (ListingState.DRAFT, "submit"): ListingState.SUBMITTED,
        (ListingState.RETURNED, "submit"): ListingState.SUBMITTED,
        (ListingState.SUBMITTED, "publish"): ListingState.PUBLISHED,
        (ListingState.SUBMITTED, "return"): ListingState.RETURNED,
        (ListingState.PUBLISHED, "suspend"): ListingState.SUSPENDED,
        (ListingState.SUSPENDED, "resume"): ListingState.PUBLISHED,
        (ListingState.PUBLISHED, "retire"): ListingState.RETIRED,
    },
    initial=ListingState.DRAFT,
)


class ReportedChangeState(StrEnum):
    """Whether a listing tells what changed about its instrument (S14)."""

    OPEN = "open"
    FOLLOWED = "followed"
    WITHDRAWN = "withdrawn"


REPORTED_CHANGE = Transitions(
    {
        (ReportedChangeState.OPEN, "follow"): ReportedChangeState.FOLLOWED,
        (ReportedChangeState.OPEN, "withdraw"): ReportedChangeState.WITHDRAWN,
    },
    initial=ReportedChangeState.OPEN,
)


class ExemptionState(StrEnum):
    """How far a request to be exempt for secrecy has come, and whether it holds (S23)."""

    ASKED = "asked"
    ENDORSED = "endorsed"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


EXEMPTION = Transitions(
    {
        (ExemptionState.ASKED, "endorse"): ExemptionState.ENDORSED,
        (ExemptionState.ASKED, "refuse"): ExemptionState.REFUSED,
        (ExemptionState.ASKED, "withdraw"): ExemptionState.WITHDRAWN,
        (ExemptionState.ENDORSED, "confirm"): ExemptionState.IN_FORCE,
        (ExemptionState.ENDORSED, "refuse"): ExemptionState.REFUSED,
        (ExemptionState.ENDORSED, "withdraw"): ExemptionState.WITHDRAWN,
        (ExemptionState.IN_FORCE, "supersede"): ExemptionState.ENDED,
        (ExemptionState.IN_FORCE, "expire"): ExemptionState.ENDED,
        (ExemptionState.IN_FORCE, "end"): ExemptionState.ENDED,
    },
    initial=ExemptionState.ASKED,
)


class PurchaseReviewState(StrEnum):
    """How far the look at a purchase has come (S27)."""

    ASKED = "asked"
    RETURNED = "returned"
    JUSTIFIED = "justified"
    SHARING_ADVISED = "sharing_advised"
    WITHDRAWN = "withdrawn"


PURCHASE_REVIEW = Transitions(
    {
        (PurchaseReviewState.ASKED, "justify"): PurchaseReviewState.JUSTIFIED,
        (PurchaseReviewState.ASKED, "advise_sharing"): PurchaseReviewState.SHARING_ADVISED,
        (PurchaseReviewState.ASKED, "return"): PurchaseReviewState.RETURNED,
        (PurchaseReviewState.ASKED, "withdraw"): PurchaseReviewState.WITHDRAWN,
        (PurchaseReviewState.RETURNED, "resubmit"): PurchaseReviewState.ASKED,
        (PurchaseReviewState.RETURNED, "withdraw"): PurchaseReviewState.WITHDRAWN,
    },
    initial=PurchaseReviewState.ASKED,
)


class ServiceState(StrEnum):
    """Whether a priced service is offered (V14)."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


SERVICE = Transitions(
    {
        (ServiceState.DRAFT, "publish"): ServiceState.PUBLISHED,
        (ServiceState.WITHDRAWN, "publish"): ServiceState.PUBLISHED,
        (ServiceState.PUBLISHED, "withdraw"): ServiceState.WITHDRAWN,
    },
    initial=ServiceState.DRAFT,
)


class ImportState(StrEnum):
    """How far an import has come; a refused one is a file that could not be read as a whole."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"


IMPORT = Transitions(
    {
        (ImportState.QUEUED, "start"): ImportState.RUNNING,
        (ImportState.RUNNING, "finish"): ImportState.DONE,
        (ImportState.QUEUED, "refuse"): ImportState.REFUSED,
        (ImportState.RUNNING, "refuse"): ImportState.REFUSED,
    },
    initial=ImportState.QUEUED,
)


class SavedSearchState(StrEnum):
    """Whether a kept search is looked at each day."""

    ACTIVE = "active"
    PAUSED = "paused"
    DELETED = "deleted"


SAVED_SEARCH = Transitions(
    {
        (SavedSearchState.ACTIVE, "pause"): SavedSearchState.PAUSED,
        (SavedSearchState.PAUSED, "resume"): SavedSearchState.ACTIVE,
        (SavedSearchState.ACTIVE, "delete"): SavedSearchState.DELETED,
        (SavedSearchState.PAUSED, "delete"): SavedSearchState.DELETED,
    },
    initial=SavedSearchState.ACTIVE,
)


class SlotWaitState(StrEnum):
    """How it stands with somebody who waits for a taken slot."""

    WAITING = "waiting"
    OFFERED = "offered"
    BOOKED = "booked"
    PASSED = "passed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


OPEN_WAITS = (SlotWaitState.WAITING, SlotWaitState.OFFERED)
SLOT_WAIT = Transitions(
    {
        (SlotWaitState.WAITING, "offer_slot"): SlotWaitState.OFFERED,
        (SlotWaitState.OFFERED, "lose_slot"): SlotWaitState.WAITING,
        (SlotWaitState.OFFERED, "pass_by"): SlotWaitState.PASSED,
        **{(state, "book_slot"): SlotWaitState.BOOKED for state in OPEN_WAITS},
        **{(state, "withdraw"): SlotWaitState.WITHDRAWN for state in OPEN_WAITS},
        **{(state, "expire"): SlotWaitState.EXPIRED for state in OPEN_WAITS},
    },
    initial=SlotWaitState.WAITING,
)


class QualificationState(StrEnum):
    """How it stands with who asked to be trained or approved for an instrument."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


QUALIFICATION = Transitions(
    {
        (QualificationState.ASKED, "qualify"): QualificationState.GRANTED,
        (QualificationState.ASKED, "refuse"): QualificationState.REFUSED,
        (QualificationState.ASKED, "withdraw"): QualificationState.WITHDRAWN,
        (QualificationState.GRANTED, "revoke"): QualificationState.REVOKED,
    },
    initial=QualificationState.ASKED,
)


class SensorAlarmState(StrEnum):
    """How it stands with a mandatory instrument of which no sensor tells (S4)."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


STANDING_ALARMS = (SensorAlarmState.OPEN, SensorAlarmState.ANSWERED)
SENSOR_ALARM = Transitions(
    {
        **{(state, "explain"): SensorAlarmState.ANSWERED for state in STANDING_ALARMS},
        (SensorAlarmState.ANSWERED, "stay_silent"): SensorAlarmState.OPEN,
        **{(state, "end"): SensorAlarmState.CLOSED for state in STANDING_ALARMS},
    },
    initial=SensorAlarmState.OPEN,
)
