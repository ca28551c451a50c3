"""Who pays what of an order's price, as its claim stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shares:
    """The price of an order in parts, in fen.

    ``shortfall_fen`` is what the user owed or owes the provider of a refused deduction (V16(1)); ``taken_back_fen``
    what the provider was paid of it and owes or has paid back (V21); ``not_granted_fen`` what nobody pays the provider
    of what was deducted, or not yet.
    """

    voucher_fen: int
    other_aid_fen: int
    self_pay_fen: int
    shortfall_fen: int
    taken_back_fen: int
    not_granted_fen: int


def shares(
    *,
    agreed: tuple[int, int],
    stands: tuple[int, int],
    self_pay_fen: int,
    shortfall_fen: int,
    taken_back_fen: int,
    is_deducted: bool,
) -> Shares:
    """Subsidy and other aid as ``agreed`` with the order and as they ``stand``, less what was claimed back of them.

    Who paid in full bears what is not granted of them, or was and is claimed back; of what was deducted, the user bears
    the shortfall and the provider what is claimed back.
    """
    lost_fen = sum(agreed) - sum(stands)
    voucher_fen, other_aid_fen = stands
    if not is_deducted:
        return Shares(voucher_fen, other_aid_fen, self_pay_fen + lost_fen, 0, 0, 0)
    owed_fen = min(shortfall_fen, lost_fen)
    back_fen = min(taken_back_fen, lost_fen - owed_fen)
    return Shares(voucher_fen, other_aid_fen, self_pay_fen, owed_fen, back_fen, lost_fen - owed_fen - back_fen)
