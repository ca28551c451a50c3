"""Stripe's HTTP API: payment intents, pages for cards, refunds, disputes, providers' accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from core.late import LateModule
from settlement.rules.gateway import (
    ATTEMPT,
    CURRENCY,
    Denied,
    Lost,
    Opening,
    RefundOrder,
    RefundTold,
    Remote,
    RemoteAccount,
    RemoteDispute,
    RemoteRefund,
    Told,
)
from settlement.rules.methods import PaymentMethod

if TYPE_CHECKING:
    import requests.adapters
    import urllib3
else:
    requests, urllib3 = LateModule("requests"), LateModule("urllib3")

API_VERSION = "2024-06-20"
"""The version of the interface these requests and answers are written in."""
CONNECT_SECONDS = 3.05
CONNECT_TRIES = 2
"""A connection that was not made carried nothing and may be tried again."""
FORM = "application/x-www-form-urlencoded"
PAGE = 100
REFUND_KEY = "key"

_INTENT = {
    "succeeded": Told.SUCCEEDED,
    "canceled": Told.CANCELLED,
    "requires_payment_method": Told.DECLINED,
    "requires_confirmation": Told.WAITING,
    "requires_action": Told.WAITING,
    "processing": Told.WAITING,
}
_REFUND = {
    "succeeded": RefundTold.SUCCEEDED,
    "failed": RefundTold.FAILED,
    "canceled": RefundTold.FAILED,
}
_CAPABILITY = {
    "card_payments": PaymentMethod.CARD,
    "alipay_payments": PaymentMethod.ALIPAY,
    "wechat_pay_payments": PaymentMethod.WECHAT_PAY,
}
_UNDECIDED = frozenset({409, 429})
"""Statuses after which it may still be done, or be done later: the key is in use, or there were too many calls."""
_SERVER_FAULT = 500
_DECLINED = 402

Json = Mapping[str, Any]


class StripeGateway:
    """One platform account, paid on behalf of the providers' connected accounts."""

    name = "stripe"

    def __init__(self, *, base: str, secret_key: str, timeout_seconds: float) -> None:
        self._base = base
        self._secret_key = secret_key
        self._timeout = (CONNECT_SECONDS, timeout_seconds)

    def open(self, opening: Opening) -> Remote:
        """A page for a card; an intent that is confirmed at once for the others, which lead the user elsewhere."""
        if opening.method is PaymentMethod.CARD:
            told = self._call("POST", "/v1/checkout/sessions", _session_params(opening), key=opening.reference)
            return _session(told)
        return _intent(self._call("POST", "/v1/payment_intents", _intent_params(opening), key=opening.reference))

    def look(self, *, intent_id: str | None, session_id: str | None) -> Remote:
        if session_id is not None:
            return _session(self._call("GET", f"/v1/checkout/sessions/{session_id}", _WITH_INTENT))
        return _intent(self._call("GET", f"/v1/payment_intents/{intent_id}"))

    def search(self, *, reference: str, session: bool, since: datetime) -> Remote | None:
        path = "/v1/checkout/sessions" if session else "/v1/payment_intents"
        for found in self._pages(path, {"created": {"gte": int(since.timestamp())}}):
            if _metadata(found).get(ATTEMPT) == reference:
                return self.look(
                    intent_id=None if session else str(found["id"]), session_id=str(found["id"]) if session else None
                )
        return None

    def cancel(self, *, intent_id: str | None, session_id: str | None) -> Remote:
        if session_id is not None:
            return _session(self._call("POST", f"/v1/checkout/sessions/{session_id}/expire", _WITH_INTENT))
        return _intent(self._call("POST", f"/v1/payment_intents/{intent_id}/cancel"))

    def refund(self, order: RefundOrder) -> RemoteRefund:
        params = {
            "payment_intent": order.intent_id,
            "amount": order.amount_fen,
            "reverse_transfer": True,
            "metadata": {ATTEMPT: order.reference, REFUND_KEY: order.key},
        }
        return _refund(self._call("POST", "/v1/refunds", params, key=order.key))

    def look_at_refund(self, refund_id: str) -> RemoteRefund:
        return _refund(self._call("GET", f"/v1/refunds/{refund_id}"))

    def search_refund(self, *, intent_id: str, key: str) -> RemoteRefund | None:
        for found in self._pages("/v1/refunds", {"payment_intent": intent_id}):
            if _metadata(found).get(REFUND_KEY) == key:
                return _refund(found)
        return None

    def dispute(self, dispute_id: str) -> RemoteDispute:
        return _dispute(self._call("GET", f"/v1/disputes/{dispute_id}"))

    def open_account(self, *, reference: str, organisation_id: int) -> RemoteAccount:
        params = {
            "type": "express",
            "capabilities": {name: {"requested": True} for name in ("transfers", *_CAPABILITY)},
            "metadata": {ATTEMPT: reference, "organisation": organisation_id},
        }
        return _account(self._call("POST", "/v1/accounts", params, key=reference))

    def look_at_account(self, account: str) -> RemoteAccount:
        return _account(self._call("GET", f"/v1/accounts/{account}"))

    def onboarding_link(self, *, account: str, return_url: str) -> str:
        params = {
            "account": account,
            "refresh_url": return_url,
            "return_url": return_url,
            "type": "account_onboarding",
        }
        return str(self._call("POST", "/v1/account_links", params)["url"])

    def _pages(self, path: str, params: Json) -> Iterator[Json]:
        after: dict[str, str] = {}
        while True:
            page = self._call("GET", path, {**params, "limit": PAGE, **after})
            yield from page["data"]
            if not page.get("has_more") or not page["data"]:
                return
            after = {"starting_after": str(page["data"][-1]["id"])}

    def _call(self, method: str, path: str, params: Json | None = None, *, key: str | None = None) -> Json:
        """One request and its answer; raises Lost and Denied. A POST is sent once: whoever asks decides about more."""
        fields = dict(_flat(params or {}))
        headers = {"Stripe-Version": API_VERSION, **({} if key is None else {"Idempotency-Key": key})}
        if method == "POST":
            headers["Content-Type"] = FORM  # also where there is nothing to send, or it is refused
        with requests.Session() as http:
            http.mount(self._base, requests.adapters.HTTPAdapter(max_retries=_retry()))
            try:
                reply = http.request(
                    method,
                    f"{self._base}{path}",
                    params=fields if method == "GET" else None,
                    data=None if method == "GET" else fields,
                    headers=headers,
                    auth=(self._secret_key, ""),
                    timeout=self._timeout,
                    allow_redirects=False,
                )
                told = reply.json()
            except requests.RequestException as lost:
                # Its own words may hold the address; the kind of fault is enough.
                raise Lost(type(lost).__name__) from None
        if not isinstance(told, dict) or reply.status_code >= _SERVER_FAULT or reply.status_code in _UNDECIDED:
            raise Lost(f"status {reply.status_code}")
        if reply.ok:
            return told
        error = told.get("error")
        if not isinstance(error, dict):
            raise Lost(f"status {reply.status_code}")
        if reply.status_code == _DECLINED and isinstance(error.get("payment_intent"), dict):
            intent: Json = error["payment_intent"]
            return intent
        raise Denied(str(error.get("code") or error.get("type") or "unexplained"), status=reply.status_code)


