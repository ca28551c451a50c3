"""Changes of controllers and successions of teams as the API shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from accounts.kinds import ChangeDecision
from accounts.models import TeamSuccession
from accounts.permissions import may_read_heirs_side, may_read_teams_side
from accounts.queries.groups import controller_left, namesakes_seen
from accounts.schemas.standing import ControllerSchema
from accounts.states import ChangeKind, ProposalState
from core import clock
from core.grounds import Ground
from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
    current_actor,
    grounds_field,
)
from vouchers.queries.group_caps import effects_of, effects_told

OF_THE_TEAM = frozenset({"evidence", "opinion"})
"""What the enterprise a team became does not read of the decision on that."""
EVIDENCE = {"description": "The document it rests on: name, number and date."}


def public_grounds(succession: TeamSuccession) -> list[Ground]:
    """What the decision rests on, as far as both sides may read it."""
    return [each for each in succession.reasons if OF_THE_TEAM.isdisjoint(each.inputs)]


class NewGroupChangeSchema(Schema):
    """A merge of two groups, a split of one, or who controls a firm."""

    kind = EnumField(ChangeKind, required=True, metadata={"description": "merge, split or naming."})
    controller_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The group that is absorbed, or that some firms leave; null for a naming."},
    )
    into_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "Merge: the controller that goes on. Naming: a controller already known."},
    )
    new_name = TextField(
        load_default="",
        max_length=200,
        metadata={"description": "Split, naming: the new controller of those that leave, or of the firm."},
    )
    new_note = TextField(
        load_default="",
        max_length=500,
        metadata={
            "description": "What tells it from another of that name: a credit code, or the end of an identity number."
        },
    )
    organisation_ids = fields.List(
        IdField(metadata={"description": "An organisation."}),
        load_default=list,
        metadata={"description": "Split: the firms that leave. Naming: the one firm."},
    )
    effective_on = DayField(required=True, metadata={"description": "First day; after every change known."})
    evidence = TextField(required=True, max_length=500, metadata=EVIDENCE)


class ProposalReviewSchema(Schema):
    """What another person decides."""

    decision = EnumField(ChangeDecision, required=True, metadata={"description": "approve or refuse."})
    opinion = TextField(required=True, max_length=1000, metadata={"description": "Why."})


class ProposalQuerySchema(CursorSchema):
    """Which proposals to list."""

    state = EnumField(ProposalState, metadata={"description": "Only those of this state."})


class CapEffectSchema(Schema):
    """What a change does or did to one cap of one year."""

    owner = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "Whose cap it comes onto; null for a controller that is not on record yet."},
    )
    year = CountField(required=True, metadata={"description": "The calendar year."})
    programme = TextField(
        required=True, allow_none=True, metadata={"description": "The city programme; null for the voucher."}
    )
    moved_fen = FenField(required=True, metadata={"description": "Held and used sum that comes onto it, in fen."})
    used_after_fen = FenField(
        required=True,
        allow_none=True,
        metadata={"description": "What stands on it then, in fen; null where it was not recorded."},
    )
    overhang_fen = FenField(
        required=True,
        metadata={"description": "How far that is above the cap; while there is any, nothing more is held."},
    )
    room_fen = FenField(
        required=True,
        allow_none=True,
        metadata={"description": "What the firms that move may still hold then; null where it was not recorded."},
    )
    freed_fen = FenField(
        required=True,
        allow_none=True,
        metadata={"description": "How much more that is than before the change, in fen; null once it is decided."},
    )


class ProposalSchema(Schema):
    """What every proposal has."""

    id = IdField(required=True, metadata={"description": "Its number."})
    state = EnumField(ProposalState, required=True, metadata={"description": "Where it stands."})
    effective_on = DayField(required=True, metadata={"description": "First day."})
    evidence = TextField(required=True, metadata=EVIDENCE)
    proposed_by = IdField(required=True, metadata={"description": "The user who proposed it."})
    proposed_at = InstantField(required=True, metadata={"description": "When."})
    reviewed_by = IdField(required=True, allow_none=True, metadata={"description": "The user who decided it."})
    reviewed_at = InstantField(required=True, allow_none=True, metadata={"description": "When."})
    opinion = TextField(required=True, metadata={"description": "Why; empty while it waits."})


class GroupChangeSchema(ProposalSchema):
    """A merge or split of groups."""

    kind = EnumField(ChangeKind, required=True, metadata={"description": "merge, split or naming."})
    controller_id = IdField(
        required=True, allow_none=True, metadata={"description": "The group absorbed or left; null for a naming."}
    )
    into_id = IdField(
        required=True,
        allow_none=True,
        metadata={"description": "The controller that goes on; of a split or naming the new one, once approved."},
    )
    new_name = TextField(required=True, metadata={"description": "Split, naming: the new controller's name."})
    new_note = TextField(required=True, metadata={"description": "Split, naming: what tells it apart."})
    organisation_ids = fields.List(
        IdField(metadata={"description": "An organisation."}),
        required=True,
        metadata={"description": "Split: the firms that leave. Naming: the one firm."},
    )


class NewSuccessionSchema(Schema):
    """The enterprise a team became."""

    team_id = IdField(required=True, metadata={"description": "The incubator's team."})
    enterprise_uscc = TextField(
        required=True, max_length=40, metadata={"description": "The enterprise's code; it is an approved member."}
    )
    effective_on = DayField(required=True, metadata={"description": "First day."})
    evidence = TextField(required=True, max_length=500, metadata=EVIDENCE)


class SuccessionSchema(ProposalSchema):
    """A team that became an enterprise.

    Evidence and opinion are empty for an enterprise that was merely named, the effects on its caps for the team's side.
    """

    team_id = IdField(required=True, metadata={"description": "The team."})
    enterprise_id = IdField(required=True, metadata={"description": "The enterprise."})

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Each side reads what is its own."""
        if attr in OF_THE_TEAM and not may_read_teams_side(current_actor(), obj):
            return ""
        if attr == "effects" and not may_read_heirs_side(current_actor(), obj):
            return []
        if attr == "reasons" and not may_read_teams_side(current_actor(), obj):
            return public_grounds(obj)
        return super().get_attribute(obj, attr, default)


class _WithEffects(Schema):
    effects = fields.List(
        fields.Nested(CapEffectSchema),
        required=True,
        metadata={
            "description": "What it did to yearly caps; empty where nothing had been used. Of a proposed change what"
            " approving it now would do, for those who see every city."
        },
    )
    reasons = grounds_field("What the decision rests on; empty before.")

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """The effects are read from the ledger's records, the rest from the proposal."""
        return effects_of(obj.source) if attr == "effects" else super().get_attribute(obj, attr, default)


class GroupChangeDetailSchema(_WithEffects, GroupChangeSchema):
    """A merge, split or naming with what it did to the caps."""

    namesakes = fields.List(
        fields.Nested(ControllerSchema),
        required=True,
        metadata={"description": "Other controllers of the new name, for those who see every city; else empty."},
    )
    left = fields.Nested(
        ControllerSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Whom the firms leave; null where nobody was known to control them."},
    )

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """The namesakes are those on record now; what is decided is told as it was, what is open as it would be."""
        actor = current_actor()
        if attr == "namesakes":
            return namesakes_seen(obj, actor=actor)
        if attr == "left":
            return controller_left(obj, actor=actor)
        if attr == "effects":
            return effects_told(obj, actor=actor, now=clock.now())
        return super().get_attribute(obj, attr, default)


class SuccessionDetailSchema(SuccessionSchema, _WithEffects):
    """A succession with what it did to the caps."""
