"""What kinds there are of organisations, institutions, records and documents."""

from __future__ import annotations

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is to the scheme; its users' roles follow from it."""

    ENTERPRISE = "enterprise"
    TEAM = "team"
    INCUBATOR = "incubator"
    PROVIDER = "provider"
    CITY_BUREAU = "city_bureau"
    CITY_FINANCE = "city_finance"
    PROVINCE = "province"
    DELEGATED_AGENCY = "delegated_agency"
    FINANCE = "finance"
    AUDIT = "audit"
    OPERATOR = "operator"


class MemberKind(StrEnum):
    """What registers by POST /memberships."""

    ENTERPRISE = "enterprise"
    TEAM = "team"
    PROVIDER = "provider"


MEMBER_KINDS = (OrganisationKind.ENTERPRISE, OrganisationKind.TEAM, OrganisationKind.PROVIDER)
"""Those that become members by registration and approval (V15)."""

BENEFICIARY_KINDS = (OrganisationKind.ENTERPRISE, OrganisationKind.TEAM)
"""Those that use vouchers."""


class InstitutionKind(StrEnum):
    """What a provider is (V10)."""

    UNIVERSITY = "university"
    INSTITUTE = "institute"
    LABORATORY = "laboratory"
    PLATFORM_HOST = "platform_host"
    ENTERPRISE = "enterprise"
    OTHER = "other"


class IncubatorLevel(StrEnum):
    """Who recognised an incubator (V9)."""

    NATIONAL = "national"
    PROVINCIAL = "provincial"
    CITY = "city"


class AdverseKind(StrEnum):
    """What may stand against an enterprise (V8(2))."""

    SAFETY_ACCIDENT = "safety_accident"
    QUALITY_ACCIDENT = "quality_accident"
    ENVIRONMENTAL_BREACH = "environmental_breach"
    FRAUD = "fraud"
    RESEARCH_MISCONDUCT = "research_misconduct"
    ABNORMAL_OPERATIONS = "abnormal_operations"
    SERIOUS_ILLEGALITY = "serious_illegality"


class DocumentKind(StrEnum):
    """What an organisation's document shows, be it handed in with its registration or by itself."""

    LICENCE = "licence"
    FINANCIAL_STATEMENT = "financial_statement"
    SHARING_RULES = "sharing_rules"
    INCUBATOR_AGREEMENT = "incubator_agreement"
    BANK_PROOF = "bank_proof"
    STANDARD_CONTRACT = "standard_contract"
    QUALIFICATION = "qualification"
    OTHER = "other"


class Relation(StrEnum):
    """How a user and a provider are related (V8(4)), as the quote case names it."""

    NONE = "none"
    ONE_WAY_HOLDING = "one_way_holding"
    MUTUAL_HOLDING = "mutual_holding"
    SUBSIDIARY = "subsidiary"
    CO_BUILT = "co_built"
    COMMON_CONTROL = "common_control"


class ReviewDecision(StrEnum):
    """What a reviewer decides about a registration."""

    APPROVE = "approve"
    RETURN = "return"


class CertificationDecision(StrEnum):
    """What an authority says about an organisation's document."""

    CERTIFY = "certify"
    REFUSE = "refuse"


class VerificationDecision(StrEnum):
    """What an authority says about a bank account."""

    VERIFY = "verify"
    REFUSE = "refuse"
