"""Quote cases and their answers: one JSON object a line, as the command line and the stored facts write them.

Strict: every field that is missing, unknown or malformed is named, in Chinese and English, before anything is decided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NoReturn, TypeGuard

from marshmallow import RAISE, ValidationError, fields, post_load, validates_schema

from core.http import EnumField, Schema
from core.http.schemas import fault
from core.kinds import ServiceKind
from core.policy import PolicyPack
from core.texts import text
from core.wording import hides_something, is_blank, is_storable
from vouchers.rules.decision import Decision, decide
from vouchers.rules.facts import (
    AdverseKind,
    AdverseRecord,
    Case,
    Enterprise,
    Exclusion,
    IncubatorLevel,
    PaymentMode,
    Provider,
    Relation,
    Service,
    Team,
)
from vouchers.rules.policy import VoucherPolicy, judging
from vouchers.rules.simulation import Labels

COUNTY = re.compile("[0-9]{6}")
USCC = re.compile("[0-9A-Z]{18}")


class CaseRefused(ValueError):
    """A line is no quote case; the message names every fault in Chinese and English."""


def answer_line(line: bytes, *, pack: PolicyPack) -> dict[str, Any]:
    """The answer to one line: a decision, or ``{"error": …}`` naming every fault."""
    try:
        case = read_case(line, pack=pack)
    except CaseRefused as refused:
        return {"error": str(refused)}
    return decision_json(decide(case, pack=pack))


def decision_json(decision: Decision) -> dict[str, Any]:
    """A decision as the command line shows it; ``aids`` only where a programme of the user's city adds to it (V6)."""
    return {
        "eligible": decision.eligible,
        "rate": None if decision.rate is None else str(decision.rate),
        "entitlement_fen": decision.entitlement_fen,
        "cap_room_fen": decision.cap_room_fen,
        "subsidy_fen": decision.subsidy_fen,
        "self_pay_fen": decision.self_pay_fen,
        "policy_version": decision.policy_version,
        "reasons": [reason.as_json() for reason in decision.reasons],
        "flags": list(decision.flags),
        **({"aids": [aid.as_json() for aid in decision.aids]} if decision.aids else {}),
    }


def read_case(line: bytes, *, pack: PolicyPack) -> Case:
    """Read one line; raises :class:`CaseRefused`."""
    return _case(*_parse(line), pack=pack)


def read_labelled_case(line: bytes, *, number: int, pack: PolicyPack) -> tuple[Case, Labels]:
    """A line that may also say whose case it is, by ``firm`` and ``controller``; raises :class:`CaseRefused`.

    A case of nobody's is one of its own, named by the number of its line.
    """
    document, repeated = _parse(line)
    said = {name: document.pop(name) for name in ("firm", "controller") if name in document}
    wrong = [name for name, value in said.items() if not isinstance(value, str) or not _is_label(value)]
    if wrong:
        raise CaseRefused("; ".join(f"{name}: {text('case.label_not_text').both()}" for name in wrong))
    return _case(document, repeated, pack=pack), Labels(said.get("firm", f"line {number}"), said.get("controller"))


def _is_label(value: str) -> bool:
    return is_storable(value) and not is_blank(value) and not hides_something(value)


def _case(document: dict[str, Any], repeated: list[str], *, pack: PolicyPack) -> Case:
    faults = [text("case.repeated", names=", ".join(repeated)).both()] if repeated else []
    case: Case | None = None
    try:
        case = CASE.load(document)
    except ValidationError as refused:
        faults += _flat(refused.messages, "")
    if not _county_is_known(document, "beneficiary", pack):
        faults.append(f"beneficiary.county: {text('case.county_unknown').both()}")
    faults += _providers_county_faults(document, pack)
    if faults or case is None:
        raise CaseRefused("; ".join(faults))
    return case


def _county_is_known(document: dict[str, Any], party: str, pack: PolicyPack) -> bool:
    """Whether a well-formed county is one of the division list of its day; what is malformed is named elsewhere."""
    said = document.get(party)
    county = said.get("county") if isinstance(said, dict) else None
    if not isinstance(county, str) or not COUNTY.fullmatch(county):
        return True
    return _policy_of(document, pack).places.is_known(county)


