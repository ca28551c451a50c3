"""A provider's own account at the gateway: made once, completed there by the provider, and watched."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core import audit
from core.db import leave_transaction, require_transaction, transaction
from core.errors import Busy, NotFound
from core.permissions import SYSTEM, Actor, authorise
from core.states import apply
from settlement import permissions
from settlement.gateways import gateway
from settlement.models import GatewayAccount
from settlement.rules.gateway import Denied, Lost, RemoteAccount
from settlement.states import ACCOUNT_TRANSITIONS, AccountAction, AccountState
from settlement.steps.refunds import REFERENCE_BYTES


class AccountMissing(NotFound):
    """This organisation has no account at the gateway yet."""

    code = "gateway_account_missing"


class GatewaySilent(Busy):
    """The payment gateway does not answer; what was asked is kept and may be asked again."""

    code = "gateway_silent"


def enrol(*, actor: Actor, now: datetime) -> GatewayAccount:
    """The account of the actor's own organisation, recorded to be made at the gateway if there is none yet.

    Raises :class:`~settlement.gateways.GatewayOff`.
    """
    with transaction() as current:
        authorise(actor, permissions.may_enrol)
        name = gateway().name
        made = current.execute(
            insert(GatewayAccount)
            .values(
                organisation_id=actor.organisation_id,
                gateway=name,
                reference=f"account-{secrets.token_hex(REFERENCE_BYTES)}",
                state=ACCOUNT_TRANSITIONS.initial,
                submitted=False,
                methods=[],
                missing=[],
                opened_at=now,
            )
            .on_conflict_do_nothing(index_elements=["organisation_id"])
            .returning(GatewayAccount.id)
        ).scalar_one_or_none()
        account = current.scalars(
            select(GatewayAccount).where(GatewayAccount.organisation_id == actor.organisation_id)
        ).one()
        if made is not None:
            audit.record(actor=actor, now=now, action="enrol", subject=account, to_state=account.state)
        return account


def onboard(account_id: int, *, return_url: str, now: datetime) -> str:
    """Make the account at the gateway where that was not done, and ask for the address where it is completed.

    Called with no transaction open. Raises :class:`GatewaySilent`.
    """
    refresh_or_open(account_id, now=now)
    with transaction():
        account = _locked(account_id).account
    leave_transaction()
    try:
        if account is None:
            raise GatewaySilent
        return gateway().onboarding_link(account=account, return_url=return_url)
    except (Lost, Denied) as silent:
        raise GatewaySilent from silent


def refresh_or_open(account_id: int, *, now: datetime) -> None:
    """How the account stands, once it is made; raises :class:`GatewaySilent`."""
    try:
        refresh(account_id, now=now)
    except (Lost, Denied) as silent:
        raise GatewaySilent from silent


def refresh(account_id: int, *, now: datetime) -> None:
    """Ask how an account stands, or for it to be made, and record that. Raises Lost and Denied."""
    with transaction():
        ours = _locked(account_id)
        account, reference, organisation_id = ours.account, ours.reference, ours.organisation_id
    leave_transaction()
    if account is None:
        remote = gateway().open_account(reference=reference, organisation_id=organisation_id)
    else:
        remote = gateway().look_at_account(account)
    with transaction():
        _note(_locked(account_id), remote, now=now)


def _locked(account_id: int) -> GatewayAccount:
    found = select(GatewayAccount).where(GatewayAccount.id == account_id).with_for_update()
    return require_transaction().scalars(found.execution_options(populate_existing=True)).one()


def _note(account: GatewayAccount, remote: RemoteAccount, *, now: datetime) -> None:
    """An answer about another account than ours changes nothing."""
    if account.account not in (None, remote.account):
        return
    account.account = remote.account
    account.submitted, account.methods = remote.submitted, list(remote.methods)
    account.missing, account.checked_at = list(remote.missing), now
    usable = remote.charges_enabled and bool(remote.methods)
    action = _step(account.state, usable=usable)
    if action is not None:
        apply(account, action, transitions=ACCOUNT_TRANSITIONS, actor=SYSTEM, now=now)


def _step(state: AccountState, *, usable: bool) -> AccountAction | None:
    if usable:
        return None if state is AccountState.READY else AccountAction.OPEN
    if state is AccountState.CREATED:
        return AccountAction.AWAIT
    return AccountAction.RESTRICT if state is AccountState.READY else None
