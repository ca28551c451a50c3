"""Pages of settlement, with their menu entries."""

from core.pages import Pages

PAGES: list[Pages] = []
