"""Parts of use cases that need an open transaction. What upper packages use is listed here."""

from accounts.steps.bank import name_account, verify_account
from accounts.steps.organisations import register_organisation, state_figures, write_facts
from accounts.steps.standing import add_adverse_record, establish_controller, register_controller
from accounts.steps.users import register_user

__all__ = [
    "add_adverse_record",
    "establish_controller",
    "name_account",
    "register_controller",
    "register_organisation",
    "register_user",
    "state_figures",
    "verify_account",
    "write_facts",
]
