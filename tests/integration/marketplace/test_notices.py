"""Every step that waits for somebody is told, once, to whoever it waits for; by mail too, if he wants it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage, Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import delete, select, update

from accounts.models import MailSetting, Notice, NoticeReading
from accounts.service.notices import remind, send_digests
from core import clock
from core.config import MailSettings
from core.db import session
from core.mail import MAX_ATTEMPTS, Mail, MailState, init_mail, send_waiting
from core.outbox import OutboxReader
from marketplace.notifications.telling import READER, tell
from tests.support.deal import MONDAY
from tests.support.isolation import rolled_back
from tests.support.world import World

LATER = MONDAY + timedelta(hours=1)
ADDRESS = "zhang@example.com"


class Post:
    """A mail server that takes, refuses or puts off, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.answers: list[str] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its protocol
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return answer


@pytest.fixture
def untold(world: World) -> Iterator[World]:
    """The world before anybody was told of anything: what happened in it is read from its beginning."""
    with rolled_back(world.client.app), clock.at(LATER):
        session().execute(delete(NoticeReading))
        session().execute(delete(Notice))
        session().execute(update(OutboxReader).where(OutboxReader.name == READER).values(last_xid=0, last_id=0))
        session().commit()
        yield world


@pytest.fixture
def told(untold: World) -> World:
    """The world once everybody was told of everything."""
    assert tell(now=LATER) > 100
    return untold


@pytest.fixture
def post(world: World) -> Iterator[Post]:
    """A mail server of this test's own, to which the application sends."""
    found = Post()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    app = world.client.app
    before = {name: value for name, value in app.config.items() if name.startswith("MAIL_")}
    init_mail(app, MailSettings("127.0.0.1", port, "none", None, None, "平台 <no-reply@example.com>", ""))
    try:
        yield found
    finally:
        app.config.update(before)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.1), controller.loop).result()  # it closes what was hung up
        controller.stop()


def notices(world: World, user: str, **query: Any) -> list[dict[str, Any]]:
    return list(world.client.pages(user, "/notices", **query))


def about(world: World, user: str, kind: str, name: str) -> list[str]:
    """The open tasks of a user about a record, by key."""
    found = notices(world, user, waiting="true")
    return [each["key"] for each in found if (each["subject_kind"], each["subject_id"]) == (kind, world.ids[name])]


WAITING = [
    ("bureau-heze", "membership", "submitted membership", ["membership.review"]),
    ("sme-heze-returned", "membership", "returned membership", ["membership.returned"]),
    ("bureau-heze", "bank_account", "pending bank account", ["bank_account.verify"]),
    ("provider-jinan", "order", "placed order", ["order.answer"]),
    ("sme-heze", "order", "accepted order", ["order.sign"]),
    ("provider-jinan", "order", "accepted order", ["order.sign"]),
    ("provider-jinan", "order", "contracted order", ["order.serve"]),
    ("sme-heze", "order", "delivered order", ["order.complete"]),
    ("provider-jinan", "claim", "draft claim", ["claim.submit"]),
    ("incubator-weifang", "claim", "team draft claim", ["claim.submit"]),
    ("bureau-heze", "claim", "flagged claim", ["claim.review"]),
    ("bureau-heze", "claim", "submitted claim", ["claim.review"]),
    ("provider-jinan", "claim", "submitted claim", []),
    ("bureau-heze", "claim", "approved claim", ["claim.summarise"]),
    ("bureau-heze", "review_summary", "open summary", ["summary.stamp"]),
    ("bureau-heze", "review_summary", "stamped summary", ["summary.dispatch"]),
    ("province", "review_summary", "dispatched summary", ["summary.confirm"]),
    ("finance-maker", "statement_gap", "statement gap", ["statement_gap.open"]),
    ("bureau-jinan", "instrument", "submitted instrument", ["listing.review"]),
]
"""Who, which record, and what waits for him about it."""


def test_who_has_to_act_is_told(told: World) -> None:
    """What is done already waits for nobody any more."""
    found = [(user, kind, name, about(told, user, kind, name)) for user, kind, name, _ in WAITING]
    assert found == WAITING


def test_nothing_is_told_twice_or_to_others(told: World) -> None:
    """A second round adds nothing; a neighbour's notices and readings are his own."""
    before = len(notices(told, "sme-heze"))
    assert tell(now=LATER) == 0
    assert len(notices(told, "sme-heze")) == before
    own = notices(told, "bureau-heze")[0]["id"]
    assert told.client.attempt("bureau-qingdao", f"/notices/{own}/reading", {})[0] == 404
    foreign = {(each["subject_kind"], each["subject_id"]) for each in notices(told, "bureau-qingdao")}
    assert ("claim", told.ids["submitted claim"]) not in foreign


def test_a_task_says_by_when_and_leads_there(told: World) -> None:
    """The last day of the draft claim stands in the notice, with the page to go to, in both languages."""
    found = next(
        each
        for each in notices(told, "provider-jinan", waiting="true")
        if (each["key"], each["subject_id"]) == ("claim.submit", told.ids["draft claim"])
    )
    claim = told.client.get("provider-jinan", f"/claims/{told.ids['draft claim']}")
    assert found["due_on"] == claim["last_day"]
    assert found["path"].endswith(f"/claims/{claim['id']}")
    assert str(claim["id"]) in found["text"]
    assert str(claim["id"]) in found["text_en"]
    assert found["read_at"] is None


