"""What providers are measured by beside their answers: how open their instruments are, who uses them, what they keep to
(S4, S13, S14, S17, S18, S24)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, Select, and_, cast, exists, func, literal, or_, select, true

from accounts.models import AdverseRecord, Organisation
from core.audit import AuditEntry
from core.clock import end_of_day, start_of_day
from instruments.models import Instrument, InstrumentUse, Occupancy, Service, ServiceInstrument
from instruments.policy import listing_policy
from instruments.queries.details import must_be_listed
from instruments.queries.usage import standing
from instruments.rules.terms import OccupancyKind
from instruments.states import ListingState, ServiceState
from marketplace.models import Complaint, Delivery, Naming, Order, Quote
from marketplace.reports.desk.items import shanghai_day
from marketplace.reports.evaluation.cases import Lasted, Scope, case_row
from marketplace.reports.times import working_days_between
from marketplace.states import ComplaintState, NamingState, OrderState

_OPEN = (ListingState.PUBLISHED, ListingState.SUSPENDED)
_STANDS = (OrderState.IN_SERVICE, OrderState.DELIVERED, OrderState.COMPLETED)


def listed_in_time(scope: Scope) -> Select[Any]:
    """Mandatory instruments accepted by the end of the period, listed or past their term; a hit was listed within it
    (S2, S13). One that was retired counts as it was listed."""
    policy = listing_policy(scope.until)
    listed_on = shanghai_day(Instrument.published_at)
    waited = working_days_between(Instrument.accepted_on, func.coalesce(listed_on, cast(literal(scope.today), Date)))
    in_time = and_(Instrument.published_at.is_not(None), waited <= policy.listing_due_working_days)
    return _instruments(hit=in_time, lasted=Lasted(Instrument.created_at, Instrument.published_at, days=waited)).where(
        must_be_listed(policy.mandatory_min_fen),
        Instrument.accepted_on <= scope.until,
        or_(Instrument.published_at.is_not(None), waited > policy.listing_due_working_days),
    )


def updated_in_time(scope: Scope) -> Select[Any]:
    """Public mandatory instruments that changed in the period; a hit was updated within its term (S14)."""
    policy = listing_policy(scope.until)
    updated_at = (
        select(func.min(AuditEntry.at))
        .where(
            AuditEntry.subject_kind == Instrument.__tablename__,
            AuditEntry.subject_id == Instrument.id,
            AuditEntry.action == "update",
            shanghai_day(AuditEntry.at) >= Instrument.changed_on,
        )
        .scalar_subquery()
    )
    waited = working_days_between(Instrument.changed_on, shanghai_day(updated_at))
    return _instruments(
        hit=waited <= policy.update_due_working_days, lasted=Lasted(Instrument.created_at, updated_at, days=waited)
    ).where(
        must_be_listed(policy.mandatory_min_fen),
        Instrument.state.in_(_OPEN),
        scope.holds_day(Instrument.changed_on),
        updated_at.is_not(None),
    )


def sensors(scope: Scope) -> Select[Any]:
    """Mandatory instruments public at the end of the period; a hit carries an IoT sensor (S4)."""
    return _mandatory(scope, hit=Instrument.iot_sensor)


def priced(scope: Scope) -> Select[Any]:
    """Public mandatory instruments, as of today; a hit has a public service with a price (S18)."""
    offered = (
        exists()
        .where(ServiceInstrument.instrument_id == Instrument.id, Service.id == ServiceInstrument.service_id)
        .where(Service.state == ServiceState.PUBLISHED, Service.price_fen.is_not(None))
    )
    return _mandatory(scope, hit=offered)


def used(scope: Scope) -> Select[Any]:
    """Public mandatory instruments, as of today; a hit was booked, or served an order, for somebody else in the
    period."""
    booked = exists().where(
        Occupancy.instrument_id == Instrument.id, _of_others(Instrument.provider_id), _booked_in(scope)
    )
    served = (
        exists()
        .where(ServiceInstrument.instrument_id == Instrument.id, Quote.service_id == ServiceInstrument.service_id)
        .where(Order.quote_id == Quote.id, Order.state.in_(_STANDS), scope.holds(Order.started_at))
    )
    return _mandatory(scope, hit=or_(booked, served))


def bookings(scope: Scope) -> Select[Any]:
    """Bookings of the provider's instruments by others that stand and begin in the period; a hit is over."""
    begins, ends = func.lower(Occupancy.during), func.upper(Occupancy.during)
    return (
        case_row(
            owner=Instrument.provider_id,
            key=Occupancy.id,
            kind=Instrument,
            case_id=Instrument.id,
            hit=ends <= end_of_day(scope.today),
            lasted=Lasted(begins, ends),
        )
        .select_from(Occupancy)
        .join(Instrument, Instrument.id == Occupancy.instrument_id)
        .where(_of_others(Instrument.provider_id), _booked_in(scope), scope.holds(begins))
    )


