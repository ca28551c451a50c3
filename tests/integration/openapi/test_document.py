"""The OpenAPI document says everything there is to know about the API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from flask import Flask

from core.http.api import API_PREFIX
from core.http.idempotent import HEADER
from core.http.problem import STATUS
from core.texts import catalogue
from tests.integration.access.table import Row, read_table

Json = dict[str, Any]
CONTRACT = yaml.safe_load(Path(__file__).with_name("contract.yaml").read_text("utf-8"))
WITHOUT_KEY = {
    "POST /tokens",
    "POST /me/password",
    "POST /me/totp",
    "POST /me/mail/confirmation",
    "POST /me/totp/confirmation",
    "POST /me/totp/removal",
    "POST /me/recovery-codes",
    "POST /recovery",
    "POST /users/{user_id}/recovery",
    "POST /gateway-webhooks/stripe",
    "POST /calendar-addresses",
    "POST /ingest-keys",
    "POST /ingest-keys/{key_id}/replacement",
    "POST /sensor-readings",
    "POST /settlement-batches/{batch_id}/bank-return-previews",
}
"""Passwords and codes: a stored answer would keep a secret, and a wrong attempt counts although it is refused. What the
payment gateway tells has a number of its own, and readings of sensors are known by their instants. A preview changes
nothing."""
OPEN = {
    "POST /tokens",
    "POST /memberships",
    "POST /recovery",
    "GET /policy",
    "GET /evaluation-measures",
    "GET /named-providers",
    "GET /evaluation-snapshots",
    "GET /evaluation-snapshots/{snapshot_id}",
    "GET /evaluation-snapshots/{snapshot_id}/lines",
    "GET /evaluation-lines/{line_id}",
    "GET /evaluation-grades",
    "GET /evaluation-grades/{grade_id}",
    "GET /evaluation-awards",
    "GET /evaluation-awards/{award_id}",
    "GET /calendar-feeds/{token}/calendar.ics",
    "POST /gateway-webhooks/stripe",
}
"""What visitors may call besides reading the catalogue: signing in and up, and what the public may know; the payment
gateway signs what it says, and calendar programs know a secret address."""
CODE = re.compile("`([a-z_0-9]+)`: ")


@pytest.fixture(scope="module")
def document(shared_app: Flask) -> Json:
    """The document as a client gets it."""
    with shared_app.app_context():
        found: Json = shared_app.test_client().get(f"{API_PREFIX}/openapi.json").get_json()
    return found


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Every operation by ``METHOD path``, the path without its prefix."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                shared = methods.get("parameters", [])
                name = f"{method.upper()} {path.removeprefix(API_PREFIX)}"
                yield name, {**operation, "parameters": [*shared, *operation.get("parameters", [])]}


def schemas_in(node: Any, where: str) -> Iterator[tuple[str, Json]]:
    """Every schema of properties below a node, with the way there."""
    if isinstance(node, dict):
        for name, schema in node.get("properties", {}).items():
            yield f"{where}.{name}", schema
            yield from schemas_in(schema, f"{where}.{name}")
        for key in ("items", "additionalProperties"):
            yield from schemas_in(node.get(key), f"{where}.{key}")


def references(node: Any) -> Iterator[str]:
    """Every schema named below a node."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def test_the_command_line_tells_the_same(shared_app: Flask, document: Json) -> None:
    """The document is made when it is first asked for, by whomever."""
    printed = shared_app.test_cli_runner().invoke(args=["openapi", "print"])
    assert json.loads(printed.output) == document


def test_it_is_a_valid_openapi_3_1_document(document: Json) -> None:
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()


def test_the_contract_is_all_there(document: Json) -> None:
    """Every call of the HTTP contract, by method and path."""
    assert set(CONTRACT) - {name for name, _ in operations(document)} == set()


def test_every_operation_is_explained(document: Json) -> None:
    """A summary, a tag that is described, and an operation of its own for each method of each path."""
    tags = {tag["name"]: tag.get("description") for tag in document["tags"]}
    for name, operation in operations(document):
        assert operation.get("summary"), name
        assert [tags.get(tag) for tag in operation["tags"]] != [], name
        assert all(tags.get(tag) for tag in operation["tags"]), name


