"""Sessions of browsers: password, one-time code, rotation, expiry, and who may end them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from accounts.models import SignInAttempt, User, UserSession
from accounts.queries.sessions import SessionMissing, find_session, proven_session, sessions_of
from accounts.rules.sessions import CODE_WAIT, IDLE, KEPT, LIFETIME, SEEN_EVERY
from accounts.rules.users import THROTTLE
from accounts.service import sessions, users
from accounts.service.sessions import Begun, CodeWrong, SessionOver
from accounts.service.tokens import SignInRefused
from accounts.steps.attempts import SignInPaused
from core.db import session, transaction
from tests.factories.accounts import PASSWORD, headers_of, keyed, make_enterprise, make_operator, token_for, user_of
from tests.support.apps import protect
from tests.support.queries import counted_queries

MARCH = datetime(2026, 3, 2, 1, tzinfo=UTC)
HERE = "192.0.2.1"
SECOND = timedelta(seconds=1)


@pytest.fixture
def someone(app: Flask) -> User:
    return user_of(make_enterprise())


def begin(user: User | str, *, password: str = PASSWORD, address: str = HERE, now: datetime = MARCH) -> Begun:
    name = user if isinstance(user, str) else user.username
    return sessions.begin(username=name, password=password, address=address, agent="Firefox", now=now)


def prove(begun: Begun, code: str, *, address: str = HERE, now: datetime = MARCH) -> str:
    return sessions.prove(token=begun.token, code=code, address=address, now=now)


def test_a_password_begins_a_session(someone: User) -> None:
    begun = begin(someone)
    found = proven_session(begun.token, now=MARCH)

    assert not begun.needs_code
    assert found is not None
    assert found.user.id == someone.id


def test_each_session_has_a_token_of_its_own_kept_as_a_digest(someone: User) -> None:
    first, second = begin(someone), begin(someone)
    kept = session().scalars(select(UserSession)).all()

    assert first.token != second.token
    assert {each.prefix for each in kept} == {each.token.partition(".")[0] for each in (first, second)}
    assert all(begun.token.partition(".")[2].encode() not in row.digest for begun in (first, second) for row in kept)


@pytest.mark.parametrize("token", ["", ".", "x.y", "no-token", "\u4e2d.\u6587"])
def test_what_is_no_token_stands_for_nobody(app: Flask, token: str) -> None:
    assert find_session(token, now=MARCH) is None


def test_a_right_prefix_with_another_secret_stands_for_nobody(someone: User) -> None:
    mine, other = begin(someone).token, begin(someone).token

    assert find_session(f"{mine.partition('.')[0]}.{other.partition('.')[2]}", now=MARCH) is None


def test_finding_a_session_takes_one_query(someone: User) -> None:
    token = begin(someone).token
    session().rollback()

    with counted_queries() as made:
        found = find_session(token, now=MARCH)
        assert found is not None
        assert found.user.as_actor().organisation_id == found.user.organisation.id
    assert len(made) == 1


def test_unknown_user_wrong_password_and_inactive_user_are_answered_alike(someone: User) -> None:
    with transaction():
        someone.active = False
    name = someone.username

    for username, password in ((name, PASSWORD), ("nobody-at-all", PASSWORD), (name, "wrong password")):
        with pytest.raises(SignInRefused):
            begin(username, password=password)
    assert session().scalar(select(func.count()).select_from(SignInAttempt)) == 3


# -- the second factor -----------------------------------------------------------------------------


def test_the_token_changes_when_the_code_was_shown(someone: User) -> None:
    """Whoever had the first token, before the code, has nothing afterwards."""
    telephone = protect(someone, now=MARCH)
    begun = begin(someone)
    before = proven_session(begun.token, now=MARCH)
    token = prove(begun, telephone.code(MARCH))

    assert begun.needs_code
    assert before is None
    assert proven_session(token, now=MARCH) is not None
    assert find_session(begun.token, now=MARCH) is None


def test_a_code_works_once(someone: User) -> None:
    telephone = protect(someone, now=MARCH)
    code = telephone.code(MARCH)
    prove(begin(someone), code)

    with pytest.raises(CodeWrong):
        prove(begin(someone), code)


def test_a_recovery_code_stands_in_for_the_app_once(someone: User) -> None:
    telephone = protect(someone, now=MARCH)
    code = telephone.recovery_codes[3]

    assert proven_session(prove(begin(someone), code.lower().replace("-", " ")), now=MARCH) is not None
    with pytest.raises(CodeWrong):
        prove(begin(someone), code)


def test_a_recovery_code_of_another_user_is_worth_nothing(someone: User) -> None:
    foreign = protect(user_of(make_enterprise()), now=MARCH)
    protect(someone, now=MARCH)

    with pytest.raises(CodeWrong):
        prove(begin(someone), foreign.recovery_codes[0])


def test_the_code_must_come_in_time(someone: User) -> None:
    telephone = protect(someone, now=MARCH)
    begun = begin(someone)
    late = MARCH + CODE_WAIT

    with pytest.raises(SessionOver):
        prove(begun, telephone.code(late), now=late)


def test_a_session_is_proven_once(someone: User) -> None:
    telephone = protect(someone, now=MARCH)
    token = prove(begin(someone), telephone.code(MARCH))

    with pytest.raises(SessionOver):
        sessions.prove(token=token, code=telephone.recovery_codes[0], address=HERE, now=MARCH)


def test_wrong_codes_pause_the_user_at_this_address_only(someone: User) -> None:
    telephone = protect(someone, now=MARCH)
    name, begun, elsewhere = someone.username, begin(someone), begin(someone, address="192.0.2.2")
    for _ in range(THROTTLE.by_user_and_address):
        with pytest.raises(CodeWrong):
            prove(begun, "000000")

    with pytest.raises(SignInPaused):
        prove(begun, telephone.code(MARCH))
    with pytest.raises(SignInPaused):
        begin(name)
    assert prove(elsewhere, telephone.code(MARCH), address="192.0.2.2")


def test_the_right_password_again_does_not_clear_wrong_codes(someone: User) -> None:
    """Else whoever knows the password could guess codes for ever, five at a time."""
    protect(someone, now=MARCH)
    for _ in range(THROTTLE.by_user_and_address):
        begun = begin(someone)
        with pytest.raises(CodeWrong):
            prove(begun, "000000")

    with pytest.raises(SignInPaused):
        begin(someone)


def test_wrong_codes_from_everywhere_pause_the_user(someone: User) -> None:
    telephone = protect(someone, now=MARCH)
    for number in range(THROTTLE.by_user):
        address = f"198.51.100.{number}"
        with pytest.raises(CodeWrong):
            prove(begin(someone, address=address), "000000", address=address)

    with pytest.raises(SignInPaused):
        begin(someone, address="203.0.113.9")
    afterwards = MARCH + THROTTLE.window + SECOND
    assert prove(begin(someone, now=afterwards), telephone.code(afterwards), now=afterwards)


# -- how long --------------------------------------------------------------------------------------


def test_a_session_ends_when_nobody_uses_it(someone: User) -> None:
    token = begin(someone).token

    assert proven_session(token, now=MARCH + IDLE - SECOND) is not None
    assert proven_session(token, now=MARCH + IDLE) is None


def test_a_session_in_use_goes_on_until_its_twelve_hours_are_over(someone: User) -> None:
    token, now = begin(someone).token, MARCH
    while now < MARCH + LIFETIME:
        found = find_session(token, now=now)
        assert found is not None
        sessions.touch(session_id=found.id, now=now)
        now += IDLE - SECOND

    assert proven_session(token, now=MARCH + LIFETIME - SECOND) is not None
    assert proven_session(token, now=MARCH + LIFETIME) is None


def test_use_is_noted_every_five_minutes_at_most(someone: User) -> None:
    token = begin(someone).token
    found = find_session(token, now=MARCH)
    assert found is not None
    session_id, seen = found.id, []
    for after in (SEEN_EVERY - SECOND, SEEN_EVERY, SEEN_EVERY + SECOND):
        sessions.touch(session_id=session_id, now=MARCH + after)
        seen.append(session().scalar(select(UserSession.last_seen_at)))

    assert seen == [MARCH, MARCH + SEEN_EVERY, MARCH + SEEN_EVERY]


def test_old_sessions_are_forgotten(someone: User) -> None:
    begin(someone)

    assert sessions.forget_sessions(now=MARCH + LIFETIME + KEPT) == 0
    assert sessions.forget_sessions(now=MARCH + LIFETIME + KEPT + SECOND) == 1


# -- ending them -----------------------------------------------------------------------------------


def test_signing_out_ends_this_session_only(someone: User) -> None:
    first, second = begin(someone).token, begin(someone).token
    sessions.end(token=first, actor=someone.as_actor(), now=MARCH)

    assert proven_session(first, now=MARCH) is None
    assert proven_session(second, now=MARCH) is not None


def test_the_others_are_ended_and_this_one_stays(someone: User) -> None:
    tokens = [begin(someone).token for _ in range(3)]
    here = find_session(tokens[1], now=MARCH)
    assert here is not None
    sessions.end_others(session_id=here.id, actor=someone.as_actor(), now=MARCH)

    assert [proven_session(token, now=MARCH) is not None for token in tokens] == [False, True, False]
    assert len(sessions_of(someone.as_actor(), now=MARCH)) == 1


def test_a_foreign_session_is_a_missing_one(someone: User) -> None:
    stranger = user_of(make_enterprise()).as_actor()
    token = begin(someone).token
    found = find_session(token, now=MARCH)
    assert found is not None
    session_id = found.id

    with pytest.raises(SessionMissing):
        sessions.end_one(session_id=session_id, actor=stranger, now=MARCH)
    with pytest.raises(SessionMissing):
        sessions.end_others(session_id=session_id, actor=stranger, now=MARCH)
    with pytest.raises(SessionMissing):
        sessions.end(token=token, actor=stranger, now=MARCH)
    assert sessions_of(stranger, now=MARCH) == []
    assert proven_session(token, now=MARCH) is not None


def test_a_new_password_ends_every_session_but_the_one_in_use(someone: User) -> None:
    tokens = [begin(someone).token for _ in range(2)]
    here = find_session(tokens[0], now=MARCH)
    assert here is not None
    users.change_password(
        present=PASSWORD, wanted="another horse 8", keep=here.id, address=HERE, actor=someone.as_actor(), now=MARCH
    )

    assert [proven_session(token, now=MARCH) is not None for token in tokens] == [True, False]


def test_a_user_switched_off_has_no_session_left(someone: User) -> None:
    token, user_id = begin(someone).token, someone.id
    admin = user_of(make_operator()).as_actor()
    users.set_active(user_id=user_id, active=False, actor=admin, now=MARCH)
    users.set_active(user_id=user_id, active=True, actor=admin, now=MARCH)

    assert proven_session(token, now=MARCH) is None


def test_a_session_of_a_user_switched_off_past_the_service_is_worth_nothing(someone: User) -> None:
    token = begin(someone).token
    with transaction() as current:
        current.execute(update(User).where(User.id == someone.id).values(active=False))

    assert proven_session(token, now=MARCH) is None


# -- over HTTP -------------------------------------------------------------------------------------


def test_the_api_shows_and_ends_ones_own_sessions(client: FlaskClient) -> None:
    me, stranger = user_of(make_enterprise()), user_of(make_enterprise())
    mine, foreign = token_for(me), token_for(stranger)
    from_clock = datetime.now(UTC)
    begun = [begin(me, now=from_clock) for _ in range(2)]
    begin(stranger, now=from_clock)

    items = client.get("/api/v1/me/sessions", headers=mine).get_json()["items"]
    refused = client.delete(f"/api/v1/me/sessions/{items[0]['id']}", headers=foreign)
    missing = client.delete("/api/v1/me/sessions/999999999", headers=foreign)
    ended = client.delete(f"/api/v1/me/sessions/{items[0]['id']}", headers=mine)

    assert len(items) == 2
    assert {each["address"] for each in items} == {HERE}
    assert {each["agent"] for each in items} == {"Firefox"}
    assert (refused.status_code, refused.get_json()) == (404, missing.get_json())
    assert ended.status_code == 204
    assert [proven_session(each.token, now=from_clock) is not None for each in begun] == [False, True]


def test_a_session_is_no_bearer_token(client: FlaskClient) -> None:
    token = begin(user_of(make_enterprise()), now=datetime.now(UTC)).token

    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_deactivation_over_http_ends_sessions_too(client: FlaskClient) -> None:
    someone, admin, now = user_of(make_enterprise()), headers_of(make_operator()), datetime.now(UTC)
    token = begin(someone, now=now).token

    assert client.post(f"/api/v1/users/{someone.id}/deactivation", headers=keyed(admin)).status_code == 201
    assert proven_session(token, now=now) is None
