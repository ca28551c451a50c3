"""Words and addresses for what the ledger keeps opaquely: sources such as ``claim:12``, owners such as ``order:3``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from core import clock
from core.pages.forms import Options
from core.pages.language import say, t
from core.pages.links import source_link
from core.permissions import Actor
from core.sources import source_text
from core.workdays import YearStatus
from settlement.queries.owners import organisation_of, owner_texts
from settlement.queries.programmes import programme_name, programmes
from settlement.queries.trade import sources_in_sight
from settlement.rules.cutoffs import Cutoff


def source_words(source: str) -> str:
    """``claim:12`` as people say it; what has no words stands as it is."""
    return say(source_text(source))


def links_of_sources(sources: Iterable[tuple[str, int | None]], *, actor: Actor) -> dict[str, str | None]:
    """The page of each source (told with its order), where there is one that the actor may open; one query at most."""
    told = dict(sources)
    opened = sources_in_sight(told, actor=actor)
    return {source: source_link(source) if source in opened else None for source in told}


def owner_names(owners: Iterable[str]) -> dict[str, str]:
    """Each owner of accounts as people say it, with the names of organisations; one query."""
    return {owner: say(told) for owner, told in owner_texts(owners).items()}


def owner_number_words(owner: str) -> str | None:
    """The number under which accounts of an organisation are kept, in words; other owners are called by theirs."""
    return None if organisation_of(owner) is None else source_words(owner)


def cutoff_words(cutoff: Cutoff) -> str:
    """A cut-off's day, marked where the official calendar of its year is not published."""
    return day_words(cutoff.day, provisional=cutoff.status is YearStatus.PROVISIONAL)


def day_words(day: date, *, provisional: bool) -> str:
    """A day, marked where it is provisional."""
    return t("cutoff.provisional", day=day.isoformat()) if provisional else day.isoformat()


def programme_words(programme: str) -> str:
    """The programme that funds and ledger accounts are kept under."""
    return say(programme_name(programme, on=clock.today(clock.now())))


def all_programmes() -> Options:
    """Every programme that pays today, in words."""
    return [(each, programme_words(each)) for each in programmes(clock.today(clock.now()))]


def programme_options() -> Options:
    """The programmes to choose from in a form; none where the province's is the only one."""
    paying = all_programmes()
    return paying if len(paying) > 1 else []
