"""What protects the pages: sessions, CSRF, content policy, safe redirects, attachments."""

from __future__ import annotations

import re

import pytest

from core.http.api import API_PREFIX
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient
from tests.support.pages import PageClient


def browser(province: DemoClient) -> PageClient:
    return PageClient(province.app.test_client())


def cookie_of(client: PageClient) -> str:
    found = client.client.get_cookie(client.client.application.config["SESSION_COOKIE_NAME"])
    assert found is not None
    return found.value


def test_signing_in_begins_a_new_session_and_a_new_token_of_forms(province: DemoClient) -> None:
    """Nothing that was there before the password stands for the user afterwards."""
    client = browser(province)
    before = client.get("/sign-in").form().values["csrf_token"][0]
    with client.client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    client.sign_in("sme-heze")
    with client.client.session_transaction() as cookie:
        assert set(cookie) == {"sid"}
    assert client.get("/home").status == 200
    answer = client.client.post("/sign-out", data={"csrf_token": before})
    assert answer.status_code == 400


def test_signing_out_ends_the_session_on_the_server_too(province: DemoClient) -> None:
    client = browser(province).sign_in("sme-heze")
    stolen = cookie_of(client)
    twin = province.app.test_client()
    twin.set_cookie(province.app.config["SESSION_COOKIE_NAME"], stolen)
    assert twin.get("/home").status_code == 200
    client.send("/home", action="sign-out", follow=False)
    assert client.get("/home").status == 303
    thief = province.app.test_client()
    thief.set_cookie(province.app.config["SESSION_COOKIE_NAME"], stolen)
    assert thief.get("/home").status_code == 303


@pytest.mark.parametrize("token", [None, "", "made-up"])
def test_a_form_without_its_token_changes_nothing(province: DemoClient, token: str | None) -> None:
    client = browser(province).sign_in("sme-heze")
    data = {} if token is None else {"csrf_token": token}
    assert client.client.post("/sign-out", data=data).status_code == 400
    assert client.get("/home").status == 200


def test_the_token_of_another_session_is_none(province: DemoClient) -> None:
    other = browser(province).sign_in("sme-jinan").get("/home").form("sign-out").values["csrf_token"][0]
    client = browser(province).sign_in("sme-heze")
    assert client.client.post("/sign-out", data={"csrf_token": other}).status_code == 400


def test_the_api_takes_no_session_and_pages_take_no_bearer_token(province: DemoClient) -> None:
    client = browser(province).sign_in("sme-heze")
    assert client.client.get(f"{API_PREFIX}/me").status_code == 401
    bearer = {"Authorization": f"Bearer {province.token('sme-heze')}"}
    assert province.app.test_client().get("/home", headers=bearer).status_code == 303
    assert province.app.test_client().post("/sign-out", headers=bearer).status_code == 400


def test_cookies_are_kept_from_scripts_and_other_sites(province: DemoClient) -> None:
    client = browser(province)
    page = client.get("/sign-in")
    values = {
        "username": "sme-heze",
        "password": demo_password(),
        **{k: v[0] for k, v in page.form().values.items() if k in ("csrf_token", "_key")},
    }
    answer = client.client.post("/sign-in", data=values)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize("secure", [True, False])
