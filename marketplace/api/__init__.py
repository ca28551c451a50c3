"""The HTTP routes of the deal."""

from core.http import Blueprint

BLUEPRINTS: list[Blueprint] = []
