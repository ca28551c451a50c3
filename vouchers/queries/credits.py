"""Reads of credit invoices: who may see them, and what they leave to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import selectinload

from core.db import session
from core.permissions import Actor
from vouchers.models import Claim, CreditInvoice
from vouchers.queries.claims import visible_claims
from vouchers.rules.amounts import reduced_subsidy
from vouchers.rules.invoices.credits import CreditEffect


@dataclass(frozen=True)
class CreditView:
    """A credit invoice as an office sees it: of a claim out of its sight it learns nothing."""

    credit: CreditInvoice
    claim: Claim | None

    @property
    def id(self) -> int:
        """Number of the entry."""
        return self.credit.id

    @property
    def number(self) -> str:
        """Its own number."""
        return self.credit.number

    @property
    def original_number(self) -> str:
        """The invoice it takes back."""
        return self.credit.original_number

    @property
    def amount_incl_tax_fen(self) -> int:
        """What it takes back."""
        return self.credit.amount_incl_tax_fen

    @property
    def issued_on(self) -> date:
        """Its date."""
        return self.credit.issued_on

    @property
    def opinion(self) -> str:
        """How it became known."""
        return self.credit.opinion

    @property
    def registered_at(self) -> datetime:
        """When it was registered."""
        return self.credit.registered_at

    @property
    def effect(self) -> CreditEffect | None:
        """What it did to the claim it met."""
        hidden = self.claim is None and self.credit.claim_id is not None
        return None if hidden else self.credit.effect

    @property
    def claim_id(self) -> int | None:
        """The claim it met."""
        return None if self.claim is None else self.claim.id

    @property
    def excess_fen(self) -> int | None:
        """What is granted of that claim beyond what its invoice still supports."""
        return None if self.claim is None else _excess_fen(self.claim, self.credit.original_number)


def visible_credits(actor: Actor) -> Select[tuple[CreditInvoice]]:
    """Credit invoices an office may see: those it registered, and those that met a claim in its sight (V6)."""
    own = CreditInvoice.registered_by_organisation == actor.organisation_id
    met = CreditInvoice.claim_id.in_(visible_claims(actor).with_only_columns(Claim.id))
    return select(CreditInvoice).where(or_(own, met))


def credit_views(credits: Sequence[CreditInvoice], *, actor: Actor) -> list[CreditView]:
    """Credit invoices with the claims they met, as far as the actor may see them, in the order given."""
    wanted = {each.claim_id for each in credits if each.claim_id is not None}
    found = visible_claims(actor).where(Claim.id.in_(wanted))
    loaded = found.options(selectinload(Claim.invoices), selectinload(Claim.decision))
    claims = {claim.id: claim for claim in session().scalars(loaded)} if wanted else {}
    return [CreditView(each, claims.get(each.claim_id or 0)) for each in credits]


def _excess_fen(claim: Claim, number: str) -> int:
    granted_fen = claim.confirmed_fen if claim.confirmed_fen is not None else claim.approved_fen
    invoice = next((each for each in reversed(claim.invoices) if each.number == number), None)
    if granted_fen is None or invoice is None or claim.decision.rate is None:
        return 0
    base_fen = min(claim.contract_fen, claim.actual_fen, invoice.counted_fen)
    return granted_fen - reduced_subsidy(granted_fen, actual_base_fen=base_fen, rate=claim.decision.rate)
