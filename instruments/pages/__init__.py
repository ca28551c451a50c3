"""Pages of instruments, with their menu entries."""

from core.pages import Pages

PAGES: list[Pages] = []
