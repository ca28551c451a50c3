"""Words of the gateway that pages tell in ours: what an account still needs, and why a charge is contested."""

from __future__ import annotations

from enum import StrEnum


class AccountNeed(StrEnum):
    """A requirement of Stripe's ``requirements.currently_due``, before its first dot."""

    BUSINESS_PROFILE = "business_profile"
    BUSINESS_TYPE = "business_type"
    COMPANY = "company"
    DIRECTORS = "directors"
    DOCUMENTS = "documents"
    EXECUTIVES = "executives"
    EXTERNAL_ACCOUNT = "external_account"
    INDIVIDUAL = "individual"
    OWNERS = "owners"
    REPRESENTATIVE = "representative"
    SETTINGS = "settings"
    TERMS = "tos_acceptance"


class DisputeReason(StrEnum):
    """Why a payer's bank contests a charge: Stripe's ``reason`` of a dispute, those that its methods here can have."""

    CREDIT_NOT_PROCESSED = "credit_not_processed"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    GENERAL = "general"
    NONCOMPLIANT = "noncompliant"
    PRODUCT_NOT_RECEIVED = "product_not_received"
    PRODUCT_UNACCEPTABLE = "product_unacceptable"
    SUBSCRIPTION_CANCELED = "subscription_canceled"
    UNRECOGNIZED = "unrecognized"
