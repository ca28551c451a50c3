"""Every sentence in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
import yaml

from core.errors import Reason, Refused, reason, refuse_all
from core.texts import ROOT, CatalogueBroken, Text, TextMissing, catalogue, read_catalogue, text

COUNTS = {"count", "days", "told", "suspense", "expected_count", "line_count"}
ONE_OF_MANY = re.compile(r"\b1 (new )?(?!(?:is|has|was)\b)[a-z]+s\b")
PARTS = Formatter().parse


class StateUnknown(Refused):
    """An error that names values."""

    code = "state_forbids"


def written(folder: Path, content: str) -> Path:
    (folder / "package").mkdir()
    (folder / "package" / "texts.yaml").write_text(content, encoding="utf-8")
    return folder


def test_a_text_has_both_languages() -> None:
    """With its values filled in; braces in a value are left alone."""
    found = text("error.amount_malformed", amount="{x}")
    assert found.zh.startswith("金额“{x}”")
    assert found.en.startswith("'{x}'")
    assert found.both() == f"{found.zh} / {found.en}"


@pytest.mark.parametrize(("count", "said"), [(0, "0 faults"), (1, "1 fault"), (2, "2 faults"), (21, "21 faults")])
def test_an_english_word_goes_with_its_number(count: int, said: str) -> None:
    found = text("error.bank_return_refused", count=count)
    assert f"{count} 处错误" in found.zh
    assert f" {said} " in found.en


def test_no_sentence_of_settlement_says_one_of_many() -> None:
    """With a 1 for every value, no number stands before a plural."""
    ours = yaml.safe_load((ROOT / "settlement" / "texts.yaml").read_text("utf-8"))
    counted = {key: names for key in ours if COUNTS & (names := {each[1] or "" for each in PARTS(catalogue()[key].en)})}
    assert len(counted) > 10
    told = [text(key, **dict.fromkeys(names - {""}, 1)).en for key, names in counted.items()]
    assert [said for said in told if ONE_OF_MANY.search(said)] == []


def test_a_value_may_be_a_text_itself() -> None:
    """Each language gets its own half."""
    found = text("error.amount_malformed", amount=Text("甲", "A"))
    assert "甲" in found.zh
    assert "A" not in found.zh
    assert "'A'" in found.en


def test_a_missing_text_is_an_error() -> None:
    """Never shown as its key."""
    with pytest.raises(TextMissing):
        text("error.of_nobody")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('a.b: {zh: "甲"}', "needs zh and en"),
        ('a.b: {zh: "甲", en: ""}', "needs zh and en"),
        ('a.b: {zh: "甲", en: "A", fr: "A"}', "needs zh and en"),
        ("a.b: plain", "needs zh and en"),
        ('a.b: {zh: "甲", en: "A"}\na.b: {zh: "乙", en: "B"}', "stands twice"),
        ('a.b: {zh: "{x}", en: "{y}"}', "names other values"),
    ],
)
def test_a_broken_catalogue_is_refused(tmp_path: Path, content: str, fault: str) -> None:
    """A lacking language, a repeated key, other placeholders in one language than in the other."""
    with pytest.raises(CatalogueBroken, match=fault):
        read_catalogue(written(tmp_path, content))


def test_every_fault_of_a_catalogue_is_named_at_once(tmp_path: Path) -> None:
    """Not one a run."""
    with pytest.raises(CatalogueBroken, match=r"package: a\.b .*; package: c\.d "):
        read_catalogue(written(tmp_path, "a.b: 1\nc.d: 2"))


def test_an_empty_file_is_no_fault(tmp_path: Path) -> None:
    """A package may have nothing to say."""
    assert read_catalogue(written(tmp_path, "")) == {}


def test_the_catalogue_of_the_service_is_whole() -> None:
    """Chinese comes first and is Chinese."""
    found = catalogue()
    assert found
    assert not [key for key, each in found.items() if each.zh == each.en and key.startswith(("error.", "reason."))]


def test_errors_and_reasons_speak_both_languages() -> None:
    """As JSON and as plain text; reasons are raised together."""
    error = StateUnknown(state="placed", action="pay", allowed="-", extra={"state": "placed"})
    assert "placed" in error.text.zh
    assert str(error) == error.text.both()
    with pytest.raises(TextMissing):
        reason("of_nobody")
    refuse_all([])
    faults = [Reason("field", None, text("field.required"), name) for name in ("a", "b")]
    with pytest.raises(Refused) as raised:
        refuse_all(faults)
    assert [each.as_json()["field"] for each in raised.value.reasons] == ["a", "b"]
