"""Reads of who controls an organisation, what stands against it, and how it is related to another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import joinedload

from accounts import policy
from accounts.kinds import MEMBER_KINDS, AdverseKind, OrganisationKind
from accounts.models import (
    AdverseImport,
    AdverseRecord,
    BankAccount,
    Controller,
    ControllerChange,
    ControllerTenure,
    Holding,
    JointEstablishment,
    Organisation,
)
from accounts.queries.organisations import organisation, visible_organisations
from accounts.rules.adverse import RecordFacts
from accounts.rules.relation import NO_HOLDING, RelationFacts, same_address, same_phone, same_text
from accounts.states import BankAccountState, ChangeKind
from core import clock
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from core.wording import folded

_LIVE_ACCOUNTS = (BankAccountState.PENDING, BankAccountState.VERIFIED)
_SHOWN_DIGITS = 4
"""Digits of a bank account that tell it from others without telling it."""


class ControllerMissing(NotFound):
    """There is no such controller."""

    code = "controller_missing"


class AdverseImportMissing(NotFound):
    """There is no such import for this actor."""

    code = "adverse_import_missing"


class RelationMissing(NotFound):
    """There is no such holding or joint establishment for this actor."""

    code = "relation_missing"


class AdverseRecordMissing(NotFound):
    """There is no such adverse record for this actor."""

    code = "adverse_record_missing"


def controller_id(organisation_id: int, on: date) -> int | None:
    """The id of who controls the organisation on a day, or None where nobody is known to."""
    return session().scalar(
        select(ControllerTenure.controller_id).where(
            ControllerTenure.organisation_id == organisation_id, _covers(ControllerTenure, on)
        )
    )


def cap_owner(organisation_id: int, on: date) -> str:
    """Whose yearly cap an organisation uses on a day (V12 cap).

    ``team:5`` for a team; for an enterprise ``controller:7``, or ``organisation:12`` where no controller is
    known.
    """
    if organisation(organisation_id).kind is OrganisationKind.TEAM:
        return f"team:{organisation_id}"
    controlling = controller_id(organisation_id, on)
    return f"organisation:{organisation_id}" if controlling is None else f"controller:{controlling}"


def regrouped(organisation_id: int, on: date) -> bool:
    """Whether the organisation came under its controller of a day by a merge or a split, which took its use along."""
    running = _running_tenure(organisation_id, on)
    return running is not None and running.change_id is not None


def changed_plainly(organisation_id: int, on: date) -> bool:
    """Whether the organisation came under another controller in the year of a day, and not by a merge or a split.

    Such a change leaves past use behind with whoever controlled it before (V12 cap); it is flagged, never refused.
    """
    running = _running_tenure(organisation_id, on)
    if running is None or running.change_id is not None:
        return False
    if on.year not in {running.since.year, clock.today(running.entered_at).year}:
        return False
    before = select(ControllerTenure.id).where(
        ControllerTenure.organisation_id == organisation_id,
        ControllerTenure.since < running.since,
        ControllerTenure.controller_id != running.controller_id,
    )
    return session().scalar(before.limit(1)) is not None


def named_lately(organisation_id: int, on: date) -> bool:
    """Whether in the year of a day it became known who controls the organisation, after it had used its own cap.

    What it had used was added to its controller's (V12 cap); it is flagged, never refused.
    """
    changes = session().execute(
        select(ControllerTenure.since, ControllerTenure.entered_at)
        .join(ControllerChange, ControllerChange.id == ControllerTenure.change_id)
        .where(ControllerTenure.organisation_id == organisation_id, ControllerChange.kind == ChangeKind.NAMING)
    )
    return any(on.year in {since.year, clock.today(entered_at).year} for since, entered_at in changes)


def siblings(organisation_id: int, on: date) -> set[int]:
    """Ids of the organisations under the same controller on a day, itself included."""
    controlling = controller_id(organisation_id, on)
    if controlling is None:
        return {organisation_id}
    return set(
        session().scalars(
            select(ControllerTenure.organisation_id).where(
                ControllerTenure.controller_id == controlling, _covers(ControllerTenure, on)
            )
        )
    )


def tenures(organisation_id: int) -> Sequence[ControllerTenure]:
    """Who controlled the organisation, the earliest first."""
    found = select(ControllerTenure).where(ControllerTenure.organisation_id == organisation_id)
    return session().scalars(found.order_by(ControllerTenure.since)).all()


def find_controller(identifier: int) -> Controller:
    """A controller by id; raises :class:`ControllerMissing`."""
    found = session().get(Controller, identifier)
    if found is None:
        raise ControllerMissing
    return found


def namesakes_of(name: str) -> dict[int, str]:
    """The controllers of a name by number, each with the note that tells it apart; none of no name."""
    plain = folded(name)
    if not plain:
        return {}
    rows = session().execute(select(Controller.id, Controller.name, Controller.note).order_by(Controller.id))
    return {number: note for number, known, note in rows if folded(known) == plain}


def adverse_records(organisation_id: int) -> Sequence[AdverseRecord]:
    """Everything that stands against an organisation, the earliest first."""
    found = select(AdverseRecord).where(AdverseRecord.organisation_id == organisation_id)
    return session().scalars(found.order_by(AdverseRecord.since, AdverseRecord.id)).all()


def find_controller_in_sight(identifier: int, *, actor: Actor) -> Controller:
    """A controller by id if the actor may know it; raises :class:`ControllerMissing`."""
    found = session().scalar(controllers(actor).where(Controller.id == identifier))
    if found is None:
        raise ControllerMissing
    return found


def adverse_facts(organisation_id: int) -> tuple[RecordFacts, ...]:
    """The adverse records as the voucher rules read them; annulled ones count for nothing."""
    return tuple(
        RecordFacts(kind=each.kind, since=each.since, until=each.until)
        for each in adverse_records(organisation_id)
        if each.annulled_at is None
    )


def sanctioned_until(organisation_id: int, on: date) -> date | None:
    """The last day of the sanctions that an organisation is under on a day; None where it is under none (V21)."""
    found = select(func.max(AdverseRecord.until)).where(
        AdverseRecord.organisation_id == organisation_id,
        AdverseRecord.kind == AdverseKind.RESEARCH_MISCONDUCT,
        AdverseRecord.annulled_at.is_(None),
        AdverseRecord.since <= on,
        AdverseRecord.until >= on,
    )
    return session().scalar(found)


def visible_adverse_records(
    actor: Actor, *, organisation_id: int | None = None, kind: AdverseKind | None = None
) -> Select[tuple[AdverseRecord]]:
    """The adverse records against organisations the actor may see."""
    found = (
        select(AdverseRecord)
        .join(Organisation, Organisation.id == AdverseRecord.organisation_id)
        .where(visible_organisations(actor))
    )
    if organisation_id is not None:
        found = found.where(AdverseRecord.organisation_id == organisation_id)
    if kind is not None:
        found = found.where(AdverseRecord.kind == kind)
    return found


def visible_holdings(actor: Actor, *, organisation_id: int | None = None) -> Select[tuple[Holding]]:
    """The holdings one side of which the actor may see."""
    seen = select(Organisation.id).where(visible_organisations(actor))
    found = select(Holding).where(or_(Holding.holder_id.in_(seen), Holding.held_id.in_(seen)))
    if organisation_id is not None:
        found = found.where(or_(Holding.holder_id == organisation_id, Holding.held_id == organisation_id))
    return found


def visible_joint_establishments(
    actor: Actor, *, organisation_id: int | None = None
) -> Select[tuple[JointEstablishment]]:
    """The joint establishments one side of which the actor may see."""
    pair = JointEstablishment
    seen = select(Organisation.id).where(visible_organisations(actor))
    found = select(pair).where(or_(pair.a_id.in_(seen), pair.b_id.in_(seen)))
    if organisation_id is not None:
        found = found.where(or_(pair.a_id == organisation_id, pair.b_id == organisation_id))
    return found


def relations_of(organisation_id: int, *, actor: Actor) -> tuple[Sequence[Holding], Sequence[JointEstablishment]]:
    """Who holds shares of an organisation or is held by it, and who was built jointly with it, as the actor may see."""
    holdings = session().scalars(visible_holdings(actor, organisation_id=organisation_id)).all()
    pairs = session().scalars(visible_joint_establishments(actor, organisation_id=organisation_id)).all()
    return holdings, pairs


def controllers(actor: Actor, *, q: str | None = None) -> Select[tuple[Controller]]:
    """The controllers an actor may know, perhaps only those whose name holds a text.

    Those of firms in sight, of whatever time, and those it put on record itself (V6).
    """
    found = select(Controller)
    if visible_organisations(actor) is not true():
        over = (
            select(ControllerTenure.id)
            .join(Organisation, Organisation.id == ControllerTenure.organisation_id)
            .where(ControllerTenure.controller_id == Controller.id, visible_organisations(actor))
        )
        found = found.where(or_(exists(over), Controller.entered_by == actor.user_id))
    return found if q is None else found.where(Controller.name.icontains(q, autoescape=True))


def find_adverse_record(record_id: int, *, actor: Actor, lock: bool = False) -> AdverseRecord:
    """The record if the actor may see its organisation; raises :class:`AdverseRecordMissing`."""
    found = (
        select(AdverseRecord)
        .join(Organisation, Organisation.id == AdverseRecord.organisation_id)
        .where(AdverseRecord.id == record_id, visible_organisations(actor))
    )
    record = session().scalar(found.with_for_update(of=AdverseRecord) if lock else found)
    if record is None:
        raise AdverseRecordMissing
    return record


def standing_record(organisation_id: int, kind: AdverseKind, since: date) -> int | None:
    """The number of the record of a kind and day that counts against an organisation."""
    return session().scalar(
        select(AdverseRecord.id).where(
            AdverseRecord.organisation_id == organisation_id,
            AdverseRecord.kind == kind,
            AdverseRecord.since == since,
            AdverseRecord.annulled_at.is_(None),
        )
    )


def find_holding(holding_id: int, *, actor: Actor, lock: bool = False) -> Holding:
    """The holding if the actor may see one side of it; raises :class:`RelationMissing`."""
    found = visible_holdings(actor).where(Holding.id == holding_id)
    holding = session().scalar(found.with_for_update(of=Holding) if lock else found)
    if holding is None:
        raise RelationMissing
    return holding


def find_joint_establishment(pair_id: int, *, actor: Actor, lock: bool = False) -> JointEstablishment:
    """The joint establishment if the actor may see one side of it; raises :class:`RelationMissing`."""
    found = visible_joint_establishments(actor).where(JointEstablishment.id == pair_id)
    pair = session().scalar(found.with_for_update(of=JointEstablishment) if lock else found)
    if pair is None:
        raise RelationMissing
    return pair


def member_by_code(code: str) -> int | None:
    """The number of the member registered under a unified social credit code, wherever it sits."""
    return session().scalar(
        select(Organisation.id).where(Organisation.uscc == code, Organisation.kind.in_(MEMBER_KINDS))
    )


def members_by_code(codes: Collection[str], *, actor: Actor) -> dict[str, int]:
    """The members an actor may see by their unified social credit codes."""
    found = select(Organisation.uscc, Organisation.id).where(
        Organisation.uscc.in_(codes), Organisation.kind.in_(MEMBER_KINDS), visible_organisations(actor)
    )
    return {code: number for code, number in session().execute(found).tuples() if code is not None}


def records_against(organisation_ids: Collection[int]) -> Sequence[AdverseRecord]:
    """What stands against several organisations, locked."""
    found = select(AdverseRecord).where(AdverseRecord.organisation_id.in_(organisation_ids))
    return session().scalars(found.order_by(AdverseRecord.id).with_for_update()).all()


def visible_adverse_imports(actor: Actor) -> Select[tuple[AdverseImport]]:
    """The lists that were read in by an office the actor may see."""
    seen = select(Organisation.id).where(visible_organisations(actor))
    return select(AdverseImport).options(joinedload(AdverseImport.file)).where(AdverseImport.importer_id.in_(seen))


def find_adverse_import(import_id: int, *, actor: Actor) -> AdverseImport:
    """One list that was read in; raises :class:`AdverseImportMissing`."""
    found = session().scalar(visible_adverse_imports(actor).where(AdverseImport.id == import_id))
    if found is None:
        raise AdverseImportMissing
    return found


def relation(beneficiary_id: int, provider_id: int, on: date) -> RelationFacts:
    """What is on record between a user and a provider on a day (V8(4))."""
    user, provider = organisation(beneficiary_id), organisation(provider_id)
    user_controller, provider_controller = controller_id(user.id, on), controller_id(provider.id, on)
    return RelationFacts(
        user_holds_percent=_holding(user.id, provider.id, on),
        provider_holds_percent=_holding(provider.id, user.id, on),
        jointly_established=_jointly_established(user.id, provider.id, on),
        same_controller=user_controller is not None and user_controller == provider_controller,
        same_legal_representative=same_text(user.legal_representative, provider.legal_representative),
        shared_phone=same_phone(user.phone, provider.phone),
        shared_bank_account=_shared_bank_account(user.id, provider.id) is not None,
        shared_address=same_address(user.address, provider.address, regions=policy.region_names(on)),
    )


def shared_details(beneficiary_id: int, provider_id: int, on: date) -> dict[str, str]:
    """What a user and a provider state alike, by what it is: phone and address as the user states them, and the last
    digits of a bank account of both. What they do not share is left out."""
    user, provider = organisation(beneficiary_id), organisation(provider_id)
    shared = {}
    if same_phone(user.phone, provider.phone):
        shared["shared_phone"] = user.phone
    if same_address(user.address, provider.address, regions=policy.region_names(on)):
        shared["shared_address"] = user.address
    account = _shared_bank_account(user.id, provider.id)
    if account is not None:
        shared["shared_bank_account"] = account[-_SHOWN_DIGITS:]
    return shared


def _running_tenure(organisation_id: int, on: date) -> ControllerTenure | None:
    return session().scalar(
        select(ControllerTenure).where(
            ControllerTenure.organisation_id == organisation_id, _covers(ControllerTenure, on)
        )
    )


def _holding(holder_id: int, held_id: int, on: date) -> Decimal:
    found = session().scalar(
        select(Holding.percent).where(
            Holding.holder_id == holder_id,
            Holding.held_id == held_id,
            Holding.annulled_at.is_(None),
            _covers(Holding, on),
        )
    )
    return NO_HOLDING if found is None else found


def _jointly_established(one: int, other: int, on: date) -> bool:
    pair = JointEstablishment
    found = select(
        exists().where(
            pair.a_id == min(one, other),
            pair.b_id == max(one, other),
            pair.annulled_at.is_(None),
            or_(pair.since.is_(None), pair.since <= on),
            or_(pair.until.is_(None), pair.until > on),
        )
    )
    return bool(session().scalar(found))


def _shared_bank_account(one: int, other: int) -> str | None:
    theirs = select(BankAccount.account_number).where(
        BankAccount.organisation_id == other, BankAccount.state.in_(_LIVE_ACCOUNTS)
    )
    return session().scalar(
        select(BankAccount.account_number)
        .where(
            BankAccount.organisation_id == one,
            BankAccount.state.in_(_LIVE_ACCOUNTS),
            BankAccount.account_number.in_(theirs),
        )
        .order_by(BankAccount.id)
        .limit(1)
    )


def _covers(model: type[ControllerTenure | Holding], on: date) -> ColumnElement[bool]:
    return and_(model.since <= on, or_(model.until.is_(None), model.until > on))
