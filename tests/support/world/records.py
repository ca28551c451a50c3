"""Records by name, and a client for whoever acts upon them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from accounts.service.sessions import begin
from core import clock
from marketplace.demo.client import DemoClient, Json
from tests.support.deal import MONDAY


class Records:
    """The numbers of all records by name, and a client for whoever acts upon them."""

    def __init__(self, client: DemoClient) -> None:
        self.client = client
        self.ids: dict[str, int] = {}
        self.sessions: dict[str, str] = {}
        self.sign_in = DemoClient(client.app, passwords={}, default_password=client.default_password)
        self.returned = b""
        """The bank's answer to the exported batch, not handed in yet."""
        self.recovery = ""
        """The code with which sme-heze may set a new password."""
        self.serials: Iterator[int] = iter(range(100, 1000))
        self.cutoffs = iter(MONDAY.date() + timedelta(days=day) for day in range(9))

    def post(self, user: str | None, path: str, body: Json | None = None, *, name: str = "") -> Json:
        """POST and keep the number of what came of it under a name."""
        made = self.client.post(user, path, body)
        if name:
            self.ids[name] = made["id"]
        return made

    def token(self, user: str) -> str:
        """A user's bearer token, for requests that are rolled back; not to be asked for within such a rollback."""
        with clock.at(MONDAY):
            return self.sign_in.token(user)

    def session(self, user: str) -> str:
        """A user's page session, for requests that are rolled back; not to be asked for within such a rollback."""
        if user not in self.sessions:
            with self.client.app.app_context(), clock.at(MONDAY):
                begun = begin(
                    username=user,
                    password=self.client.default_password,
                    address="127.0.0.1",
                    agent="tests",
                    now=clock.now(),
                )
            self.sessions[user] = begun.token
        return self.sessions[user]

    def me(self, user: str) -> int:
        """The organisation of a user."""
        return int(self.client.get(user, "/me")["organisation"]["id"])
