"""The own account through pages: sign-in, password, authenticator app, sessions, a forgotten password."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from accounts.rules.sessions import IDLE
from core import clock
from marketplace.demo.client import DemoClient
from tests.support.deal import MONDAY
from tests.support.pages import PageAnswer, PageClient

PASSWORD = "voucher-demo-2026"
NEW = "another horse 8"
CODE = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}(?!-)")
SECRET = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){7}")


@pytest.fixture
def password(province: DemoClient) -> str:
    return province.default_password


def browser(province: DemoClient, user: str = "") -> PageClient:
    opened = PageClient(province.app.test_client())
    return opened.sign_in(user) if user else opened


def set_up(page: PageClient, password: str) -> tuple[str, list[str]]:
    """Set up an app two minutes ago; returns its secret and the recovery codes."""
    with clock.at(MONDAY - timedelta(minutes=2)):
        shown = page.send("/profile/totp", {"password": password})
        found = SECRET.search(shown.text)
        assert found, shown.text
        secret = found[0].replace("-", "")
        code = pyotp.TOTP(secret).at(clock.now())
        codes = page.send("/profile/totp/confirmation", {"code": code}, follow=False)
    return secret, CODE.findall(codes.text)


def test_wrong_passwords_are_told_beside_the_form_and_typed_names_stay(province: DemoClient) -> None:
    answer = browser(province).send("/sign-in", {"username": "sme-heze", "password": "wrong password"})

    assert answer.status == 422
    assert "用户名、密码或动态验证码错误" in answer.text
    assert answer.form("sign-in").values["username"] == ["sme-heze"]
    assert answer.form("sign-in").values["password"] == [""]


def test_signing_in_leads_where_one_wanted_to_go_on_this_site_only(province: DemoClient, password: str) -> None:
    for wanted, led in (("/profile", "/profile"), ("//evil.example/", "/home"), ("https://evil.example/", "/home")):
        values = {"username": "sme-heze", "password": password}
        answer = browser(province).send(f"/sign-in?next={wanted}", values, follow=False)
        assert (answer.status, answer.response.headers["Location"]) == (303, led)


def test_the_profile_shows_user_organisation_and_protection(province: DemoClient) -> None:
    page = browser(province, "incubator-weifang")
    shown = page.get("/profile")
    page.get("/language/en")

    assert "孵化载体" in shown.text
    assert "本载体的创业团队" in shown.text
    assert "未启用" in shown.text
    assert "Authenticator app" in page.get("/profile").text


def test_an_app_is_set_up_and_asked_for(province: DemoClient, password: str) -> None:
    page = browser(province, "sme-heze")
    secret, codes = set_up(page, password)
    fresh = browser(province)
    asked = fresh.send("/sign-in?next=/profile", {"username": "sme-heze", "password": password}, follow=False)
    closed = fresh.get("/profile")
    wrong = fresh.send("/sign-in/code?next=/profile", {"code": "000000"})
    right = fresh.send("/sign-in/code?next=/profile", {"code": pyotp.TOTP(secret).at(MONDAY)})

    assert len(set(codes)) == 10
    assert asked.response.headers["Location"].startswith("/sign-in/code")
    assert (closed.status, closed.response.headers["Location"]) == (303, "/sign-in?next=/profile")
    assert (wrong.status, "验证码错误" in wrong.text) == (422, True)
    assert (right.status, "剩余恢复码 10" in right.text) == (200, True)


def test_recovery_codes_are_shown_once_and_open_the_door_once(province: DemoClient, password: str) -> None:
    page = browser(province, "sme-heze")
    _, codes = set_up(page, password)

    assert not CODE.search(page.get("/profile").text)
    for status in (200, 422):
        fresh = browser(province)
        fresh.send("/sign-in", {"username": "sme-heze", "password": password}, follow=False)
        assert fresh.send("/sign-in/code", {"code": codes[0].lower()}).status == status


def test_no_secret_is_kept_in_the_cookie(province: DemoClient, password: str) -> None:
    """The cookie is signed, not sealed."""
    page = browser(province, "sme-heze")
    secret, codes = set_up(page, password)
    with page.client.session_transaction() as cookie:
        kept = str(dict(cookie))

    assert secret not in kept
    assert not any(code in kept for code in codes)


def test_new_codes_and_removal_ask_for_the_password(province: DemoClient, password: str) -> None:
    page = browser(province, "sme-heze")
    secret, before = set_up(page, password)
    refused = page.send("/profile/recovery-codes", {"password": "wrong password"})
    issued = CODE.findall(page.send("/profile/recovery-codes", {"password": password}, follow=False).text)
    wrong = page.send("/profile/totp/removal", {"password": password, "code": before[0]})
    removed = page.send("/profile/totp/removal", {"password": password, "code": pyotp.TOTP(secret).at(MONDAY)})

    assert (refused.status, "当前密码错误" in refused.text) == (422, True)
    assert len(issued) == 10
    assert (wrong.status, "验证码错误" in wrong.text) == (422, True)
    assert "动态验证码已停用" in removed.text


def test_a_new_password_signs_other_browsers_out(province: DemoClient, password: str) -> None:
    here, there = browser(province, "sme-heze"), browser(province, "sme-heze")
    faulty = here.send("/profile/password", {"present": password, "wanted": "short"})
    wrong = here.send("/profile/password", {"present": "wrong password", "wanted": NEW})
    done = here.send("/profile/password", {"present": password, "wanted": NEW})

    assert (faulty.status, "密码长度须为" in faulty.text) == (422, True)
    assert (wrong.status, "当前密码错误" in wrong.text) == (422, True)
    assert "密码已修改" in done.text
    assert there.get("/profile").status == 303
    assert browser(province).sign_in("sme-heze", NEW).get("/profile").status == 200


def test_sessions_are_seen_and_ended(province: DemoClient) -> None:
    here, there, third = (browser(province, "sme-heze") for _ in range(3))
    shown = here.get("/profile/sessions")
    endings = [link for link in shown.reader.links if link.endswith("/ending") and "others" not in link]
    here.send(endings[0], {})
    after = [there.get("/profile").status, third.get("/profile").status]
    here.send("/profile/sessions/others/ending", {})

    assert "当前浏览器" in shown.text
    assert len(endings) == 2
    assert sorted(after) == [200, 303]
    assert [each.get("/profile").status for each in (here, there, third)] == [200, 303, 303]


def test_a_foreign_session_is_a_missing_page(province: DemoClient) -> None:
    browser(province, "sme-heze")
    mine = browser(province, "sme-heze")
    (foreign,) = [link for link in mine.get("/profile/sessions").reader.links if re.search(r"/\d+/ending", link)]

    assert browser(province, "sme-jinan").get(foreign).status == 404


def test_an_idle_browser_is_signed_out(province: DemoClient) -> None:
    page = browser(province, "sme-heze")
    with clock.at(MONDAY + IDLE):
        answer = page.get("/profile")

    assert (answer.status, answer.response.headers["Location"]) == (303, "/sign-in?next=/profile")


def test_signing_out_ends_the_session_not_only_the_cookie(province: DemoClient) -> None:
    page = browser(province, "sme-heze")
    with page.client.session_transaction() as cookie:
        stolen = dict(cookie)
    page.send("/profile", {}, action="sign-out")
    thief = browser(province)
    with thief.client.session_transaction() as cookie:
        cookie.update(stolen)

    assert page.get("/profile").status == 303
    assert thief.get("/profile").status == 303


def test_the_administrator_helps_who_forgot_the_password(province: DemoClient) -> None:
    admin = browser(province, "admin")
    listed = admin.get("/users?q=sme-heze")
    (user,) = {link for link in listed.reader.links if re.fullmatch(r"/users/\d+", link)}
    issued = admin.send(f"{user}/recovery", {"reset_second_factor": "true"}, follow=False)
    (code,) = CODE.findall(issued.text)
    visitor = browser(province)
    faults = visitor.send("/recovery", {"username": "sme-heze", "code": code, "password": "short"})
    wrong = visitor.send("/recovery", {"username": "nobody-at-all", "code": code, "password": NEW})
    done = visitor.send("/recovery", {"username": "sme-heze", "code": code, "password": NEW})

    assert "仅显示这一次" in issued.text
    assert (faults.status, "密码长度须为" in faults.text) == (422, True)
    assert faults.form("recovery").values["code"] == [code]
    assert (wrong.status, "用户名或找回码错误" in wrong.text) == (422, True)
    assert "新密码已设置" in done.text
    assert visitor.sign_in("sme-heze", NEW).get("/profile").status == 200


def test_users_are_made_switched_off_and_on(province: DemoClient, password: str) -> None:
    admin = browser(province, "admin")
    organisation = province.get("sme-heze", "/me")["organisation"]["id"]
    path = f"/organisations/{organisation}/users"
    faulty = admin.send(path, {"username": "x", "password": "short", "role": "enterprise"})
    foreign = admin.send(path, {"username": "second", "password": NEW, "role": "auditor"})
    made = admin.send(path, {"username": "second", "password": NEW, "role": "enterprise"})
    user = made.response.request.path
    second = browser(province).sign_in("second", NEW)
    assert 'data-confirm="该用户将立即退出登录，可重新启用' in admin.get(f"{user}/deactivation").html
    off = admin.send(f"{user}/deactivation", {})
    signed_out = second.get("/profile").status
    on = admin.send(f"{user}/activation", {})

    assert (faulty.status, "3 至 64 位" in faulty.text, "密码长度须为" in faulty.text) == (422, True, True)
    assert foreign.status == 422
    assert "用户已新增" in made.text
    assert ("账号已停用" in off.text, signed_out, "账号已启用" in on.text) == (True, 303, True)


def test_an_administrator_does_nothing_to_the_account_in_use(province: DemoClient) -> None:
    admin = browser(province, "admin")
    me = province.get("admin", "/me")["user"]["id"]
    answers: list[PageAnswer] = [admin.send(f"/users/{me}/{what}", {}) for what in ("deactivation", "recovery")]

    assert [each.status for each in answers] == [403, 403]
    assert not [link for link in admin.get(f"/users/{me}").reader.links if "deactivation" in link]