def hours_logged(scope: Scope) -> Select[Any]:
    """Bookings of the provider's instruments by others that stand, begin in the period and are over; of a hit the log
    has the use (S19). The time is what was booked."""
    use = standing(
        select(InstrumentUse.id).where(
            InstrumentUse.instrument_id == Occupancy.instrument_id,
            or_(InstrumentUse.occupancy_id == Occupancy.id, InstrumentUse.order_id == Occupancy.order_id),
        )
    ).correlate(Occupancy)
    begins, ends = func.lower(Occupancy.slot), func.upper(Occupancy.slot)
    return (
        case_row(
            owner=Instrument.provider_id,
            key=Occupancy.id,
            kind=Instrument,
            case_id=Instrument.id,
            hit=use.exists(),
            lasted=Lasted(begins, ends),
        )
        .select_from(Occupancy)
        .join(Instrument, Instrument.id == Occupancy.instrument_id)
        .where(_of_others(Instrument.provider_id), scope.holds(begins), ends <= end_of_day(scope.today))
    )


def services(scope: Scope) -> Select[Any]:
    """Orders delivered in the period; a hit was completed, with what the user was shown."""
    return (
        case_row(
            owner=Order.provider_id,
            key=Order.id,
            kind=Order,
            case_id=Order.id,
            hit=Order.state == OrderState.COMPLETED,
            lasted=Lasted(Order.placed_at, Delivery.delivered_at),
        )
        .select_from(Order)
        .join(Delivery, Delivery.order_id == Order.id)
        .where(scope.holds(Delivery.delivered_at))
    )


def contracts(scope: Scope) -> Select[Any]:
    """Orders whose service began in the period; a hit was signed by both sides before (S17)."""
    signed = and_(Order.beneficiary_signed_at <= Order.started_at, Order.provider_signed_at <= Order.started_at)
    return (
        case_row(
            owner=Order.provider_id,
            key=Order.id,
            kind=Order,
            case_id=Order.id,
            hit=func.coalesce(signed, False),
            lasted=Lasted(Order.placed_at, Order.started_at),
        )
        .select_from(Order)
        .where(scope.holds(Order.started_at))
    )


def complaints(scope: Scope) -> Select[Any]:
    """Complaints about refusals filed in the period and taken up; each is a hit. Of the others the provider was never
    told (V20)."""
    return (
        case_row(
            owner=Complaint.provider_id,
            key=Complaint.id,
            kind=Complaint,
            case_id=Complaint.id,
            hit=true(),
            lasted=Lasted(Complaint.filed_at, Complaint.decided_at),
        )
        .select_from(Complaint)
        .where(Complaint.state == ComplaintState.TAKEN_UP, scope.holds(Complaint.filed_at))
    )


def named(scope: Scope) -> Select[Any]:
    """Cases heard and decided in the period; a hit was named (V20)."""
    return (
        case_row(
            owner=Naming.organisation_id,
            key=Naming.id,
            kind=Naming,
            case_id=Naming.id,
            hit=Naming.state == NamingState.NAMED,
            lasted=Lasted(Naming.opened_at, Naming.decided_at),
        )
        .select_from(Naming)
        .where(scope.holds(Naming.decided_at))
    )


def adverse(scope: Scope) -> Select[Any]:
    """Adverse records that occurred or began in the period; a hit still counts, the others were annulled."""
    return (
        case_row(
            owner=AdverseRecord.organisation_id,
            key=AdverseRecord.id,
            kind=Organisation,
            case_id=AdverseRecord.organisation_id,
            hit=AdverseRecord.annulled_at.is_(None),
            lasted=Lasted(AdverseRecord.entered_at),
            note=AdverseRecord.kind,
        )
        .select_from(AdverseRecord)
        .where(scope.holds_day(AdverseRecord.since))
    )


def _mandatory(scope: Scope, *, hit: Any) -> Select[Any]:
    """Instruments that must be listed and are public."""
    return _instruments(hit=hit, lasted=Lasted(Instrument.created_at)).where(
        must_be_listed(listing_policy(scope.until).mandatory_min_fen),
        Instrument.state.in_(_OPEN),
        Instrument.published_at < end_of_day(scope.until),
    )


def _instruments(*, hit: Any, lasted: Lasted) -> Select[Any]:
    return case_row(
        owner=Instrument.provider_id,
        key=Instrument.id,
        kind=Instrument,
        case_id=Instrument.id,
        hit=hit,
        lasted=lasted,
        note=Instrument.name,
    ).select_from(Instrument)


def _of_others(provider_id: Any) -> Any:
    return and_(
        Occupancy.kind == OccupancyKind.BOOKING,
        Occupancy.live,
        Occupancy.organisation_id.is_not(None),
        Occupancy.organisation_id != provider_id,
    )


def _booked_in(scope: Scope) -> Any:
    since, until = start_of_day(scope.since), end_of_day(scope.until)
    return Occupancy.during.op("&&")(func.tstzrange(since, until, "[)"))
