"""An invoice as it was read: every field that its file names, None for what it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from vouchers.rules.claims import InvoiceType

_CATEGORY = re.compile(r"\*([^*]{1,40})\*")


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    """One line. ``name`` begins with its tax category between stars; quantities, prices and rates are as written."""

    name: str
    specification: str | None = None
    unit: str | None = None
    quantity: str | None = None
    unit_price: str | None = None
    amount_fen: int
    tax_rate: str | None = None
    tax_fen: int

    @property
    def category(self) -> str | None:
        """The short name of its tax category, such as 研发和技术服务."""
        found = _CATEGORY.match(self.name)
        return None if found is None else found[1].strip()

    @property
    def amount_incl_tax_fen(self) -> int:
        """Its sum with tax."""
        return self.amount_fen + self.tax_fen


@dataclass(frozen=True, kw_only=True)
class ReadInvoice:
    """What was read. ``number`` is normalised, with the code of older forms before it. A credit invoice has negative
    sums and names the invoice it takes back, where its file says which."""

    number: str | None = None
    type: InvoiceType | None = None
    is_credit: bool = False
    original_number: str | None = None
    red_confirmation: str | None = None
    issued_on: date | None = None
    seller_name: str | None = None
    seller_uscc: str | None = None
    buyer_name: str | None = None
    buyer_uscc: str | None = None
    amount_fen: int | None = None
    tax_fen: int | None = None
    amount_incl_tax_fen: int | None = None
    remark: str | None = None
    lines: tuple[InvoiceLine, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is stored with a reading."""
        issued_on = None if self.issued_on is None else self.issued_on.isoformat()
        return {**asdict(self), "issued_on": issued_on, "lines": [asdict(line) for line in self.lines]}


def invoice_from(stored: Mapping[str, Any]) -> ReadInvoice:
    """The inverse of :meth:`ReadInvoice.as_json`."""
    known: dict[str, Any] = {name: stored[name] for name in (field.name for field in fields(ReadInvoice))}
    known["type"] = None if known["type"] is None else InvoiceType(known["type"])
    known["issued_on"] = None if known["issued_on"] is None else date.fromisoformat(known["issued_on"])
    known["lines"] = tuple(InvoiceLine(**line) for line in known["lines"])
    return ReadInvoice(**known)
