"""Whose money an actor may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, false, select, true
from sqlalchemy.orm import InstrumentedAttribute

from accounts.models import Organisation
from accounts.queries import visible_organisations
from core.permissions import SYSTEM, Actor
from settlement.permissions import reads_all_money


def sees_all(actor: Actor) -> bool:
    """Whether every record of money is open to the actor."""
    return actor == SYSTEM or reads_all_money(actor)


def concerns_visible(
    actor: Actor, *columns: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
) -> ColumnElement[bool]:
    """The condition that any of these organisation ids is one the actor may see.

    Its own, its teams', its city's (V6).
    """
    if sees_all(actor):
        return true()
    condition: ColumnElement[bool] = false()
    for column in columns:
        condition = condition | exists(
            select(Organisation.id).where(Organisation.id == column, visible_organisations(actor))
        )
    return condition
