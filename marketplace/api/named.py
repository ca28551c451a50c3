"""Who is named at present, over HTTP, for everybody (V20)."""

from __future__ import annotations

from typing import Any

from accounts.permissions import anyone
from core import clock
from core.http import Blueprint, CursorSchema, allow, page_of, page_schema
from marketplace.models import Naming
from marketplace.queries.named import named_on
from marketplace.schemas.namings import NamedProviderSchema

named = Blueprint(
    "named-providers", __name__, url_prefix="/named-providers", description="Providers named at present (V20)."
)


@named.route("", methods=["GET"])
@allow(anyone)
@named.arguments(CursorSchema, location="query")
@named.response(200, page_schema(NamedProviderSchema))
def list_named(wanted: dict[str, Any]) -> dict[str, Any]:
    """Named providers

    For everybody: who is named today, for what, by which article, and until when. Who is restricted no more is gone.
    """
    return page_of(named_on(clock.today(clock.now())), **wanted, key=Naming.id, scalars=False)