def _providers_county_faults(document: dict[str, Any], pack: PolicyPack) -> list[str]:
    """Where a provider sits is needed where a rate asks for it, and else no part of a case."""
    provider = document.get("provider")
    if not isinstance(provider, dict):
        return []
    if not _policy_of(document, pack).looks_at_providers_place:
        return [f"provider.county: {fault('unknown')}"] if "county" in provider else []
    if provider.get("county") is None:
        return [f"provider.county: {fault('required')}"]
    if _county_is_known(document, "provider", pack):
        return []
    return [f"provider.county: {text('case.county_unknown').both()}"]


def _policy_of(document: dict[str, Any], pack: PolicyPack) -> VoucherPolicy:
    day = document.get("date")
    return judging(pack, date.fromisoformat(day) if _is_day(day) else date.max).policy


def _parse(line: bytes) -> tuple[dict[str, Any], list[str]]:
    """The JSON object of a line and the names it gives twice."""
    repeated: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found]
        repeated.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(found)

    try:
        document = json.loads(line.decode(), object_pairs_hook=pairs, parse_constant=_no_constant)
    except UnicodeDecodeError as broken:
        raise CaseRefused(text("case.not_utf8").both()) from broken
    except (ValueError, RecursionError) as broken:
        raise CaseRefused(text("case.not_json", fault=str(broken)).both()) from broken
    if not isinstance(document, dict):
        raise CaseRefused(text("case.not_object").both())
    return document, repeated


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _flat(messages: Any, path: str) -> list[str]:
    if isinstance(messages, Mapping):
        parts = [(path if name == "_schema" else f"{path}.{name}".lstrip("."), m) for name, m in messages.items()]
        return [line for inner, message in parts for line in _flat(message, inner)]
    if isinstance(messages, list):
        return [line for message in messages for line in _flat(message, path)]
    return [f"{path}: {messages}" if path else str(messages)]


def _is_day(value: object) -> TypeGuard[str]:
    if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


