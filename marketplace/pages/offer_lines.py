"""The lines of an offer in a form: one a line of text, its parts between upright strokes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from core.http import TextField
from core.http.schemas import fault
from core.kinds import ExtraKind
from core.money import AmountMalformed, yuan_text, yuan_to_fen
from core.texts import text
from marketplace.rules.negotiations import OfferTerms
from marketplace.schemas.negotiations import MOST_LINES, OfferLineSchema, OfferTermsSchema

PARTS = ("title", "kind", "quantity", "unit", "unit_price_fen")
STROKE = "|"


class LineField(TextField):
    """A line such as 金靶 | 耗材 | 2 | 片 | 50.50: what it is, of which kind, how many, of what, and yuan for one."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        typed = super()._deserialize(value, attr, data, **kwargs).replace("｜", STROKE)
        parts = [each.strip() for each in typed.split(STROKE)]
        if len(parts) != len(PARTS):
            raise ValidationError(fault("offer_line", line=typed))
        said: dict[str, Any] = dict(zip(PARTS, parts, strict=True))
        said["kind"] = _kinds().get(said["kind"], said["kind"])
        try:
            said["unit_price_fen"] = yuan_to_fen(said["unit_price_fen"].removeprefix("¥"))
        except AmountMalformed as malformed:
            raise ValidationError(fault("not_yuan")) from malformed
        return OfferLineSchema().load(said)

    def _validate(self, value: Any) -> None:
        """Its parts were looked at."""


class OfferFormSchema(OfferTermsSchema):
    """An offer as a form takes it."""

    lines = fields.List(
        LineField(max_length=500),
        load_default=list,
        validate=validate.Length(max=MOST_LINES, error=fault("invalid")),
        metadata={"description": "What is offered beside the service itself, one a line."},
    )

    @post_load
    def as_terms(self, given: dict[str, Any], **_: Any) -> OfferTerms:
        """As the service takes it."""
        return OfferTerms(**given)

    @staticmethod
    def line_words(kept: Mapping[str, Any]) -> str:
        """A line of an offer as the form takes it."""
        kind = text(f"term.ExtraKind.{kept['kind']}").zh
        parts = (kept["title"], kind, kept["quantity"], kept["unit"], yuan_text(kept["unit_price_fen"]))
        return f" {STROKE} ".join(parts)


def _kinds() -> dict[str, str]:
    """The words for the kinds of lines in both languages."""
    return {word: kind.value for kind in ExtraKind for word in _words(kind)}


def _words(kind: ExtraKind) -> tuple[str, str]:
    said = text(f"term.ExtraKind.{kind.value}")
    return said.zh, said.en
