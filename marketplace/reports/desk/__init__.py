"""What waits for whoever signed in: how much of it, since when, until when, and for how much money."""

from marketplace.reports.desk.board import desk
from marketplace.reports.desk.items import DeskItem

__all__ = ["DeskItem", "desk"]
