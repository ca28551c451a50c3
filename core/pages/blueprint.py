"""Blueprints of pages with their navigation, and what the templates may call."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_compress import Compress
from flask_wtf.csrf import generate_csrf
from jinja2 import StrictUndefined

from core import clock
from core.http.edge import allow, current_actor
from core.http.problem import set_problem_page
from core.pages import language, security
from core.pages.assets import asset_url
from core.pages.links import link_to, links, place, register_link, safe_target, way_href
from core.permissions import Permission, everyone
from core.texts import Text

SIGN_IN = "sign_in"
"""The name under which accounts registers its sign-in page; ``sign_out`` is the other one the layout needs."""

_NAVIGATION = "navigation"
_UNTYPED = ("_", "csrf_token")
_SHOWN_DIRECTLY = 401


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One entry of the menu: text ``nav.<key>``, under the heading ``nav.section.<section>``.

    Shown to whom ``permission`` allows it; ``order`` sorts within the section. What ``badge`` counts stands in the head
    of every page.
    """

    key: str
    endpoint: str
    section: str
    permission: Permission
    order: int = 50
    badge: Callable[[], int] | None = None


class Pages(Blueprint):
    """A blueprint of pages. ``template_folder`` is ``../templates`` of its package.

    ``navigation`` are its menu entries, ``links`` the pages of records: ``{"order": ("order_pages.one", "order_id")}``;
    pages that other packages name but that are about no record have an empty variable.
    """

    def __init__(
        self,
        name: str,
        import_name: str,
        *,
        navigation: tuple[NavEntry, ...] = (),
        links: Mapping[str, tuple[str, str]] | None = None,
        url_prefix: str | None = None,
    ) -> None:
        super().__init__(name, import_name, template_folder="../templates", url_prefix=url_prefix)
        self.navigation = navigation
        self.links = dict(links or {})


SECTIONS = ("find", "deal", "claims", "members", "catalogue", "money", "oversight", "account")
"""The headings of the menu, in their order."""

site = Pages("core_pages", __name__)


@site.get("/language/<code>")
@allow(everyone)
def choose(code: str) -> Response:
    """Read on in another language, on the same page."""
    language.choose_language(code)
    return make_response(redirect(safe_target(request.args.get("next"), fallback="/"), 303))


def init_pages(app: Flask, *, secure_cookies: bool) -> None:
    """Security, compression, error pages and what the templates may call."""
    security.init_security(app, secure_cookies=secure_cookies)
    app.config.update(COMPRESS_MIMETYPES=["text/html", "text/csv"], COMPRESS_ALGORITHM=["br", "gzip"])
    Compress(app)
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(
        t=language.t,
        say=language.say,
        term=language.term,
        has_text=language.has_text,
        lang=language.current_language,
        lang_attribute=lambda: language.LANGUAGES[language.current_language()],
        other_language=_other_language,
        here=_here,
        asset_url=asset_url,
        nonce=security.nonce,
        csrf_token=generate_csrf,
        one_time_key=one_time_key,
        actor=current_actor,
        today=lambda: clock.today(clock.now()),
        may=may,
        menu=menu,
        link_to=link_to,
        way_href=way_href,
        place=place,
    )
    environment.filters.update(yuan=language.yuan, day=language.day, moment=language.moment)
    set_problem_page(_problem_page)
    register_pages(app, site)


def register_pages(app: Flask, *blueprints: Pages) -> None:
    """Register blueprints with their menu entries and links."""
    entries: list[NavEntry] = app.extensions.setdefault(_NAVIGATION, [])
    with app.app_context():
        known = links()
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
        entries.extend(blueprint.navigation)
        for kind, (endpoint, variable) in blueprint.links.items():
            register_link(known, kind, endpoint, variable)


def menu() -> Iterator[tuple[str, list[NavEntry]]]:
    """The menu of who reads: headings with the entries he may open."""
    actor = current_actor()
    entries: list[NavEntry] = current_app.extensions[_NAVIGATION]
    mine = [entry for entry in entries if entry.permission(actor)]
    mine.sort(key=lambda entry: (SECTIONS.index(entry.section), entry.order, entry.key))
    for section, found in groupby(mine, key=lambda entry: entry.section):
        yield section, list(found)


def may(permission: Permission, target: object = None) -> bool:
    """Whether who reads may do something; for showing or hiding its button."""
    return permission(current_actor(), target)


def one_time_key() -> str:
    """A key for one form: the same form sent twice has one effect."""
    return secrets.token_urlsafe(18)


def told(key: str, /, *, tone: str = "good", params: Mapping[str, object] | None = None) -> None:
    """Say a sentence on the next page."""
    flash(language.t(key, **(params or {})), tone)


def _other_language() -> str:
    return language.ENGLISH if language.current_language() == language.CHINESE else language.CHINESE


def _here() -> str:
    """This page, to come back to; after a form was sent, the page it stands on."""
    path = request.full_path if request.query_string else request.path
    return path if request.method == "GET" else request.path


def _typed() -> list[tuple[str, str]]:
    """What was typed into a form that cannot be taken in, so that it may be copied; never a password or a key."""
    return [
        (_label(name), value)
        for name, value in request.form.items(multi=True)
        if value.strip() and not name.startswith(_UNTYPED) and "password" not in name and "code" not in name
    ]


def _label(name: str) -> str:
    key = f"field_label.{name.rpartition('.')[2]}"
    return language.t(key) if language.has_text(key) else name


def _problem_page(status: int, code: str, shown: Text, reasons: list[dict[str, Any]]) -> Response:
    """An error as a page; who must sign in first is sent there and comes back."""
    must_sign_in = status == _SHOWN_DIRECTLY and current_actor().user_id is None and SIGN_IN in links()
    target = request.full_path if request.query_string else request.path
    typed = _typed() if must_sign_in or code == security.FormStale.code else []
    if must_sign_in:
        target = url_for(links()[SIGN_IN][0], next=target)
        if not typed:
            return make_response(redirect(target, 303))
    body = render_template(
        "problem.html", status=status, code=code, shown=shown, reasons=reasons, typed=typed, target=target
    )
    return Response(body, status=status, content_type="text/html; charset=utf-8")