_WITH_INTENT: Json = {"expand": ["payment_intent"]}


@cache
def _retry() -> urllib3.Retry:
    return urllib3.Retry(total=None, connect=CONNECT_TRIES, read=0, redirect=0, status=0, other=0, backoff_factor=0.1)


def _intent_params(opening: Opening) -> Json:
    method = opening.method.value
    params: dict[str, Any] = {
        "amount": opening.amount_fen,
        "currency": CURRENCY,
        "confirm": True,
        "payment_method_types": [method],
        "payment_method_data": {"type": method},
        "return_url": opening.return_url,
        "description": opening.description,
        **_on_behalf(opening),
    }
    if opening.method is PaymentMethod.WECHAT_PAY:
        # With a code to scan nobody is led away, and an address to come back to is refused.
        params["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        del params["return_url"]
    return params


def _session_params(opening: Opening) -> Json:
    price = {
        "currency": CURRENCY,
        "unit_amount": opening.amount_fen,
        "product_data": {"name": opening.description},
    }
    return {
        "mode": "payment",
        "payment_method_types": [PaymentMethod.CARD.value],
        "line_items": [{"quantity": 1, "price_data": price}],
        "client_reference_id": opening.reference,
        "metadata": _labels(opening),
        "payment_intent_data": {"description": opening.description, **_on_behalf(opening)},
        "success_url": opening.return_url,
        "cancel_url": opening.return_url,
        "expires_at": int(opening.expires_at.timestamp()),
        **_WITH_INTENT,
    }


def _on_behalf(opening: Opening) -> Json:
    """The provider is the one who sells, and the money goes to its own account."""
    return {
        "on_behalf_of": opening.account,
        "transfer_data": {"destination": opening.account},
        "metadata": _labels(opening),
    }


def _labels(opening: Opening) -> Json:
    return {ATTEMPT: opening.reference, "order": opening.order_id}


def _intent(told: Json) -> Remote:
    action = told.get("next_action") or {}
    kind = action.get("type")
    redirect = action.get(kind) if isinstance(kind, str) else None
    shown = redirect if isinstance(redirect, dict) else {}
    error = told.get("last_payment_error") or {}
    return Remote(
        told=_INTENT.get(str(told["status"]), Told.UNEXPECTED),
        status=str(told["status"]),
        amount_fen=int(told["amount"]),
        currency=str(told["currency"]),
        reference=_metadata(told).get(ATTEMPT),
        intent_id=str(told["id"]),
        charge_id=_id_of(told.get("latest_charge")),
        account=_id_of((told.get("transfer_data") or {}).get("destination")),
        received_fen=int(told.get("amount_received") or 0),
        failure=error.get("code") or error.get("type") or told.get("cancellation_reason"),
        next_url=shown.get("url") or shown.get("hosted_instructions_url"),
        qr_data=shown.get("data"),
    )


def _session(told: Json) -> Remote:
    """A card's page. While it is open the user may try one card after the other."""
    intent = told.get("payment_intent")
    paid = _intent(intent) if isinstance(intent, dict) else None
    status = str(told["status"])
    return Remote(
        told=_page_says(status, paid),
        status=status if paid is None else f"{status}/{paid.status}",
        amount_fen=int(told["amount_total"] or 0) if paid is None else paid.amount_fen,
        currency=str(told["currency"]) if paid is None else paid.currency,
        reference=_metadata(told).get(ATTEMPT),
        session_id=str(told["id"]),
        intent_id=None if paid is None else paid.intent_id,
        charge_id=None if paid is None else paid.charge_id,
        account=None if paid is None else paid.account,
        received_fen=0 if paid is None else paid.received_fen,
        failure=None if paid is None else paid.failure,
        next_url=told.get("url"),
    )


def _page_says(status: str, paid: Remote | None) -> Told:
    if paid is not None and paid.told is Told.SUCCEEDED:
        return Told.SUCCEEDED
    if status == "expired":
        return Told.CANCELLED
    return Told.WAITING if status in {"open", "complete"} else Told.UNEXPECTED


def _refund(told: Json) -> RemoteRefund:
    return RemoteRefund(
        told=_REFUND.get(str(told["status"]), RefundTold.WAITING),
        status=str(told["status"]),
        refund_id=str(told["id"]),
        intent_id=_id_of(told.get("payment_intent")),
        amount_fen=int(told["amount"]),
        currency=str(told["currency"]),
        reference=_metadata(told).get(ATTEMPT),
        key=_metadata(told).get(REFUND_KEY),
        failure=told.get("failure_reason"),
    )


def _account(told: Json) -> RemoteAccount:
    active = {name for name, state in (told.get("capabilities") or {}).items() if state == "active"}
    needs = (told.get("requirements") or {}).get("currently_due") or ()
    return RemoteAccount(
        account=str(told["id"]),
        reference=_metadata(told).get(ATTEMPT),
        charges_enabled=bool(told.get("charges_enabled")),
        submitted=bool(told.get("details_submitted")),
        methods=tuple(sorted(method.value for name, method in _CAPABILITY.items() if name in active)),
        missing=tuple(str(need) for need in needs),
    )


def _dispute(told: Json) -> RemoteDispute:
    due = (told.get("evidence_details") or {}).get("due_by")
    return RemoteDispute(
        dispute_id=str(told["id"]),
        intent_id=_id_of(told.get("payment_intent")),
        charge_id=_id_of(told.get("charge")),
        amount_fen=int(told["amount"]),
        currency=str(told["currency"]),
        reason=str(told["reason"]),
        status=str(told["status"]),
        due_by=None if due is None else datetime.fromtimestamp(int(due), UTC),
    )


def _metadata(told: Json) -> Mapping[str, str]:
    return told.get("metadata") or {}


def _id_of(told: object) -> str | None:
    """A number, whether it came alone or with its object."""
    found = told.get("id") if isinstance(told, Mapping) else told
    return found if isinstance(found, str) else None


def _flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested fields in the form Stripe takes them: ``transfer_data[destination]``, ``line_items[0][quantity]``."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{index}]")
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
