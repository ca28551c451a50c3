"""The sheet that is given out of a record: names, kinds of service and sums by article, and nothing else.

No bank account, phone, address, document or opinion stands on it, whatever the record holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.queries.names import organisation_names
from core import clock
from core.errors import NotFound, Refused
from core.files import PDF, StoredFile, store_content
from core.pdf import render_pdf
from core.permissions import Actor
from core.policy import article_name
from core.texts import Text, text
from marketplace.models import DisclosureApplication
from marketplace.queries.annual_reports import find_edition
from marketplace.reports.annual.counting import ReportFigures
from marketplace.reports.annual.measures import Unit
from marketplace.reports.annual.words import NOTHING, shown, word
from marketplace.rules.disclosure import DisclosedRecord
from vouchers.models import Claim
from vouchers.queries.claims import find_claim
from vouchers.queries.summaries import find_summary, summary_lines
from vouchers.rules.facts import PaymentMode

TEMPLATE = "marketplace/disclosure_sheet"
ARTICLE_OF_MODE = {PaymentMode.DIRECT_DEDUCTION: "V16(1)", PaymentMode.FULL_PAYMENT: "V16(2)"}
RATE_ARTICLE = "V12"
FIRST_FIGURE = 5
"""From here on the columns of :data:`HEADS` are figures."""

HEADS = ("claim", "user", "provider", "kind", "article", "base", "rate", "claimed", "approved", "confirmed")


class SheetImpossible(Refused):
    """No sheet can be made: the application names no record, or none that this office may see."""

    code = "sheet_impossible"
    article = "V18"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is given out of a record: facts about the sheet, and its table, whose figures stand to the right."""

    facts: list[tuple[Text, Text]]
    heads: list[Text]
    rows: list[list[Text]]

    @property
    def first_figure(self) -> int:
        """The first column of figures."""
        return FIRST_FIGURE if len(self.heads) == len(HEADS) else len(self.heads) - 1


def write_sheet(application: DisclosureApplication, *, actor: Actor, now: datetime) -> StoredFile:
    """The sheet of the record an application is about, stored. Raises :class:`SheetImpossible`."""
    content = sheet_pdf(application, actor=actor, now=now)
    name = f"disclosure-{application.year}-{application.id}.pdf"
    return store_content(content, filename=name, media_type=PDF, owner_id=actor.organisation_id, now=now)


def sheet_pdf(application: DisclosureApplication, *, actor: Actor, now: datetime) -> bytes:
    """The sheet as it would be given out now, in Chinese. Raises :class:`SheetImpossible`."""
    sheet = sheet_of(application, actor=actor, now=now)
    return render_pdf(
        TEMPLATE,
        {
            "title": word("sheet_title").zh,
            "number": application.number,
            "facts": [[name.zh, value.zh] for name, value in sheet.facts],
            "note": word("sheet_note").zh,
            "heads": [each.zh for each in sheet.heads],
            "first-figure": sheet.first_figure,
            "rows": [[cell.zh for cell in row] for row in sheet.rows],
        },
    )


def sheet_of(application: DisclosureApplication, *, actor: Actor, now: datetime) -> Sheet:
    """What the sheet says now, to be looked at before anything is given out. Raises :class:`SheetImpossible`."""
    try:
        heads, rows = _content(application, actor=actor)
    except NotFound as unseen:
        raise SheetImpossible from unseen
    facts = [
        (word("fact.record"), text(f"term.DisclosedRecord.{application.about_kind}")),
        (word("fact.record_number"), _as_is(str(application.about_id))),
        (word("fact.as_of"), _as_is(f"{now.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}")),
    ]
    return Sheet(facts, heads, rows)


def _content(application: DisclosureApplication, *, actor: Actor) -> tuple[list[Text], list[list[Text]]]:
    """Heads and rows of the table."""
    if application.about_kind is DisclosedRecord.REPORT and application.about_id is not None:
        edition = find_edition(application.about_id, actor=actor)
        return _of_figures(ReportFigures.from_json(edition.content["figures"]))
    claims = claims_about(application, actor=actor)
    if not claims:
        raise SheetImpossible
    return _of_claims(claims)


def claims_about(application: DisclosureApplication, *, actor: Actor) -> list[Claim]:
    """The claims of the record that is named; none where it is another one. Raises NotFound as its queries do."""
    match application.about_kind, application.about_id:
        case DisclosedRecord.CLAIM, int(number):
            return [find_claim(number, actor=actor)]
        case DisclosedRecord.SUMMARY, int(number):
            find_summary(number, actor=actor)
            return [line.claim for line in summary_lines(number)]
    return []


def _of_claims(claims: Sequence[Claim]) -> tuple[list[Text], list[list[Text]]]:
    names = organisation_names({party for each in claims for party in (each.beneficiary_id, each.provider_id)})
    return [word(f"sheet_head.{key}") for key in HEADS], [_row(each, names) for each in claims]


def _row(claim: Claim, names: dict[int, str]) -> list[Text]:
    rate = claim.decision.rate
    articles = (article_name(RATE_ARTICLE), article_name(ARTICLE_OF_MODE[claim.payment_mode]))
    return [
        _as_is(str(claim.id)),
        _as_is(names[claim.beneficiary_id]),
        _as_is(names[claim.provider_id]),
        text(f"term.ServiceKind.{claim.service_kind.value}"),
        Text("、".join(articles), ", ".join(articles)),
        _yuan(claim.base_fen),
        _as_is(NOTHING if rate is None else f"{rate:.0%}"),
        _yuan(claim.claimed_fen),
        _yuan(claim.standing_approved_fen),
        _yuan(claim.standing_confirmed_fen),
    ]


def _of_figures(figures: ReportFigures) -> tuple[list[Text], list[list[Text]]]:
    """The figures of a yearly report without the tables, which name firms."""
    rows = [
        [text(f"annual.figure.{each.key}"), word(f"unit.{each.unit.value}"), _as_is(shown(each.value, each.unit))]
        for section in figures.sections.values()
        for each in section
    ]
    return [word(f"head.{key}") for key in ("figure", "unit", "this_year")], rows


def _yuan(fen: int | None) -> Text:
    return _as_is(shown(fen, Unit.FEN))


def _as_is(said: str) -> Text:
    return Text(said, said)
