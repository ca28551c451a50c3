"""Refusals say which article they rest on; those that rest on none stand here, each with why."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from core.errors import (
    Busy,
    DomainError,
    Malformed,
    NotFound,
    PreconditionFailed,
    TooLarge,
    TooManyAttempts,
    Unauthenticated,
    WrongMediaType,
)
from marketplace.app import create_app
from tests.architecture.test_sources import sources

UNREAD = (Busy, Malformed, NotFound, PreconditionFailed, TooLarge, TooManyAttempts, Unauthenticated, WrongMediaType)
"""Refusals of a request rather than of what it asks for."""
OF_NO_ARTICLE = {
    "Forbidden": "a role may not do this at all",
    # accounts of users
    "NothingStarted": "a second factor",
    "OwnAccount": "an account of users",
    "OwnRecovery": "an account of users",
    "AdministratorExists": "an account of users",
    "RecoveryRefused": "a code of the administrator",
    "PasswordWrong": "a password",
    "CodeRefused": "a second factor",
    "SecondFactorExists": "a second factor",
    "SecondFactorMissing": "a second factor",
    "NobodyActs": "an account without an organisation",
    "OthersInterest": "officers declare their own ties",
    "InterestEnded": "officers declare their own ties",
    # books: what the books of the platform cannot take
    "FieldsInvalid": "what was typed",
    "ProgrammeUnknown": "the programme is not in the policy",
    "ExportDiffers": "the seal of a batch",
    "ExportFormatUnknown": "a kind of file",
    "OrderCharged": "one charge for an order",
    "OrderNotCharged": "one charge for an order",
    "ShortfallExists": "one shortfall for an order",
    "HoldExists": "one hold for an order",
    "PayableExists": "one payable for a claim",
    "PaymentExists": "one payment by a reference",
    # payment online
    "GatewayOff": "the gateway",
    "GatewaySilent": "the gateway",
    "SignatureRefused": "the gateway",
    "EventUnreadable": "the gateway",
    "NotOnline": "the gateway",
    "NothingToGiveUp": "the gateway",
    "MethodNotOnline": "the gateway",
    "AttemptUnderWay": "the gateway",
    "AccountNotReady": "the gateway",
    # lists and searches
    "ListTooLong": "the size of a file",
    "PhotosFull": "the size of a page",
    "NationalListTooLong": "the size of a file",
    "NothingToImport": "the columns of a file",
    "ProviderUnknown": "the owner of a file",
    "PeriodUnreadable": "what was typed",
    "SearchCursorUnknown": "a page of a list",
    "ExternalIdTaken": "the provider's own number",
}


def errors() -> dict[str, list[type[DomainError]]]:
    """Every class of refusal by its name."""
    assert create_app is not None  # importing the application loads every error there is
    found: dict[str, list[type[DomainError]]] = {}
    waiting: list[type[DomainError]] = [DomainError]
    while waiting:
        each = waiting.pop()
        waiting += each.__subclasses__()
        found.setdefault(each.__name__, []).append(each)
    return found


def raised_bare() -> Iterator[tuple[str, str]]:
    """Classes that are raised without reasons and without an article, and where."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Raise) or node.exc is None:
                continue
            raised = [node.exc.body, node.exc.orelse] if isinstance(node.exc, ast.IfExp) else [node.exc]
            for each in raised:
                given = {word.arg for word in each.keywords} if isinstance(each, ast.Call) else set()
                name = each.func if isinstance(each, ast.Call) else each
                if isinstance(name, ast.Name) and not given & {"reasons", "article", None}:
                    yield name.id, f"{path}:{node.lineno}"


def test_a_refusal_of_policy_names_its_article() -> None:
    """Each refusal carries its reasons with article: of its own, or the class says what it rests on."""
    known = errors()
    of_packages = ("accounts", "vouchers", "settlement", "marketplace", "instruments")
    bare = [
        f"{name} ({where})"
        for name, where in raised_bare()
        if name not in OF_NO_ARTICLE
        for each in known.get(name, ())
        if each.__module__.startswith(of_packages) and each.article is None and not issubclass(each, UNREAD)
    ]
    assert bare == []


def test_what_rests_on_no_article_is_still_raised() -> None:
    """The list above is not longer than it must be."""
    assert sorted(OF_NO_ARTICLE.keys() - {name for name, _ in raised_bare()}) == []
