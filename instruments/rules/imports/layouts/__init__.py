"""Every layout the import knows."""

from __future__ import annotations

from typing import Any

from instruments.rules.imports.layouts.base import Context, Layout, OtherList, Places
from instruments.rules.imports.layouts.collected import (
    CLEANROOM_TOOLS,
    LABORATORY_INVENTORY,
    UNIVERSITY_CRAWL,
    UNIVERSITY_SHARING_SITE,
)
from instruments.rules.imports.layouts.national import (
    NATIONAL_CENTRES,
    NATIONAL_FACILITIES,
    NATIONAL_INCOME,
    NATIONAL_INSTRUMENTS,
    NATIONAL_SERVICE_UNITS,
)
from instruments.rules.imports.layouts.own import OWN_INSTRUMENTS, OWN_SERVICES
from instruments.rules.imports.layouts.prices import INSTITUTE_PRICE_LIST

LAYOUTS: tuple[Layout[Any], ...] = (
    OWN_INSTRUMENTS,
    NATIONAL_INSTRUMENTS,
    NATIONAL_FACILITIES,
    NATIONAL_SERVICE_UNITS,
    UNIVERSITY_CRAWL,
    UNIVERSITY_SHARING_SITE,
    LABORATORY_INVENTORY,
    CLEANROOM_TOOLS,
    OWN_SERVICES,
    INSTITUTE_PRICE_LIST,
)
OTHER_LISTS: tuple[OtherList, ...] = (NATIONAL_CENTRES, NATIONAL_INCOME)

__all__ = [
    "LAYOUTS",
    "OTHER_LISTS",
    "Context",
    "Layout",
    "OtherList",
    "Places",
]
