"""Everybody the table speaks of: for each role somebody whose the records are, and somebody they are foreign to."""

from __future__ import annotations

VISITOR = "visitor"

CAST: dict[str, str] = {
    VISITOR: VISITOR,
    "sme-heze": "enterprise",
    "sme-heze-waiting": "enterprise",
    "sme-heze-returned": "enterprise",
    "sme-heze-approved": "enterprise",
    "sme-jinan": "enterprise",
    "team-weifang": "team",
    "team-qingdao": "team",
    "incubator-weifang": "incubator",
    "incubator-qingdao": "incubator",
    "provider-jinan": "provider",
    "provider-qingdao": "provider",
    "bureau-heze": "city_bureau",
    "bureau-jinan": "city_bureau",
    "bureau-weifang": "city_bureau",
    "bureau-qingdao": "city_bureau",
    "city-finance-heze": "city_finance",
    "city-finance-qingdao": "city_finance",
    "province": "province",
    "delegated-agency": "delegated_agency",
    "finance-maker": "finance_maker",
    "finance-checker": "finance_checker",
    "auditor": "auditor",
    "admin": "admin",
}
"""Role by user name."""

ROLES = frozenset(CAST.values())

OFFICES = frozenset(
    {
        "city_bureau",
        "city_finance",
        "province",
        "delegated_agency",
        "finance_maker",
        "finance_checker",
        "auditor",
        "admin",
    }
)
"""Those that supervise, review, pay or administer."""
