"""How long sessions live, what codes are taken, and how they are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import codes, totp
from accounts.rules.sessions import AGENT_MAX_LENGTH, CODE_WAIT, IDLE, LIFETIME, is_live, named

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
INSTANTS = st.integers(0, 5 * 365 * 24 * 3600).map(lambda seconds: NOON + timedelta(seconds=seconds))


def live(*, seen: timedelta = timedelta(), now: timedelta, proven: bool = True, ended: bool = False) -> bool:
    return is_live(
        created_at=NOON,
        last_seen_at=NOON + seen,
        expires_at=NOON + LIFETIME,
        proven_at=NOON if proven else None,
        ended_at=NOON if ended else None,
        now=NOON + now,
    )


def test_a_session_ends_an_hour_after_its_last_request() -> None:
    assert live(now=IDLE - SECOND)
    assert not live(now=IDLE)
    assert live(seen=IDLE, now=2 * IDLE - SECOND)


def test_a_session_ends_after_twelve_hours_however_much_it_is_used() -> None:
    assert live(seen=LIFETIME - SECOND, now=LIFETIME - SECOND)
    assert not live(seen=LIFETIME - SECOND, now=LIFETIME)


def test_the_code_must_come_within_five_minutes() -> None:
    assert live(now=CODE_WAIT - SECOND, proven=False)
    assert not live(now=CODE_WAIT, proven=False)


def test_an_ended_session_is_over() -> None:
    assert not live(now=timedelta(), ended=True)


def test_what_a_browser_calls_itself_is_cut_and_plain() -> None:
    assert named("Mozilla\x00/5.0\n" + "x" * 300) == ("Mozilla/5.0" + "x" * 300)[:AGENT_MAX_LENGTH]


@given(INSTANTS)
def test_the_code_of_the_app_is_taken_once(now: datetime) -> None:
    """RFC 6238, 5.2: a code must not be accepted a second time."""
    code = pyotp.TOTP(SECRET).at(now)
    step = totp.accepted_step(SECRET, code, now=now, last_used_step=None)

    assert step is not None
    for later in (0, 10, 29, 59):
        assert totp.accepted_step(SECRET, code, now=now + later * SECOND, last_used_step=step) is None


@given(INSTANTS, st.integers(-1, 1))
def test_a_clock_half_a_minute_off_does_no_harm(now: datetime, steps: int) -> None:
    code = pyotp.TOTP(SECRET).at(now + steps * timedelta(seconds=30))

    assert totp.accepted_step(SECRET, code, now=now, last_used_step=None) is not None


@given(INSTANTS, st.integers(2, 20), st.booleans())
def test_codes_of_long_ago_and_of_later_are_refused(now: datetime, steps: int, before: bool) -> None:
    other = now + (-steps if before else steps) * timedelta(seconds=30)
    near = {pyotp.TOTP(SECRET).at(now + step * timedelta(seconds=30)) for step in (-1, 0, 1)}
    code = pyotp.TOTP(SECRET).at(other)

    assert (totp.accepted_step(SECRET, code, now=now, last_used_step=None) is not None) is (code in near)


@given(st.text(max_size=40))
def test_any_text_may_be_tried_as_a_code(text: str) -> None:
    found = totp.accepted_step(SECRET, text.encode("utf-8", "ignore").decode(), now=NOON, last_used_step=None)

    assert found is None or codes.normalised(text).isdecimal()


def test_the_address_names_service_and_user() -> None:
    address = totp.address_of(SECRET, username="sme-heze")

    assert address.startswith("otpauth://totp/Innovation%20Vouchers:sme-heze?")
    assert f"secret={SECRET}" in address


@pytest.mark.parametrize(
    "typed", ["ABCD-EFGH-IJKL-MNOP", "abcd efgh ijkl mnop", " abcdEFGHijklMNOP ", "ABCD--EFGH IJKLMNOP"]
)
def test_a_recovery_code_may_be_typed_in_any_way(typed: str) -> None:
    assert codes.digest(typed) == codes.digest("ABCDEFGHIJKLMNOP")
    assert codes.written("ABCDEFGHIJKLMNOP") == "ABCD-EFGH-IJKL-MNOP"
