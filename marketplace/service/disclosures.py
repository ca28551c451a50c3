"""Disclosure on application: received, put off once, others asked, answered within the term (V18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from accounts.policy import city_codes, city_names
from accounts.queries import acts_for
from core import audit, clock, policy
from core.db import require_transaction, transaction
from core.errors import Conflict, Forbidden, Refused, reason, refuse_all
from core.files import StoredFile, store_file
from core.permissions import SYSTEM, Actor, authorise
from core.states import apply, state_refusal
from core.turns import next_serial
from core.workdays import load_calendar
from marketplace.models import DisclosureApplication, DisclosureConsultation
from marketplace.permissions import (
    is_office_of,
    may_answer_consultation,
    may_answer_disclosure,
    may_apply_for_disclosure,
)
from marketplace.queries.disclosures import (
    find_application,
    find_concerned,
    find_consultation,
    is_late,
    open_applications,
)
from marketplace.rules.disclosure import (
    ARTICLE,
    Applicant,
    DisclosedRecord,
    DisclosureAnswer,
    DisclosureTerms,
    answer_faults,
    last_day,
)
from marketplace.rules.disclosure_policy import disclosure_terms
from marketplace.rules.reminders import reminder_day
from marketplace.states import DISCLOSURE, DisclosureAction, DisclosureState
from marketplace.steps.disclosure_sheets import write_sheet
from vouchers.service.claims import Upload

EXTEND = "extend"
CONSULT = "consult"
"""What is done about an application beside its transitions."""

ACTION_OF_ANSWER = {
    DisclosureAnswer.GRANT: DisclosureAction.GRANT,
    DisclosureAnswer.PARTLY: DisclosureAction.GRANT_PARTLY,
    DisclosureAnswer.REFUSE: DisclosureAction.REFUSE,
}


class DisclosureRefused(Refused):
    """The application or its answer has faults; all of them are named."""

    code = "disclosure_refused"


class DisclosureExtendedBefore(Conflict):
    """The term was extended once already."""

    code = "disclosure_extended_before"
    article = "V18"


class ConsultationTwice(Conflict):
    """This organisation was asked already."""

    code = "consultation_twice"
    article = "V18"


class ConsultationOver(Conflict):
    """The question was answered already, or its last day is over."""

    code = "consultation_over"
    article = "V18"


def apply_for_disclosure(
    *,
    city: str | None,
    applicant_kind: Applicant,
    applicant_name: str,
    contact: str,
    wanted: str,
    about_kind: DisclosedRecord | None,
    about_id: int | None,
    actor: Actor,
    now: datetime,
) -> DisclosureApplication:
    """Apply to a city's bureau, or to the province where ``city`` is None.

    Whether there is such a record is not said here: the answer says it. Raises :class:`DisclosureRefused`.
    """
    with transaction() as current:
        authorise(actor, may_apply_for_disclosure)
        today = clock.today(now)
        faults = []
        if city is not None and city not in city_codes(today):
            faults.append(reason("disclosure_office_unknown", article=ARTICLE, field="city"))
        if (about_kind is None) != (about_id is None):
            faults.append(reason("disclosure_about_incomplete", article=ARTICLE, field="about_id"))
        refuse_all(faults, error=DisclosureRefused)
        terms = disclosure_terms(policy.current(), today)
        serial, number = _number(city, terms, now=now)
        application = DisclosureApplication(
            city=city,
            year=today.year,
            serial=serial,
            number=number,
            state=DISCLOSURE.initial,
            user_id=actor.user_id,
            organisation_id=actor.organisation_id,
            applicant_kind=applicant_kind,
            applicant_name=applicant_name,
            contact=contact,
            wanted=wanted,
            about_kind=about_kind,
            about_id=about_id,
            received_at=now,
            due_on=load_calendar().add_working_days(today, terms.answer_working_days),
            extension_reason="",
            paused_working_days=0,
            grounds=[],
            opinion="",
        )
        current.add(application)
        data = {"number": number, "city": city, "due_on": application.due_on.isoformat()}
        audit.record(actor=actor, now=now, action="file", subject=application, to_state=application.state, data=data)
        return application


def withdraw_application(*, application_id: int, actor: Actor, now: datetime) -> DisclosureApplication:
    """Whoever applied takes the application back before its answer."""
    with transaction():
        application = find_application(application_id, actor=actor, lock=True)
        if application.user_id != actor.user_id:
            raise Forbidden
        application.withdrawn_at = now
        _end_consultations(application, now=now)
        apply(application, DisclosureAction.WITHDRAW, transitions=DISCLOSURE, actor=actor, now=now)
        return application


def extend_term(*, application_id: int, why: str, actor: Actor, now: datetime) -> DisclosureApplication:
    """Put the answer off, once and with a reason, before its last day is over.

    Raises :class:`DisclosureExtendedBefore` and :class:`DisclosureRefused`.
    """
    with transaction():
        application = _to_deal_with(application_id, EXTEND, actor)
        if application.extended_at is not None:
            raise DisclosureExtendedBefore
        if is_late(application, today=clock.today(now)):
            raise DisclosureRefused(reasons=[reason("disclosure_extension_late", article=ARTICLE)])
        application.extended_by, application.extended_at, application.extension_reason = actor.user_id, now, why
        _set_last_day(application, now=now)
        data = {"note": why, "due_on": application.due_on.isoformat()}
        audit.record(actor=actor, now=now, action="extend", subject=application, data=data)
        return application


def consult(
    *, application_id: int, organisation_id: int, question: str, actor: Actor, now: datetime
) -> DisclosureConsultation:
    """Ask whoever the information is about; the term rests until all have answered or their last day is over.

    These are the organisations of the office's city and the parties of the claims it holds, wherever they sit; any
    other is missing. Raises :class:`ConsultationTwice` and ``OrganisationMissing``.
    """
    with transaction() as current:
        application = _to_deal_with(application_id, CONSULT, actor)
        asked = find_concerned(organisation_id, actor=actor)
        if any(each.organisation_id == asked.id for each in application.consultations):
            raise ConsultationTwice
        today = clock.today(now)
        terms = disclosure_terms(policy.current(), today)
        consultation = DisclosureConsultation(
            application=application,
            organisation_id=asked.id,
            question=question,
            asked_by=actor.user_id,
            asked_at=now,
            answer_by=load_calendar().add_working_days(today, terms.consultation_working_days),
            statement="",
        )
        current.add(consultation)
        application.paused_on = application.paused_on or today
        data = {"application_id": application.id, "organisation_id": asked.id}
        audit.record(actor=actor, now=now, action="ask", subject=consultation, data=data)
        return consultation


def answer_consultation(
    *, consultation_id: int, consents: bool, statement: str, actor: Actor, now: datetime
) -> DisclosureConsultation:
    """Whoever was asked consents or not, until the last day of its term. Raises :class:`ConsultationOver`."""
    with transaction():
        authorise(actor, may_answer_consultation)
        consultation = find_consultation(consultation_id, actor=actor)
        if consultation.organisation_id not in acts_for(actor):
            raise Forbidden
        application = _locked(consultation.application_id)
        if not consultation.is_open or clock.today(now) > consultation.answer_by:
            raise ConsultationOver
        consultation.consents, consultation.statement = consents, statement
        consultation.answered_by, consultation.answered_at = actor.user_id, now
        _resume(application, now=now)
        data = {"application_id": application.id, "consents": consents}
        audit.record(actor=actor, now=now, action="answer", subject=consultation, data=data)
        return consultation


def answer_application(
    *,
    application_id: int,
    decision: DisclosureAnswer,
    grounds: Sequence[str],
    opinion: str,
    use_sheet: bool,
    upload: Upload | None,
    actor: Actor,
    now: datetime,
) -> DisclosureApplication:
    """Grant, grant in part or refuse, with the file that is given out: uploaded, or the redacted sheet.

    Raises :class:`DisclosureRefused`, and ``SheetImpossible`` where the record is not in the officer's sight.
    """
    with transaction():
        application = _to_deal_with(application_id, ACTION_OF_ANSWER[decision], actor)
        faults = answer_faults(
            decision,
            grounds,
            terms=disclosure_terms(policy.current(), clock.today(now)),
            has_file=use_sheet or upload is not None,
            consulted=bool(application.consultations),
            waiting=any(each.is_open for each in application.consultations),
        )
        refuse_all(faults, error=DisclosureRefused)
        answer = _answer_file(application, upload, use_sheet=use_sheet, actor=actor, now=now)
        application.grounds, application.opinion, application.answer_file = list(grounds), opinion, answer
        application.decided_by, application.decided_at = actor.user_id, now
        data = {
            "grounds": list(grounds),
            "sha256": None if answer is None else answer.sha256,
            "late": is_late(application, today=clock.today(now)),
        }
        apply(
            application,
            ACTION_OF_ANSWER[decision],
            transitions=DISCLOSURE,
            actor=actor,
            now=now,
            note=opinion,
            data=data,
        )
        return application


def keep_applications(*, now: datetime) -> int:
    """The worker's part of every day: questions lapse, offices are reminded, late answers are named."""
    with transaction():
        today = clock.today(now)
        terms = disclosure_terms(policy.current(), today)
        steps = 0
        for application in open_applications():
            for each in application.consultations:
                if each.is_open and each.answer_by < today:
                    each.lapsed_at = now
                    audit.record(actor=SYSTEM, now=now, action="lapse", subject=each)
                    steps += 1
            _resume(application, now=now)
            action = _recall(application, terms, now=now)
            if action is not None:
                application.reminded_on = today
                data = {"number": application.number, "due_on": application.due_on.isoformat()}
                audit.record(actor=SYSTEM, now=now, action=action, subject=application, data=data)
                steps += 1
        return steps


