"""Pages of the deal and of what stands above all packages, with their menu entries."""

from core.pages import Pages
from marketplace.pages.annual_reports import annual_reports
from marketplace.pages.disclosures import consultations, disclosures
from marketplace.pages.evaluation_awards import follow_up
from marketplace.pages.evaluation_grades import grades
from marketplace.pages.evaluation_scores import scores
from marketplace.pages.evaluations import evaluations
from marketplace.pages.figures import figures
from marketplace.pages.front import front
from marketplace.pages.help import help_pages
from marketplace.pages.home import home_pages
from marketplace.pages.named import named
from marketplace.pages.namings import namings
from marketplace.pages.negotiations import negotiations
from marketplace.pages.order_steps import steps
from marketplace.pages.orders import orders
from marketplace.pages.policy import policy_pages
from marketplace.pages.quotes import quotes
from marketplace.pages.referrals import referrals
from marketplace.pages.residents import residents
from marketplace.pages.series import series_pages
from marketplace.pages.snapshots import snapshots
from marketplace.pages.statistics import statistics
from marketplace.pages.trail import trail_pages
from marketplace.pages.unmet_needs import needs
from marketplace.pages.usage import order_uses
from marketplace.pages.verification import verification

PAGES: list[Pages] = [
    front,
    statistics,
    policy_pages,
    help_pages,
    home_pages,
    quotes,
    orders,
    steps,
    order_uses,
    series_pages,
    figures,
    trail_pages,
    verification,
    residents,
    annual_reports,
    evaluations,
    snapshots,
    scores,
    grades,
    follow_up,
    namings,
    named,
    referrals,
    disclosures,
    consultations,
    needs,
    negotiations,
]
