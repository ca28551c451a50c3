"""People of money in a browser, and counting what their pages ask of the database."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Organisation, User
from accounts.permissions import Role
from tests.factories.accounts import PASSWORD, user_of, user_with_role
from tests.support.pages import PageAnswer, PageClient
from tests.support.queries import counted_queries


def browser(app: Flask, who: User | Organisation | Role) -> PageClient:
    """A signed-in browser of a user, of the first user of an organisation, or of somebody of a role."""
    user = who if isinstance(who, User) else user_of(who) if isinstance(who, Organisation) else user_with_role(who)
    return PageClient(app.test_client()).sign_in(user.username, PASSWORD)


def in_english(page: PageClient) -> PageClient:
    """The same browser, reading English from now on."""
    assert page.get("/language/en").status == 303
    return page


def queries_of(page: PageClient, path: str) -> int:
    """How many statements a page takes."""
    with counted_queries() as made:
        answer = page.get(path)
    assert answer.status == 200, answer.text
    return len(made)


def sent_twice(page: PageClient, path: str, values: dict[str, str]) -> tuple[PageAnswer, PageAnswer]:
    """The very same form sent twice, as by an impatient hand."""
    form = page.get(path).form(path)
    data = {**form.values, **values}
    client: FlaskClient = page.client
    first, second = (PageAnswer(client.post(form.action, data=data)) for _ in range(2))
    return first, second