def _recall(application: DisclosureApplication, terms: DisclosureTerms, *, now: datetime) -> str | None:
    """What there is to recall about an application today."""
    today, last = clock.today(now), application.reminded_on
    if application.paused_on is not None:
        return None
    if application.due_on < today:
        return "fall_due" if last is None or last <= application.due_on else None
    day = reminder_day(application.due_on, terms.reminder_days, today)
    return "remind" if day is not None and (last is None or last < day) else None


def _to_deal_with(application_id: int, action: str, actor: Actor) -> DisclosureApplication:
    """An application to the actor's own office that waits for its answer, locked; ``action`` is what was wanted."""
    authorise(actor, may_answer_disclosure)
    application = find_application(application_id, actor=actor, lock=True)
    authorise(actor, is_office_of, application)
    if application.state is not DisclosureState.RECEIVED:
        raise state_refusal(application.state, action, transitions=DISCLOSURE)
    return application


def _locked(application_id: int) -> DisclosureApplication:
    found = select(DisclosureApplication).where(DisclosureApplication.id == application_id).with_for_update()
    return require_transaction().scalars(found.execution_options(populate_existing=True)).one()


def _resume(application: DisclosureApplication, *, now: datetime) -> None:
    """Once nobody is waited for, the term goes on, longer by the working days for which it rested."""
    if application.paused_on is None or any(each.is_open for each in application.consultations):
        return
    ended_on = max(_ended_on(each, now=now) for each in application.consultations)
    days = load_calendar().working_days_between(application.paused_on, ended_on)
    application.paused_working_days += days
    application.paused_on = None
    _set_last_day(application, now=now)


