"""What somebody may have meant by words that found nothing."""

from __future__ import annotations

import pytest

from instruments.rules.near_words import MOST_VARIANTS, shorter_words


@pytest.mark.parametrize(
    ("q", "tried"),
    [
        ("质谱议", ["质谱", "谱议"]),
        ("色谱质谱联用议", ["色谱质谱联用", "谱质谱联用议", "色谱质谱", "谱联用议"]),
        ("Orbitrop", ["orbitro", "rbitrop", "orbit", "itrop"]),
        ("电镜 场发射 JSM", ["电镜 场发射", "电镜 jsm", "场发射 jsm"]),
        ("镜", []),
        ("电镜", []),
        ("  ", []),
        ("", []),
    ],
)
def test_a_few_shorter_words_the_closest_first(q: str, tried: list[str]) -> None:
    assert shorter_words(q) == tried


def test_long_questions_are_tried_a_few_times_only() -> None:
    assert len(shorter_words("甲乙 丙丁 戊己 庚辛 壬癸 子丑")) == MOST_VARIANTS
