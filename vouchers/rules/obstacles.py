"""What supervision has against a party of an order: sanctions for misconduct, money that was not paid back (V21), and
what a provider is restricted in because it refused service (V20)."""

from __future__ import annotations

from core.errors import Reason, reason
from core.money import yuan_text
from core.texts import Text, text
from vouchers.rules.facts import Case, Obstacle, OverdueClawback
from vouchers.rules.policy import VoucherPolicy

ARTICLE = "V21"
RESTRICTION = "V20"
_OWING = Obstacle.USER_CLAWBACK_OVERDUE
_RESTRICTIONS = frozenset({Obstacle.PROVIDER_RESTRICTED, Obstacle.DEDUCTION_RESTRICTED})


def obstacle_faults(case: Case, *, policy: VoucherPolicy) -> list[Reason]:
    """Why an order gets no voucher: those obstacles that the policy refuses.

    The user's overdue clawbacks are named, and come first, as the first of an article says whom its text may be told;
    of a provider's nothing more is told, as it is not the user's to know.
    """
    named_first = sorted(case.obstacles, key=lambda each: not (each is _OWING and case.overdue_clawbacks))
    owed = _listed([_owed(each) for each in case.overdue_clawbacks])
    return [
        reason(f"obstacle_{each}", article=RESTRICTION if each in _RESTRICTIONS else ARTICLE, clawbacks=owed)
        for each in named_first
        if each in policy.refused_obstacles
    ]


def _owed(clawback: OverdueClawback) -> Text:
    amount = yuan_text(clawback.open_fen)
    return text("obstacle.overdue_clawback", number=clawback.number, amount=amount, due_on=clawback.due_on)


def _listed(owed: list[Text]) -> Text:
    """All of them in one sentence's end; nothing where none was kept."""
    if not owed:
        return Text("", "")
    return Text("：" + "；".join(each.zh for each in owed), ": " + "; ".join(each.en for each in owed))
