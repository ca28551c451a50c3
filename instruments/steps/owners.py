"""Whose a row is: the importing provider's, or the organisation the file names, found or made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from accounts.kinds import InstitutionKind, OrganisationKind
from accounts.models import Organisation
from accounts.queries.organisations import Seat
from accounts.rules.registration import Application
from accounts.steps import register_organisation
from core.db import require_transaction, session
from core.permissions import Actor
from core.texts import text
from instruments.rules.imports.layouts import Places

Key = tuple[str, str]
"""(credit code, name) as a file says them."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A provider as far as an import needs it; plain values, as they outlive the transaction that read them."""

    id: int
    uscc: str | None
    city: str | None
    is_fiscal: bool = False


@dataclass
class Owners:
    """Owners of the rows of one import.

    With ``fixed`` every row is that provider's. Otherwise organisations named in the file are looked up by credit code,
    then by name, and made where there are none: providers without membership, whose instruments stay drafts until they
    are claimed. Rows that name nobody go to one organisation for unclaimed ones.
    """

    places: Places
    fixed: Owner | None = None
    _known: dict[Key, Owner] = field(default_factory=dict)

    def find(self, uscc: str, name: str) -> Owner | None:
        """The owner, or None where it would have to be made."""
        if self.fixed is not None:
            return self.fixed
        key = self._key(uscc, name)
        if key not in self._known:
            found = _existing(*key)
            if found is None:
                return None
            self._known[key] = owner_of(found)
        return self._known[key]

    def find_or_make(self, uscc: str, name: str, *, county: str, actor: Actor, now: datetime) -> Owner:
        """The owner; made where there is none. Needs a transaction."""
        require_transaction()
        found = self.find(uscc, name)
        if found is None:
            key = self._key(uscc, name)
            made = register_organisation(
                application=Application(
                    kind=OrganisationKind.PROVIDER,
                    name=key[1],
                    uscc=key[0] or None,
                    county=county or None,
                    institution_kind=InstitutionKind.OTHER,
                ),
                seat=self._seat(county),
                actor=actor,
                now=now,
            )
            found = self._known[key] = owner_of(made)
        return found

    def _key(self, uscc: str, name: str) -> Key:
        if not uscc and not name:
            return "", text("instruments.unclaimed_organisation").zh
        return uscc, " ".join(name.split()) or uscc

    def _seat(self, county: str) -> Seat:
        city = self.places.codes.get(county)
        if city is None:
            return Seat(county=None, city=None, in_province=False)
        return Seat(county=county, city=city, in_province=True)


def owner_of(organisation: Organisation) -> Owner:
    """An organisation as an owner."""
    return Owner(id=organisation.id, uscc=organisation.uscc, city=organisation.city, is_fiscal=organisation.fiscal)


def find_provider(name_or_uscc: str) -> Owner | None:
    """A provider by credit code or exact name."""
    wanted = name_or_uscc.strip()
    found = _existing(wanted, "") or _existing("", wanted)
    return None if found is None else owner_of(found)


def _existing(uscc: str, name: str) -> Organisation | None:
    providers = select(Organisation).where(Organisation.kind == OrganisationKind.PROVIDER).order_by(Organisation.id)
    by_code = session().scalars(providers.where(Organisation.uscc == uscc)).first() if uscc else None
    if by_code is not None or uscc or not name:
        return by_code
    return session().scalars(providers.where(Organisation.name == name)).first()
