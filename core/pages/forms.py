"""Forms out of the schemas of the API: what people type is read, checked by the schema, and shown again with every
fault beside its field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask import request
from marshmallow import Schema as AnySchema
from marshmallow import ValidationError, fields
from werkzeug.datastructures import FileStorage

from core.clock import SHANGHAI, moment_of
from core.errors import DomainError, Reason, Way
from core.http.problem import FieldsInvalid, field_faults
from core.http.schemas import (
    CountField,
    DayField,
    DecimalField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
    fault,
    split_fault,
)
from core.money import AmountMalformed, fen_to_yuan, yuan_text, yuan_to_fen
from core.pages.language import has_text, say, t, term

LONG_TEXT = 600
"""Texts that may be longer get an area of several lines."""

Options = Sequence[tuple[str, str]]


class EmptySchema(Schema):
    """An action that needs no input."""


class WidgetUnknown(TypeError):
    """No widget stands for this kind of schema field; name one."""


@dataclass
class FormField:
    """One field as the template shows it. ``value`` is what was typed, or the initial value as text."""

    name: str
    label: str
    hint: str | None
    widget: str
    required: bool
    options: Options = ()
    value: Any = ""
    faults: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def identifier(self) -> str:
        """The id of the input."""
        return "f-" + self.name.replace(".", "-")


class Form:
    """A schema as a form named ``name``.

    Labels are ``form.<name>.<field>``, or ``field_label.<field>`` where that is missing, or those of ``labels`` for
    fields about a record; hints are ``form.<name>.<field>.hint`` if there are any. ``initial`` are values as the
    service has them, ``options`` the choices of fields that are no enum, ``widgets`` overrides (``textarea``,
    ``radio``, ``checkboxes``, ``lines``, ``password``, ``hidden``), ``leave_out`` fields that the view fills itself
    through ``fixed``.
    ``ends``: what is sent takes something away or ends it, so its button stands out.
    """

    def __init__(
        self,
        schema: type[AnySchema] | AnySchema,
        *,
        name: str,
        initial: Mapping[str, Any] | None = None,
        options: Mapping[str, Options] | None = None,
        labels: Mapping[str, str] | None = None,
        widgets: Mapping[str, str] | None = None,
        leave_out: Iterable[str] = (),
        fixed: Mapping[str, Any] | None = None,
        required: Iterable[str] = (),
        ends: bool = False,
    ) -> None:
        self.schema = schema if isinstance(schema, AnySchema) else schema()
        self.name = name
        self.ends = ends
        self.fixed = dict(fixed or {})
        self._options = options or {}
        self._labels = labels or {}
        self._widgets = widgets or {}
        self._required = frozenset(required)
        left_out = {*leave_out, *self.fixed}
        self._sources = dict(_flat(self.schema, left_out))
        self._optional_parts = {name for name, part in self.schema.load_fields.items() if _is_optional_part(part)}
        self.fields = {path: self._field(path, source) for path, source in self._sources.items()}
        self.faults: list[str] = []
        """Faults of the form as a whole."""
        self.ways: list[Way] = []
        """Where one goes on from what was refused."""
        for path, value in _flat_values(initial or {}):
            if path in self.fields:
                self.fields[path].value = _shown(value, self._sources[path])

    def __iter__(self) -> Iterator[FormField]:
        return iter(self.fields.values())

    def __getitem__(self, path: str) -> FormField:
        return self.fields[path]

    @property
    def has_files(self) -> bool:
        """Whether it must be sent as multipart."""
        return any(each.widget == "file" for each in self)

    @property
    def is_faulty(self) -> bool:
        """Whether anything must be mended."""
        return bool(self.faults) or any(each.faults for each in self)

    def load(self) -> dict[str, Any]:
        """What was sent, through the schema; raises :class:`FieldsInvalid` after noting every fault at its field."""
        raw: dict[str, Any] = {}
        unread: set[str] = set()
        for path, source in self._sources.items():
            shown = self.fields[path]
            shown.value = _typed(path, source, shown.widget)
            try:
                value = _as_json(shown.value, source, shown.widget)
            except _Unreadable as unreadable:
                unread.add(path)
                shown.faults.append(say(split_fault(unreadable.args[0])))
                continue
            if value is not _LEFT_OUT and not (value in (None, []) and path in self._required):
                _put(raw, path, value)
            elif shown.required and not source.required:
                shown.faults.append(say(split_fault(fault("required"))))
        try:
            loaded: dict[str, Any] = self.schema.load({**raw, **self.fixed})
        except ValidationError as invalid:
            faults = [each for each in field_faults({"": invalid.messages}) if each.field not in unread]
            self.note(faults)
            raise FieldsInvalid(reasons=faults) from invalid
        if unread or any(each.faults for each in self):
            raise FieldsInvalid
        return loaded

    def note(self, reasons: Iterable[Reason]) -> None:
        """Put reasons beside the fields they are about, the others above the form."""
        for each in reasons:
            said = say(each)
            shown = f"{said}（{each.named}）" if each.named else said
            target = self._find(each.field)
            into = self.faults if target is None else target.faults
            if shown not in into:
                into.append(shown)

    def refuse(self, error: DomainError) -> None:
        """Show a refusal of the service: its sentence above, its reasons where they belong."""
        self.ways += error.ways
        if not isinstance(error, FieldsInvalid):
            if error.own_reason is None:
                self.faults.append(say(error.text))
            self.note(error.reasons)

    def _is_required(self, path: str, source: fields.Field[Any]) -> bool:
        """What must be filled in; of a part that may be left out as a whole, nothing is."""
        if path in self._required:
            return True
        return source.required and not source.allow_none and path.partition(".")[0] not in self._optional_parts

    def _find(self, path: str | None) -> FormField | None:
        """The field of a reason; items of a list belong to the list."""
        while path:
            if path in self.fields:
                return self.fields[path]
            path = path.rpartition(".")[0]
        return None

    def _field(self, path: str, source: fields.Field[Any]) -> FormField:
        leaf = path.rpartition(".")[2]
        own = f"form.{self.name}.{path}"
        label = self._labels.get(path) or t(own if has_text(own) else f"field_label.{leaf}")
        hint = t(f"{own}.hint") if has_text(f"{own}.hint") else None
        widget = self._widgets.get(path) or _widget(source, has_options=path in self._options)
        options = self._options.get(path, ())
        if not options and isinstance(_one(source), EnumField):
            options = [(member.value, term(member)) for member in _one(source).enum]
        return FormField(
            name=path,
            label=label,
            hint=hint,
            widget=widget,
            required=self._is_required(path, source),
            options=options,
            value=[] if widget in ("checkboxes", "lines") else "",
            attributes=dict(_attributes(source, widget)),
        )


class _Unreadable(ValueError):
    """What was typed is nothing the field can hold; the message is a fault in both languages."""


_LEFT_OUT = object()


def _is_optional_part(source: fields.Field[Any]) -> bool:
    return isinstance(source, fields.Nested) and not source.required


def _flat(schema: AnySchema, left_out: set[str], prefix: str = "") -> Iterator[tuple[str, fields.Field[Any]]]:
    for name, source in schema.load_fields.items():
        path = f"{prefix}{name}"
        if path in left_out:
            continue
        if isinstance(source, fields.Nested):
            yield from _flat(source.schema, left_out, f"{path}.")
        else:
            yield path, source


def _flat_values(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat_values(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _put(raw: dict[str, Any], path: str, value: Any) -> None:
    *parents, leaf = path.split(".")
    for parent in parents:
        raw = raw.setdefault(parent, {})
    raw[leaf] = value


def _one(source: fields.Field[Any]) -> Any:
    """The field itself, or that of a list's items."""
    return source.inner if isinstance(source, fields.List) else source


