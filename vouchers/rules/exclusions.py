"""What may be bought: supported services (V11), exclusions (V11 x), services from outside the province (V16 out)."""

from __future__ import annotations

from core.errors import Reason, reason
from core.texts import text
from core.wording import is_blank
from vouchers.rules.facts import PaymentMode, Provider, Service
from vouchers.rules.policy import VoucherPolicy

SUPPORTED = "V11"
EXCLUDED = "V11 x"
MODE = "V16"
OUTSIDE = "V16 out"


def service_faults(service: Service, *, policy: VoucherPolicy) -> list[Reason]:
    """Every ground of V11 and V11 x on which a service gets no subsidy."""
    faults = []
    if not service.has_published_instrument:
        faults.append(reason("no_published_instrument", article=SUPPORTED))
    if service.kind not in policy.service_groups:
        kind = text(f"term.ServiceKind.{service.kind}")
        faults.append(reason("service_kind_unsupported", article=SUPPORTED, kind=kind))
    if service.excluded is not None and service.excluded in policy.excluded_names:
        activity = policy.excluded_names[service.excluded]
        faults.append(reason("excluded_activity", article=EXCLUDED, activity=activity))
    if service.restricted_industry:
        faults.append(reason("restricted_industry", article=EXCLUDED))
    if service.publicly_funded:
        faults.append(reason("publicly_funded", article=EXCLUDED))
    return faults


def mode_faults(payment_mode: PaymentMode, *, policy: VoucherPolicy) -> list[Reason]:
    """Who pays first is agreed among the modes the measure knows: those it names a claimant for (V16)."""
    return [] if payment_mode in policy.claimants else [reason("payment_mode_not_offered", article=MODE)]


def outside_faults(
    provider: Provider, *, payment_mode: PaymentMode, unmet_need: str | None, policy: VoucherPolicy
) -> list[Reason]:
    """Every ground of V16 out; none for a provider of the province."""
    if provider.in_province:
        return []
    faults = []
    if payment_mode not in policy.out_of_province_modes:
        faults.append(reason("out_of_province_mode", article=OUTSIDE))
    if unmet_need is None or is_blank(unmet_need):
        faults.append(reason("unmet_need_missing", article=OUTSIDE))
    return faults
