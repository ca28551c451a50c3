"""Signatures, what is asked next, and what does not agree."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from settlement.rules.gateway import (
    KEY_LIFE,
    LONGEST_PAUSE,
    TERM,
    Ask,
    Concern,
    EventSubject,
    Remote,
    Told,
    concern_of,
    differences,
    next_ask,
    next_refund_ask,
    pause,
)
from settlement.rules.signature import TOLERANCE_SECONDS, is_signed, sign

NOW = datetime(2026, 1, 8, 2, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
BODY = b'{"id": "evt_1"}'


def header(*, at: int = AT, secret: str = "one", body: bytes = BODY) -> str:
    return f"t={at},v1={sign(body, secret=secret, at=at)}"


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        (header(), True),
        (header(secret="two"), True),
        (f"t={AT},v1=00,v1={sign(BODY, secret='one', at=AT)},v0=xx", True),
        (header(secret="three"), False),
        (header(body=b'{"id": "evt_2"}'), False),
        (header(at=AT - TOLERANCE_SECONDS), True),
        (header(at=AT - TOLERANCE_SECONDS - 1), False),
        (header(at=AT + TOLERANCE_SECONDS + 1), False),
        (f"v1={sign(BODY, secret='one', at=AT)}", False),
        (f"t={AT}", False),
        (f"t={AT},t={AT},v1={sign(BODY, secret='one', at=AT)}", False),
        ("t=٣,v1=x", False),
        ("t=-1,v1=x", False),
        (f"t={AT},v1=é", False),
        ("", False),
    ],
)
def test_a_call_is_signed_with_one_of_the_secrets_near_our_time(given: str, accepted: bool) -> None:
    assert is_signed(BODY, given, secrets=("one", "two"), at=AT) is accepted


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed(BODY, header(), secrets=(), at=AT)


@pytest.mark.parametrize(
    ("known", "sent_ago", "given_up", "left", "wanted"),
    [
        (False, None, False, TERM, Ask.OPEN),
        (False, None, True, TERM, Ask.DROP),
        (False, timedelta(minutes=1), False, TERM, Ask.OPEN),
        (False, timedelta(minutes=1), True, TERM, Ask.OPEN),
        (False, KEY_LIFE - timedelta(seconds=1), False, -TERM, Ask.OPEN),
        (False, KEY_LIFE, False, -TERM, Ask.SEARCH),
        (True, timedelta(minutes=1), False, timedelta(seconds=1), Ask.LOOK),
        (True, timedelta(minutes=1), True, TERM, Ask.CANCEL),
        (True, timedelta(minutes=1), False, timedelta(0), Ask.CANCEL),
    ],
)
def test_what_is_asked_next(
    known: bool, sent_ago: timedelta | None, given_up: bool, left: timedelta, wanted: Ask
) -> None:
    sent = None if sent_ago is None else NOW - sent_ago
    assert next_ask(known=known, first_sent_at=sent, expires_at=NOW + left, given_up=given_up, now=NOW) is wanted


def test_a_refund_is_sent_again_with_its_key_and_then_searched_for() -> None:
    assert next_refund_ask(known=True, first_sent_at=NOW, now=NOW) is Ask.LOOK
    assert next_refund_ask(known=False, first_sent_at=None, now=NOW) is Ask.OPEN
    assert next_refund_ask(known=False, first_sent_at=NOW, now=NOW + KEY_LIFE - timedelta(seconds=1)) is Ask.OPEN
    assert next_refund_ask(known=False, first_sent_at=NOW, now=NOW + KEY_LIFE) is Ask.SEARCH


def test_pauses_grow_and_end() -> None:
    pauses = [pause(asks) for asks in range(20)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


OURS = {"reference": "payment-1", "amount_fen": 100, "account": "acct_1", "intent_id": None, "session_id": None}
GOOD = Remote(
    told=Told.SUCCEEDED,
    status="succeeded",
    amount_fen=100,
    currency="cny",
    reference="payment-1",
    intent_id="pi_1",
    account="acct_1",
    received_fen=100,
)


@pytest.mark.parametrize(
    ("bent", "named"),
    [
        ({}, set()),
        ({"amount_fen": 99}, {"amount_fen"}),
        ({"received_fen": 99}, {"received_fen"}),
        ({"received_fen": 101}, {"received_fen"}),
        ({"currency": "usd"}, {"currency"}),
        ({"account": "acct_2"}, {"account"}),
        ({"account": None}, {"account"}),
        ({"reference": None}, {"reference"}),
        ({"told": Told.UNEXPECTED, "status": "requires_capture", "received_fen": 0}, {"status"}),
        ({"told": Told.WAITING, "received_fen": 0}, set()),
        ({"intent_id": None, "session_id": "cs_1"}, {"intent"}),
        ({"intent_id": None, "session_id": "cs_1", "told": Told.WAITING, "received_fen": 0}, set()),
    ],
)
def test_each_difference_is_named(bent: dict[str, object], named: set[str]) -> None:
    answer = replace(GOOD, **bent)  # type: ignore[arg-type]
    assert set(differences(answer, **OURS)) == named  # type: ignore[arg-type]


def test_another_intent_than_the_recorded_one_differs() -> None:
    ours = {**OURS, "intent_id": "pi_0", "session_id": "cs_0"}
    answer = replace(GOOD, session_id="cs_1")
    assert set(differences(answer, **ours)) == {"intent_id", "session_id"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (
            {"object": "payment_intent", "id": "pi_1", "metadata": {"attempt": "a"}},
            Concern(EventSubject.PAYMENT, "pi_1", "pi_1", "a"),
        ),
        (
            {"object": "checkout.session", "id": "cs_1", "payment_intent": "pi_1", "metadata": {}},
            Concern(EventSubject.PAYMENT, "cs_1", "pi_1"),
        ),
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, Concern(EventSubject.REFUND, "ch_1", "pi_1")),
        ({"object": "refund", "id": "re_1", "payment_intent": {"id": "pi_1"}}, Concern(EventSubject.REFUND, "re_1")),
        ({"object": "dispute", "id": "dp_1", "metadata": []}, Concern(EventSubject.DISPUTE, "dp_1")),
        ({"object": "account", "id": "acct_1"}, Concern(EventSubject.ACCOUNT, "acct_1")),
        ({"object": "payout"}, Concern(EventSubject.OTHER, "")),
    ],
)
def test_what_an_event_is_about(told: dict[str, object], wanted: Concern) -> None:
    assert concern_of(told) == wanted
