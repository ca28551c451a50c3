"""Forms out of schemas: typed, read, checked, shown again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from marshmallow import fields

from core.errors import Conflict, reason
from core.http import (
    CountField,
    DayField,
    DecimalField,
    EnumField,
    FenField,
    InstantField,
    Schema,
    TextField,
    UploadField,
)
from core.http.problem import FieldsInvalid
from core.pages.forms import Form, WidgetUnknown
from core.pages.language import choose_language


class PaymentMode(StrEnum):
    """Named as one of the catalogue, so that its members have words."""

    DIRECT_DEDUCTION = "direct_deduction"
    FULL_PAYMENT = "full_payment"


class InnerSchema(Schema):
    note = TextField(required=True, max_length=20)


class ManySchema(Schema):
    reference = TextField(required=True, max_length=10)
    note = TextField(load_default="", min_length=0, max_length=1000)
    amount_fen = FenField(load_default=None, allow_none=True, minimum=1)
    paid_on = DayField(required=True)
    starts_at = InstantField()
    quantity = DecimalField(load_default=None, allow_none=True)
    staff = CountField(maximum=10)
    mode = EnumField(PaymentMode, required=True)
    agreed = fields.Boolean(load_default=False)
    lines = fields.List(TextField(max_length=5), load_default=list)
    inner = fields.Nested(InnerSchema)
    file = UploadField()


LABELS = dict.fromkeys(ManySchema().load_fields, "note")


@pytest.fixture(autouse=True)
def labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields of a schema made for tests have no labels of their own in the catalogue."""
    monkeypatch.setattr("core.pages.forms.t", lambda key: key)


@contextmanager
def sent(app: Flask, **data: Any) -> Iterator[Form]:
    with app.test_request_context(method="POST", data=data):
        yield Form(ManySchema, name="trial")


FULL: dict[str, Any] = {
    "reference": " R-1 ",
    "note": "一\r\n二",
    "amount_fen": "¥1,234.50",
    "paid_on": "2026-03-02",
    "starts_at": "2026-03-02T09:30",
    "quantity": "1.5",
    "staff": "7",
    "mode": "full_payment",
    "agreed": "true",
    "lines": "a\r\n\r\nb",
    "inner.note": "x",
}


def test_what_is_typed_reaches_the_service_as_the_api_would_send_it(app: Flask) -> None:
    with sent(app, **FULL) as form:
        assert form.load() == {
            "reference": "R-1",
            "note": "一\n二",
            "amount_fen": 123450,
            "paid_on": date(2026, 3, 2),
            "starts_at": datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
            "quantity": Decimal("1.5"),
            "staff": 7,
            "mode": PaymentMode.FULL_PAYMENT,
            "agreed": True,
            "lines": ["a", "b"],
            "inner": {"note": "x"},
        }


def test_what_is_left_blank_is_left_out_or_nothing_as_the_schema_has_it(app: Flask) -> None:
    blank = {
        **dict.fromkeys(FULL, ""),
        "reference": "R",
        "paid_on": "2026-03-02",
        "mode": "full_payment",
        "inner.note": "x",
    }
    blank.pop("agreed")
    with sent(app, **blank) as form:
        loaded = form.load()
    assert loaded["amount_fen"] is None
    assert loaded["note"] == ""
    assert loaded["lines"] == []
    assert loaded["agreed"] is False
    assert "starts_at" not in loaded
    assert "file" not in loaded


def test_every_fault_stands_beside_its_field_at_once_and_what_was_typed_is_kept(app: Flask) -> None:
    wrong = {
        **FULL,
        "reference": "",
        "amount_fen": "12.345",
        "paid_on": "31.12.2026",
        "starts_at": "soon",
        "staff": "11",
        "mode": "barter",
        "lines": "abcdef",
        "inner.note": "x" * 21,
    }
    with sent(app, **wrong) as form:
        with pytest.raises(FieldsInvalid):
            form.load()
        faulty = {field.name for field in form if field.faults}
        assert faulty == set(wrong) - {"note", "quantity", "agreed"}
        assert all(len(field.faults) <= 1 for field in form)
        assert form["amount_fen"].value == "12.345"
        assert form["staff"].value == "11"
        assert form.faults == []


def test_faults_are_said_in_the_language_of_the_reader(app: Flask) -> None:
    with app.test_request_context(method="POST", data={**FULL, "reference": ""}):
        choose_language("en")
        form = Form(ManySchema, name="trial")
        with pytest.raises(FieldsInvalid):
            form.load()
        assert form["reference"].faults == ["required"]


def test_a_refusal_of_the_service_goes_to_the_fields_it_names(app: Flask) -> None:
    refused = Conflict(
        reasons=[
            reason("paid_in_future", field="paid_on", today="2026-03-02"),
            reason("shortfall_unpaid", article="V16(1)"),
            reason("paid_in_future", field="lines.0", today="2026-03-02"),
        ]
    )
    with sent(app, **FULL) as form:
        form.refuse(refused)
        assert len(form["paid_on"].faults) == 1
        assert len(form["lines"].faults) == 1
        assert len(form.faults) == 2
        assert "V16(1)" in form.faults[1]


def test_values_of_the_service_are_shown_as_people_type_them(app: Flask) -> None:
    initial = {
        "amount_fen": 123450,
        "paid_on": date(2026, 3, 2),
        "starts_at": datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
        "quantity": Decimal("1.50"),
        "mode": PaymentMode.DIRECT_DEDUCTION,
        "agreed": True,
        "lines": ["a", "b"],
        "inner": {"note": "x"},
        "note": None,
    }
    with app.test_request_context():
        form = Form(ManySchema, name="trial", initial=initial)
    shown = {field.name: field.value for field in form}
    assert shown == {
        "reference": "",
        "note": "",
        "amount_fen": "1234.50",
        "paid_on": "2026-03-02",
        "starts_at": "2026-03-02T09:30",
        "quantity": "1.5",
        "staff": "",
        "mode": "direct_deduction",
        "agreed": True,
        "lines": ["a", "b"],
        "inner.note": "x",
        "file": "",
    }


def test_files_are_taken_where_one_was_chosen(app: Flask) -> None:
    with sent(app, **FULL, file=(BytesIO(b"%PDF-"), "a.pdf")) as form:
        assert form.load()["file"].filename == "a.pdf"
        assert form.has_files


def test_fixed_values_go_with_what_was_typed_and_have_no_field(app: Flask) -> None:
    with app.test_request_context(method="POST", data={**FULL, "reference": "typed"}):
        form = Form(ManySchema, name="trial", fixed={"reference": "fixed"})
        assert "reference" not in form.fields
        assert form.load()["reference"] == "fixed"


def test_a_part_that_may_be_left_out_is_asked_for_in_full_or_not_at_all(app: Flask) -> None:
    with sent(app, **{**FULL, "inner.note": ""}) as form:
        assert not form["inner.note"].required
        assert "inner" not in form.load()


def test_a_field_without_a_widget_is_a_mistake_of_the_programmer(app: Flask) -> None:
    class OddSchema(Schema):
        odd = fields.Dict()

    with app.test_request_context(), pytest.raises(WidgetUnknown):
        Form(OddSchema, name="trial")
