"""Fields of an invoice out of an XML document, each fault kept with the field it is about."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import Element

from core.errors import Reason, reason

ARTICLE = "V13"
MISSING = "invoice_field_missing"
MAX_TEXT = 500
MAX_LINES = 2_000

_MONEY = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,2}0*)?")
_DAY = re.compile(r"([0-9]{4})[-/年]?([0-9]{1,2})[-/月]?([0-9]{1,2})日?(?:[ T].*)?")


class Fields:
    """What stands below an element, by names without their namespace; ``faults`` grows while reading."""

    def __init__(self, element: Element, faults: list[Reason], *, prefix: str = "") -> None:
        self._found: dict[str, list[Element]] = {}
        for child in element.iter():
            self._found.setdefault(local_name(child), []).append(child)
        self.faults = faults
        self._prefix = prefix

    def all(self, name: str) -> list[Element]:
        """Every element of a name."""
        return self._found.get(name, [])

    def text(self, *names: str, field: str, required: bool = False) -> str | None:
        """The first of several names that says something."""
        for name in names:
            for element in self.all(name):
                said = "".join(element.itertext()).strip()
                if len(said) > MAX_TEXT:
                    self.fault("invoice_field_long", field, limit=MAX_TEXT)
                    return None
                if said:
                    if required:
                        self._require_one(name, said, field)
                    return said
        if required:
            self.fault(MISSING, field)
        return None

    def fen(self, *names: str, field: str, required: bool = False) -> int | None:
        """A sum in fen."""
        said = self.text(*names, field=field, required=required)
        if said is None:
            return None
        found = fen_of(said)
        if found is None:
            self.fault("invoice_field_malformed", field, said=said[:40])
        return found

    def day(self, *names: str, field: str, required: bool = False) -> date | None:
        """A date, however it is written."""
        said = self.text(*names, field=field, required=required)
        if said is None:
            return None
        found = day_of(said)
        if found is None:
            self.fault("invoice_field_malformed", field, said=said[:40])
        return found

    def _require_one(self, name: str, said: str, field: str) -> None:
        """Whoever reads another element of the same name must read the same."""
        others = {"".join(each.itertext()).strip() for each in self.all(name)} - {said, ""}
        if others:
            self.fault("invoice_contradicts_itself", field)

    def fault(self, code: str, field: str, **params: object) -> None:
        """Keep a fault of a field."""
        self.faults.append(reason(code, article=ARTICLE, field=f"{self._prefix}{field}", **params))


def local_name(element: Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2]


def fen_of(said: str) -> int | None:
    """A sum in yuan as text, in fen; None where it is none."""
    plain = said.replace(",", "").lstrip("¥￥")
    return int(Decimal(plain) * 100) if _MONEY.fullmatch(plain) else None


def day_of(said: str) -> date | None:
    """A date as text; None where it is none."""
    found = _DAY.fullmatch(said.strip())
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def rate_of(said: str | None) -> str | None:
    """A tax rate as a share: ``0.130000`` and ``13%`` are both ``0.13``; words such as 免税 stay."""
    if said is None:
        return None
    percent = said.endswith("%")
    plain = said.rstrip("%").strip()
    if not re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,8})?", plain):
        return said[:MAX_TEXT]
    share = Decimal(plain) / (100 if percent else 1)
    return f"{share.normalize():f}"
