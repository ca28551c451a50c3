"""Columns and constraints of the package's tables."""

from accounts.models.changes import ControllerChange, TeamSuccession
from accounts.models.documents import OrganisationDocument
from accounts.models.interests import UserInterest
from accounts.models.memberships import (
    Membership,
    MembershipDefect,
    MembershipDocument,
    MembershipSubmission,
    Suspension,
)
from accounts.models.notices import MailSetting, Notice, NoticeReading
from accounts.models.organisations import BankAccount, BeneficiaryFigures, Organisation
from accounts.models.residences import Residence, ResidenceAdvice
from accounts.models.restrictions import ProviderRestriction
from accounts.models.seats import FiguresRenewal, MemberChange, OrganisationSeat
from accounts.models.sessions import PasswordRecovery, RecoveryCode, SecondFactor, SignUp, UserSession
from accounts.models.standing import (
    AdverseImport,
    AdverseRecord,
    Controller,
    ControllerTenure,
    Holding,
    JointEstablishment,
)
from accounts.models.users import ApiToken, SignInAttempt, User

__all__ = [
    "AdverseImport",
    "AdverseRecord",
    "ApiToken",
    "BankAccount",
    "BeneficiaryFigures",
    "Controller",
    "ControllerChange",
    "ControllerTenure",
    "FiguresRenewal",
    "Holding",
    "JointEstablishment",
    "MailSetting",
    "MemberChange",
    "Membership",
    "MembershipDefect",
    "MembershipDocument",
    "MembershipSubmission",
    "Notice",
    "NoticeReading",
    "Organisation",
    "OrganisationDocument",
    "OrganisationSeat",
    "PasswordRecovery",
    "ProviderRestriction",
    "RecoveryCode",
    "Residence",
    "ResidenceAdvice",
    "SecondFactor",
    "SignInAttempt",
    "SignUp",
    "Suspension",
    "TeamSuccession",
    "User",
    "UserInterest",
    "UserSession",
]
