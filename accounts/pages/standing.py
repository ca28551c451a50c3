"""What authorities put on record: controllers, adverse records, holdings, joint establishments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Response

from accounts.kinds import AdverseKind
from accounts.models import AdverseRecord, Controller, Holding, JointEstablishment, Organisation
from accounts.permissions import authority, may_enter_standing, may_read_standing, official_reader
from accounts.queries.controllers import controllers
from accounts.queries.names import names_in_sight
from accounts.queries.organisations import find_organisation, member_by_code, organisation
from accounts.queries.relations import find_holding, find_joint_establishment
from accounts.queries.standing import find_adverse_record, visible_adverse_records
from accounts.rules import uscc
from accounts.rules.standing import Side
from accounts.schemas.standing import (
    AdverseRecordEndingSchema,
    AnnulmentSchema,
    NewAdverseRecordSchema,
    NewHoldingSchema,
    NewJointEstablishmentSchema,
    RelationEndingSchema,
)
from accounts.service import relations
from accounts.service import standing as service
from accounts.service.standing import StandingRefused
from core import clock
from core.errors import reason
from core.http import EnumField, Schema, TextField, allow, current_actor
from core.pages import Column, Done, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.language import say
from core.pages.tables import choice
from core.permissions import authorise

standing = Pages(
    "standing_pages",
    __name__,
    navigation=(
        NavEntry("adverse_records", "standing_pages.list_adverse_records", "members", official_reader, order=40),
        NavEntry("controllers", "standing_pages.list_controllers", "members", official_reader, order=50),
    ),
)


class Position(StrEnum):
    """Which side of a holding the organisation is on."""

    HOLDER = "holder"
    HELD = "held"


class OtherSideSchema(Schema):
    """The other organisation, by the code people know it by."""

    other_uscc = TextField(required=True, max_length=40)


class JointEstablishmentFormSchema(OtherSideSchema):
    """Two organisations built jointly."""

    since = NewJointEstablishmentSchema().fields["since"]
    until = NewJointEstablishmentSchema().fields["until"]
    source = TextField(required=True, max_length=500)


class HoldingFormSchema(OtherSideSchema):
    """A holding of one in the other."""

    side = EnumField(Position, required=True)
    percent = NewHoldingSchema().fields["percent"]
    since = NewHoldingSchema().fields["since"]
    until = NewHoldingSchema().fields["until"]
    source = TextField(required=True, max_length=500)


@dataclass(frozen=True, slots=True)
class Row:
    """An adverse record as the table shows it."""

    record: AdverseRecord
    organisation: str


def _rows(found: Sequence[AdverseRecord]) -> list[Row]:
    names = names_in_sight({each.organisation_id for each in found}, actor=current_actor())
    return [Row(each, names[each.organisation_id]) for each in found]


ADVERSE_RECORDS = Table(
    name="adverse-records",
    key=AdverseRecord.id,
    default_sort="-since",
    empty="page.adverse_records.empty",
    prepare=_rows,
    filters=[
        choice("kind", AdverseRecord.kind, AdverseKind),
        Filter("q", lambda query, value: query.where(Organisation.name.icontains(value, autoescape=True))),
    ],
    columns=[
        Column(
            "organisation",
            lambda row: row.organisation,
            sort=Organisation.name,
            link=lambda row: link_to("organisation", row.record.organisation_id),
        ),
        Column("adverse_kind", lambda row: row.record.kind, kind="term", sort=AdverseRecord.kind),
        Column("since", lambda row: row.record.since, kind="day", sort=AdverseRecord.since),
        Column("until", lambda row: row.record.until, kind="day", sort=AdverseRecord.until),
        Column("source", lambda row: say(row.record.source_text)),
        Column("annulled_at", lambda row: row.record.annulled_at, kind="moment", sort=AdverseRecord.annulled_at),
    ],
)

CONTROLLERS = Table(
    name="controllers",
    key=Controller.id,
    default_sort="controller",
    empty="page.controllers.empty",
    filters=[Filter("q", lambda query, value: query.where(Controller.name.icontains(value, autoescape=True)))],
    columns=[
        Column("number", lambda row: row.id, sort=Controller.id),
        Column("controller", lambda row: row.name, sort=Controller.name),
        Column("note", lambda row: row.note),
        Column("entered_at", lambda row: row.entered_at, kind="moment", sort=Controller.entered_at),
    ],
)


@standing.get("/adverse-records")
@allow(may_read_standing)
def list_adverse_records() -> Any:
    """What stands against the organisations in sight, the latest first (V8(2))."""
    return table_page(ADVERSE_RECORDS, visible_adverse_records(current_actor()), title="page.adverse_records.title")


@standing.get("/controllers")
@allow(official_reader)
def list_controllers() -> Any:
    """The actual controllers known to who asks."""
    return table_page(CONTROLLERS, controllers(current_actor()), title="page.controllers.title")


@standing.route("/organisations/<int:organisation_id>/adverse-records", methods=["GET", "POST"])
@allow(authority)
def enter_adverse_record(organisation_id: int) -> Response:
    """Put a record on file (V8(2))."""
    return _entry(
        organisation_id,
        Form(NewAdverseRecordSchema, name="adverse_record_new", fixed={"organisation_id": organisation_id}),
        lambda given: service.enter_adverse_record(**given, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


@standing.route("/adverse-records/<int:record_id>/ending", methods=["GET", "POST"])
@allow(authority)
def end_adverse_record(record_id: int) -> Response:
    """Say when a listing or sanction ended."""
    found = find_adverse_record(record_id, actor=current_actor())
    return _entry(
        found.organisation_id,
        Form(AdverseRecordEndingSchema, name="adverse_record_ending"),
        lambda given: service.end_adverse_record(record_id=record_id, **given, actor=current_actor(), now=clock.now()),
        facts=[("column.adverse_kind", term(found.kind)), ("column.since", found.since.isoformat())],
    )


@standing.route("/organisations/<int:organisation_id>/holdings", methods=["GET", "POST"])
@allow(authority)
def enter_holding(organisation_id: int) -> Response:
    """One of two holds a share of the other (V8(4))."""

    def act(given: dict[str, Any]) -> object:
        own, other = Side(number=organisation_id), _other(given)
        holder, held = (own, other) if given["side"] is Position.HOLDER else (other, own)
        return relations.enter_holding(
            holder=holder,
            held=held,
            percent=given["percent"],
            since=given["since"],
            until=given["until"],
            source=given["source"],
            actor=current_actor(),
            now=clock.now(),
        )

    return _entry(organisation_id, Form(HoldingFormSchema, name="holding_new", widgets={"side": "radio"}), act)


@standing.route("/organisations/<int:organisation_id>/joint-establishments", methods=["GET", "POST"])
@allow(authority)
def enter_joint_establishment(organisation_id: int) -> Response:
    """Two were built jointly (V8(4))."""
    return _entry(
        organisation_id,
        Form(JointEstablishmentFormSchema, name="joint_establishment_new"),
        lambda given: relations.enter_joint_establishment(
            a=Side(number=organisation_id),
            b=_other(given),
            since=given["since"],
            until=given["until"],
            source=given["source"],
            actor=current_actor(),
            now=clock.now(),
        ),
    )


@standing.route("/holdings/<int:holding_id>/ending", methods=["GET", "POST"])
@allow(authority)
def end_holding(holding_id: int) -> Response:
    """Say from when a share is held no longer."""
    return _about_relation(
        find_holding(holding_id, actor=current_actor()),
        Form(RelationEndingSchema, name="holding_ending"),
        lambda given: relations.end_holding(holding_id=holding_id, **given, actor=current_actor(), now=clock.now()),
    )


@standing.route("/holdings/<int:holding_id>/annulment", methods=["GET", "POST"])
@allow(authority)
def annul_holding(holding_id: int) -> Response:
    """Annul a holding entered by mistake."""
    return _about_relation(
        find_holding(holding_id, actor=current_actor()),
        Form(AnnulmentSchema, name="holding_annulment", ends=True),
        lambda given: relations.annul_holding(holding_id=holding_id, **given, actor=current_actor(), now=clock.now()),
    )


@standing.route("/joint-establishments/<int:pair_id>/ending", methods=["GET", "POST"])
@allow(authority)
def end_joint_establishment(pair_id: int) -> Response:
    """Say from when two are run jointly no longer."""
    return _about_relation(
        find_joint_establishment(pair_id, actor=current_actor()),
        Form(RelationEndingSchema, name="joint_establishment_ending"),
        lambda given: relations.end_joint_establishment(
            pair_id=pair_id, **given, actor=current_actor(), now=clock.now()
        ),
    )


@standing.route("/joint-establishments/<int:pair_id>/annulment", methods=["GET", "POST"])
@allow(authority)
def annul_joint_establishment(pair_id: int) -> Response:
    """Annul a joint establishment entered by mistake."""
    return _about_relation(
        find_joint_establishment(pair_id, actor=current_actor()),
        Form(AnnulmentSchema, name="joint_establishment_annulment", ends=True),
        lambda given: relations.annul_joint_establishment(
            pair_id=pair_id, **given, actor=current_actor(), now=clock.now()
        ),
    )


def _other(given: dict[str, Any]) -> Side:
    """The other side by its code, which the form says is wrong where no member has it."""
    code = uscc.normalised(given["other_uscc"])
    if code is None or member_by_code(code) is None:
        raise StandingRefused(reasons=[reason("other_side_unknown", field="other_uscc")])
    return Side(code=code)


def _about_relation(
    relation: Holding | JointEstablishment, form: Form, act: Callable[[dict[str, Any]], object]
) -> Response:
    """A form about a relation, on behalf of the side whose facts the actor enters."""
    actor = current_actor()
    own = next((each for each in relation.sides if may_enter_standing(actor, organisation(each))), relation.sides[0])
    names = names_in_sight(relation.sides, actor=actor)
    facts = [("column.other_side", names[each]) for each in relation.sides if each != own and each in names]
    if relation.since is not None:
        facts.append(("column.since", relation.since.isoformat()))
    return _entry(own, form, act, facts=facts)


def _entry(
    organisation_id: int,
    form: Form,
    act: Callable[[dict[str, Any]], object],
    *,
    confirms: bool = False,
    facts: Sequence[tuple[str, str]] = (),
) -> Response:
    """A form about an organisation, and back to it with word of what was entered."""
    about = find_organisation(organisation_id, actor=current_actor())
    authorise(current_actor(), may_enter_standing, about)
    here = link_to("organisation", about.id)

    def effect(given: dict[str, Any]) -> Done:
        act(given)
        return Done(here, f"page.{form.name}.done")

    shown = [("column.organisation", about.name), *facts]
    return form_page(form, effect=effect, back=here, confirms=confirms, facts=shown)
