"""Reads of the package. What upper packages use is listed here."""

from vouchers.queries.claims import find_claim, visible_claims
from vouchers.queries.entitlement import Assessment, assess, decision_of, eligible_extras, offered_modes

__all__ = ["Assessment", "assess", "decision_of", "eligible_extras", "find_claim", "offered_modes", "visible_claims"]
