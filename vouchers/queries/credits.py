"""Reads of credit invoices: who may see them, and what they leave to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import selectinload

from accounts.permissions import auditor, official_reader, province
from core.db import session
from core.errors import NotFound
from core.files import StoredFile
from core.grounds import Ground
from core.permissions import Actor
from vouchers.models import Claim, CreditInvoice, Invoice
from vouchers.queries.claims import visible_claims
from vouchers.rules.amounts import reduced_subsidy
from vouchers.rules.invoices.credits import CreditEffect, CreditUndone
from vouchers.rules.review_grounds import credit_grounds
from vouchers.states import CreditState

sees_all_credits = province | auditor
"""Who may see every claim, and so all that credit invoices did."""


class CreditMissing(NotFound):
    """There is no such credit invoice for this actor."""

    code = "credit_missing"


@dataclass(frozen=True)
class CreditView:
    """A credit invoice as a reader sees it: of a claim out of its sight it learns nothing."""

    credit: CreditInvoice
    claim: Claim | None
    is_own: bool
    """Entered by the reader's own organisation."""
    is_office: bool
    sees_all: bool

    @property
    def id(self) -> int:
        """Number of the entry."""
        return self.credit.id

    @property
    def state(self) -> CreditState:
        """Whether it has its effect."""
        return self.credit.state

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
    def opinion(self) -> str | None:
        """How it became known; a party is told what it said itself."""
        return self.credit.opinion if self._tells_words else None

    @property
    def registered_at(self) -> datetime:
        """When it was registered."""
        return self.credit.registered_at

    @property
    def decided_at(self) -> datetime | None:
        """When it was taken or rejected, where it had to wait."""
        return self.credit.decided_at

    @property
    def decision(self) -> str | None:
        """What was said with that."""
        return self.credit.decision if self._tells_words else None

    @property
    def annulled_at(self) -> datetime | None:
        """When it was annulled."""
        return self.credit.annulled_at

    @property
    def annulled_why(self) -> str | None:
        """What was mistaken."""
        return self.credit.annulled_why if self._tells_effect else None

    @property
    def reasons(self) -> list[Ground]:
        """What taking, rejecting and annulling it rest on, as far as the reader is told."""
        credit = self.credit
        return credit_grounds(
            number=credit.number,
            original_number=credit.original_number,
            amount_fen=credit.amount_incl_tax_fen,
            issued_on=credit.issued_on,
            taken=credit.state is not CreditState.REJECTED,
            decided_on=credit.decided_at,
            opinion=self.decision,
            annulled_on=credit.annulled_at,
            why=self.annulled_why,
        )

    @property
    def undone(self) -> CreditUndone | None:
        """What that undid."""
        return self.credit.undone if self._tells_effect else None

    @property
    def effect(self) -> CreditEffect | None:
        """What it did to the claim it met."""
        return self.credit.effect if self._tells_effect else None

    @property
    def claim_id(self) -> int | None:
        """The claim it met."""
        return None if self.claim is None else self.claim.id

    @property
    def excess_fen(self) -> int | None:
        """What is granted of that claim beyond what its invoice still supports."""
        return None if self.claim is None else _excess_fen(self.claim, self.credit.original_number)

    @property
    def may_be_decided(self) -> bool:
        """Whether an office that reads it may be the one that decides: a notice of its own about no claim of its city
        is for others."""
        return self.sees_all or self.claim is not None or not self.is_own

    @property
    def has_document(self) -> bool:
        """Whether the reader may have its document."""
        return self.credit.file_id is not None and self._tells_words

    @property
    def _tells_words(self) -> bool:
        return self.is_own or self.is_office

    @property
    def _tells_effect(self) -> bool:
        """That no claim rested on it tells something too."""
        return self.claim is not None or self.sees_all


