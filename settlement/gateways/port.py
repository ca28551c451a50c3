"""The one small interface behind which payment gateways stand. Every call may raise Lost or Denied."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from settlement.rules.gateway import Opening, RefundOrder, Remote, RemoteAccount, RemoteDispute, RemoteRefund


class Gateway(Protocol):
    """What a payment gateway can be asked. None of it may be asked while a transaction is open."""

    name: str

    def open(self, opening: Opening) -> Remote:
        """Begin a payment; the same reference begins one payment, however often it is asked."""

    def look(self, *, intent_id: str | None, session_id: str | None) -> Remote:
        """How a payment stands."""

    def search(self, *, reference: str, session: bool, since: datetime) -> Remote | None:
        """The payment with our reference, where its number at the gateway is not known."""

    def cancel(self, *, intent_id: str | None, session_id: str | None) -> Remote:
        """Make it impossible to pay; denied where it was paid already."""

    def refund(self, order: RefundOrder) -> RemoteRefund:
        """Give money back; the same key gives it back once."""

    def look_at_refund(self, refund_id: str) -> RemoteRefund:
        """How a refund stands."""

    def search_refund(self, *, intent_id: str, key: str) -> RemoteRefund | None:
        """The refund with our key among those of a payment."""

    def dispute(self, dispute_id: str) -> RemoteDispute:
        """How a dispute stands."""

    def open_account(self, *, reference: str, organisation_id: int) -> RemoteAccount:
        """Make a provider's account; the same reference makes one."""

    def look_at_account(self, account: str) -> RemoteAccount:
        """How a provider's account stands."""

    def onboarding_link(self, *, account: str, return_url: str) -> str:
        """An address, good once and for minutes, where the provider tells the gateway who it is."""
