"""Why a sum is what it is: the decision with its facts, judged again, and every step the sum took since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select

from core import policy
from core.db import session
from core.permissions import Actor
from core.policy import Edition, edition_of
from core.texts import Text
from settlement.models import Clawback
from settlement.queries.clawbacks import clawbacks_of_order
from vouchers.models import EntitlementDecision, EntitlementStep, PolicySnapshot
from vouchers.permissions import may_read_users_facts
from vouchers.queries.claims import find_claim
from vouchers.queries.entitlement import decision_of
from vouchers.rules.eligibility import OF_THE_USER
from vouchers.rules.facts import Case
from vouchers.rules.frozen import thaw, without_user
from vouchers.rules.policy import judging, judging_by
from vouchers.rules.replay import Replay, Taken, replay
from vouchers.rules.steps import Step, aid_steps, entitlement_steps, rate_text
from vouchers.rules.steps import without_user as step_without_user


@dataclass(frozen=True)
class ExplainedStep:
    """One step of a sum and when it was taken; one of a quote was taken with it."""

    step: Step
    at: datetime
    tells_of_user: bool
    programme: Text | None = None
    """What the city's programme it belongs to is called; None for the province's voucher."""

    @property
    def inputs(self) -> dict[str, Any]:
        """What it was made of, as far as its reader may know."""
        return dict(self.step.inputs) if self.tells_of_user else step_without_user(self.step.inputs)


@dataclass(frozen=True)
class Explanation:
    """A decision as it was taken, the same facts judged again, and what became of the sum.

    Without ``tells_of_user`` its reader may not know the user's own facts; what would tell them is cut then.
    """

    subject: str
    """``quote``, ``order`` or ``claim``."""
    number: int
    order_id: int | None
    taken: Taken
    case: Case
    frozen: Mapping[str, Any]
    replay: Replay
    steps: tuple[ExplainedStep, ...]
    tells_of_user: bool
    clawbacks: Sequence[Clawback] = ()
    """What was claimed back of what was paid; the voucher's sum stays what it was, and taken of the cap (V12 hold)."""

    @property
    def facts(self) -> dict[str, Any]:
        """What the decision rests on."""
        return dict(self.frozen) if self.tells_of_user else without_user(self.frozen)

    @property
    def cap_room_fen(self) -> int | None:
        """What was left of the cap."""
        return self.taken.cap_room_fen if self.tells_of_user else None

    @property
    def reasons(self) -> list[Mapping[str, Any]]:
        """The grounds of a refusal."""
        return [each for each in self.taken.reasons if self.tells_of_user or each["code"] not in OF_THE_USER]

    @property
    def rate(self) -> str | None:
        """The rate as the policy writes it."""
        return rate_text(self.taken.rate)

    @cached_property
    def differences(self) -> list[str]:
        """Names of what the policy as it is written today gives differently; empty while that day's is unchanged."""
        return self.replay.differs_today(self.taken)

    @cached_property
    def replay_differences(self) -> list[str] | None:
        """Names of what the kept policy itself gives differently, which is a fault; None where none was kept."""
        return self.replay.differs_from_kept(self.taken)

    @property
    def unfollowed(self) -> int:
        """How many steps are not what their inputs make them, which is a fault."""
        return sum(not each.step.follows for each in self.steps)

    @property
    def stands_at_fen(self) -> int:
        """Where the last step left the voucher."""
        own = [each.step.after_fen for each in self.steps if each.step.programme is None]
        return own[-1] if own else self.taken.subsidy_fen

    @property
    def aid_stands_at_fen(self) -> int:
        """Where the last steps left what programmes of cities add, all together (V6)."""
        last = {each.step.programme: each.step.after_fen for each in self.steps}
        return sum(fen for programme, fen in last.items() if programme is not None)


