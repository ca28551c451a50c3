"""Columns and constraints of the package's tables."""

from accounts.models.changes import ControllerChange, TeamSuccession
from accounts.models.documents import OrganisationDocument
from accounts.models.memberships import Membership, MembershipDocument
from accounts.models.organisations import BankAccount, BeneficiaryFigures, Organisation
from accounts.models.sessions import PasswordRecovery, RecoveryCode, SecondFactor, SignUp, UserSession
from accounts.models.standing import (
    AdverseRecord,
    Controller,
    ControllerTenure,
    Holding,
    JointEstablishment,
)
from accounts.models.users import ApiToken, SignInAttempt, User

__all__ = [
    "AdverseRecord",
    "ApiToken",
    "BankAccount",
    "BeneficiaryFigures",
    "Controller",
    "ControllerChange",
    "ControllerTenure",
    "Holding",
    "JointEstablishment",
    "Membership",
    "MembershipDocument",
    "Organisation",
    "OrganisationDocument",
    "PasswordRecovery",
    "RecoveryCode",
    "SecondFactor",
    "SignInAttempt",
    "SignUp",
    "TeamSuccession",
    "User",
    "UserSession",
]
