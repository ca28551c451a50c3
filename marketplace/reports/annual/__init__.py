"""The yearly report of a city (V18 report): what it counts, how, and the documents made of it."""

from marketplace.reports.annual.counting import ReportFigures, counted
from marketplace.reports.annual.differences import Difference, differences
from marketplace.reports.annual.measures import BREAKDOWNS, CHECKS, SECTIONS

__all__ = ["BREAKDOWNS", "CHECKS", "SECTIONS", "Difference", "ReportFigures", "counted", "differences"]
