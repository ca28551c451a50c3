"""How resident firms stand, over HTTP (V7)."""

from __future__ import annotations

from accounts.permissions import enterprise, incubator
from accounts.queries.residences import ResidenceMissing
from core import clock
from core.http import Blueprint, allow, current_actor, problems
from marketplace.reports.residents import Progress, progress_of
from marketplace.schemas.residents import ProgressSchema

residents = Blueprint("residents", __name__, url_prefix="/residences", description="How resident firms stand (V7).")


@residents.route("/<int:residence_id>/progress", methods=["GET"])
@allow(enterprise | incubator)
@problems(ResidenceMissing)
@residents.response(200, ProgressSchema)
def progress(residence_id: int) -> Progress:
    """How a resident firm's quotes, orders and claims stand

    For the firm, and for the incubator once it accepted. It reads and does nothing more.
    """
    return progress_of(residence_id, actor=current_actor(), now=clock.now())