def test_reading_is_each_users_own(told: World) -> None:
    """Read one, then all; unread is counted on every page."""
    first = notices(told, "bureau-heze", unread="true")[0]
    read = told.client.post("bureau-heze", f"/notices/{first['id']}/reading", {})
    assert read["read_at"] is not None
    unread = notices(told, "bureau-heze", unread="true")
    assert first["id"] not in [each["id"] for each in unread]
    assert told.client.post("bureau-heze", "/notices/readings", {}) == {"count": len(unread)}
    assert notices(told, "bureau-heze", unread="true") == []


def mail_to(world: World, user: str, rhythm: str, post: Post, *, now: datetime = LATER) -> None:
    """Have a user's mail go to an address that he proves by the code sent there."""
    world.client.post(user, "/me/mail", {"address": ADDRESS, "rhythm": rhythm, "language": "en"})
    send_waiting(now=now)
    code = re.search(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", body_of(post.taken[-1]))
    assert code is not None
    assert world.client.attempt(user, "/me/mail/confirmation", {"code": "AAAA-AAAA-AAAA-AAAA"})[0] == 409
    confirmed = world.client.post(user, "/me/mail/confirmation", {"code": code[0]})
    assert confirmed["confirmed_at"] is not None


def body_of(message: Message) -> str:
    assert isinstance(message, EmailMessage)
    return str(message.get_content())


def test_each_notice_goes_by_mail_at_once_if_wanted(untold: World, post: Post) -> None:
    """Nothing but the code goes to an unproven address; afterwards each notice, once, whatever the network does."""
    untold.client.post("provider-jinan", "/me/mail", {"address": "other@example.com", "rhythm": "each"})
    mail_to(untold, "bureau-heze", "each", post)
    tell(now=LATER)
    written = session().scalars(select(Mail).where(Mail.key.startswith("notice:"))).all()
    assert {each.recipient for each in written} == {ADDRESS}
    assert len(written) == len(notices(untold, "bureau-heze"))
    post.answers = ["451 later"]
    before = len(post.taken)
    assert send_waiting(now=LATER) == len(written) - 1
    assert send_waiting(now=LATER + timedelta(minutes=1)) == 0
    assert send_waiting(now=LATER + timedelta(minutes=2)) == 1
    sent = post.taken[before:]
    assert len(sent) == len(written) == len({each["Message-ID"] for each in sent})
    assert any("waits for review" in each["Subject"] for each in sent)
    assert all("/notices" in body_of(each) or "http" in body_of(each) for each in sent)


def test_a_mail_nobody_takes_is_given_up_and_says_why(untold: World, post: Post) -> None:
    """Put off it is tried again, longer and longer apart; refused for good it is not."""
    mail_to(untold, "bureau-heze", "each", post)
    tell(now=LATER)
    post.answers = ["550 no such box"]
    send_waiting(now=LATER)
    refused = session().scalars(select(Mail).where(Mail.state == MailState.FAILED)).one()
    assert refused.attempts == 1
    assert "550" in (refused.error or "")
    late = session().scalars(select(Mail).where(Mail.state == MailState.SENT).order_by(Mail.id.desc())).first()
    assert late is not None
    late.state, late.sent_at, late.attempts = MailState.WAITING, None, 0
    at = late.next_attempt_at
    session().commit()
    for attempt in range(MAX_ATTEMPTS):
        assert late.state is MailState.WAITING, attempt
        post.answers = ["451 later"]
        send_waiting(now=at)
        session().expire_all()
        at = late.next_attempt_at
    assert (late.state, late.attempts) == (MailState.FAILED, MAX_ATTEMPTS)


def test_a_digest_a_day_tells_what_is_new(untold: World, post: Post) -> None:
    """One mail however often the job runs, and none where there is nothing to say."""
    mail_to(untold, "bureau-heze", "daily", post)
    now = LATER + timedelta(minutes=1)
    tell(now=now)
    before = len(post.taken)
    assert send_digests(now=now) == 1
    assert send_digests(now=now + timedelta(minutes=1)) == 0
    send_waiting(now=now)
    (digest,) = post.taken[before:]
    lines = [line for line in body_of(digest).splitlines() if line.startswith("- ")]
    assert len(lines) == len([each for each in notices(untold, "bureau-heze") if each["settled_at"] is None])
    assert send_digests(now=LATER + timedelta(days=1)) == 0


def test_tasks_are_recalled_before_their_last_day(told: World, post: Post) -> None:
    """Thirty, seven and one days before: unread again, and in the next digest; a second time on a day it is not."""
    mail_to(told, "provider-jinan", "daily", post)
    task = (
        session()
        .scalars(select(Notice).where(Notice.key == "claim.submit", Notice.subject_id == told.ids["draft claim"]))
        .one()
    )
    told.client.post("provider-jinan", "/notices/readings", {})
    assert task.due_on is not None
    setting = session().scalars(select(MailSetting).where(MailSetting.address == ADDRESS)).one()
    for days, recalled in [(31, False), (30, True), (8, False), (7, True), (1, True), (0, False)]:
        now = clock.start_of_day(task.due_on - timedelta(days=days)) + timedelta(hours=8)
        setting.digested_at = now - timedelta(hours=1)
        session().commit()
        assert (remind(now=now) > 0) is recalled, days
        assert remind(now=now) == 0
        with clock.at(now):
            assert (send_digests(now=now) > 0) is recalled, days


NO_ADDRESSES = ["nobody", "a@b", "a b@example.com", "a@example.com\nBcc: b@example.com", "a@-x.com", "@example.com"]


def test_addresses_that_are_none_are_refused(world: World) -> None:
    """Nothing that is typed as an address writes a header of its own."""
    with rolled_back(world.client.app), clock.at(LATER):
        for address in NO_ADDRESSES:
            body = {"address": address, "rhythm": "each"}
            assert world.client.attempt("bureau-heze", "/me/mail", body)[0] == 422, address
        assert session().scalars(select(Mail)).all() == []
