"""Whatever a name is, parts of it find it; the digest and the price behave."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from instruments.rules.pricing import price
from instruments.rules.search import LONGEST_WORD, SHORTEST_PREFIX, query_tokens, tokens

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=20)
WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=SHORTEST_PREFIX, max_size=LONGEST_WORD)


@given(HAN, st.data())
def test_any_part_of_a_chinese_name_finds_it(name: str, data: st.DataObject) -> None:
    """Of one, two or more characters."""
    start = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(start + 1, len(name)))
    wanted = query_tokens(name[start:end])
    assert wanted
    assert set(wanted) <= set(tokens([name]))


@given(st.lists(WORD, min_size=1, max_size=4), st.data())
def test_any_beginning_of_a_word_finds_it(words: list[str], data: st.DataObject) -> None:
    """Of two or more letters, in any case and width."""
    word = data.draw(st.sampled_from(words))
    part = word[: data.draw(st.integers(SHORTEST_PREFIX, len(word)))]
    found = set(tokens([" ".join(words)]))
    assert set(query_tokens(part)) <= found
    assert set(query_tokens(part.upper())) <= found


@given(st.text(max_size=60))
def test_any_text_finds_itself(text: str) -> None:
    """Whatever characters it has."""
    assert set(query_tokens(text)) <= set(tokens([text]))


@given(st.integers(0, 10**12), st.decimals(0, 10**6, places=2), st.decimals(0, 10**6, places=2))
def test_prices_grow_with_quantity_and_are_off_by_less_than_a_fen(unit: int, less: Decimal, more: Decimal) -> None:
    """Rounded once."""
    low, high = sorted((less, more))
    assert price(unit, low) <= price(unit, high)
    assert abs(price(unit, low) - unit * low) <= Decimal("0.5")
