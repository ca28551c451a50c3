"""One decision about one order: all rules applied, all grounds named."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

from core.errors import Reason, reason
from core.policy import PolicyPack
from core.texts import Text
from vouchers.rules import amounts
from vouchers.rules.aids import Aid, granted
from vouchers.rules.eligibility import enterprise_faults, team_faults
from vouchers.rules.exclusions import mode_faults, outside_faults, service_faults
from vouchers.rules.facts import Case, Enterprise
from vouchers.rules.obstacles import obstacle_faults
from vouchers.rules.policy import Judgement, VoucherPolicy, judging
from vouchers.rules.related import relation_faults, relation_flags

RATE = "V12"
IN_FORCE = "V23"
ARTICLES = ("V8(1)", "V8(2)", "V8(4)", "V9", "V11", "V11 x", "V12", "V16", "V16 out", "V20", "V21", "V23")
"""In the order in which a refusal lists them."""


@dataclass(frozen=True)
class Decision:
    """What an order is entitled to and why. Refused: subsidy and entitlement are 0 and self-pay is the base.

    ``aids`` is what programmes of cities add (V6), each that the user may use, also where it adds nothing.
    """

    eligible: bool
    rate: Decimal | None
    entitlement_fen: int
    cap_room_fen: int
    subsidy_fen: int
    self_pay_fen: int
    policy_version: str | None
    reasons: tuple[Reason, ...]
    """One for each article a refusal rests on."""
    flags: tuple[str, ...]
    aids: tuple[Aid, ...] = ()

    @property
    def other_aid_fen(self) -> int:
        """What programmes of cities add to the subsidy."""
        return sum(aid.amount_fen for aid in self.aids)


def decide(case: Case, *, pack: PolicyPack) -> Decision:
    """Judge a case by the policy of its day. Raises PlaceUnknown for a county the division list does not know."""
    return decide_by(case, judgement=judging(pack, case.on))


def decide_by(case: Case, *, judgement: Judgement) -> Decision:
    """Judge a case by one policy, such as the one that was kept with an earlier decision."""
    policy = judgement.policy
    rate = amounts.rate_of(case.beneficiary.county, provider_county=case.provider.county, policy=policy)
    faults = _faults(case, judgement, rate=rate)
    split = amounts.split(
        case.base_fen,
        rate=None if faults else rate,
        cap_room_fen=amounts.room(case.cap_used_fen, policy=policy),
    )
    aids = granted(
        () if faults else policy.programmes_for(case.beneficiary.county),
        base_fen=case.base_fen,
        subsidy_fen=split.subsidy_fen,
        used_fen=case.aid_used_fen,
    )
    flags = relation_flags(case.beneficiary, case.provider, policy=policy)
    if split.cap_limited:
        flags.add(amounts.CAP_LIMITED)
    return Decision(
        eligible=not faults,
        rate=rate,
        entitlement_fen=split.entitlement_fen,
        cap_room_fen=split.cap_room_fen,
        subsidy_fen=split.subsidy_fen,
        self_pay_fen=split.self_pay_fen - sum(aid.amount_fen for aid in aids),
        policy_version=judgement.version,
        reasons=tuple(replace(each, article=policy.article(each.article or "")) for each in by_article(faults)),
        flags=tuple(sorted(flags)),
        aids=aids,
    )


def by_article(faults: list[Reason]) -> tuple[Reason, ...]:
    """Each article once, in the order of the measure, its grounds joined; the first ground gives the code."""
    ordered = sorted(faults, key=_rank)
    return tuple(_joined(list(grounds)) for _, grounds in groupby(ordered, key=_rank))


def _faults(case: Case, judgement: Judgement, *, rate: Decimal | None) -> list[Reason]:
    policy = judgement.policy
    without_rate = rate is None and policy.places.in_province(case.beneficiary.county)
    return [
        *_beneficiary_faults(case, policy),
        *relation_faults(case.beneficiary, case.provider, policy=policy),
        *service_faults(case.service, policy=policy),
        *([reason("no_rate_fits", article=RATE)] if without_rate else []),
        *mode_faults(case.payment_mode, policy=policy),
        *outside_faults(case.provider, payment_mode=case.payment_mode, unmet_need=case.unmet_need, policy=policy),
        *obstacle_faults(case, policy=policy),
        *([] if judgement.in_term else [reason("outside_term", article=IN_FORCE, date=case.on)]),
    ]


def _beneficiary_faults(case: Case, policy: VoucherPolicy) -> list[Reason]:
    if isinstance(case.beneficiary, Enterprise):
        return enterprise_faults(case.beneficiary, on=case.on, policy=policy)
    return team_faults(case.beneficiary, policy=policy)


def _rank(fault: Reason) -> int:
    return ARTICLES.index(fault.article or "")


def _joined(grounds: list[Reason]) -> Reason:
    zh = "".join(ground.text.zh for ground in grounds)
    en = " ".join(ground.text.en for ground in grounds)
    return Reason(grounds[0].code, grounds[0].article, Text(zh, en))
