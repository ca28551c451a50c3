"""A province in which everything has happened once: a record of every kind in every state that a route acts upon.

Built through the HTTP API by the people of the demo province and a few neighbours of theirs, whose records are foreign
to each other: another city's bureau and finance bureau, another incubator with its team, another provider.
"""

from __future__ import annotations

from tests.support.world.catalogue import SERVICE, Catalogue
from tests.support.world.money import Money
from tests.support.world.offices import Offices
from tests.support.world.people import People

__all__ = ["SERVICE", "World"]


class World(People, Catalogue, Money, Offices):
    """Everything, in numbers by name."""

    def build(self) -> World:
        """Make everything, in the order in which it rests on each other."""
        self._neighbours()
        self._registrations()
        self._standing()
        self._members()
        self._sign_in()
        self._catalogue()
        self._needs()
        self._negotiations()
        self._orders()
        self._claims()
        self._settlement()
        self._supervision()
        self._credits()
        self._refusals()
        self._payments()
        self._shortfall()
        self._yearly_reports()
        self._yearly_evaluation()
        self._published_evaluation()
        self._disclosures()
        self._notices()
        return self
