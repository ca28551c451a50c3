"""The evaluation as pages: a table of everybody, one's figures beside the middle, and the cases behind each (V20)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import select

from accounts.permissions import Role
from core import clock
from core.clock import add_months
from core.db import session
from core.http import allow, current_actor
from core.pages import NavEntry, Pages, table_page
from core.pages.language import t
from core.pages.tables import typed_day
from core.permissions import Actor
from instruments.policy import city_names
from marketplace.pages.evaluation_tables import FIRST, LAST, cases_table, everybody, percent
from marketplace.pages.trail_words import action_word, kind_word
from marketplace.permissions import may_read_evaluations
from marketplace.reports.evaluation.cases import Scope
from marketplace.reports.evaluation.figures import Evaluated
from marketplace.reports.evaluation.officers import by_kind
from marketplace.reports.evaluation.reading import (
    PeriodReversed,
    evaluated_of,
    find_cases,
    find_owner,
    measure_or_missing,
    report,
    scope_of,
)

_MONTH, _QUARTER, _YEAR = 1, 3, 12

evaluations = Pages(
    "evaluation_pages",
    __name__,
    url_prefix="/evaluation",
    navigation=(NavEntry("evaluation", "evaluation_pages.start", "oversight", may_read_evaluations, order=12),),
)


@evaluations.get("")
@allow(may_read_evaluations)
def start() -> Any:
    """Where the evaluation begins: for a bureau with its city, for all others with providers."""
    own_city = current_actor().role in (Role.CITY_BUREAU, Role.CITY_FINANCE)
    return _index(Evaluated.CITIES if own_city else Evaluated.PROVIDERS)


@evaluations.get("/<whose>")
@allow(may_read_evaluations)
def index(whose: str) -> Any:
    """Everybody one reads about in a period."""
    return _index(evaluated_of(whose))


@evaluations.get("/<whose>/<key>")
@allow(may_read_evaluations)
def one(whose: str, key: str) -> str:
    """Somebody's figures, with what they mean and the middle of all."""
    kind, today = evaluated_of(whose), _today()
    owner = find_owner(kind, key, actor=current_actor(), today=today)
    scope = _scope(today)
    reported = report(kind, owner.key, scope)
    decided = session().execute(by_kind(scope, owner.key)).all() if kind is Evaluated.OFFICERS else []
    return render_template(
        "marketplace/evaluated.html",
        whose=kind,
        owner=owner,
        seat=city_names(today).get(owner.place or "", owner.place),
        scope=scope,
        periods=list(_periods(today, scope)),
        rows=[
            {
                "name": t(each.measure.text_key),
                "definition": t(f"{each.measure.text_key}.definition"),
                "figure": each.figure,
                "measure": each.measure,
                "few": each.few,
                "middle": each.middle,
                "href": url_for(
                    "evaluation_pages.cases",
                    whose=kind.value,
                    key=key,
                    measure=each.measure.key,
                    since=scope.since,
                    until=scope.until,
                ),
            }
            for each in reported
        ],
        decided=[(kind_word(subject), action_word(action), count) for subject, action, count in decided],
        percent=percent,
    )


@evaluations.get("/<whose>/<key>/<measure>")
@allow(may_read_evaluations)
def cases(whose: str, key: str, measure: str) -> Any:
    """What a figure was counted from, case by case."""
    kind, today = evaluated_of(whose), _today()
    owner = find_owner(kind, key, actor=current_actor(), today=today)
    known = measure_or_missing(kind, measure)
    scope = _scope(today)
    found = find_cases(kind, measure, owner.key, scope)
    back = url_for("evaluation_pages.one", whose=kind.value, key=key, since=scope.since, until=scope.until)
    return table_page(
        cases_table(found),
        select(found),
        title="page.evaluation_cases.title",
        template="marketplace/evaluation_cases.html",
        owner=owner,
        scope=scope,
        name=t(known.text_key),
        definition=t(f"{known.text_key}.definition"),
        back=back,
    )


def _index(whose: Evaluated) -> Any:
    actor, today = current_actor(), _today()
    scope = _scope(today)
    table, query = everybody(whose, scope, actor=actor, today=today)
    return table_page(
        table,
        query,
        title=f"page.evaluation_{whose}.title",
        template="marketplace/evaluation.html",
        whose=whose,
        kinds=_kinds(actor, whose),
        scope=scope,
        periods=list(_periods(today, scope)),
    )


def _kinds(actor: Actor, shown: Evaluated) -> list[tuple[str, str, bool]]:
    """The tables an actor may choose from, and which is shown; none where there is only one."""
    kinds = [each for each in Evaluated if _reads(actor, each)]
    if len(kinds) == 1:
        return []
    return [
        (t(f"page.evaluation_{each}.title"), url_for("evaluation_pages.index", whose=each.value), each is shown)
        for each in kinds
    ]


def _reads(actor: Actor, whose: Evaluated) -> bool:
    """Whether there is anything of a kind for an actor."""
    if whose is Evaluated.PROVIDERS:
        return True
    offices = (Role.PROVINCE, Role.AUDITOR, Role.CITY_BUREAU)
    return actor.role in (offices if whose is Evaluated.OFFICERS else (*offices, Role.CITY_FINANCE))


def _scope(today: date) -> Scope:
    """The period of the address; what cannot be read or ends before it begins is the present year."""
    try:
        return scope_of(_typed(FIRST), _typed(LAST), today=today)
    except (PeriodReversed, ValueError):
        return scope_of(None, None, today=today)


def _typed(name: str) -> date | None:
    typed = request.args.get(name, "").strip()
    return typed_day(typed) if typed else None


def _periods(today: date, scope: Scope) -> Iterator[tuple[str, str, bool]]:
    """This month, quarter and year, and the ones before them: word, address, and whether it is the one shown."""
    for months in (_MONTH, _QUARTER, _YEAR):
        first = date(today.year, (today.month - 1) // months * months + 1, 1)
        for word, begins in (("this", first), ("last", add_months(first, -months))):
            ends = date.fromordinal(add_months(begins, months).toordinal() - 1)
            address = f"{request.path}?since={begins.isoformat()}&until={ends.isoformat()}"
            yield t(f"period.{word}_{months}"), address, (begins, ends) == (scope.since, scope.until)


def _today() -> date:
    return clock.today(clock.now())
