"""What counts as text that somebody wrote: nothing that hides, turns or merely fills it; and texts as compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Of no width, turning the direction of what follows, or breaking lines unseen."""

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs to Unicode that show nothing."""

_UNSEEN = frozenset({"Cc", "Cf"})


def is_storable(text: str) -> bool:
    """Whether a text holds no control characters beyond tabs and line ends, and no lone surrogates."""
    return _CONTROL.search(text) is None


def hides_something(text: str) -> bool:
    """Whether a text holds characters that cannot be seen or that turn the direction of others."""
    return _HIDDEN.search(text) is not None


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen: blanks, characters of no width, fillers and marks on nothing."""
    return all(each in _FILLERS or unicodedata.category(each)[0] in "ZCM" for each in text)


def folded(text: str, *, ignoring: Collection[str] = ()) -> str:
    """A text as it is compared: width, case, blanks and what nobody sees make no difference.

    ``ignoring`` are further categories of Unicode that make none.
    """
    left_out = {*_UNSEEN, *ignoring}
    return "".join(
        each
        for each in unicodedata.normalize("NFKC", text)
        if not each.isspace() and unicodedata.category(each) not in left_out
    ).casefold()