def _ended_on(consultation: DisclosureConsultation, *, now: datetime) -> date:
    """The day of the answer, or the last one on which it could come; when the worker saw that changes nothing."""
    if consultation.answered_at is not None:
        return clock.today(consultation.answered_at)
    return min(consultation.answer_by, clock.today(now))


def _set_last_day(application: DisclosureApplication, *, now: datetime) -> None:
    application.due_on = last_day(
        clock.today(application.received_at),
        disclosure_terms(policy.current(), clock.today(now)),
        extended=application.extended_at is not None,
        paused_working_days=application.paused_working_days,
        calendar=load_calendar(),
    )


def _end_consultations(application: DisclosureApplication, *, now: datetime) -> None:
    for each in application.consultations:
        if each.is_open:
            each.lapsed_at = now
            audit.record(actor=SYSTEM, now=now, action="lapse", subject=each)
    _resume(application, now=now)


def _answer_file(
    application: DisclosureApplication, upload: Upload | None, *, use_sheet: bool, actor: Actor, now: datetime
) -> StoredFile | None:
    if use_sheet:
        return write_sheet(application, actor=actor, now=now)
    if upload is None:
        return None
    return store_file(upload.stream, filename=upload.filename, owner_id=actor.organisation_id, now=now)


def _number(city: str | None, terms: DisclosureTerms, *, now: datetime) -> tuple[int, str]:
    """The next number of an office in this year; two made at once wait for each other."""
    today = clock.today(now)
    serial = next_serial(
        DisclosureApplication.serial,
        DisclosureApplication.city.is_not_distinct_from(city),
        DisclosureApplication.year == today.year,
        queue=f"number of a disclosure of {city or 'the province'} in {today.year}",
    )
    office = policy.current().at(today)["places.province_name"] if city is None else city_names(today)[city]
    return serial, terms.number.format(office=office, year=today.year, serial=serial)
