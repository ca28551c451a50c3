"""Reads of how organisations are related: holdings, joint establishments, what both state alike (V8(4))."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import BindParameter, Select, or_, select

from accounts import policy
from accounts.models import BankAccount, Holding, JointEstablishment, Organisation
from accounts.queries.organisations import organisation, visible_organisations
from accounts.rules.relation import same_address, same_phone
from accounts.states import BankAccountState
from core.db import session
from core.errors import NotFound
from core.permissions import Actor

_LIVE_ACCOUNTS = (BankAccountState.PENDING, BankAccountState.VERIFIED)
_SHOWN_DIGITS = 4
"""Digits of a bank account that tell it from others without telling it."""


class RelationMissing(NotFound):
    """There is no such holding or joint establishment for this actor."""

    code = "relation_missing"


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


def shared_details(beneficiary_id: int, provider_id: int, on: date) -> dict[str, str]:
    """What a user and a provider state alike, by what it is: phone and address as the user states them, and the last
    digits of a bank account of both. What they do not share is left out."""
    user, provider = organisation(beneficiary_id), organisation(provider_id)
    shared = {}
    if same_phone(user.phone, provider.phone):
        shared["shared_phone"] = user.phone
    if same_address(user.address, provider.address, regions=policy.region_names(on)):
        shared["shared_address"] = user.address
    account = session().scalar(shared_account(user.id, provider.id))
    if account is not None:
        shared["shared_bank_account"] = account[-_SHOWN_DIGITS:]
    return shared


def shared_account(one: int | BindParameter[int], other: int | BindParameter[int]) -> Select[tuple[str]]:
    """The number of a live bank account that two organisations have both named; the first named counts."""
    theirs = select(BankAccount.account_number).where(
        BankAccount.organisation_id == other, BankAccount.state.in_(_LIVE_ACCOUNTS)
    )
    return (
        select(BankAccount.account_number)
        .where(
            BankAccount.organisation_id == one,
            BankAccount.state.in_(_LIVE_ACCOUNTS),
            BankAccount.account_number.in_(theirs),
        )
        .order_by(BankAccount.id)
        .limit(1)
    )