def visible_credits(actor: Actor) -> Select[tuple[CreditInvoice]]:
    """Credit invoices a reader may see: those its organisation entered, those that met a claim in its sight, and as an
    office what others entered about an invoice of one; the province all (V6)."""
    if sees_all_credits(actor):
        return select(CreditInvoice)
    mine = visible_claims(actor).with_only_columns(Claim.id)
    own = CreditInvoice.registered_by_organisation == actor.organisation_id
    met = CreditInvoice.claim_id.in_(mine)
    return select(CreditInvoice).where(or_(own, met, _told_to(actor)))


def credits_to_decide(actor: Actor) -> Select[tuple[CreditInvoice]]:
    """Notices that wait for an office, entered by others than the actor: of a city those about its claims' invoices,
    of the province all."""
    waiting = and_(CreditInvoice.state == CreditState.WAITING, CreditInvoice.registered_by != actor.user_id)
    found = select(CreditInvoice).where(waiting)
    return found if sees_all_credits(actor) else found.where(_told_to(actor))


def waiting_about(claim: Claim) -> Sequence[CreditInvoice]:
    """Notices that wait about the invoice of a claim."""
    if claim.invoice is None:
        return []
    found = select(CreditInvoice).where(
        CreditInvoice.original_number == claim.invoice.number, CreditInvoice.state == CreditState.WAITING
    )
    return session().scalars(found.order_by(CreditInvoice.id)).all()


def find_credit(credit_id: int, *, actor: Actor, lock: bool = False) -> CreditInvoice:
    """One credit invoice in sight, locked and read afresh if asked; raises :class:`CreditMissing`."""
    found = visible_credits(actor).where(CreditInvoice.id == credit_id)
    if lock:
        found = found.with_for_update(of=CreditInvoice).execution_options(populate_existing=True)
    credit = session().scalar(found)
    if credit is None:
        raise CreditMissing
    return credit


def find_credit_document(credit_id: int, *, actor: Actor) -> StoredFile:
    """Its document, for offices and who entered it; raises :class:`CreditMissing`."""
    (view,) = credit_views([find_credit(credit_id, actor=actor)], actor=actor)
    if not view.has_document or view.credit.file is None:
        raise CreditMissing
    return view.credit.file


def credit_views(credits: Sequence[CreditInvoice], *, actor: Actor) -> list[CreditView]:
    """Credit invoices with the claims they met, as far as the actor may see them, in the order given."""
    wanted = {each.claim_id for each in credits if each.claim_id is not None}
    found = visible_claims(actor).where(Claim.id.in_(wanted))
    loaded = found.options(selectinload(Claim.invoices), selectinload(Claim.decision))
    claims = {claim.id: claim for claim in session().scalars(loaded)} if wanted else {}
    return [
        CreditView(
            each,
            claims.get(each.claim_id or 0),
            is_own=each.registered_by_organisation == actor.organisation_id,
            is_office=official_reader(actor),
            sees_all=sees_all_credits(actor),
        )
        for each in credits
    ]


def _told_to(actor: Actor) -> ColumnElement[bool]:
    """What others entered about live invoices of claims in an office's sight, whether it waits or was rejected."""
    if not official_reader(actor):
        return false()
    mine = visible_claims(actor).with_only_columns(Claim.id)
    about = select(Invoice.number).where(Invoice.claim_id.in_(mine), Invoice.live)
    return and_(CreditInvoice.effect.is_(None), CreditInvoice.original_number.in_(about))


def _excess_fen(claim: Claim, number: str) -> int:
    granted_fen = claim.confirmed_fen if claim.confirmed_fen is not None else claim.approved_fen
    invoice = next((each for each in reversed(claim.invoices) if each.number == number), None)
    if granted_fen is None or invoice is None or claim.decision.rate is None:
        return 0
    base_fen = min(claim.contract_fen, claim.actual_fen, invoice.counted_fen)
    return granted_fen - reduced_subsidy(granted_fen, actual_base_fen=base_fen, rate=claim.decision.rate)
