"""A small gateway with a memory, for how the service behaves when a real one does not.

It keeps books of its own, does with a key what it did the first time, and can lose replies, stay silent, cut the
connection, decline, and tell of events as often and in whatever order a test likes.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from enum import StrEnum
from typing import Any

from settlement.rules.signature import sign

Json = dict[str, Any]
SECRET = "whsec_only_for_tests"
TIMEOUT_SECONDS = 0.25
"""How long the service waits for an answer in these tests."""


class Fault(StrEnum):
    """What goes wrong with the next request."""

    LOSE_REPLY = "lose_reply"
    """It is done; the connection is cut before the answer."""
    CUT = "cut"
    """The connection is cut before anything is done."""
    SILENT = "silent"
    """It is done, and no answer ever comes."""
    ERROR_AFTER = "error_after"
    """It is done, and the answer is a fault of the server."""
    ERROR_BEFORE = "error_before"
    """Nothing is done, and the answer is a fault of the server."""
    GARBLED = "garbled"
    """It is done, and the answer cannot be read."""


class FakeStripe:
    """The gateway's state. Every public method is safe to call while requests come in."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.intents: dict[str, Json] = {}
        self.sessions: dict[str, Json] = {}
        self.refunds: dict[str, Json] = {}
        self.accounts: dict[str, Json] = {}
        self.disputes: dict[str, Json] = {}
        self.keys: dict[str, tuple[str, Json, int, Json]] = {}
        self.events: list[Json] = []
        self.faults: deque[Fault] = deque()
        self.requests: list[tuple[str, str, Json, dict[str, str]]] = []
        self.bend: Json = {}
        """What the next intent is given instead of what was asked for."""
        self.refund_status = "succeeded"
        self.decline_at_once = False
        self._made = 0
        self.released = threading.Event()

    # -- what users, banks and the gateway itself do -----------------------------------------------------------------

    def pay(self, own_id: str) -> None:
        """The user pays an intent, or a card's page."""
        with self.lock:
            if own_id in self.sessions:
                session = self.sessions[own_id]
                assert session["status"] == "open"
                intent = self._new_intent(session["_intent"])
                session.update(status="complete", payment_status="paid", payment_intent=intent["id"], url=None)
                self._succeed(intent)
                self._tell("checkout.session.completed", self._shown_session(session, expand=False))
                return
            intent = self.intents[own_id]
            assert intent["status"] == "requires_action"
            self._succeed(intent)

    def decline(self, intent_id: str) -> None:
        """The user's bank refuses, or the user goes back."""
        with self.lock:
            intent = self.intents[intent_id]
            intent.update(
                status="requires_payment_method", next_action=None, last_payment_error={"code": "payment_declined"}
            )
            self._tell("payment_intent.payment_failed", intent)

    def settle_refund(self, refund_id: str, status: str) -> None:
        """A refund that was pending ends, or one that succeeded comes back."""
        with self.lock:
            refund = self.refunds[refund_id]
            refund["status"] = status
            refund["failure_reason"] = "expired_or_canceled_card" if status == "failed" else None
            self._tell("refund.updated", refund)

    def dispute(self, intent_id: str, status: str = "needs_response") -> str:
        """The user's bank contests a charge, or the dispute goes on."""
        with self.lock:
            found = [each for each in self.disputes.values() if each["payment_intent"] == intent_id]
            if found:
                found[0]["status"] = status
                self._tell("charge.dispute.updated", found[0])
                return str(found[0]["id"])
            intent = self.intents[intent_id]
            made = {
                "id": self._id("dp"),
                "object": "dispute",
                "payment_intent": intent_id,
                "charge": intent["latest_charge"],
                "amount": intent["amount"],
                "currency": "cny",
                "reason": "fraudulent",
                "status": status,
                "evidence_details": {"due_by": 1_775_000_000},
                "metadata": {},
            }
            self.disputes[made["id"]] = made
            self._tell("charge.dispute.created", made)
            return str(made["id"])

    def enable(self, account: str, *methods: str) -> None:
        """The provider has told all; its account is ready for these ways of paying."""
        with self.lock:
            found = self.accounts[account]
            found.update(
                charges_enabled=bool(methods),
                details_submitted=True,
                capabilities={f"{method}_payments": "active" for method in methods},
            )
            self._tell("account.updated", found)

    @property
    def received_fen(self) -> int:
        """What the gateway took in all."""
        with self.lock:
            return sum(each["amount_received"] for each in self.intents.values())

    @property
    def refunded_fen(self) -> int:
        """What it gave back in all."""
        with self.lock:
            return sum(each["amount"] for each in self.refunds.values() if each["status"] in {"succeeded", "pending"})

    def release(self) -> None:
        """Let every silent request go, so that the server can end."""
        self.released.set()

    @staticmethod
    def signed(event: Json, *, at: int, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
        """An event as it is sent: its bytes and headers."""
        body = json.dumps(event).encode()
        return body, {"Stripe-Signature": f"t={at},v1={sign(body, secret=secret, at=at)}"}

    # -- the HTTP interface ------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, params: Json, headers: dict[str, str]) -> tuple[int, Json]:
        """Do what is asked, once for each key."""
        with self.lock:
            self.requests.append((method, path, params, headers))
            key = headers.get("idempotency-key")
            if method == "POST" and key in self.keys:
                asked, before, status, told = self.keys[key]
                if (asked, before) != (path, params):
                    return 400, {"error": {"type": "idempotency_error"}}
                return status, told
            status, told = self._do(method, path, params)
            told = json.loads(json.dumps(told))
            if method == "POST" and key is not None:
                self.keys[key] = (path, params, status, told)
            return status, told

    def _do(self, method: str, path: str, params: Json) -> tuple[int, Json]:
        for verb, pattern, act in (
            ("POST", r"/v1/payment_intents", self._open_intent),
            ("GET", r"/v1/payment_intents", lambda p: self._list(self.intents.values())),
            ("GET", r"/v1/payment_intents/(\w+)", lambda p, i: self._get(self.intents, i)),
            ("POST", r"/v1/payment_intents/(\w+)/cancel", self._cancel_intent),
            ("POST", r"/v1/checkout/sessions", self._open_session),
            ("GET", r"/v1/checkout/sessions", lambda p: self._list(map(self._shown_session, self.sessions.values()))),
            ("GET", r"/v1/checkout/sessions/(\w+)", self._get_session),
            ("POST", r"/v1/checkout/sessions/(\w+)/expire", self._expire_session),
            ("POST", r"/v1/refunds", self._open_refund),
            ("GET", r"/v1/refunds", self._list_refunds),
            ("GET", r"/v1/refunds/(\w+)", lambda p, i: self._get(self.refunds, i)),
            ("GET", r"/v1/disputes/(\w+)", lambda p, i: self._get(self.disputes, i)),
            ("POST", r"/v1/accounts", self._open_account),
            ("GET", r"/v1/accounts/(\w+)", lambda p, i: self._get(self.accounts, i)),
            ("POST", r"/v1/account_links", lambda p: (200, {"url": f"https://connect.example/{p['account']}"})),
        ):
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                answered: tuple[int, Json] = act(params, *found.groups())
                return answered
        return 404, {"error": {"type": "invalid_request_error", "code": "url_unknown"}}

    def _open_intent(self, params: Json) -> tuple[int, Json]:
        intent = self._new_intent(
            {
                "amount": int(params["amount"]),
                "currency": params["currency"],
                "metadata": params["metadata"],
                "transfer_data": params["transfer_data"],
                **self.bend,
            }
        )
        self.bend = {}
        if self.decline_at_once:
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"code": "card_declined"}
            return 402, {"error": {"type": "card_error", "code": "card_declined", "payment_intent": intent}}
        intent["status"] = "requires_action"
        intent["next_action"] = _NEXT_ACTION[params["payment_method_data"]["type"]]
        self._tell("payment_intent.created", intent)
        return 200, intent

    def _new_intent(self, given: Json) -> Json:
        made = {
            "id": self._id("pi"),
            "object": "payment_intent",
            "status": "requires_payment_method",
            "amount_received": 0,
            "latest_charge": None,
            "next_action": None,
            "last_payment_error": None,
            **given,
        }
        self.intents[made["id"]] = made
        return made

    def _succeed(self, intent: Json) -> None:
        intent.update(
            status="succeeded", amount_received=intent["amount"], latest_charge=self._id("ch"), next_action=None
        )
        self._tell("payment_intent.succeeded", intent)

    def _cancel_intent(self, _params: Json, own_id: str) -> tuple[int, Json]:
        intent = self.intents[own_id]
        if intent["status"] == "succeeded":
            return 400, {"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}}
        intent.update(status="canceled", next_action=None)
        self._tell("payment_intent.canceled", intent)
        return 200, intent

    def _open_session(self, params: Json) -> tuple[int, Json]:
        price = params["line_items"]["0"]["price_data"]
        inner = params["payment_intent_data"]
        made = {
            "id": self._id("cs"),
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "amount_total": int(price["unit_amount"]),
            "currency": price["currency"],
            "metadata": params["metadata"],
            "payment_intent": None,
            "url": "https://checkout.example/c/pay",
            "_intent": {
                "amount": int(price["unit_amount"]),
                "currency": price["currency"],
                "metadata": inner["metadata"],
                "transfer_data": inner["transfer_data"],
                **self.bend,
            },
        }
        self.bend = {}
        self.sessions[made["id"]] = made
        return 200, self._shown_session(made)

    def _get_session(self, _params: Json, own_id: str) -> tuple[int, Json]:
        return (200, self._shown_session(self.sessions[own_id])) if own_id in self.sessions else _MISSING

    def _expire_session(self, _params: Json, own_id: str) -> tuple[int, Json]:
        session = self.sessions[own_id]
        if session["status"] != "open":
            return 400, {"error": {"type": "invalid_request_error"}}
        session.update(status="expired", url=None)
        shown = self._shown_session(session)
        self._tell("checkout.session.expired", shown)
        return 200, shown

    def _shown_session(self, session: Json, *, expand: bool = True) -> Json:
        shown = {name: value for name, value in session.items() if not name.startswith("_")}
        if expand and shown["payment_intent"] is not None:
            shown["payment_intent"] = self.intents[shown["payment_intent"]]
        return shown

    def _open_refund(self, params: Json) -> tuple[int, Json]:
        intent = self.intents[params["payment_intent"]]
        back = sum(
            each["amount"]
            for each in self.refunds.values()
            if each["payment_intent"] == intent["id"] and each["status"] != "failed"
        )
        amount = int(params["amount"])
        if amount > intent["amount_received"] - back:
            return 400, {"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}}
        made = {
            "id": self._id("re"),
            "object": "refund",
            "payment_intent": intent["id"],
            "amount": amount,
            "currency": intent["currency"],
            "status": self.refund_status,
            "metadata": params["metadata"],
            "failure_reason": "declined" if self.refund_status == "failed" else None,
        }
        self.refunds[made["id"]] = made
        self._tell("refund.created", made)
        return 200, made

    def _list_refunds(self, params: Json) -> tuple[int, Json]:
        mine = [each for each in self.refunds.values() if each["payment_intent"] == params["payment_intent"]]
        return self._list(mine)

    def _open_account(self, params: Json) -> tuple[int, Json]:
        made = {
            "id": self._id("acct"),
            "object": "account",
            "charges_enabled": False,
            "details_submitted": False,
            "capabilities": {},
            "requirements": {"currently_due": ["external_account"]},
            "metadata": params["metadata"],
        }
        self.accounts[made["id"]] = made
        return 200, made

    def _get(self, rows: dict[str, Json], own_id: str) -> tuple[int, Json]:
        return (200, rows[own_id]) if own_id in rows else _MISSING

    def _list(self, rows: Any) -> tuple[int, Json]:
        return 200, {"object": "list", "data": list(rows), "has_more": False}

    def _tell(self, kind: str, about: Json) -> None:
        event = {"id": self._id("evt"), "object": "event", "type": kind, "data": {"object": about}}
        self.events.append(json.loads(json.dumps(event)))

    def _id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}_{self._made:06d}"


_MISSING: tuple[int, Json] = (404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}})
_NEXT_ACTION: dict[str, Json] = {
    "alipay": {"type": "alipay_handle_redirect", "alipay_handle_redirect": {"url": "https://alipay.example/pay"}},
    "wechat_pay": {
        "type": "wechat_pay_display_qr_code",
        "wechat_pay_display_qr_code": {
            "data": "weixin://wxpay/bizpayurl?pr=x",
            "hosted_instructions_url": "https://wechat.example/scan",
        },
    },
}
