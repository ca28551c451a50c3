"""The figures of a year."""

from __future__ import annotations

from typing import Any

from flask import Response

from accounts.permissions import city_bureau, enterprise, may_state_figures
from accounts.queries.organisations import find_organisation
from accounts.rules.registration import last_completed_year
from accounts.schemas.organisations import NewFiguresSchema
from accounts.service import organisations as service
from core import clock
from core.http import allow, current_actor
from core.pages import Done, Form, Pages, form_page, link_to
from core.permissions import authorise

figures = Pages("figures_pages", __name__, url_prefix="/organisations")


@figures.route("/<int:organisation_id>/figures", methods=["GET", "POST"])
@allow(enterprise | city_bureau)
def state(organisation_id: int) -> Response:
    """An enterprise states a completed year once; the bureau of its city corrects it (V8(1))."""
    organisation = find_organisation(organisation_id, actor=current_actor())
    authorise(current_actor(), may_state_figures, organisation)
    here = link_to("organisation", organisation.id)
    year = last_completed_year(clock.today(clock.now()))
    form = Form(
        NewFiguresSchema,
        name="figures",
        initial={"year": year},
        leave_out=() if city_bureau(current_actor()) else ("why",),
    )

    def effect(given: dict[str, Any]) -> Done:
        service.state_year(organisation_id=organisation_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.figures.done")

    return form_page(form, effect=effect, back=here, facts=[("column.organisation", organisation.name)])
