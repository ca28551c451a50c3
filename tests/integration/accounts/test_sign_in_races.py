"""Wrong codes, right codes and registrations that come at the same moment, with real commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import func, select

from accounts.models import SignInAttempt, SignUp, User, UserSession
from accounts.rules.users import SIGN_UPS_PER_ADDRESS, THROTTLE
from accounts.service import recoveries, sessions
from accounts.service.sessions import Begun
from accounts.steps.attempts import count_sign_up
from core.db import session, transaction
from core.errors import DomainError
from core.permissions import SYSTEM
from tests.factories.accounts import PASSWORD, make_enterprise, user_of
from tests.support.apps import protect

MARCH = datetime(2026, 3, 2, 1, tzinfo=UTC)
HERE = "192.0.2.1"
MANY = 40


def all_at_once(app: Flask, act: Callable[[int], object], times: int = MANY) -> Counter[str]:
    """The codes of how as many calls at the same moment end; what works is "done"."""

    def one(number: int) -> str:
        with app.app_context():
            try:
                act(number)
            except DomainError as refused:
                return refused.code
            return "done"

    session().commit()
    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(one, range(times)))


def begin(user: User) -> Begun:
    return sessions.begin(username=user.username, password=PASSWORD, address=HERE, agent="", now=MARCH)


def test_forty_wrong_codes_at_once_are_counted_one_by_one(committed_app: Flask) -> None:
    someone = user_of(make_enterprise())
    protect(someone, now=MARCH)
    token = begin(someone).token
    answers = all_at_once(
        committed_app, lambda n: sessions.prove(token=token, code=f"{n:06d}", address=HERE, now=MARCH)
    )
    counted = session().scalar(select(func.count()).select_from(SignInAttempt).where(SignInAttempt.address == HERE))

    assert counted == answers["code_wrong"] == THROTTLE.by_user_and_address
    assert answers["sign_in_paused"] == MANY - THROTTLE.by_user_and_address


def test_one_code_proves_one_of_many_sessions(committed_app: Flask) -> None:
    """A code read over a shoulder and sent at the same moment opens nothing more."""
    someone = user_of(make_enterprise())
    telephone = protect(someone, now=MARCH)
    tokens = [begin(someone).token for _ in range(4)]
    code = telephone.code(MARCH)
    answers = all_at_once(
        committed_app, lambda n: sessions.prove(token=tokens[n], code=code, address=HERE, now=MARCH), times=4
    )
    proven = session().scalar(select(func.count()).select_from(UserSession).where(UserSession.proven_at.is_not(None)))

    assert answers == {"done": 1, "code_wrong": 3}
    assert proven == 1


def test_one_recovery_code_recovers_once(committed_app: Flask) -> None:
    someone = user_of(make_enterprise())
    username = someone.username
    issued = recoveries.issue_recovery(user_id=someone.id, reset_second_factor=False, actor=SYSTEM, now=MARCH)
    answers = all_at_once(
        committed_app,
        lambda n: recoveries.recover(
            username=username, code=issued.code, wanted=f"another horse {n}", address=HERE, now=MARCH
        ),
        times=4,
    )

    assert answers == {"done": 1, "recovery_refused": 3}


def test_sign_ups_at_once_are_counted_too(committed_app: Flask) -> None:
    def sign_up(number: int) -> None:
        with transaction():
            count_sign_up(address=HERE, now=MARCH)

    answers = all_at_once(committed_app, sign_up)

    assert answers == {"done": SIGN_UPS_PER_ADDRESS, "sign_up_paused": MANY - SIGN_UPS_PER_ADDRESS}
    assert session().scalar(select(func.count()).select_from(SignUp)) == SIGN_UPS_PER_ADDRESS
