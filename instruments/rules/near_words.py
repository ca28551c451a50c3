"""Words a little shorter than those that found nothing, from the closest on."""

from __future__ import annotations

from instruments.rules.search import normalise

MOST_VARIANTS = 4
SHORTEST = 2
"""Characters that a variant still has."""


def shorter_words(q: str) -> list[str]:
    """What somebody may have meant: of several words all but one, of one word all but its end or its beginning.

    A few variants only, each once, the longest first.
    """
    words = normalise(q).split()
    if len(words) > 1:
        found = [" ".join(words[:place] + words[place + 1 :]) for place in reversed(range(len(words)))]
    elif words:
        word = words[0]
        some = max(SHORTEST, len(word) * 2 // 3)
        found = [word[:-1], word[1:], word[:some], word[-some:]]
    else:
        found = []
    return [each for each in dict.fromkeys(found) if SHORTEST <= len(each) < len(normalise(q))][:MOST_VARIANTS]
