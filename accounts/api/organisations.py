"""Organisations, their figures, controllers and bank accounts over HTTP."""

from __future__ import annotations

from typing import Any

from accounts import queries, service
from accounts.models import BankAccount, BeneficiaryFigures, Organisation
from accounts.permissions import (
    city_bureau,
    enterprise,
    incubator,
    may_create_organisation,
    may_read_standing,
    provider,
    signed_in,
)
from accounts.queries.controllers import tenures
from accounts.queries.organisations import OrganisationMissing, all_figures, figures_corrections, listed_organisations
from accounts.rules.registration import BankDetails
from accounts.schemas.organisations import (
    BankAccountListSchema,
    BankAccountSchema,
    BankDetailsSchema,
    NewFiguresSchema,
    NewOrganisationSchema,
    OrganisationQuerySchema,
    OrganisationSchema,
    OrganisationSummarySchema,
    StatedFiguresListSchema,
    StatedFiguresSchema,
)
from accounts.schemas.standing import TenureListSchema
from accounts.service.bank import BankAccountRefused
from accounts.service.organisations import FiguresRefused, FiguresStated
from accounts.steps.organisations import RegistrationRefused
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems

organisations = Blueprint(
    "organisations",
    __name__,
    url_prefix="/organisations",
    description="Organisations, their figures, controllers and bank accounts.",
)


@organisations.route("", methods=["POST"])
@allow(may_create_organisation)
@problems(RegistrationRefused)
@idempotent
@organisations.arguments(NewOrganisationSchema)
@organisations.response(201, OrganisationSchema)
def create(given: dict[str, Any]) -> Organisation:
    """Enter an authority or incubator

    Authorities by the administrator, incubators also by the province. Members register themselves.
    """
    return service.organisations.create_organisation(**given, actor=current_actor(), now=clock.now())


@organisations.route("", methods=["GET"])
@allow(signed_in)
@organisations.arguments(OrganisationQuerySchema, location="query")
@organisations.response(200, page_schema(OrganisationSummarySchema))
def list_organisations(given: dict[str, Any]) -> dict[str, Any]:
    """Organisations in sight

    One's own, an incubator's teams, a bureau's city; all of them for the province, the auditor and the administrator.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(listed_organisations(current_actor(), **given), cursor=cursor, limit=limit, key=Organisation.id)


@organisations.route("/<int:organisation_id>", methods=["GET"])
@allow(signed_in)
@problems(OrganisationMissing)
@organisations.response(200, OrganisationSchema)
def show(organisation_id: int) -> Organisation:
    """An organisation in sight"""
    return queries.find_organisation(organisation_id, actor=current_actor())


@organisations.route("/<int:organisation_id>/figures", methods=["GET"])
@allow(may_read_standing)
@problems(OrganisationMissing)
@organisations.response(200, StatedFiguresListSchema)
def list_figures(organisation_id: int) -> dict[str, Any]:
    """Figures of every year stated"""
    found = queries.find_organisation(organisation_id, actor=current_actor())
    return {"items": all_figures(found.id), "corrections": figures_corrections(found.id)}


@organisations.route("/<int:organisation_id>/figures", methods=["POST"])
@allow(enterprise | city_bureau)
@problems(OrganisationMissing, FiguresRefused, FiguresStated)
@idempotent
@organisations.arguments(NewFiguresSchema)
@organisations.response(201, StatedFiguresSchema)
def state_figures(given: dict[str, Any], organisation_id: int) -> BeneficiaryFigures:
    """State the figures of a year

    By the enterprise, each completed year once; the bureau of its city corrects them and says why.
    """
    return service.organisations.state_year(
        organisation_id=organisation_id, **given, actor=current_actor(), now=clock.now()
    )


@organisations.route("/<int:organisation_id>/controllers", methods=["GET"])
@allow(may_read_standing)
@problems(OrganisationMissing)
@organisations.response(200, TenureListSchema)
def list_controllers(organisation_id: int) -> dict[str, Any]:
    """Who controlled an organisation, and when"""
    found = queries.find_organisation(organisation_id, actor=current_actor())
    return {"items": tenures(found.id)}


@organisations.route("/<int:organisation_id>/bank-accounts", methods=["GET"])
@allow(may_read_standing)
@problems(OrganisationMissing)
@organisations.response(200, BankAccountListSchema)
def list_bank_accounts(organisation_id: int) -> dict[str, Any]:
    """Every bank account an organisation named"""
    found = queries.find_organisation(organisation_id, actor=current_actor())
    return {"items": queries.bank_accounts(found.id)}


@organisations.route("/<int:organisation_id>/bank-accounts", methods=["POST"])
@allow(enterprise | provider | incubator)
@problems(OrganisationMissing, BankAccountRefused)
@idempotent
@organisations.arguments(BankDetailsSchema)
@organisations.response(201, BankAccountSchema)
def name_bank_account(details: BankDetails, organisation_id: int) -> BankAccount:
    """Name a bank account

    It is paid to once the authority verified it; the one verified before stays in use until then. A team's is named
    by its incubator.
    """
    return service.bank.name_bank_account(
        organisation_id=organisation_id, details=details, actor=current_actor(), now=clock.now()
    )
