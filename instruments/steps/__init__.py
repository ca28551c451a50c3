"""Parts of use cases that need an open transaction. What upper packages use is listed here."""

from instruments.steps.booking import InstrumentNotPublished, SlotRefused, book, release

__all__ = ["InstrumentNotPublished", "SlotRefused", "book", "release"]
