"""Parts of use cases that need an open transaction. What upper packages use is listed here."""

from accounts.steps.bank import name_account, verify_account
from accounts.steps.documents import add_document, certify_document
from accounts.steps.interests import ConflictOfInterest, refuse_tied, require_uninvolved
from accounts.steps.memberships import Upload, decide_membership, open_membership, user_id_of, write_stated
from accounts.steps.organisations import register_organisation, state_figures, write_facts
from accounts.steps.standing import (
    add_adverse_record,
    add_holding,
    add_joint_establishment,
    annul_adverse_record,
    establish_controller,
    register_controller,
)
from accounts.steps.tokens import IssuedToken, issue_token, revoke_tokens
from accounts.steps.users import hashed, register_user

__all__ = [
    "ConflictOfInterest",
    "IssuedToken",
    "Upload",
    "add_adverse_record",
    "add_document",
    "add_holding",
    "add_joint_establishment",
    "annul_adverse_record",
    "certify_document",
    "decide_membership",
    "establish_controller",
    "hashed",
    "issue_token",
    "name_account",
    "open_membership",
    "refuse_tied",
    "register_controller",
    "register_organisation",
    "register_user",
    "require_uninvolved",
    "revoke_tokens",
    "state_figures",
    "user_id_of",
    "verify_account",
    "write_facts",
    "write_stated",
]
