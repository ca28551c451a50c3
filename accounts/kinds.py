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


class Subject(StrEnum):
    """What a defect of a registration is about: something stated, or a document."""

    GENERAL = "general"
    NAME = "name"
    USCC = "uscc"
    COUNTY = "county"
    LEGAL_REPRESENTATIVE = "legal_representative"
    PHONE = "phone"
    ADDRESS = "address"
    INSTITUTION_KIND = "institution_kind"
    HAS_SHARING_RULES = "has_sharing_rules"
    FISCAL = "fiscal"
    HAS_RD_BASE = "has_rd_base"
    RD_NEED = "rd_need"
    CONTROLLER = "controller"
    FIGURES = "figures"
    BANK_ACCOUNT = "bank_account"
    DOCUMENT_LICENCE = "document_licence"
    DOCUMENT_FINANCIAL_STATEMENT = "document_financial_statement"
    DOCUMENT_SHARING_RULES = "document_sharing_rules"
    DOCUMENT_INCUBATOR_AGREEMENT = "document_incubator_agreement"
    DOCUMENT_BANK_PROOF = "document_bank_proof"
    DOCUMENT_OTHER = "document_other"


class StandardDefect(StrEnum):
    """The catalogue of what is usually wrong."""

    MISSING = "missing"
    ILLEGIBLE = "illegible"
    EXPIRED = "expired"
    DIFFERS = "differs"
    INCOMPLETE = "incomplete"
    UNSEALED = "unsealed"
    WRONG_DOCUMENT = "wrong_document"
    IMPLAUSIBLE = "implausible"
    UNREACHABLE = "unreachable"


class RenewalDecision(StrEnum):
    """What the bureau says about renewed figures."""

    CONFIRM = "confirm"
    RETURN = "return"


class ChangeDecision(StrEnum):
    """What the bureau says about a change a member asks for."""

    APPROVE = "approve"
    REFUSE = "refuse"


class ResidenceDecision(StrEnum):
    """What an incubator answers to a firm that says it resides there."""

    ACCEPT = "accept"
    DECLINE = "decline"


class InterestKind(StrEnum):
    """What ties an officer to an organisation."""

    EMPLOYER = "employer"
    FAMILY = "family"
    HOLDING = "holding"
    ADVISER = "adviser"
    OTHER = "other"


class MailRhythm(StrEnum):
    """How often a user wants mail about notices."""

    OFF = "off"
    EACH = "each"
    DAILY = "daily"


class MailLanguage(StrEnum):
    """The language of a user's mail."""

    ZH = "zh"
    EN = "en"


class RestrictionKind(StrEnum):
    """What a provider that was named for refusing service may not do for a time (V20)."""

    NEW_ORDERS = "new_orders"
    DIRECT_DEDUCTION = "direct_deduction"
    NEW_LISTINGS = "new_listings"
