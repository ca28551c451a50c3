"""The accounts that pay, by fund, and the tables their banks take, as an office writes them into a file.

The file is where they come from at first; afterwards finance changes them by two persons (``service.payers``).
"""

from __future__ import annotations

from pathlib import Path

import yaml
from flask import Flask, current_app
from marshmallow import ValidationError

from core.errors import Refused
from core.safe_yaml import SafeLoader
from settlement.payers.schema import PayingAccountsSchema
from settlement.rules.exports.content import Payer
from settlement.rules.exports.layout import BankLayout, layout_of
from settlement.rules.payers import EVERY_OTHER, layout_faults

Written = tuple[Payer, BankLayout]

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
    """Have the application know the accounts of a file; raises :class:`PayingAccountsUnreadable`."""
    app.extensions[_PAYERS] = read_accounts(path)


def read_accounts(path: Path) -> dict[str, Written]:
    """The accounts of a file by their funds, each with its bank's table; raises :class:`PayingAccountsUnreadable`."""
    try:
        written = yaml.load(path.read_text(encoding="utf-8"), Loader=SafeLoader)  # noqa: S506 - it is a safe one
        known = PayingAccountsSchema().load(written)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as broken:
        raise PayingAccountsUnreadable(path, broken) from broken
    except ValidationError as faulty:
        raise PayingAccountsUnreadable(path, faulty.messages) from faulty
    layouts = {bank: layout_of(row) for bank, row in known["banks"].items()}
    faults = {bank: [str(fault) for fault in layout_faults(layout)] for bank, layout in layouts.items()}
    if any(faults.values()):
        raise PayingAccountsUnreadable(path, {bank: found for bank, found in faults.items() if found})
    return {
        fund: (
            Payer(
                account["holder_name"],
                account["bank_name"],
                account["cnaps_code"],
                account["account_number"],
                account.get("bic"),
            ),
            layouts[account["bank"]],
        )
        for fund, account in known["accounts"].items()
    }


def written_accounts() -> dict[str, Written]:
    """The accounts of the file that the service was started with, by their funds."""
    known: dict[str, Written] = current_app.extensions[_PAYERS]
    return known


def payer_of(fund: str) -> Written:
    """The account the file says a fund pays from; raises :class:`PayerUnknown`."""
    known = written_accounts()
    found = known.get(fund) or known.get(EVERY_OTHER)
    if found is None:
        raise PayerUnknown(fund=fund)
    return found
