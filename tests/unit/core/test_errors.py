"""Refusals: their sentence, their reasons, and what one that says all there is rests on."""

from __future__ import annotations

from core.errors import Conflict, Reason, Refused, reason
from core.texts import text


class TermOver(Conflict):
    """A refusal that says all there is."""

    code = "conflict"
    article = "V17"


def test_a_refusal_that_says_all_there_is_is_its_own_reason() -> None:
    said = text("error.conflict")
    assert TermOver().reasons == (Reason("conflict", "V17", said),)
    assert str(TermOver()) == f"{said.both()} (V17)"
    assert [each.article for each in TermOver(article="V21").reasons] == ["V21"]


def test_faults_stand_instead_of_it_and_without_an_article_there_is_none() -> None:
    fault = reason("field_required", field="opinion")
    assert TermOver(reasons=[fault]).reasons == (fault,)
    assert Refused().reasons == ()
    assert str(Refused(reasons=[fault])).splitlines()[1].startswith("opinion: ")