def test_every_parameter_is_described(document: Json) -> None:
    """Of paths, queries and headers; those of the path are all there."""
    for name, operation in operations(document):
        for parameter in operation["parameters"]:
            where = f"{name} {parameter['name']}"
            assert parameter.get("description"), where
            assert parameter.get("schema"), where
        in_path = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        assert in_path == set(re.findall("{([a-z_]+)}", name)), name


def test_every_field_is_described(document: Json) -> None:
    """Of every request and every answer, at any depth."""
    bare = [
        where
        for name, schema in document["components"]["schemas"].items()
        for where, found in schemas_in(schema, name)
        if not found.get("description")
    ]
    assert bare == []


def test_every_schema_is_described_and_used(document: Json) -> None:
    """None stands there for nothing, and none was renamed because two have one name."""
    schemas = document["components"]["schemas"]
    assert {name for name, schema in schemas.items() if not schema.get("description")} == set()
    assert {name for name in schemas if re.search("[0-9]$", name)} == set()
    assert set(schemas) == set(references(document))


def test_every_answer_has_a_body_that_is_described(document: Json) -> None:
    """Successes have a schema but 204 and 304; errors are problem documents whose codes have a sentence each."""
    for name, operation in operations(document):
        successes = [status for status in operation["responses"] if status.startswith("2")]
        assert successes, name
        for status, response in operation["responses"].items():
            where = f"{name} {status}"
            assert response["description"], where
            if status in ("204", "304"):
                assert "content" not in response, where
            elif status in successes:
                assert all(content["schema"] for content in response["content"].values()), where
            else:
                assert set(response["content"]) == {"application/problem+json"}, where
                assert response["x-codes"], where
                assert CODE.findall(response["description"]) == response["x-codes"], where


def test_every_named_error_has_a_text_and_its_status(document: Json) -> None:
    """A code in the document is one the service can answer, with a sentence in both languages."""
    known = {str(status) for status in STATUS.values()}
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            for code in response.get("x-codes", []):
                assert status in known, f"{name} {status}"
                assert f"error.{code}" in catalogue(), f"{name} {code}"


def test_every_change_takes_an_idempotency_key(document: Json) -> None:
    """Every POST that moves money or state documents the key."""
    for name, operation in operations(document):
        documented = [each for each in operation["parameters"] if (each["in"], each["name"]) == ("header", HEADER)]
        wanted = name.startswith("POST ") and name not in WITHOUT_KEY
        assert bool(documented) is wanted, name
        assert all(each["required"] for each in documented), name


def test_security_is_declared(document: Json) -> None:
    """Bearer tokens everywhere but where visitors may call."""
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for name, operation in operations(document):
        is_open = name in OPEN or name.startswith(("GET /instruments", "GET /services"))
        if operation.get("security") == [{"bearer": []}]:
            assert name not in OPEN, name
            assert {"401", "403"} <= set(operation["responses"]), name
        else:
            assert is_open, name


def test_every_number_in_a_path_may_be_of_nothing(document: Json) -> None:
    """Whether the variable stands in the route or in what its blueprint begins with."""
    silent = [
        name
        for name, operation in operations(document)
        if "{" in name and "not_found" not in operation["responses"].get("404", {}).get("x-codes", [])
    ]
    assert silent == []


DECIDING = {name: row for name, row in read_table().items() if row.decides}


def test_every_decision_of_an_office_answers_with_its_reasons(document: Json) -> None:
    """Issue: each review decision carries its reasons. What the trials of the access table decide is read there."""
    assert len(DECIDING) > 40
    assert [name for name, row in DECIDING.items() if not _answers_with_reasons(document, row)] == []


def _answers_with_reasons(document: Json, row: Row) -> bool:
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"{API_PREFIX}{row.rule}")
    answers = document["paths"][path][row.method.lower()]["responses"]
    (schema,) = (each["content"]["application/json"]["schema"] for code, each in answers.items() if code < "300")
    shown = _members(document, schema.get("items", schema))
    if row.reasons_under is not None:
        shown = _members(document, shown[row.reasons_under])
    return bool(shown.get("reasons", {}).get("items") == {"$ref": "#/components/schemas/Ground"})


def _members(document: Json, schema: Json) -> Json:
    """The members of a schema with those of all it is made of."""
    found: Json = dict(schema.get("properties", {}))
    for each in [schema, *schema.get("allOf", []), *schema.get("anyOf", [])]:
        if "$ref" in each:
            found |= _members(document, document["components"]["schemas"][each["$ref"].rpartition("/")[2]])
    return found
