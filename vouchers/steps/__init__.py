"""Parts of use cases that require a transaction; what upper packages may call to write."""

from vouchers.steps.endings import revoke_claim
from vouchers.steps.flags import amend_record
from vouchers.steps.holds import RoomShrank, hold, release
from vouchers.steps.opening import open_claim
from vouchers.steps.snapshots import keep_policy

__all__ = ["RoomShrank", "amend_record", "hold", "keep_policy", "open_claim", "release", "revoke_claim"]
