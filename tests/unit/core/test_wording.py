"""What counts as text that somebody wrote."""

from __future__ import annotations

import pytest

from core.wording import hides_something, is_blank, is_storable


@pytest.mark.parametrize("text", ["", " ", "\u3000", "\u200b", "\u202e\u00ad", "\u3164", "\u2800\ufeff", "\ufe0f\n"])
def test_text_of_which_nothing_is_seen_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["\u200b省内无此设备", "No.\u202e", "a\u2066b", "a\U000e0041", "a\u00adb"])
def test_characters_that_hide_are_found(text: str) -> None:
    assert hides_something(text)
    assert not is_blank(text)


@pytest.mark.parametrize("text", ["省内无此设备", "Ａ１", "é", "葛\U000e0100城", "第一行\n第二行", "🙂"])
def test_written_text_stands(text: str) -> None:
    assert is_storable(text)
    assert not hides_something(text)
    assert not is_blank(text)


@pytest.mark.parametrize("text", ["a\x00", "\x1b[31m", "\x85", "\ud800", "\ufffe"])
def test_control_characters_cannot_be_kept(text: str) -> None:
    assert not is_storable(text)