def explain(claim_id: int, *, actor: Actor) -> Explanation:
    """The explanation of a claim the actor may see; raises ClaimMissing."""
    claim = find_claim(claim_id, actor=actor)
    tells = may_read_users_facts(actor)
    return _of_decision(claim.decision, subject="claim", number=claim.id, tells_of_user=tells)


def explain_order(order_id: int, *, tells_of_user: bool) -> Explanation:
    """The explanation of an order that is known to be in its reader's sight; raises DecisionMissing."""
    return _of_decision(decision_of(order_id), subject="order", number=order_id, tells_of_user=tells_of_user)


def explain_answer(
    *,
    subject: str,
    number: int,
    order_id: int | None,
    taken: Taken,
    facts: Mapping[str, Any],
    snapshot_id: int | None,
    year: int,
    at: datetime,
    tells_of_user: bool,
) -> Explanation:
    """The explanation of an answer that held nothing, such as a quote, from what was frozen with it."""
    case, kept = thaw(facts), _kept(snapshot_id)
    judged = judging(policy.current(), case.on) if kept is None else judging_by(kept, case.on)
    steps = entitlement_steps(
        base_fen=taken.base_fen,
        rate=taken.rate,
        eligible=taken.eligible,
        cap_room_fen=taken.cap_room_fen,
        cap_fen=judged.policy.annual_cap_fen,
        year=year,
    )
    names = _programme_names(taken)
    return Explanation(
        subject=subject,
        number=number,
        order_id=order_id,
        taken=taken,
        case=case,
        frozen=facts,
        replay=replay(case, kept=kept, pack=policy.current()),
        steps=tuple(
            ExplainedStep(step, at, tells_of_user, names.get(step.programme))
            for step in (
                *steps,
                *(step for aid in taken.aids for step in aid_steps(aid, base_fen=taken.base_fen, year=year)),
            )
        ),
        tells_of_user=tells_of_user,
    )


def steps_of(order_id: int) -> Sequence[EntitlementStep]:
    """Every step of an order's sum, the first first."""
    found = select(EntitlementStep).where(EntitlementStep.order_id == order_id).order_by(EntitlementStep.id)
    return session().scalars(found).all()


def _of_decision(decision: EntitlementDecision, *, subject: str, number: int, tells_of_user: bool) -> Explanation:
    case, taken = thaw(decision.facts), _taken(decision)
    names = _programme_names(taken)
    return Explanation(
        subject=subject,
        number=number,
        order_id=decision.order_id,
        taken=taken,
        case=case,
        frozen=decision.facts,
        replay=replay(case, kept=_kept(decision.snapshot_id), pack=policy.current()),
        steps=tuple(
            ExplainedStep(_step(each), each.at, tells_of_user, names.get(each.programme))
            for each in steps_of(decision.order_id)
        ),
        tells_of_user=tells_of_user,
        clawbacks=clawbacks_of_order(decision.order_id),
    )


def _taken(decision: EntitlementDecision) -> Taken:
    return Taken(
        judged_on=decision.judged_on,
        policy_version=decision.policy_version,
        eligible=decision.eligible,
        rate=decision.rate,
        base_fen=decision.base_fen,
        entitlement_fen=decision.entitlement_fen,
        cap_room_fen=decision.cap_room_fen,
        subsidy_fen=decision.held_fen,
        reasons=decision.reasons,
        aids=decision.aids,
    )


def _programme_names(taken: Taken) -> dict[str | None, Text]:
    return {aid["programme"]: Text(aid["zh"], aid["en"]) for aid in taken.aids}


def _step(row: EntitlementStep) -> Step:
    return Step(row.kind, row.article, row.before_fen, row.after_fen, row.inputs, row.programme)


def _kept(snapshot_id: int | None) -> Edition | None:
    """The policy that was kept with a decision."""
    snapshot = None if snapshot_id is None else session().get(PolicySnapshot, snapshot_id)
    return None if snapshot is None else edition_of(snapshot.content)
