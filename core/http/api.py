"""The API as flask-smorest builds it, with errors documented by their classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from json import JSONDecodeError
from threading import Lock
from typing import Any, NoReturn, TypeVar

from apispec import APISpec
from flask import Flask, Request
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint
from flask_smorest.spec.plugins import FlaskPlugin
from marshmallow import RAISE, fields
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.routing import Rule

from core.conditions import AlreadyThere, VersionDiffers
from core.errors import DomainError, Forbidden, Malformed, NotFound, Unauthenticated, WrongMediaType
from core.http.conditional import CONDITIONS, IF_MATCH, IF_NEW
from core.http.edge import ALLOWED, TAKES_QUERY, QueryUnknown, TokenRefused, UnreadableCharacters, allow
from core.http.idempotent import HEADER, NEEDS_KEY, KeyMissing, KeyReused
from core.http.paging import CursorUnknown
from core.http.problem import (
    FieldsInvalid,
    RequestTooLarge,
    StorageFailing,
    StorageFull,
    TemporarilyBusy,
    register_problems,
    status_of,
)
from core.http.schemas import MAX_ID, CountField, ReasonSchema, Schema, TextField, shared
from core.permissions import everyone, nobody

V = TypeVar("V", bound=Callable[..., Any])
DOCUMENTED = "__problems__"
HAS_VARIABLES = "__has_variables__"
API_PREFIX = "/api/v1"
JSON = "application/json"
FORM = "multipart/form-data"
FORM_WITHOUT_FILES = "application/x-www-form-urlencoded"
BOUNDS = {"minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"}
MULTIPART = "multipart"
"""The location of arguments that are fields and files of one form: `arguments(Schema, location=MULTIPART)`."""


class WaySchema(Schema):
    """Where whoever was refused goes on."""

    path = TextField(required=True, metadata={"description": "A path of this API, below its base."})
    text = TextField(required=True, metadata={"description": "What is found there, in Chinese."})
    text_en = TextField(required=True, metadata={"description": "What is found there, in English."})


class ProblemSchema(Schema):
    """An error document after RFC 9457, in Chinese and English."""

    type = TextField(required=True, metadata={"description": "Always about:blank."})
    status = CountField(required=True, metadata={"description": "The HTTP status."})
    code = TextField(required=True, metadata={"description": "What went wrong, as a stable name."})
    title = TextField(required=True, metadata={"description": "What went wrong, in Chinese."})
    title_en = TextField(required=True, metadata={"description": "What went wrong, in English."})
    reasons = fields.List(
        fields.Nested(ReasonSchema),
        required=True,
        metadata={"description": "Every fault or ground, all at once."},
    )
    ways = fields.List(
        fields.Nested(WaySchema), metadata={"description": "Where one goes on from here, where there is such a call."}
    )


class BodyUnreadable(Malformed):
    """The body is no JSON, or nothing that fits into a record."""

    code = "body_unreadable"


class BodyTypeRefused(WrongMediaType):
    """The body is of another content type than this call takes."""

    code = "body_type_refused"


class StrictParser(FlaskParser):
    """Unknown query parameters are refused like unknown fields, and no body is passed over for its content type."""

    __location_map__ = {**FlaskParser.__location_map__, MULTIPART: "load_multipart"}
    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE, MULTIPART: RAISE}

    def load_json(self, request: Request, schema: Any) -> Any:
        """The JSON body; nothing where there is none.

        Python's reader has limits of its own, for the depth of a document and for the digits of a number.
        """
        _require_type(request, JSON)
        try:
            return super().load_json(request, schema)
        except (RecursionError, ValueError) as unreadable:
            raise BodyUnreadable from unreadable

    def _handle_invalid_json_error(
        self, error: JSONDecodeError | UnicodeDecodeError, req: Request, *args: Any, **kwargs: Any
    ) -> NoReturn:
        raise BodyUnreadable from error

    def load_multipart(self, request: Request, schema: Any) -> Any:
        """Fields and files of one form, as one mapping."""
        _require_type(request, FORM, FORM_WITHOUT_FILES)
        return self._makeproxy(CombinedMultiDict([request.form, request.files]), schema)


def _require_type(request: Request, *known: str) -> None:
    if request.mimetype in known:
        return
    if request.content_length or request.get_data(cache=True) or request.form or request.files:
        raise BodyTypeRefused(found=request.mimetype[:80] or "-", known=", ".join(known))


def _one(schema: Any) -> Any:
    return shared(schema) if isinstance(schema, type) else schema


class PathPlugin(FlaskPlugin):  # type: ignore[misc]
    """Says what stands in a path: ``order_id`` is the number of an order."""

    def rule_to_params(self, rule: Rule) -> list[dict[str, Any]]:
        """The variables of a route, each with its description."""
        found: list[dict[str, Any]] = super().rule_to_params(rule)
        for parameter in found:
            thing, is_number, _ = parameter["name"].rpartition("_id")
            if is_number and parameter["schema"].get("type") == "integer":
                parameter["description"] = f"Number of the {thing.replace('_', ' ')}."
                parameter["schema"] = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
        return found


class ApiBlueprint(SmorestBlueprint):  # type: ignore[misc]
    """A smorest blueprint that documents permissions, keys and errors of each operation by itself."""

    ARGUMENTS_PARSER = StrictParser()
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = {
        **SmorestBlueprint.DEFAULT_LOCATION_CONTENT_TYPE_MAPPING,
        MULTIPART: FORM,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._views: dict[str, Callable[..., Any]] = {}
        self._prepare_doc_cbks.append(self._document_edge)

    def route(self, rule: str, **options: Any) -> Callable[[V], V]:
        """smorest's decorator with a type."""
        decorate: Callable[[V], V] = super().route(rule, **options)

        def noting(view: V) -> V:
            setattr(view, HAS_VARIABLES, "<" in f"{self.url_prefix}{rule}")
            return decorate(view)

        return noting

    def arguments(self, schema: Any, **options: Any) -> Callable[[V], V]:
        """smorest's decorator with a type, and one schema for all routes that take it."""
        decorate: Callable[[V], V] = super().arguments(_one(schema), **options)
        return decorate

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Callable[[V], V]:
        """smorest's decorator with a type, and one schema for all routes that answer it."""
        decorate: Callable[[V], V] = super().response(status_code, _one(schema), **options)
        return decorate

    def doc(self, **described: Any) -> Callable[[V], V]:
        """smorest's decorator with a type."""
        decorate: Callable[[V], V] = super().doc(**described)
        return decorate

    def _store_endpoint_docs(self, endpoint: str, obj: Any, parameters: Any, tags: Any, **options: Any) -> None:
        super()._store_endpoint_docs(endpoint, obj, parameters, tags, **options)
        read = getattr(obj, "_apidoc", {}).get("arguments", {}).get("parameters", [])
        setattr(obj, TAKES_QUERY, any(each["in"] == "query" for each in read))
        for method in options.get("methods", ("GET",)):
            self._docs[endpoint][method.lower()]["edge"] = {
                "permission": getattr(obj, ALLOWED, nobody).name,
                "open": getattr(obj, ALLOWED, nobody) is everyone,
                "has_variables": getattr(obj, HAS_VARIABLES, False),
                "needs_key": getattr(obj, NEEDS_KEY, False),
                "conditions": getattr(obj, CONDITIONS, {}),
                "problems": getattr(obj, DOCUMENTED, ()),
            }

    @staticmethod
    def _document_edge(doc: dict[str, Any], info: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        edge = info["edge"]
        named: list[type[DomainError]] = [*edge["problems"], UnreadableCharacters, TokenRefused, TemporarilyBusy]
        named += [StorageFull, StorageFailing]
        if not edge["open"]:
            named += [Unauthenticated, Forbidden]
            doc["security"] = [{"bearer": []}]
            doc["x-permission"] = edge["permission"]
        if "requestBody" in doc:
            named += [BodyUnreadable, BodyTypeRefused, RequestTooLarge]
        if "requestBody" in doc or any(each["in"] == "query" for each in doc.get("parameters", [])):
            named.append(FieldsInvalid)
        if not any(each["in"] == "query" for each in doc.get("parameters", [])):
            named.append(QueryUnknown)
        if any("cursor" in getattr(each.get("schema"), "_declared_fields", {}) for each in doc.get("parameters", [])):
            named.append(CursorUnknown)
        if edge["has_variables"]:
            named.append(NotFound)
        if edge["needs_key"]:
            named += [KeyMissing, KeyReused]
            doc.setdefault("parameters", []).append(
                {
                    "name": HEADER,
                    "in": "header",
                    "required": True,
                    "description": "One key, one effect; a repeated call with it gets the first answer again.",
                    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
                }
            )
        named += _document_conditions(doc, edge["conditions"])
        by_status: dict[int, dict[str, str]] = defaultdict(dict)
        for error in named:
            by_status[status_of(error)][error.code] = " ".join((error.__doc__ or "").split())
        responses = doc.setdefault("responses", {})
        for status, codes in sorted(by_status.items()):
            responses[str(status)] = {
                "description": " ".join(f"`{code}`: {sentence}" for code, sentence in sorted(codes.items())),
                "x-codes": sorted(codes),
                "content": {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
                },
            }
        return doc


class ProblemApi(Api):  # type: ignore[misc]
    """smorest's Api with our own error documents, and its OpenAPI made when it is first asked for: describing some
    hundred routes takes most of the time that making the application would take, and no other request needs it."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, *args: Any, **options: Any) -> None:
        self._to_describe: list[ApiBlueprint] = []
        self._describing = Lock()
        super().__init__(*args, **options)

    def register_blueprint(self, blueprint: ApiBlueprint, *, url_prefix: str) -> None:
        """Let a blueprint's routes be asked for; they are described later."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint, url_prefix=url_prefix)
        self._to_describe.append(blueprint)

    @property
    def spec(self) -> APISpec:
        """The document, for whoever asks: a request or a command."""
        with self._describing:
            is_new = bool(self._to_describe)
            while self._to_describe:
                blueprint = self._to_describe[0]
                blueprint.register_views_in_doc(self, self._app, self._spec, name=blueprint.name, parameters=None)
                self._spec.tag({"name": blueprint.name, "description": blueprint.description})
                del self._to_describe[0]
            if is_new:
                _unbound_answers(self._spec)
        return self._spec

    @spec.setter
    def spec(self, made: APISpec) -> None:
        self._spec = made

    def _register_error_handlers(self) -> None:
        register_problems(self._app)


def problems(*errors: type[DomainError]) -> Callable[[V], V]:
    """Name the errors an operation can answer with; they go into the OpenAPI by class."""

    def decorate(view: V) -> V:
        setattr(view, DOCUMENTED, (*getattr(view, DOCUMENTED, ()), *errors))
        return view

    return decorate


def create_api(app: Flask) -> Api:
    """The API at /api/v1 with its OpenAPI 3.1 document."""
    app.config.update(
        API_TITLE="Innovation voucher and instrument sharing marketplace",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=API_PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = ProblemApi(
        app,
        spec_kwargs={
            "info": {
                "description": "Find, book and afford research instruments with innovation vouchers. "
                "Money is whole fen; dates are calendar dates in Asia/Shanghai; instants carry their offset.",
            },
            "servers": [{"url": "/"}],
            "flask_plugin": PathPlugin(),
        },
    )
    api.spec.components.security_scheme(
        "bearer", {"type": "http", "scheme": "bearer", "description": "The token given by POST /tokens."}
    )
    api.spec.components.schema("Problem", schema=ProblemSchema)
    for unused in ("Error", "PaginationMetadata"):
        api.spec.components.schemas.pop(unused, None)
    views: dict[str, Any] = app.view_functions
    for endpoint, view in list(views.items()):
        if endpoint.startswith("api-docs."):
            views[endpoint] = allow(everyone)(view)
    return api


def register_api(api: Api, *blueprints: ApiBlueprint) -> None:
    """Put blueprints below /api/v1."""
    for blueprint in blueprints:
        api.register_blueprint(blueprint, url_prefix=f"{API_PREFIX}{blueprint.url_prefix or ''}")


def _document_conditions(doc: dict[str, Any], conditions: dict[str, str]) -> list[type[DomainError]]:
    """Put the headers of conditions beside the parameters; returns what they may be refused for."""
    for name, said in conditions.items():
        header = {"name": name, "in": "header", "description": said, "schema": {"type": "string"}}
        doc.setdefault("parameters", []).append(header)
    found: list[type[DomainError]] = [VersionDiffers] if IF_MATCH.items() & conditions.items() else []
    return found + ([AlreadyThere] if IF_NEW.items() & conditions.items() else [])


def _unbound_answers(spec: APISpec) -> None:
    """Lengths and ranges are said of what comes in; what goes out may be empty or larger than one input."""
    document = spec.to_dict()
    taken: set[str] = set()
    waiting = {
        name
        for methods in document["paths"].values()
        for operation in methods.values()
        if isinstance(operation, dict)
        for name in _referred(operation.get("requestBody"))
    }
    while waiting:
        taken |= waiting
        waiting = {name for each in waiting for name in _referred(document["components"]["schemas"][each])} - taken
    for name, schema in spec.components.schemas.items():
        if name not in taken:
            _unbind(schema)


def _referred(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        for each in node.values():
            yield from _referred(each)
    elif isinstance(node, list):
        for each in node:
            yield from _referred(each)


def _unbind(schema: Any) -> None:
    if isinstance(schema, dict):
        for bound in BOUNDS & schema.keys():
            if not isinstance(schema[bound], dict):
                del schema[bound]
        for each in schema.values():
            _unbind(each)
    elif isinstance(schema, list):
        for each in schema:
            _unbind(each)