WIDGETS: list[tuple[type[fields.Field[Any]], str]] = [
    (UploadField, "file"),
    (FenField, "money"),
    (DayField, "date"),
    (InstantField, "datetime-local"),
    (EnumField, "select"),
    (fields.Boolean, "checkbox"),
    (CountField, "number"),
    (IdField, "number"),
    (DecimalField, "decimal"),
]


def _widget(source: fields.Field[Any], *, has_options: bool) -> str:
    if isinstance(source, fields.List):
        return "checkboxes" if has_options or isinstance(source.inner, EnumField) else "lines"
    if has_options:
        return "select"
    for kind, widget in WIDGETS:
        if isinstance(source, kind):
            return widget
    if isinstance(source, TextField):
        if source.metadata.get("format") == "password":
            return "password"
        return "textarea" if source.max_length >= LONG_TEXT else "text"
    if source.metadata.get("type") == "string":
        return "text"
    raise WidgetUnknown(f"{source.name}: {type(source).__name__}")


def _attributes(source: fields.Field[Any], widget: str) -> Iterator[tuple[str, str]]:
    if isinstance(source, TextField) and widget in ("text", "textarea", "password"):
        yield "maxlength", str(source.max_length)
    if widget in ("money", "decimal"):
        yield "inputmode", "decimal"
    if widget == "number":
        yield "inputmode", "numeric"


