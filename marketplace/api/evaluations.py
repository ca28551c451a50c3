"""The evaluation over HTTP: providers, cities and officers, with the cases behind each figure (V20)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from accounts.models import Organisation, User
from accounts.permissions import anyone
from core import clock
from core.http import Blueprint, allow, current_actor, page_of, page_schema, problems
from marketplace.permissions import may_read_evaluations
from marketplace.reports.evaluation.cases import DEFINITIONS
from marketplace.reports.evaluation.figures import MEASURES, Evaluated
from marketplace.reports.evaluation.reading import (
    EvaluatedMissing,
    Owner,
    PeriodReversed,
    cities_seen,
    city_rows,
    evaluated_of,
    find_cases,
    find_owner,
    officers_seen,
    offices_of,
    providers_seen,
    report,
    reports,
    scope_of,
)
from marketplace.schemas.evaluations import (
    CasesQuerySchema,
    EvaluatedSchema,
    EvaluationCaseSchema,
    EvaluationQuerySchema,
    MeasuresSchema,
    PeriodSchema,
    ReportSchema,
    reported_json,
)

evaluations = Blueprint(
    "evaluations", __name__, url_prefix="/evaluations", description="How providers, cities and officers work (V20)."
)
measures = Blueprint(
    "evaluation-measures", __name__, url_prefix="/evaluation-measures", description="What the evaluation counts."
)

WHOSE = {
    "name": "whose",
    "in": "path",
    "description": "Who is evaluated.",
    "schema": {"type": "string", "enum": list(Evaluated)},
}
KEY = {"name": "key", "in": "path", "description": "Number of a provider or officer, code of a city."}


@measures.route("", methods=["GET"])
@allow(anyone)
@measures.response(200, MeasuresSchema)
def list_measures() -> dict[str, Any]:
    """What the evaluation counts

    Every measure with its definition.
    """
    return {"definitions": DEFINITIONS, "items": [each for group in MEASURES.values() for each in group]}


@evaluations.route("/<whose>", methods=["GET"], parameters=[WHOSE])
@allow(may_read_evaluations)
@problems(EvaluatedMissing, PeriodReversed)
@evaluations.arguments(EvaluationQuerySchema, location="query")
@evaluations.response(200, page_schema(EvaluatedSchema))
def list_evaluated(wanted: dict[str, Any], whose: str) -> dict[str, Any]:
    """The evaluation of providers, cities or officers

    `whose` is one of these words. A provider reads itself, a city's offices its city and providers, a bureau its own
    officers, the province and the auditor all.
    """
    actor, today = current_actor(), clock.today(clock.now())
    kind = evaluated_of(whose)
    scope = scope_of(wanted["since"], wanted["until"], today=today)
    paging = {"cursor": wanted.get("cursor"), "limit": wanted["limit"]}
    if kind is Evaluated.CITIES:
        rows = city_rows(cities_seen(actor, today))
        page = page_of(select(rows), key=rows.c.position, scalars=False, **paging)
        owners = [Owner(each.key, each.name) for each in page["items"]]
    elif kind is Evaluated.PROVIDERS:
        page = page_of(providers_seen(actor), key=Organisation.id, **paging)
        owners = [Owner(each.id, each.name, each.city) for each in page["items"]]
    else:
        page = page_of(officers_seen(actor), key=User.id, **paging)
        owners = offices_of(page["items"])
    return {**page, "items": reports(kind, owners, scope)}


@evaluations.route("/<whose>/<key>", methods=["GET"], parameters=[WHOSE, KEY])
@allow(may_read_evaluations)
@problems(EvaluatedMissing, PeriodReversed)
@evaluations.arguments(PeriodSchema, location="query")
@evaluations.response(200, ReportSchema)
def show(wanted: dict[str, Any], whose: str, key: str) -> dict[str, Any]:
    """The evaluation of one

    Every measure beside the middle of all who have it. `key` is the number of a provider or officer, the code of a
    city.
    """
    today = clock.today(clock.now())
    kind = evaluated_of(whose)
    owner = find_owner(kind, key, actor=current_actor(), today=today)
    scope = scope_of(wanted["since"], wanted["until"], today=today)
    return {
        "key": str(owner.key),
        "name": owner.name,
        "place": owner.place,
        "since": scope.since,
        "until": scope.until,
        "measures": [reported_json(each) for each in report(kind, owner.key, scope)],
    }


@evaluations.route("/<whose>/<key>/cases", methods=["GET"], parameters=[WHOSE, KEY])
@allow(may_read_evaluations)
@problems(EvaluatedMissing, PeriodReversed)
@evaluations.arguments(CasesQuerySchema, location="query")
@evaluations.response(200, page_schema(EvaluationCaseSchema))
def list_cases(wanted: dict[str, Any], whose: str, key: str) -> dict[str, Any]:
    """The cases behind a figure

    What was counted, case by case.
    """
    today = clock.today(clock.now())
    kind = evaluated_of(whose)
    owner = find_owner(kind, key, actor=current_actor(), today=today)
    scope = scope_of(wanted["since"], wanted["until"], today=today)
    cases = find_cases(kind, wanted["measure"], owner.key, scope)
    return page_of(select(cases), cursor=wanted.get("cursor"), limit=wanted["limit"], key=cases.c.key, scalars=False)
