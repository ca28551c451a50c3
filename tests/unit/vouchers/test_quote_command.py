"""``flask vouchers quote`` answers case by case and touches no database, whatever is asked."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from core.config import Config
from core.db import db
from core.kinds import ServiceKind
from marketplace.app import create_app
from tests.factories.vouchers import BASE_CASE
from vouchers.cli import quote
from vouchers.rules.facts import AdverseKind, Exclusion, IncubatorLevel, PaymentMode, Relation

pytestmark = pytest.mark.slow

COUNTIES = ("371702", "370102", "370832", "370176", "370000", "110101")


def run(path: Path) -> list[dict[str, Any]]:
    result = CliRunner().invoke(quote, ["--input", str(path)])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def generated(random_source: random.Random) -> dict[str, Any]:
    enterprise = {
        "kind": "enterprise",
        "county": random_source.choice(COUNTIES),
        "staff": random_source.randint(0, 600),
        "revenue_fen": random_source.randint(0, 3 * 10**10),
        "orderly_finances": random_source.random() < 0.9,
        "adverse_records": [
            {"kind": random_source.choice(list(AdverseKind)), "from": f"{random_source.randint(2022, 2029)}-05-05"}
            for _ in range(random_source.randint(0, 2))
        ],
    }
    team = {
        "kind": "team",
        "county": random_source.choice(COUNTIES),
        "incubator_level": random_source.choice(list(IncubatorLevel)),
    }
    return {
        "date": f"{random_source.randint(2024, 2031)}-{random_source.randint(1, 12):02}-15",
        "payment_mode": random_source.choice(list(PaymentMode)),
        "base_fen": random_source.randint(0, 10**9),
        "cap_used_fen": random_source.randint(0, 6 * 10**7),
        "beneficiary": random_source.choice([enterprise, enterprise, team]),
        "provider": {"in_province": random_source.random() < 0.8, "relation": random_source.choice(list(Relation))},
        "service": {
            "kind": random_source.choice(list(ServiceKind)),
            "excluded": random_source.choice([None, None, None, *Exclusion]),
        },
    }


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a connection or a session fails the test."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a quote touched the database")

    monkeypatch.setattr("psycopg.connect", refuse)
    monkeypatch.setattr("psycopg.Connection.connect", refuse)
    monkeypatch.setattr("sqlalchemy.engine.Engine.connect", refuse)
    monkeypatch.setattr("core.db.session", refuse)


@pytest.mark.usefixtures("no_database")
def test_20000_generated_cases_make_no_query(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    source = random.Random(20260301)
    given = [generated(source) for _ in range(20_000)]
    cases.write_text("".join(json.dumps(case) + "\n" for case in given), "utf-8")
    answers = run(cases)
    assert len(answers) == len(given)
    for case, answer in zip(given, answers, strict=True):
        unknown = case["beneficiary"]["county"] == "370000"
        assert ("error" in answer) is unknown
        if not unknown:
            assert answer["subsidy_fen"] + answer["self_pay_fen"] == case["base_fen"]
            assert answer["eligible"] is (answer["reasons"] == [])


@pytest.mark.usefixtures("no_database")
def test_a_bad_line_is_answered_and_the_next_case_goes_on(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    good = json.dumps(BASE_CASE, ensure_ascii=False).encode()
    cases.write_bytes(b"\xef\xbb\xbf" + good + b"\r\n\n" + b"no json\n" + b"\xff\n" + good)
    answers = run(cases)
    assert ["error" in answer for answer in answers] == [False, True, True, False]


@pytest.mark.usefixtures("no_database")
def test_what_cannot_be_written_in_utf8_is_still_answered(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps({**BASE_CASE, "\ud800": 1}) + "\n", "utf-8")
    assert "unknown field" in run(cases)[0]["error"]


def test_a_missing_file_is_an_error_of_the_command(tmp_path: Path) -> None:
    result = CliRunner().invoke(quote, ["--input", str(tmp_path / "none.jsonl")])
    assert result.exit_code == 2


def test_the_command_is_part_of_the_application_and_opens_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no DATABASE_URL and no server running, `flask --app wsgi vouchers quote` answers."""
    monkeypatch.setattr("psycopg.Connection.connect", lambda *args, **kwargs: pytest.fail("connected"))
    app: Flask = create_app(Config.from_env({"VAR_DIR": str(tmp_path / "var"), "SECRET_KEY": "only for tests"}))
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(BASE_CASE) + "\n", "utf-8")
    result = app.test_cli_runner().invoke(args=["vouchers", "quote", "--input", str(cases)])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["subsidy_fen"] == 6_000_000
    with app.app_context():
        assert not db.session.registry.has()
