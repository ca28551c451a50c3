"""What a reviewer must look at before a claim is approved: flags with their evidence. No flag decides by itself."""

from __future__ import annotations

from enum import StrEnum


class FlagKind(StrEnum):
    """What a flag suspects. Facts that suspect nobody (a cap that cut the sum, old figures) are none of these."""

    ONE_WAY_HOLDING = "one_way_holding"
    MUTUAL_HOLDING = "mutual_holding"
    SUBSIDIARY = "subsidiary"
    CO_BUILT = "co_built"
    COMMON_CONTROL = "common_control"
    SHARED_PHONE = "shared_phone"
    SHARED_BANK_ACCOUNT = "shared_bank_account"
    SHARED_ADDRESS = "shared_address"
    SPLIT_ORDERS = "split_orders"
    PRICE_DEVIATION = "price_deviation"
    HOURS_DEVIATION = "hours_deviation"
    SAME_DOCUMENT = "same_document"
    BURST = "burst"