def _typed(path: str, source: fields.Field[Any], widget: str) -> Any:
    """What was sent for a field, as it was typed."""
    if widget == "file":
        upload = request.files.get(path)
        return upload if upload is not None and upload.filename else None
    if widget == "checkboxes":
        return request.form.getlist(path)
    if widget == "checkbox":
        return path in request.form
    typed = request.form.get(path, "")
    if widget == "lines":
        return typed.replace("\r\n", "\n").split("\n")
    return typed.replace("\r\n", "\n") if widget == "textarea" else typed


def _as_json(typed: Any, source: fields.Field[Any], widget: str) -> Any:
    """What was typed as the API would get it; raises :class:`_Unreadable`."""
    if isinstance(source, fields.List):
        items = [each for each in typed if each.strip()] if isinstance(typed, list) else []
        return [_scalar(each, source.inner) for each in items]
    if typed is None:
        return _LEFT_OUT
    if isinstance(typed, bool | FileStorage):
        return typed
    if not typed.strip():
        if source.allow_none:
            return None
        return "" if isinstance(source, TextField) and source.min_length == 0 else _LEFT_OUT
    return _scalar(typed, source)


def _scalar(typed: str, source: fields.Field[Any]) -> Any:
    if isinstance(source, FenField):
        return _fen(typed, source)
    if isinstance(source, InstantField):
        try:
            return moment_of(typed.strip()).isoformat()
        except ValueError as malformed:
            raise _Unreadable(fault("not_a_moment")) from malformed
    if isinstance(source, fields.Boolean):
        return typed == "true"
    return typed if isinstance(source, TextField) else typed.strip()


def _fen(typed: str, source: FenField) -> int:
    """A sum typed in yuan; its bounds are told in yuan too, where the API tells them in fen."""
    try:
        fen = yuan_to_fen(typed.strip().removeprefix("¥"))
    except AmountMalformed as malformed:
        raise _Unreadable(fault("not_yuan")) from malformed
    if not source.minimum <= fen <= source.maximum:
        bounds = {"min": yuan_text(source.minimum), "max": yuan_text(source.maximum)}
        raise _Unreadable(fault("range", **bounds))
    return fen


SHOWN: list[tuple[type[Any], Callable[[Any], Any]]] = [
    (StrEnum, lambda value: value.value),
    (datetime, lambda value: f"{value.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"),
    (date, lambda value: value.isoformat()),
    (Decimal, lambda value: format(value.normalize(), "f")),
]


def _shown(value: Any, source: fields.Field[Any]) -> Any:
    """A value of the service as the input holds it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple):
        return [_shown(each, _one(source)) for each in value]
    if isinstance(source, FenField):
        return fen_to_yuan(value)
    for kind, show in SHOWN:
        if isinstance(value, kind):
            return show(value)
    return str(value)
