"""What newly answers the searches that users keep."""

from __future__ import annotations

from collections.abc import Iterable

from instruments.models import SavedSearch
from instruments.states import SavedSearchState
from marketplace.notifications.recipients import To, user_alone
from marketplace.notifications.rules.told import Subject, news

_WHO_KEEPS_IT = user_alone("user_id")


def _still_kept(kept: SavedSearch) -> Iterable[To]:
    """Who kept it; nobody is told of a search that was deleted meanwhile."""
    return [] if kept.state is SavedSearchState.DELETED else _WHO_KEEPS_IT(kept)


SAVED_SEARCH = Subject(
    SavedSearch,
    "saved_search",
    {"find": (news("saved_search.found", _still_kept, says=("name", "found")),)},
)
