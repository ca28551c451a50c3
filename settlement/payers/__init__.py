"""The accounts that pay, by fund, and the tables their banks take: a file an office writes, read once at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from flask import Flask, current_app
from marshmallow import ValidationError

from core.errors import Refused
from core.safe_yaml import SafeLoader
from settlement.payers.schema import PayingAccountsSchema
from settlement.rules.exports.content import Payer
from settlement.rules.exports.layout import BankLayout, layout_of

EVERY_OTHER = "*"
"""The account of each fund that is not named."""

_PAYERS = "paying_accounts"


class PayingAccountsUnreadable(Exception):
    """The file of paying accounts cannot be worked with; every fault is named."""

    def __init__(self, path: Path, faults: object) -> None:
        super().__init__(f"{path}: {faults}")


class PayerUnknown(Refused):
    """No account is named that a fund pays from."""

    code = "payer_unknown"
    article = "V17 pay"


def init_payers(app: Flask, path: Path) -> None:
    """Have the application pay from the accounts of a file; raises :class:`PayingAccountsUnreadable`."""
    try:
        written = yaml.load(path.read_text(encoding="utf-8"), Loader=SafeLoader)  # noqa: S506 - it is a safe one
        app.extensions[_PAYERS] = PayingAccountsSchema().load(written)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as broken:
        raise PayingAccountsUnreadable(path, broken) from broken
    except ValidationError as faulty:
        raise PayingAccountsUnreadable(path, faulty.messages) from faulty


def payer_of(fund: str) -> tuple[Payer, BankLayout]:
    """The account a fund pays from, with the table its bank takes; raises :class:`PayerUnknown`."""
    known: dict[str, Any] = current_app.extensions[_PAYERS]
    account = known["accounts"].get(fund) or known["accounts"].get(EVERY_OTHER)
    if account is None:
        raise PayerUnknown(fund=fund)
    payer = Payer(account["holder_name"], account["bank_name"], account["cnaps_code"], account["account_number"])
    return payer, layout_of(known["banks"][account["bank"]])