def test_over_https_the_cookie_is_bound_to_host_and_transport(province: DemoClient, secure: bool) -> None:
    """With a database of one's own cookies are Secure and carry the __Host- prefix."""
    app = province.app
    saved = {name: app.config[name] for name in ("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE")}
    app.config.update(SESSION_COOKIE_NAME="__Host-session" if secure else "session", SESSION_COOKIE_SECURE=secure)
    try:
        cookie = app.test_client().get("/sign-in", base_url="https://localhost").headers["Set-Cookie"]
    finally:
        app.config.update(saved)
    assert ("Secure" in cookie) is secure
    assert cookie.startswith("__Host-session=") is secure


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/nowhere",
        "\t//evil",
        "/%0d%0aSet-Cookie:x",
    ],
)
def test_nobody_is_sent_to_another_site(province: DemoClient, wanted: str) -> None:
    client = browser(province)
    assert client.client.get("/language/en", query_string={"next": wanted}).headers["Location"] == "/"
    page = client.client.get("/sign-in", query_string={"next": wanted})
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert token is not None
    answer = client.client.post(
        "/sign-in",
        query_string={"next": wanted},
        data={"username": "sme-heze", "password": demo_password(), "csrf_token": token[1], "_key": "k"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/home")


def test_who_must_sign_in_comes_back_to_the_page_he_wanted(province: DemoClient) -> None:
    client = browser(province)
    sent = client.get("/orders?state=placed")
    assert sent.status == 303
    location = sent.response.headers["Location"]
    answer = client.send(location, {"username": "sme-heze", "password": demo_password()}, follow=False)
    assert answer.response.headers["Location"] == "/orders?state=placed"


def test_wrong_passwords_pause_the_user_and_the_address(province: DemoClient) -> None:
    """Lock-out: after several wrong ones even the right one waits, for this user and from this address."""
    client = browser(province)
    for _ in range(5):
        answer = client.send("/sign-in", {"username": "sme-heze", "password": "wrong-wrong-wrong"})
        assert answer.status == 422
    paused = client.send("/sign-in", {"username": "sme-heze", "password": demo_password()})
    assert paused.status == 429
    assert client.get("/home").status == 303


def test_every_answer_to_a_script_names_a_fresh_nonce(province: DemoClient) -> None:
    client = browser(province)
    policies = [client.get("/sign-in").response.headers["Content-Security-Policy"] for _ in range(3)]
    assert len({nonce for policy in policies for nonce in re.findall(r"'nonce-([^']{20,})'", policy)}) == 3


def test_an_error_is_a_page_for_readers_and_a_document_for_machines(province: DemoClient) -> None:
    client = browser(province)
    page = client.get("/no-such-page")
    assert (page.status, page.response.mimetype) == (404, "text/html")
    document = client.client.get(f"{API_PREFIX}/no-such-call")
    assert (document.status_code, document.mimetype) == (404, "application/problem+json")


def test_pages_of_who_is_signed_in_are_kept_nowhere(province: DemoClient) -> None:
    client = browser(province).sign_in("sme-heze")
    assert client.get("/home").response.headers["Cache-Control"] == "no-store"


def test_the_chosen_language_stays_and_marks_the_page(province: DemoClient) -> None:
    client = browser(province)
    assert '<html lang="zh-CN">' in client.get("/sign-in").html
    assert client.get("/language/en?next=/sign-in").response.headers["Location"] == "/sign-in"
    assert '<html lang="en">' in client.get("/sign-in").html
    client.sign_in("sme-heze")
    assert '<html lang="en">' in client.get("/home").html


def test_what_was_typed_into_a_stale_form_is_given_back(province: DemoClient) -> None:
    """Signed in elsewhere or out in the meantime: nothing is done, and nothing of the text is lost but passwords."""
    client = browser(province).sign_in("sme-heze")
    typed = {"opinion": "写了很久的意见", "password": "secret-secret", "csrf_token": "of another session", "_key": "k"}
    stale = client.client.post("/profile/password?x=1", data=typed)
    words = stale.get_data(as_text=True)
    assert stale.status_code == 400
    assert "写了很久的意见" in words
    assert "secret-secret" not in words
    assert 'href="/profile/password?x=1"' in words
    client.send("/home", action="sign-out", follow=False)
    token = client.get("/sign-in").form().values["csrf_token"][0]
    ended = client.client.post("/orders/1/decline", data={"reason": "说明原因", "csrf_token": token})
    assert "说明原因" in ended.get_data(as_text=True)
    assert "/sign-in?next=/orders/1/decline" in ended.get_data(as_text=True)


def test_an_empty_table_leads_on(province: DemoClient) -> None:
    """It says what to do and takes one there; who cannot do it is not sent."""
    assert 'class="btn btn-primary" href="/instruments"' in browser(province).sign_in("sme-heze").get("/orders").html
    assert (
        'class="btn btn-primary" href="/instruments"'
        not in browser(province).sign_in("provider-outside").get("/orders").html
    )
