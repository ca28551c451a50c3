"""The vouchers part of the HTTP API."""

from vouchers.api.claims import claims
from vouchers.api.spot_checks import spot_checks
from vouchers.api.summaries import summaries

BLUEPRINTS = [claims, summaries, spot_checks]

__all__ = ["BLUEPRINTS"]
