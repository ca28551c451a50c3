"""Credit invoices (红字发票): entered from their file or by hand, taken or rejected where they wait, and annulled."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from sqlalchemy import Select, select

from accounts.steps.standing import AnnulledByAnother
from core import audit, clock
from core.db import require_transaction, transaction
from core.errors import Conflict, Forbidden, Reason, Refused, reason, refuse_all
from core.files import read_upload, store_upload
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from vouchers.models import CreditInvoice
from vouchers.permissions import may_decide_credits, may_register_credits
from vouchers.queries.credits import find_credit, visible_credits
from vouchers.rules.claims import INVOICE
from vouchers.rules.invoices.credits import CreditDecision, CreditFacts, credit_facts
from vouchers.rules.invoices.numbers import canonical_number
from vouchers.rules.invoices.reading import read_invoice
from vouchers.states import CREDIT, CreditAction, CreditState
from vouchers.steps.annulments import undo_credit
from vouchers.steps.credits import CreditRefused, decides_about, faults_of_bounds, lock_concerned, put_in_force

SIGHT = "V6"
ORDER = "V17 order"


class CreditKnown(Conflict):
    """This credit invoice is registered already."""

    code = "credit_known"


class CreditUnmatched(Refused):
    """No claim this office decides about rests on the invoice; of others it learns nothing (V6)."""

    code = "credit_unmatched"


class EnteredBySame(Forbidden):
    """Who entered a credit invoice neither takes nor rejects it."""

    code = "entered_by_same"


def register_credit(
    *,
    typed: CreditFacts,
    opinion: str,
    stream: BinaryIO,
    filename: str,
    actor: Actor,
    now: datetime,
) -> CreditInvoice:
    """Register a credit invoice with its document.

    Where the actor decides about the invoice or is a party of the claim that rests on it, the claim follows at once.
    Else it waits for who decides, and is answered alike whether such a claim exists or not. ``typed`` fills in what the
    file does not say. Raises ``CreditRefused``, :class:`CreditKnown` and whatever core.files.read_upload refuses.
    """
    with transaction() as current:
        authorise(actor, may_register_credits)
        if actor.user_id is None or actor.organisation_id is None:
            raise Forbidden
        upload = read_upload(stream, filename=filename)
        reading = read_invoice(upload.content, upload.media_type)
        facts, faults = credit_facts(typed, reading.invoice, today=clock.today(now))
        number, original = facts.number or "", facts.original_number or ""
        decides = decides_about(original, actor=actor)
        claim = lock_concerned(original, number) if decides else None
        faults = [*reading.faults, *faults]
        if not faults:
            _require_new(number, actor=actor, decides=decides)
        refuse_all([*faults, *_bounds(facts, decides=decides, now=now)], error=CreditRefused)
        credit = CreditInvoice(
            number=number,
            original_number=original,
            amount_incl_tax_fen=facts.amount_incl_tax_fen,
            issued_on=facts.issued_on,
            opinion=opinion,
            file_id=store_upload(upload, owner_id=actor.organisation_id, now=now).id,
            state=CREDIT.initial,
            registered_by=actor.user_id,
            registered_by_organisation=actor.organisation_id,
            registered_at=now,
        )
        current.add(credit)
        current.flush()
        data = {"number": number, "original_number": original, "amount_fen": facts.amount_incl_tax_fen}
        audit.record(
            actor=actor,
            now=now,
            action="register_credit",
            subject=credit,
            to_state=credit.state,
            data={**data, "waits": not decides},
        )
        if decides:
            put_in_force(credit, claim, actor=actor, now=now)
        return credit


def decide_credit(
    *, credit_id: int, decision: CreditDecision, opinion: str, actor: Actor, now: datetime
) -> CreditInvoice:
    """Take a credit invoice that waits, so that it has its effect now, or reject it; as another than who entered it.

    Raises ``CreditMissing``, :class:`CreditUnmatched`, :class:`EnteredBySame`, ``CreditRefused``, :class:`CreditKnown`
    and ``StateForbids``.
    """
    with transaction():
        credit = find_credit(credit_id, actor=actor, lock=True)
        _require_decider(credit, actor=actor)
        action = CreditAction(decision)
        allowed_target(credit.state, action, transitions=CREDIT)
        if credit.registered_by == actor.user_id:
            raise EnteredBySame(reasons=[reason("entered_by_same", article=ORDER)])
        if decision is CreditDecision.TAKE:
            claim = lock_concerned(credit.original_number, credit.number)
            facts = CreditFacts(
                number=credit.number,
                original_number=credit.original_number,
                amount_incl_tax_fen=credit.amount_incl_tax_fen,
                issued_on=credit.issued_on,
            )
            refuse_all(_bounds(facts, decides=True, now=now), error=CreditRefused)
            _require_new(credit.number, actor=actor, decides=True)
            put_in_force(credit, claim, decision=opinion, actor=actor, now=now)
        else:
            credit.decided_by, credit.decided_at, credit.decision = actor.user_id, now, opinion
            apply(credit, action, transitions=CREDIT, actor=actor, now=now, note=opinion)
        return credit


def annul_credit(*, credit_id: int, why: str, actor: Actor, now: datetime) -> CreditInvoice:
    """Annul a credit invoice entered by mistake, as another person than who entered or took it; what it did is undone.

    Raises ``CreditMissing``, :class:`CreditUnmatched`, accounts' ``AnnulledByAnother``, ``StateForbids``, and
    ``CreditSettled`` or ``ProvinceAnnuls`` where the effect cannot be undone (any more) by the actor.
    """
    with transaction():
        credit = find_credit(credit_id, actor=actor, lock=True)
        _require_decider(credit, actor=actor)
        allowed_target(credit.state, CreditAction.ANNUL, transitions=CREDIT)
        if actor.user_id in (credit.registered_by, credit.decided_by):
            raise AnnulledByAnother(reasons=[reason("annulled_by_another")])
        undone = undo_credit(credit, actor=actor, now=now)
        credit.annulled_by, credit.annulled_at, credit.annulled_why, credit.undone = actor.user_id, now, why, undone
        data = {"number": credit.number, "original_number": credit.original_number, "undone": undone}
        apply(credit, CreditAction.ANNUL, transitions=CREDIT, actor=actor, now=now, note=why, data=data)
        return credit


def _require_decider(credit: CreditInvoice, *, actor: Actor) -> None:
    authorise(actor, may_decide_credits)
    if not decides_about(credit.original_number, actor=actor):
        raise CreditUnmatched(reasons=[reason("credit_unmatched", article=SIGHT)])


def _bounds(facts: CreditFacts, *, decides: bool, now: datetime) -> list[Reason]:
    """Of what can be told: a number or a sum that is missing or wrong is a fault of its own."""
    number = facts.original_number
    if number is None or canonical_number(number) is None:
        return []
    return faults_of_bounds(
        number, amount_fen=facts.amount_incl_tax_fen or 0, issued_on=facts.issued_on, known=decides, now=now
    )


def _require_new(number: str, *, actor: Actor, decides: bool) -> None:
    """One of a number is in force; who does not decide learns of what he sees alone (V6)."""
    current = require_transaction()
    seen: Select[tuple[CreditInvoice]] = select(CreditInvoice) if decides else visible_credits(actor)
    states = (CreditState.IN_FORCE,) if decides else (CreditState.IN_FORCE, CreditState.WAITING)
    if current.scalars(seen.where(CreditInvoice.number == number, CreditInvoice.state.in_(states))).first() is not None:
        because = reason("credit_known", article=INVOICE, field="number", number=number)
        raise CreditKnown(number=number, reasons=[because])