class _Day(fields.Field[date]):
    """A calendar date ``YYYY-MM-DD``; nothing else that ISO 8601 also allows."""

    default_error_messages = {"required": fault("required"), "null": fault("null"), "invalid": fault("not_a_date")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        if not _is_day(value):
            raise self.make_error("invalid")
        return date.fromisoformat(value)


class _Whole(fields.Field[int]):
    """A whole number from zero, as large as it likes; no text, no float, no truth value."""

    default_error_messages = {
        "required": fault("required"),
        "null": fault("null"),
        "invalid": fault("not_whole"),
        "negative": text("case.negative").both(),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.make_error("invalid")
        if value < 0:
            raise self.make_error("negative")
        return value


class _Truth(fields.Field[bool]):
    """``true`` or ``false``; nothing that merely looks like it."""

    default_error_messages = {
        "required": fault("required"),
        "null": fault("null"),
        "invalid": text("case.not_bool").both(),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class _Words(fields.Field[str | None]):
    """Free text; text of which nothing can be seen is none."""

    default_error_messages = {"invalid": fault("not_text"), "hidden": fault("hidden_characters")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str | None:
        if not isinstance(value, str) or not is_storable(value):
            raise self.make_error("invalid")
        if is_blank(value):
            return None
        if hides_something(value):
            raise self.make_error("hidden")
        return value


class _Shaped(fields.Field[str]):
    """Text of one shape; ``says`` is the text key of what it should be."""

    default_error_messages = {"required": fault("required"), "null": fault("null")}

    def __init__(self, *, shape: re.Pattern[str], says: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shape = shape
        self.says = says

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not self.shape.fullmatch(value):
            raise ValidationError(text(self.says).both())
        return value


def _county() -> _Shaped:
    return _Shaped(shape=COUNTY, says="case.county_shape", required=True)


def _nested(schema: type[Schema], **kwargs: Any) -> fields.Nested:
    return fields.Nested(
        schema,
        error_messages={"required": fault("required"), "null": fault("null"), "type": fault("type")},
        unknown=RAISE,
        **kwargs,
    )


class AdverseRecordSchema(Schema):
    """One record against a firm."""

    kind = EnumField(AdverseKind, required=True)
    since = _Day(required=True, data_key="from")
    until = _Day(allow_none=True, load_default=None, data_key="to")

    @validates_schema
    def in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        """A period must not end before it begins."""
        since, until = data.get("since"), data.get("until")
        if since is not None and until is not None and until < since:
            raise ValidationError(text("case.reversed").both(), "to")

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> AdverseRecord:
        """As facts."""
        return AdverseRecord(**data)


class EnterpriseSchema(Schema):
    """A firm."""

    kind = fields.Constant("enterprise")
    county = _county()
    staff = _Whole(required=True)
    revenue_fen = _Whole(required=True)
    orderly_finances = _Truth(required=True)
    adverse_records = fields.List(
        _nested(AdverseRecordSchema),
        load_default=(),
        error_messages={"null": fault("null"), "invalid": text("case.not_list").both()},
    )

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> Enterprise:
        """As facts."""
        data.pop("kind")
        return Enterprise(**{**data, "adverse_records": tuple(data["adverse_records"])})


class TeamSchema(Schema):
    """A start-up team."""

    kind = fields.Constant("team")
    county = _county()
    incubator_level = EnumField(IncubatorLevel, required=True)
    uscc = _Shaped(shape=USCC, says="case.uscc_shape", allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> Team:
        """As facts."""
        data.pop("kind")
        return Team(**data)


class KindlessSchema(Schema):
    """A beneficiary that does not say what it is; its county can be judged all the same."""

    kind = fields.Raw()
    county = _county()
    staff = _Whole()
    revenue_fen = _Whole()
    orderly_finances = _Truth()
    adverse_records = fields.List(_nested(AdverseRecordSchema))
    incubator_level = EnumField(IncubatorLevel)
    uscc = _Shaped(shape=USCC, says="case.uscc_shape", allow_none=True)


# Schemas are made once: making one costs more than reading a case with it.
BENEFICIARIES: Mapping[str, Schema] = {"enterprise": EnterpriseSchema(), "team": TeamSchema()}
KINDLESS = KindlessSchema()


class _Beneficiary(fields.Field[Enterprise | Team]):
    """An enterprise or a team, by its ``kind``."""

    default_error_messages = {"required": fault("required"), "null": fault("null"), "invalid": fault("type")}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Enterprise | Team:
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        kind = value.get("kind")
        if isinstance(kind, str) and kind in BENEFICIARIES:
            found: Enterprise | Team = BENEFICIARIES[kind].load(value)
            return found
        wrong = fault("required") if "kind" not in value else fault("one_of", known=", ".join(BENEFICIARIES))
        raise ValidationError({"kind": [wrong], **KINDLESS.validate(value)})


class ProviderSchema(Schema):
    """A provider."""

    in_province = _Truth(required=True)
    relation = EnumField(Relation, load_default=Relation.NONE)
    county = _Shaped(shape=COUNTY, says="case.county_shape", allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> Provider:
        """As facts."""
        return Provider(data["in_province"], relations=(data["relation"],), county=data["county"])


class ServiceSchema(Schema):
    """A service."""

    kind = EnumField(ServiceKind, required=True)
    excluded = EnumField(Exclusion, allow_none=True, load_default=None)
    publicly_funded = _Truth(load_default=False)
    restricted_industry = _Truth(load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> Service:
        """As facts."""
        return Service(**data)


class CaseSchema(Schema):
    """A quote case."""

    on = _Day(required=True, data_key="date")
    payment_mode = EnumField(PaymentMode, required=True)
    base_fen = _Whole(required=True)
    cap_used_fen = _Whole(required=True)
    unmet_need = _Words(allow_none=True, load_default=None)
    beneficiary = _Beneficiary(required=True)
    provider = _nested(ProviderSchema, required=True)
    service = _nested(ServiceSchema, required=True)

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> Case:
        """As facts."""
        return Case(**data)


CASE = CaseSchema()
